"""The health monitor: watches every board and limit, tells faults, makes boards safe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lupex_rover import graph
from lupex_rover.core import holds as told
from lupex_rover.core.codes import FAULT
from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.types import (
    BOARDS,
    BoardRequest,
    Diagnostic,
    Diagnostics,
    Event,
    MotionLease,
)
from lupex_rover.health.codes import CODES
from lupex_rover.health.holds import Hold, Holds
from lupex_rover.health.latch import Latch
from lupex_rover.health.params import HealthParams
from lupex_rover.health.signals import BoardWatch, Signals
from lupex_rover.health.table import GROUND, FaultRule
from lupex_rover.protocol.boards import load_of
from lupex_rover.protocol.declaration import BoardDeclaration

CLEARED = "HLT-000"
MOTION_BOARDS = ("MOB", "DRL")
MOST_TEXT = 500  # of another's words that are said again with every turn
_STALE_S = 5.0
_WATCH_NS = ns(0.999)  # least time between two looks at the table
_STATES = {0: "boot", 1: "idle", 2: "active", 3: "safe"}


class HealthMonitor(Component):
    """Applies the fault table once a second, and stands behind motion while it runs.

    A fault is told once when it is raised and once when it has cleared, and not more often than
    every `quiet_s`. Where its response is SAFE it holds the boards in it: the order is repeated to
    a board that is seen out of it, until the hold is released, by the ground or by itself. After a
    jump of time (hibernation, reboot) the watch begins anew; holds outlast it. Boards from outside
    (`added`) are watched as the package's own; `safe_all` takes in those that move something.
    """

    name = "health"
    inputs = (graph.BOARDS_HOUSEKEEPING, graph.BOARDS_ACK, graph.BOARDS_REQUEST,
              graph.MISSION_EVENT, graph.MOBILITY_STATE, graph.IMU_DATA, graph.POWER_STATE,
              graph.LOCALIZATION_POSE, graph.POWER_TELEMETRY)  # fmt: skip
    outputs = (graph.MOTION_LEASE, graph.DIAGNOSTICS, graph.MISSION_EVENT, graph.BOARDS_REQUEST)
    period_s = 0.2  # of the lease

    def __init__(
        self,
        params: HealthParams,
        rules: dict[str, FaultRule],
        added: Sequence[BoardDeclaration] = (),
    ) -> None:
        self._p = params
        self._signals = Signals(params, [board.name for board in added])
        self._motion_boards = (*MOTION_BOARDS, *(board.name for board in added if board.moves))
        self._latches = {name: Latch(rule) for name, rule in rules.items()}
        self._every_board = frozenset((*BOARDS, *(board.name for board in added)))
        self._refused = Complaints()
        self._holds = Holds()
        self._told: dict[str, tuple[int, int]] = {}  # fault -> last told, untold since
        self._step_ns: int | None = None
        self._came = Inbox()
        self._last_fault: Event | None = None
        self._faults_told = 0

    def restore(self, state: dict[str, Any]) -> None:
        self._holds.restore(state)

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        """The lease at every step; the fault table once a second, on all that came meanwhile."""
        out = Outbox()
        out.publish(graph.MOTION_LEASE, MotionLease(t_ns, self.name))
        self._came.add(inbox)
        if self._step_ns is None or not 0 <= t_ns - self._step_ns < _WATCH_NS:
            came, self._came = self._came, Inbox()
            self._watch(t_ns, came, out)
        return out

    def _watch(self, t_ns: int, inbox: Inbox, out: Outbox) -> None:
        pause_s = seconds(t_ns, self._step_ns) if self._step_ns is not None else 0.0
        self._step_ns = t_ns
        if not 0.0 <= pause_s <= self._p.jump_s:
            self._signals.forget()
            for latch in self._latches.values():
                latch.forget()
        dt_s = min(max(pause_s, 0.0), self._p.counted_s)
        self._signals.take(t_ns, dt_s, inbox)
        for event in inbox.all(graph.MISSION_EVENT):
            if event.severity >= FAULT and event.source != self.name:
                self._last_fault = event
                self._faults_told += 1
        self._hold(t_ns, dt_s, inbox, out)
        for name, latch in self._latches.items():
            self._judge(t_ns, dt_s, name, latch, out)
        if self._holds.changed:
            self._holds.changed = False
            out.persist = self._holds.state()
        out.publish(graph.DIAGNOSTICS, Diagnostics(t_ns, self._statuses(t_ns)))

    def _judge(self, t_ns: int, dt_s: float, name: str, latch: Latch, out: Outbox) -> None:
        rule = latch.rule
        value = self._signals.values.get(rule.watch)
        if latch.at_rest and (value is None or not rule.bad(value)):
            return  # most rules, most of the time
        if rule.while_load is not None and rule.while_load not in self._signals.on_s:
            latch.reset()  # switched off: a power cycle ends whatever was wrong
            return
        if value is None or not self._signals.watched(rule.while_load):
            latch.forget()
            return
        change = latch.update(value, dt_s)
        if change == "raised":
            hold = self._respond(t_ns, name, rule, out)
            text = _words(name, latch) + hold
            self._tell(t_ns, name, rule.code, text, out, graver=rule.severity == FAULT)
        elif change == "cleared":
            self._tell(t_ns, name, CLEARED, f"{name} cleared: {value:.4g}", out)

    def _tell(
        self, t_ns: int, name: str, code: str, text: str, out: Outbox, graver: bool = False
    ) -> None:
        """At most one raise and its clearing per `quiet_s`; what is left out is counted."""
        key = f"{name}/{code != CLEARED}"
        last_ns, untold = self._told.get(key, (None, 0))
        if last_ns is not None and 0.0 <= seconds(t_ns, last_ns) < self._p.quiet_s:
            self._told[key] = (last_ns, untold + 1)
            return
        self._told[key] = (t_ns, 0)
        more = f" ({untold} more since the last report)" if untold else ""
        out.publish(graph.MISSION_EVENT, CODES.event(t_ns, self.name, code, text + more, graver))

    def _respond(self, t_ns: int, name: str, rule: FaultRule, out: Outbox) -> str:
        """Order SAFE and begin the hold; in words."""
        if rule.response == "log":
            return ""
        boards = self._motion_boards if rule.response == "safe_all" else (rule.board or "",)
        for board in boards:
            if self._powered(board):
                out.publish(graph.BOARDS_REQUEST, self._holds.order(t_ns, board, "safe"))
        hold = Hold(boards, rule.release or GROUND, rule.release_s)
        self._holds.begin(name, hold)
        return f"; {', '.join(boards)} held in SAFE {hold.words()}"

    def _powered(self, board: str) -> bool:
        load = load_of().get(board)
        return load is None or load in self._signals.on_s

    # --- holds ----------------------------------------------------------------------------------

    def _hold(self, t_ns: int, dt_s: float, inbox: Inbox, out: Outbox) -> None:
        """Release what may be, keep the others in SAFE."""
        holds, reports = self._holds, inbox.all(graph.BOARDS_HOUSEKEEPING)
        asked = self._known(t_ns, inbox.all(graph.BOARDS_REQUEST), out)
        for board in self._signals.boards:
            if not self._powered(board):
                holds.powered_off(board)
        for board, faults in holds.hear(asked):
            self._tell_released(t_ns, (board,), "by the ground", faults, out)
        for fault in holds.to_clear():
            boards = self._clear(fault, dt_s)
            self._tell_released(t_ns, boards, "by itself", [fault], out)
        for board, was_safe in holds.escaped(reports).items():
            out.publish(graph.BOARDS_REQUEST, holds.order(t_ns, board, "safe"))
            if was_safe:
                text = f"{board} left SAFE and was ordered back: {holds.words()[board]}"
                self._tell(t_ns, f"escaped/{board}", "HLT-015", text, out, graver=True)
        for board in holds.leaving(reports):
            out.publish(graph.BOARDS_REQUEST, holds.order(t_ns, board, "disable"))

    def _known(self, t_ns: int, asked: Iterable[BoardRequest], out: Outbox) -> list[BoardRequest]:
        """Requests of boards that there are; no driver would tell of the others."""
        good = []
        for request in asked:
            if request.board in self._every_board:
                good.append(request)
            elif self._refused.add("board", t_ns):
                what = f"{request.command[:40]!r} of unknown board {request.board[:40]!r}"
                text = f"not carried out: {what}{self._refused.so_far('board')}"
                out.publish(graph.MISSION_EVENT, CODES.event(t_ns, self.name, "HLT-016", text))
        return good

    def _clear(self, fault: str, dt_s: float) -> tuple[str, ...]:
        """Count how long a fault is clear; the boards of its hold when that ends it.

        Time in which its signal is not known, or its load is off, does not count.
        """
        latch = self._latches.get(fault)
        if latch is None:
            return ()
        rule = latch.rule
        value = self._signals.values.get(rule.watch)
        if latch.active or (value is not None and rule.bad(rule.watched(value))):
            self._holds.bad(fault)
        elif value is not None and self._signals.watched(rule.while_load):
            return self._holds.clear(fault, dt_s)
        return ()

    def _tell_released(
        self, t_ns: int, boards: tuple[str, ...], by: str, faults: list[str], out: Outbox
    ) -> None:
        still = [f for f in faults if f in self._latches and self._latches[f].active]
        why = f"{', '.join(faults) or 'nothing'} held it"
        why += f"; {', '.join(still)} not over yet" if still else ""
        for board in boards:
            if not self._holds.faults(board):
                text = f"{board} released from SAFE {by}; {why}"
                event = CODES.event(t_ns, self.name, "HLT-015", text, graver=bool(still))
                out.publish(graph.MISSION_EVENT, event)

    def _statuses(self, t_ns: int) -> tuple[Diagnostic, ...]:
        active = {name: latch for name, latch in self._latches.items() if latch.active}
        statuses = [self._board(n, board, active) for n, board in self._signals.boards.items()]
        level = max((latch.rule.severity for latch in active.values()), default=0)
        message = "; ".join(_words(n, latch) for n, latch in active.items()) or "no fault"
        values = {"faults_of_others": str(self._faults_told)}
        if self._last_fault is not None:
            last = self._last_fault
            values["last_fault"] = f"{last.source}: {last.code} {last.text}"[:MOST_TEXT]
        statuses += [told.status(board, why) for board, why in self._holds.words().items()]
        return (*statuses, Diagnostic(level, told.OF_HEALTH, message, values))

    def _board(self, name: str, board: BoardWatch, active: Iterable[str]) -> Diagnostic:
        if not self._powered(name):
            return Diagnostic(0, f"board/{name}", "off")
        last = board.last
        if last is None:
            return Diagnostic(3, f"board/{name}", "not heard yet")
        faults = [fault for fault in active if fault.endswith(f".{name}")]
        stale = board.silence_s > _STALE_S
        level = 3 if stale else 2 if faults else 0
        message = f"silent for {board.silence_s:.0f} s" if stale else ", ".join(faults) or "ok"
        values = {
            "state": _STATES.get(last.state, str(last.state)),
            "uptime_s": str(last.uptime_s),
            "temperature_degc": f"{last.temperature_degc:.2f}",
            "packets_dropped": str(last.packets_dropped),
            "fault_bits": hex(last.fault_bits),
        }
        return Diagnostic(level, f"board/{name}", message, values)


def _words(name: str, latch: Latch) -> str:
    rule = latch.rule
    limits = []
    if rule.above is not None:
        limits.append(f"above {rule.above:g}")
    if rule.below is not None:
        limits.append(f"below {rule.below:g}")
    return f"{name}: {rule.watch} is {latch.value:.4g}, bad {' or '.join(limits)}"
