"""The health monitor: watches every board and limit, tells faults, makes boards safe."""

from __future__ import annotations

from collections.abc import Iterable

from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.time import seconds
from lupex_rover.core.types import LOAD_OF_BOARD, BoardRequest, Diagnostic, Diagnostics, Event
from lupex_rover.health.latch import Latch
from lupex_rover.health.params import HealthParams
from lupex_rover.health.signals import BoardWatch, Signals
from lupex_rover.health.table import FaultRule

MOTION_BOARDS = ("MOB", "DRL")
_STALE_S = 5.0
_STATES = {0: "boot", 1: "idle", 2: "active", 3: "safe"}


class HealthMonitor(Component):
    """Applies the fault table once a second.

    A fault is told once when it is raised and once when it has cleared, and not more often than
    every `quiet_s`; its response is given once, each time it is raised. After a jump of time
    (hibernation, reboot) the watch begins anew.
    """

    name = "health"
    inputs = ("boards/housekeeping", "boards/ack", "mission/event", "mobility/state", "imu/data",
              "power/state", "localization/pose", "power/telemetry")  # fmt: skip
    outputs = ("/diagnostics", "mission/event", "boards/request")
    period_s = 1.0

    def __init__(self, params: HealthParams, rules: dict[str, FaultRule]) -> None:
        self._p = params
        self._signals = Signals(params)
        self._latches = {name: Latch(rule) for name, rule in rules.items()}
        self._told: dict[str, tuple[int, int]] = {}  # fault -> last told, untold since
        self._step_ns: int | None = None
        self._last_fault: Event | None = None
        self._faults_told = 0

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        pause_s = seconds(t_ns, self._step_ns) if self._step_ns is not None else 0.0
        self._step_ns = t_ns
        if not 0.0 <= pause_s <= self._p.jump_s:
            self._signals.forget()
            for latch in self._latches.values():
                latch.forget()
        dt_s = min(max(pause_s, 0.0), self._p.counted_s)
        self._signals.take(t_ns, dt_s, inbox)
        for event in inbox.all("mission/event"):
            if event.severity >= 2 and event.source != self.name:
                self._last_fault = event
                self._faults_told += 1
        for name, latch in self._latches.items():
            self._judge(t_ns, dt_s, name, latch, out)
        out.publish("/diagnostics", Diagnostics(t_ns, self._statuses(t_ns)))
        return out

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
            self._tell(t_ns, name, rule.severity, rule.code, _words(name, latch), out)
            self._respond(t_ns, rule, out)
        elif change == "cleared":
            self._tell(t_ns, name, 0, "HLT-000", f"{name} cleared: {value:.4g}", out)

    def _tell(self, t_ns: int, name: str, severity: int, code: str, text: str, out: Outbox) -> None:
        """At most one raise and its clearing per `quiet_s`; what is left out is counted."""
        key = f"{name}/{severity > 0}"
        last_ns, untold = self._told.get(key, (None, 0))
        if last_ns is not None and seconds(t_ns, last_ns) < self._p.quiet_s:
            self._told[key] = (last_ns, untold + 1)
            return
        self._told[key] = (t_ns, 0)
        more = f" ({untold} more since the last report)" if untold else ""
        out.publish("mission/event", Event(t_ns, severity, self.name, code, text + more))

    def _respond(self, t_ns: int, rule: FaultRule, out: Outbox) -> None:
        if rule.response == "log":
            return
        boards = MOTION_BOARDS if rule.response == "safe_all" else (rule.board,)
        for board in boards:
            load = LOAD_OF_BOARD.get(board or "")
            if board is not None and (load is None or load in self._signals.on_s):
                out.publish("boards/request", BoardRequest(t_ns, board, "safe"))

    def _statuses(self, t_ns: int) -> tuple[Diagnostic, ...]:
        active = {name: latch for name, latch in self._latches.items() if latch.active}
        statuses = [self._board(n, board, active) for n, board in self._signals.boards.items()]
        level = max((latch.rule.severity for latch in active.values()), default=0)
        message = "; ".join(_words(n, latch) for n, latch in active.items()) or "no fault"
        values = {"faults_of_others": str(self._faults_told)}
        if self._last_fault is not None:
            last = self._last_fault
            values["last_fault"] = f"{last.source}: {last.code} {last.text}"
        return (*statuses, Diagnostic(level, "rover", message, values))

    def _board(self, name: str, board: BoardWatch, active: Iterable[str]) -> Diagnostic:
        load = LOAD_OF_BOARD.get(name)
        if load is not None and load not in self._signals.on_s:
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
