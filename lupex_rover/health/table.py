"""The fault table: what is watched, where the limit stands, what follows. Read from yaml."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lupex_rover.core import params
from lupex_rover.core.codes import FAULT, WARNING
from lupex_rover.core.config_file import read_yaml, unknown
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.core.types import BOARDS, LOADS
from lupex_rover.health.codes import CODES
from lupex_rover.protocol.boards import load_of
from lupex_rover.protocol.declaration import BoardDeclaration

# The others are the monitor's own.
RULE_CODES = tuple(c for c, told in CODES.items() if told.severities == (WARNING, FAULT))
RESPONSES = ("log", "safe", "safe_all")
GROUND, CLEARED = "ground", "cleared"
RELEASES = (GROUND, CLEARED)
# Of each board (in a rule: `<signal>.<BOARD>` or `<signal>.*` for every board)
BOARD_SIGNALS = ("silence_s", "temperature_degc", "fault_bits", "lost_packets", "unanswered")
SIGNALS = (
    "imu_tilt_deg", "pose_tilt_deg", "position_sigma_m", "specific_force_mps2",
    "motor_degc", "motor_a", "battery_degc", "battery_v", "bus_v", "soc",
)  # fmt: skip
# The boards that stay with the rover; those of the lander stay behind.
WATCHED_BOARDS = ("MOB", "IMU", "STR", "EPS", "DRL", "SCI")


@dataclass(frozen=True)
class FaultRule:
    """One fault. Its signal is bad above `above` or below `below`."""

    watch: str = param(
        "",
        "signal that is watched, a name of health/table.py; `SIGNAL.*` watches it on every board",
    )  # fmt: skip
    code: str = param("", "event code of the fault, a key of health/codes.py")
    above: float | None = param(None, "limit above which the signal is bad", unit="1")
    below: float | None = param(None, "limit below which the signal is bad", unit="1")
    persistence_s: float = param(
        0.0, "time that the signal must be bad before the fault counts", unit="s", low=0, high=3600,
    )  # fmt: skip
    clear_margin: float = param(
        0.0,
        "distance inside the limit at which the signal counts as good again, in the signal's unit",
        unit="1", low=0,
    )  # fmt: skip
    clear_s: float = param(
        5.0, "time that the signal must be good before the fault is over",
        unit="s", low=0, high=3600,
    )  # fmt: skip
    severity: int = param(2, "severity of the event: 1 warning, 2 fault", low=1, high=2)
    response: str = param(
        "log",
        "response to the fault: log, safe (the rule's board), or safe_all (every motion board)",
    )  # fmt: skip
    board: str | None = param(None, "board that is put in SAFE, where the signal names none")
    release: str | None = param(
        None, "what releases the boards that were put in SAFE: ground (a command of the ground,"
        " the default where there is a response) or cleared (the fault clear for `release_s`)",
    )  # fmt: skip
    release_s: float = param(
        60.0, "time that the fault must be clear before its boards are released",
        unit="s", low=0, high=86400,
    )  # fmt: skip
    while_load: str | None = param(None, "load that must be on for the signal to be watched")
    mask: int = param(0, "bits of a fault_bits signal that are not watched", low=0)

    def watched(self, value: float) -> float:
        """`value` without the bits of the mask."""
        return float(int(value) & ~self.mask) if self.mask else value

    def bad(self, value: float) -> bool:
        return (self.above is not None and value > self.above) or (
            self.below is not None and value < self.below
        )

    def good(self, value: float) -> bool:
        """Inside the limits by the margin."""
        margin = self.clear_margin
        return not (
            (self.above is not None and value > self.above - margin)
            or (self.below is not None and value < self.below + margin)
        )


@dataclass(frozen=True)
class _File:
    faults: dict[str, FaultRule] = dataclasses.field(default_factory=dict)


def read(path: Path, added: Sequence[BoardDeclaration] = ()) -> dict[str, FaultRule]:
    """Rules by id; a rule for `<signal>.*` becomes one per board, `<id>.<BOARD>`.

    Parameters
    ----------
    added : Sequence[BoardDeclaration]
        Boards from outside that are watched, too.

    Raises
    ------
    UserError
        File unreadable, an unknown key, signal, code, response, board or load, or no limit.
    """
    rules = params.load(_File, read_yaml(path), str(path)).faults
    own = tuple(board.name for board in added)
    expanded: dict[str, FaultRule] = {}
    for name, rule in rules.items():
        for key, one in _spread(name, rule, own):
            _check(one, f"{path}.faults.{name}", own)
            expanded[key] = one
    return expanded


def _spread(name: str, rule: FaultRule, added: tuple[str, ...]) -> list[tuple[str, FaultRule]]:
    signal, dot, board = rule.watch.partition(".")
    if not dot:
        return [(name, rule)]
    boards = (*WATCHED_BOARDS, *added) if board == "*" else (board,)
    return [
        (f"{name}.{b}", dataclasses.replace(
            rule, watch=f"{signal}.{b}", board=rule.board or b,
            while_load=rule.while_load or load_of().get(b),
        ))
        for b in boards
    ]  # fmt: skip


def _check(rule: FaultRule, where: str, added: tuple[str, ...]) -> None:
    signal, dot, board = rule.watch.partition(".")
    watched = (*WATCHED_BOARDS, *added)
    known = signal in BOARD_SIGNALS and board in watched if dot else signal in SIGNALS
    if not known:
        raise UserError(
            f"{where}.watch: {rule.watch!r} is unknown;"
            f" {unknown(rule.watch, [*SIGNALS, *(s + '.<board>' for s in BOARD_SIGNALS)])}; boards:"
            f" {', '.join(watched)}"
        )
    choices = (
        ("code", rule.code, RULE_CODES),
        ("response", rule.response, RESPONSES),
        ("release", rule.release, (None, *RELEASES)),
        ("board", rule.board, (None, *BOARDS, *added)),
        ("while_load", rule.while_load, (None, *LOADS)),
    )
    for key, value, allowed in choices:
        if value not in allowed:
            known_text = unknown(str(value), [a for a in allowed if a is not None])
            raise UserError(f"{where}.{key}: {value!r} is unknown; {known_text}")
    if rule.above is None and rule.below is None:
        raise UserError(f"{where}: give 'above' or 'below'")
    if rule.response == "safe" and rule.board is None:
        raise UserError(f"{where}: response 'safe' needs a board")
    if rule.response == "log" and rule.release is not None:
        raise UserError(f"{where}.release: response 'log' holds nothing; leave it out")
