"""Turns messages into the signals that the fault table watches."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import numpy as np

from lupex_rover import graph
from lupex_rover.core.component import Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.transforms import tilt_of
from lupex_rover.core.types import LOADS, BoardHousekeeping
from lupex_rover.health.params import HealthParams
from lupex_rover.health.table import WATCHED_BOARDS
from lupex_rover.protocol.boards import load_of

NO_ANSWER = 255  # BoardAck.status


class Growth:
    """How much happened within the last `window_ns`."""

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self._items: deque[tuple[int, float]] = deque()
        self._total = 0.0

    def add(self, t_ns: int, amount: float) -> None:
        self._items.append((t_ns, amount))
        self._total += amount

    def over(self, t_ns: int) -> float:
        while self._items and t_ns - self._items[0][0] > self._window_ns:
            self._total -= self._items.popleft()[1]
        return self._total


class BoardWatch:
    """One board: what it last said, for how long it is silent, what got lost."""

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self.forget()

    def forget(self) -> None:
        """Begin anew: not heard yet, nothing lost."""
        self.last: BoardHousekeeping | None = None
        self.silence_s = 0.0
        self.lost = Growth(self._window_ns)
        self.unanswered = Growth(self._window_ns)

    def heard(self, t_ns: int, report: BoardHousekeeping) -> None:
        last = self.last
        if last is not None and report.uptime_s >= last.uptime_s:
            lost = report.packets_dropped - last.packets_dropped
            lost += report.host_packets_dropped - last.host_packets_dropped
            if lost > 0:
                self.lost.add(t_ns, float(lost))
        self.last = report
        self.silence_s = 0.0


class Signals:
    """The newest value of every signal; a signal without a value is not in `values`."""

    def __init__(self, params: HealthParams, added: Iterable[str] = ()) -> None:
        self._p = params
        boards = (*WATCHED_BOARDS, *added)
        self.boards = {b: BoardWatch(int(params.window_s * NS)) for b in boards}
        self.on_s: dict[str, float] = {}  # load -> seconds since it was seen switched on
        self.values: dict[str, float] = {}
        self._loads_told = False  # by the EPS, since the start

    def forget(self) -> None:
        """After a jump of time nothing from before counts."""
        for board in self.boards.values():
            board.forget()
        self.on_s = dict.fromkeys(self.on_s, 0.0)
        self.values = {}

    def watched(self, load: str | None) -> bool:
        """`load` is on and has been for long enough that its board must have settled."""
        return load is None or self.on_s.get(load, -1.0) >= self._p.settle_s

    def take(self, t_ns: int, dt_s: float, inbox: Inbox) -> None:
        """Take in what came in the last `dt_s`, s."""
        self.values = {}
        self._power(dt_s, inbox)
        self._boards(t_ns, dt_s, inbox)
        self._motion(inbox)
        state = inbox.latest(graph.POWER_STATE)
        if state is not None:
            self.values["soc"] = state.soc
        # What is no number is not known: neither a fault nor a sign that one is over.
        self.values = {name: value for name, value in self.values.items() if math.isfinite(value)}

    def _power(self, dt_s: float, inbox: Inbox) -> None:
        """Which loads are on; while the EPS tells nothing, as it last told."""
        m = inbox.latest(graph.POWER_TELEMETRY)
        if m is None:
            self.on_s = {load: on_s + dt_s for load, on_s in self.on_s.items()}
            return
        self._loads_told = True
        for i, load in enumerate(LOADS):
            if not m.loads_on >> i & 1:
                self.on_s.pop(load, None)
            elif load in self.on_s:
                self.on_s[load] += dt_s
            else:
                self.on_s[load] = 0.0
        self.values.update(battery_degc=m.battery_degc, battery_v=m.battery_v, bus_v=m.bus_v)

    def _boards(self, t_ns: int, dt_s: float, inbox: Inbox) -> None:
        for name, board in self.boards.items():
            load = load_of().get(name)
            if load is not None and load not in self.on_s:
                board.forget()
            board.silence_s += dt_s
        for report in inbox.all(graph.BOARDS_HOUSEKEEPING):
            if report.board in self.boards:
                self.boards[report.board].heard(t_ns, report)
                self._has_power(report.board)
        for ack in inbox.all(graph.BOARDS_ACK):
            if ack.status == NO_ANSWER and ack.board in self.boards:
                self.boards[ack.board].unanswered.add(t_ns, 1.0)
        for name, board in self.boards.items():
            self.values[f"unanswered.{name}"] = board.unanswered.over(t_ns)
            if board.last is not None or board.silence_s >= self._p.settle_s:
                self.values[f"silence_s.{name}"] = board.silence_s
            if board.last is None:
                continue
            self.values[f"temperature_degc.{name}"] = board.last.temperature_degc
            self.values[f"fault_bits.{name}"] = float(board.last.fault_bits)
            self.values[f"lost_packets.{name}"] = board.lost.over(t_ns)

    def _has_power(self, board: str) -> None:
        """Where the EPS never told which loads are on, a board that speaks has power."""
        load = load_of().get(board)
        if load is not None and not self._loads_told:
            self.on_s.setdefault(load, 0.0)

    def _motion(self, inbox: Inbox) -> None:
        v = self.values
        drive = inbox.latest(graph.MOBILITY_STATE)
        if drive is not None:
            v["motor_degc"] = float(np.max(drive.motor_temperature_degc))
            v["motor_a"] = float(np.max(np.abs(drive.motor_current_a)))
        pose = inbox.latest(graph.LOCALIZATION_POSE)
        if pose is not None:
            v["pose_tilt_deg"] = math.degrees(tilt_of(pose.pose.matrix))
            c = pose.pose_covariance
            v["position_sigma_m"] = math.sqrt(max(float(c[0, 0]), float(c[1, 1]), 0.0))
        samples = inbox.all(graph.IMU_DATA)
        if samples:
            force = np.mean([s.specific_force_mps2 for s in samples], axis=0)
            size = float(np.linalg.norm(force))
            v["specific_force_mps2"] = size
            if 0.1 < size < math.inf:
                v["imu_tilt_deg"] = math.degrees(math.acos(min(max(force[2] / size, -1.0), 1.0)))
