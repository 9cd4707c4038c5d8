"""Healthy boards and messages for the health monitor, fed as the drivers feed it."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core.component import Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.holds import held
from lupex_rover.core.transforms import Pose, rpy_to_matrix
from lupex_rover.core.types import (
    LOAD_OF_BOARD,
    LOADS,
    BoardAck,
    BoardHousekeeping,
    BoardRequest,
    DriveState,
    Event,
    Imu,
    Odometry,
    PowerState,
    PowerTelemetry,
)
from lupex_rover.health import table
from lupex_rover.health.monitor import HealthMonitor
from lupex_rover.health.params import HealthParams

RULES = table.read(Path(__file__).resolve().parents[2] / "config" / "faults.yaml")
T0 = 1_861_920_000 * NS
BOARDS = ("MOB", "IMU", "STR", "EPS", "DRL", "SCI")


class World:
    """Healthy boards and messages; a test changes what it wants to be wrong."""

    def __init__(self):
        self.monitor = HealthMonitor(HealthParams(), RULES)
        self.t_ns = T0
        self.loads = {"computer", "mobility", "drill", "payload", "star_tracker", "imu"}
        self.silent: set[str] = set()
        self.eps = True  # the EPS tells of power
        self.hk: dict[str, dict[str, Any]] = {
            b: {"temperature_degc": 20.0, "packets_dropped": 0, "fault_bits": 0} for b in BOARDS
        }
        self.tilt_deg, self.motor_degc, self.battery_degc, self.battery_v, self.soc = (
            3.0,
            30.0,
            15.0,
            30.0,
            0.7,
        )
        self.acks: list[BoardAck] = []
        self.events: list[Event] = []
        self.safed: list[str] = []
        self.states = dict.fromkeys(BOARDS, 1)  # as in housekeeping; boards obey
        self.left: list[str] = []  # boards that health sent ENABLE 0
        self.asked: list[BoardRequest] = []  # requests of others, and what health hears of its own
        self.kept = None
        self.diagnostics = None

    def on(self, board):
        return LOAD_OF_BOARD.get(board, "computer") in self.loads

    def inbox(self):
        t = self.t_ns
        reports = [
            BoardHousekeeping(
                t, b, self.states[b], (t - T0) // NS, packets_received=0, **self.hk[b]
            )
            for b in BOARDS
            if self.on(b) and b not in self.silent
        ]
        mask = sum(1 << LOADS.index(load) for load in self.loads)
        tilt = math.radians(self.tilt_deg)
        force = 1.62 * np.array([-math.sin(tilt), 0.0, math.cos(tilt)])
        pose = Pose.from_matrix(np.zeros(3), rpy_to_matrix(0.0, tilt, 0.5))
        four = np.zeros(4)
        acks, self.acks = self.acks, []
        asked, self.asked = self.asked, []
        messages: dict[str, list[Any]] = {
            "boards/request": asked,
            "boards/housekeeping": reports,
            "boards/ack": acks,
            "power/telemetry": [PowerTelemetry(t, 28.0, self.battery_v, -3.0, self.battery_degc,
                                               np.zeros(3), mask, np.zeros(16))],
            "power/state": [PowerState(t, self.soc, 0.01, 0.0, 90.0, 2000.0, 1500.0, "normal")],
            "localization/pose": [Odometry(t, "map", "base_link", pose, np.zeros(3), np.zeros(3))],
        }  # fmt: skip
        if not self.eps:
            del messages["power/telemetry"]
        if "mobility" in self.loads:
            messages["mobility/state"] = [
                DriveState(t, four, four, four, four, four + self.motor_degc)
            ]
        if "imu" in self.loads:
            messages["imu/data"] = [Imu(t, np.zeros(3), force)] * 20
        return Inbox(messages)

    def run(self, seconds, step_s=1):
        """Raised and cleared events of this stretch."""
        mark = len(self.events)
        for _ in range(int(seconds / step_s)):
            self.t_ns += step_s * NS
            self.states.update({b: 1 for b in BOARDS if not self.on(b)})  # boots to idle
            out = self.monitor.step(self.t_ns, self.inbox())
            self.kept = self.kept if out.persist is None else out.persist
            for topic, message in out.messages:
                if topic == "mission/event":
                    self.events.append(message)
                elif topic == "boards/request":
                    self.obey(message)
                else:
                    self.diagnostics = message
        return [e.code for e in self.events[mark:]]

    def obey(self, request):
        assert request.command in ("safe", "disable")
        safe = request.command == "safe"
        (self.safed if safe else self.left).append(request.board)
        if self.on(request.board):
            self.states[request.board] = 3 if safe else 1
        self.asked.append(request)  # health hears itself

    def ask(self, board, command):
        """By the ground or another component; the board obeys."""
        self.asked.append(BoardRequest(self.t_ns + 1, board, command))
        if command in ("safe", "disable"):
            self.states[board] = 3 if command == "safe" else 1

    def held(self):
        return held([self.diagnostics])
