"""Faults that are injected into a simulated run: `faults` of a scenario, or `--faults FILE`.

One schema for every host. The simulator injects them; flight software sees what follows from them
on its boards and in its processes, and nothing else.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from lupex_rover.core import params
from lupex_rover.core.config_file import read_yaml, unknown
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.dictionary.code_list import codes
from lupex_rover.graph import NODES, flight_processes
from lupex_rover.mission.params import PHASES
from lupex_rover.mission.steps import phase_of, steps
from lupex_rover.protocol.boards import BUILT_IN, fitted
from lupex_rover.protocol.declaration import BoardDeclaration

HOSTS = ("harness", "ros")
CRAWLERS = ("front_left", "front_right", "rear_left", "rear_right")
MOTORS = {  # board of each motor
    **{f"{crawler}_{part}": "MOB" for part in ("drive", "steer") for crawler in CRAWLERS},
    "auger": "DRL", "feed": "DRL",
}  # fmt: skip
_BEHIND = re.compile(r"(?P<name>[A-Za-z0-9_@.-]+?)(?:\s*\+\s*(?P<s>[0-9.]+))?")


@dataclass(frozen=True)
class Kind:
    """What a kind of fault is done to, and where it can be done."""

    target: str
    about: str
    hosts: tuple[str, ...] = HOSTS


PROCESS, COMPONENT, BOARD, SENSOR, MOTOR = (
    "process or component", "component", "board", "reading, as BOARD.field", "motor",
)  # fmt: skip
KINDS = {
    "kill": Kind(PROCESS, "it ends at once and keeps what it had persisted"),
    "stop": Kind(PROCESS, "it stands still for for_s and goes on"),
    "hang": Kind(COMPONENT, "its turn does not end"),
    "starve": Kind(PROCESS, "it gets little of the processor"),
    "drop": Kind(BOARD, "bytes of its port are lost, both ways"),
    "flip": Kind(BOARD, "bits of its port's bytes are turned, both ways"),
    "delay": Kind(BOARD, "bytes of its port come late, both ways"),
    "replay": Kind(BOARD, "bytes of its port come once more a second later, both ways"),
    "unplug": Kind(BOARD, "no byte of its port comes through"),
    "corrupt": Kind(COMPONENT, "what it had persisted is spoilt on the disk", ("ros",)),
    "fill": Kind(PROCESS, "the disk takes nothing more from it", ("ros",)),
    "clock": Kind(BOARD, "its clock is set ahead; SET_TIME sets it right"),
    "freeze": Kind(SENSOR, "it stays at its value"),
    "bias": Kind(SENSOR, "it is off by a constant"),
    "spike": Kind(SENSOR, "one message of ten is off by far"),
    "reset": Kind(BOARD, "it is down for for_s and boots"),
    "stick": Kind(MOTOR, "it turns too little, or with severity 1 not at all"),
}


@dataclass(frozen=True)
class At:
    """When a fault begins: one of these, and the first time that it is so."""

    time_s: float | None = param(None, "time since the start of the run", unit="s", low=0)
    phase: str | None = param(
        None, "phase that begins, as the list of phases names it; `drill+60` is 60 s later"
    )
    event: str | None = param(None, "code of an event that is told; `NAV-004+2.5` is 2.5 s later")
    depth_m: float | None = param(None, "depth that the bit has reached", unit="m", low=0, high=2)

    def check(self) -> None:
        """Raise a UserError unless exactly one is given, and is known."""
        given = [name for name, value in vars(self).items() if value is not None]
        if len(given) != 1:
            names = ", ".join(field.name for field in dataclasses.fields(self))
            raise UserError(f"takes exactly one of {names}; found {', '.join(given) or 'none'}")
        if self.phase is not None:
            name = self.heard[1]
            if phase_of(name) not in PHASES:
                raise UserError(f"phase: {name!r} is unknown; {unknown(name, PHASES)}")
            steps([name])  # its numbers, as in `drill@2.1`
        if self.event is not None:
            name, known = self.heard[1], [c.code for c in codes() if c.component != "simulator"]
            if name not in known:
                raise UserError(f"event: {name!r} is no code; `lupex codes` lists them")

    @property
    def heard(self) -> tuple[str, str, float]:
        """("phase" or "event", its name, seconds after it); names are empty for other triggers."""
        for what in ("phase", "event"):
            text = getattr(self, what)
            if text is not None:
                return (what, *behind(text, what))
        return "", "", 0.0

    @property
    def words(self) -> str:
        """As it stands in the file."""
        name, value = next((n, v) for n, v in vars(self).items() if v is not None)
        return f"{name} {value if isinstance(value, str) else format(value, 'g')}"


def behind(text: str, what: str) -> tuple[str, float]:
    """Name and seconds of `NAME` or `NAME+SECONDS`."""
    found = _BEHIND.fullmatch(text.strip())
    try:
        after_s = float(found["s"] or 0.0) if found else math.nan
    except ValueError:
        after_s = math.nan
    if found is None or not math.isfinite(after_s):
        raise UserError(f"{what}: {text!r} is no name; give NAME or NAME+SECONDS")
    return found["name"], after_s


@dataclass(frozen=True)
class InjectedFault:
    """One fault."""

    at: At = dataclasses.field(metadata={"description": "when it begins"})
    kind: str = dataclasses.field(metadata={"description": f"what goes wrong: {', '.join(KINDS)}"})
    target: str = dataclasses.field(
        metadata={"description": "process, component, board, BOARD.field, or motor, by the kind"}
    )
    for_s: float = param(10.0, "how long it lasts", unit="s", low=0.1, high=1e6)
    severity: float = param(1.0, "how bad it is", unit="1", low=0.3, high=1)

    def check(self) -> None:
        """Raise a UserError for a kind that does not exist."""
        if self.kind not in KINDS:
            raise UserError(f"kind: {self.kind!r} is unknown; {unknown(self.kind, tuple(KINDS))}")

    @property
    def board(self) -> str:
        """Of its target; empty where that is none of a board."""
        what = KINDS[self.kind].target
        if what == MOTOR:
            return MOTORS[self.target]
        return self.target.partition(".")[0] if what in (BOARD, SENSOR) else ""

    @property
    def words(self) -> str:
        return f"{self.kind} {self.target} for {self.for_s:g} s, severity {self.severity:g}"


Faults = tuple[InjectedFault, ...]


@dataclass(frozen=True)
class FaultsFile:
    """What stands in the file of `--faults`."""

    faults: Faults = dataclasses.field(metadata={"description": "faults, in any order"})


def read_faults(path: Path) -> Faults:
    """The faults in a yaml file.

    Raises
    ------
    UserError
        Not readable, an unknown key or kind, a value out of range; file and field are named.
    """
    return params.load(FaultsFile, read_yaml(path), str(path)).faults


def components_of(target: str, outside: dict[str, str]) -> tuple[str, ...]:
    """Components of the process `target`, however it is composed, or the component itself.

    Raises
    ------
    UserError
        There is none.
    """
    single = (*(node.name for node in NODES), *outside)
    if target in single:
        return (target,)
    apart = flight_processes(True, False, outside)
    together = flight_processes(True, True, outside)
    found = {**apart, **together}.get(target)
    if found is None:
        raise UserError(f"{target!r} is unknown; {unknown(target, (*apart, *single))}")
    return tuple(found)


def readings(board: BoardDeclaration) -> list[str]:
    """Telemetry fields of a board that a sensor's fault can spoil."""
    return [n for t in board.telemetry for n, field in t.fields.items() if field.code == "f"]


def check_faults(
    faults: Sequence[InjectedFault], where: str, boards: Collection[str], outside: dict[str, str]
) -> None:
    """See that each target exists on this rover.

    Parameters
    ----------
    where : str
        File that the faults stand in, for errors.
    boards : Collection[str]
        Boards from outside that are fitted.
    outside : dict[str, str]
        Group of each node from outside, by its name.

    Raises
    ------
    UserError
        One does not; file and field are named.
    """
    known = {board.name: board for board in (*BUILT_IN, *fitted(boards, where))}
    for number, fault in enumerate(faults):
        what, at = KINDS[fault.kind].target, f"{where}.faults[{number}].target"
        name, _, reading = fault.target.partition(".")
        if what in (BOARD, SENSOR) and name not in known:
            raise UserError(f"{at}: board {name!r} is unknown; {unknown(name, known)}")
        if what == BOARD and reading:
            raise UserError(f"{at}: {fault.kind} takes a board; give {name}")
        if what == SENSOR and reading not in readings(known[name]):
            of = ", ".join(f"{name}.{one}" for one in readings(known[name])) or "nothing"
            raise UserError(f"{at}: {fault.target!r} is no reading; {name} has {of}")
        if what == MOTOR and fault.target not in MOTORS:
            raise UserError(
                f"{at}: motor {fault.target!r} is unknown; {unknown(fault.target, MOTORS)}"
            )
        if what in (PROCESS, COMPONENT):
            try:
                found = components_of(fault.target, outside)
            except UserError as error:
                raise UserError(f"{at}: {error}") from None
            if what == COMPONENT and found != (fault.target,):
                raise UserError(f"{at}: {fault.kind} takes one component of {', '.join(found)}")


def check_host(
    faults: Sequence[InjectedFault], where: str, host: str, processes: Collection[str] = ()
) -> None:
    """See that `host` can do each; `processes` are those of host ros.

    Raises
    ------
    UserError
        It cannot; file, fault and host are named.
    """
    for number, fault in enumerate(faults):
        kind, at = KINDS[fault.kind], f"{where}.faults[{number}]"
        if host not in kind.hosts:
            raise UserError(
                f"{at}.kind: host {host} cannot {fault.kind}: its files are not kept by processes"
                f" of their own; fly it on host {' or '.join(kind.hosts)}"
            )
        if host == "ros" and kind.target == PROCESS and fault.target not in processes:
            raise UserError(
                f"{at}.target: host ros has no process {fault.target!r} here; it has"
                f" {', '.join(processes)} (--separate: one for each node)"
            )
