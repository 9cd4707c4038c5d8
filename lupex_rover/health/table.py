"""The fault table: what is watched, where the limit stands, what follows. Read from yaml."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from lupex_rover.core import params
from lupex_rover.core.config_file import read_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.core.types import BOARDS, LOAD_OF_BOARD, LOADS
from lupex_rover.health.codes import CODES

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

    watch: str = param("", "signal, see health.table")
    code: str = param("", "of health.codes")
    above: float | None = param(None, "bad above")
    below: float | None = param(None, "bad below")
    persistence_s: float = param(0.0, "bad for this long", unit="s", low=0, high=3600)
    clear_margin: float = param(0.0, "good again this much inside the limit", low=0)
    clear_s: float = param(5.0, "good for this long", unit="s", low=0, high=3600)
    severity: int = param(2, "of the event: 1 warning, 2 fault", low=1, high=2)
    response: str = param("log", "log | safe (the rule's board) | safe_all (every motion board)")
    board: str | None = param(None, "board that is made safe, where the signal names none")
    release: str | None = param(
        None, "of the boards it made safe: ground (only a command of the ground; the default where"
        " there is a response) | cleared (once clear for release_s)",
    )  # fmt: skip
    release_s: float = param(60.0, "clear for this long: released", unit="s", low=0, high=86400)
    while_load: str | None = param(None, "watched only while this load is on")
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


def read(path: Path) -> dict[str, FaultRule]:
    """Rules by id; a rule for `<signal>.*` becomes one per board, `<id>.<BOARD>`.

    Raises
    ------
    UserError
        File unreadable, an unknown key, signal, code, response, board or load, or no limit.
    """
    rules = params.load(_File, read_yaml(path), str(path)).faults
    expanded: dict[str, FaultRule] = {}
    for name, rule in rules.items():
        for key, one in _spread(name, rule):
            _check(one, f"{path}.faults.{name}")
            expanded[key] = one
    return expanded


def _spread(name: str, rule: FaultRule) -> list[tuple[str, FaultRule]]:
    signal, dot, board = rule.watch.partition(".")
    if not dot:
        return [(name, rule)]
    boards = WATCHED_BOARDS if board == "*" else (board,)
    return [
        (f"{name}.{b}", dataclasses.replace(
            rule, watch=f"{signal}.{b}", board=rule.board or b,
            while_load=rule.while_load or LOAD_OF_BOARD.get(b),
        ))
        for b in boards
    ]  # fmt: skip


def _check(rule: FaultRule, where: str) -> None:
    signal, dot, board = rule.watch.partition(".")
    known = signal in BOARD_SIGNALS and board in WATCHED_BOARDS if dot else signal in SIGNALS
    if not known:
        raise UserError(
            f"{where}.watch: {rule.watch!r} is unknown; known: {', '.join(SIGNALS)},"
            f" and {', '.join(s + '.<board>' for s in BOARD_SIGNALS)}"
        )
    choices = (
        ("code", rule.code, tuple(CODES)),
        ("response", rule.response, RESPONSES),
        ("release", rule.release, (None, *RELEASES)),
        ("board", rule.board, (None, *BOARDS)),
        ("while_load", rule.while_load, (None, *LOADS)),
    )
    for key, value, allowed in choices:
        if value not in allowed:
            known_text = ", ".join(str(a) for a in allowed if a is not None)
            raise UserError(f"{where}.{key}: {value!r} is unknown; known: {known_text}")
    if rule.above is None and rule.below is None:
        raise UserError(f"{where}: give 'above' or 'below'")
    if rule.response == "safe" and rule.board is None:
        raise UserError(f"{where}: response 'safe' needs a board")
    if rule.response == "log" and rule.release is not None:
        raise UserError(f"{where}.release: response 'log' holds nothing; leave it out")
