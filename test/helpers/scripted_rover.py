"""A rover that answers the executive's goals at once, under a Sun that sets once."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from lupex_rover.core import holds
from lupex_rover.core.component import ABORTED, SUCCEEDED, GoalResult, Inbox
from lupex_rover.core.time import ns
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import (
    LOADS,
    AnalyzeSampleResult,
    BoardHousekeeping,
    Diagnostic,
    Diagnostics,
    DrillSampleResult,
    DrillTelemetry,
    DriveToResult,
    Odometry,
    PowerState,
    PowerTelemetry,
    RetractResult,
)
from lupex_rover.mission.plan import MissionPlan

HOUR = 3600
PLAN = MissionPlan(
    start_ns=0, landing_target=(0.0, 0.0), landing_azimuth_rad=0.0, drill_target=(80.0, 0.0),
    haven=(5.0, 0.0), drill_depths_m=(0.5, 1.0, 1.5), night_start_ns=ns(20 * HOUR),
    night_end_ns=ns(100 * HOUR),
)  # fmt: skip


class Rover:
    """Answers goals at once; keeps loads; the Sun sets at 20 h and rises at 100 h."""

    def __init__(self, fail=()):
        self.t_ns = 0
        self.at = np.zeros(3)
        self.loads = 1
        self.fail = set(fail)
        self.fail_code = "XXX-001"
        self.goals, self.asked = [], []
        self.asleep = False
        self.silent_s = math.inf  # from then on the EPS tells nothing
        self.always_lit = False
        self.bit_m = -0.1  # told while the drill has power
        self.bit_comes = False  # with `retract`
        self.soc, self.charged_s = 0.6, float(HOUR)
        self.battery_degc = 10.0
        self.shed: tuple[str, ...] = ()
        self.amp, self.input_w, self.output_w = 8.0, 0.0, 0.0
        self.texts = []
        self.mob_state = 1
        self.mute = set()  # boards that say nothing
        self.lost = False  # nobody tells the pose
        self.lands_s = 200.0
        self.held = {}  # board -> what health says holds it
        self.states = []
        self.events = []

    @property
    def lit(self):
        return self.always_lit or not 20 * HOUR < self.t_ns / 1e9 < 100 * HOUR

    def inbox(self, results):
        t = self.t_ns
        amps = np.array([0.0, 0.0, self.amp if self.lit else 0.0])
        soc = self.soc if t < ns(self.charged_s) else 0.97
        boards = ["EPS"] + [
            b for b, load in (("MOB", 1), ("DRL", 2), ("SCI", 3), ("STR", 5), ("IMU", 6))
            if self.loads >> load & 1 and b not in self.mute
        ]  # fmt: skip
        landing = SimpleNamespace(touchdown=t > ns(self.lands_s), stamp_ns=t)
        zero = np.zeros(3)
        eps = t < ns(self.silent_s) if self.silent_s < math.inf else True
        drill = DrillTelemetry(t, self.bit_m, 0.0, 0.0, 0.0, 0.0, -100.0, 0.0, 0.0, 0, 255)
        return Inbox(
            messages={
                "landing/state": [landing],
                "localization/pose": [
                    Odometry(
                        t, "map", "base_link", Pose(self.at, np.array([0, 0, 0, 1.0])), zero, zero
                    )
                ][: not self.lost],
                "power/telemetry": [
                    PowerTelemetry(
                        t, 28.0, 28.0, 0.0, self.battery_degc, amps, self.loads, np.zeros(16)
                    )
                ][:eps],
                "power/state": [
                    PowerState(
                        t,
                        soc,
                        0.01,
                        self.input_w,
                        self.output_w,
                        4200 * soc,
                        4200 * (soc - 0.15),
                        "normal",
                        self.shed,
                    )
                ][:eps],
                "drill/telemetry": [drill] if self.loads >> LOADS.index("drill") & 1 else [],
                "boards/housekeeping": [
                    BoardHousekeeping(t, b, self.mob_state if b == "MOB" else 1, 0, 20.0, 0, 0, 0)
                    for b in boards
                ],
                "/diagnostics": [
                    Diagnostics(
                        t,
                        (
                            *(holds.status(*h) for h in self.held.items()),
                            Diagnostic(0, "rover", ""),
                        ),
                    ),
                    Diagnostics(t, (Diagnostic(0, "disk", "someone else's"),)),
                ],
            },
            results=results,
        )

    def answer(self, request):
        goal = request.goal
        result: Any
        self.goals.append(request.action)
        if request.action in self.fail:
            result = SimpleNamespace(code=self.fail_code, text="as told")
            return GoalResult(request.action, request.goal_id, ABORTED, result)
        if request.action == "drive_to":
            self.at = np.array([goal.x_m, goal.y_m, 0.0])
            result = DriveToResult("NAV-000", "", 1.0, 0.0)
        elif request.action == "retract":
            found_m, self.bit_m = self.bit_m, -0.1 if self.bit_comes else self.bit_m
            result = RetractResult("DRL-023", "", found_m, self.bit_m, 0.0, 0)
        elif request.action == "drill_sample":
            result = DrillSampleResult("DRL-000", "", goal.depth_m, 15.0, -100.0, 0)
        else:
            result = AnalyzeSampleResult("SCI-000", "", 1.0, 0.1)
        return GoalResult(request.action, request.goal_id, SUCCEEDED, result)

    def fly(self, executive, until_s, step_s=10.0):
        results = []
        while self.t_ns < ns(until_s) and not self.asleep:
            self.t_ns += ns(step_s)
            out = executive.step(self.t_ns, self.inbox(results))
            self.asked += [g.action for g in out.goals]
            results = [r for g in out.goals if (r := self.answer(g)) is not None]
            self.take(out)

    def take(self, out):
        for topic, m in out.messages:
            if topic == "power/switch":
                bit = 1 << LOADS.index(m.load)
                self.loads = self.loads | bit if m.on else self.loads & ~bit
            self.asleep |= topic == "power/hibernate"
            if topic == "mission/state":
                self.states.append((m.phase, m.step, m.code))
            if topic == "mission/event":
                self.events.append(m.code)
                self.texts.append(f"{m.code} {m.text}")
        if out.persist is not None:
            self.memory = out.persist


def ended(rover):
    return {phase: code for phase, step, code in rover.states if code}
