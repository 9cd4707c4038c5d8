"""Closed loop of the drill component and the drill's physics, without boards."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from lupex_rover.core.component import CancelRequest, GoalRequest, GoalResult, Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.types import (
    BoardAck,
    BoardHousekeeping,
    DrillCommand,
    DrillSampleGoal,
    DrillTelemetry,
    Event,
    PowerState,
    RetractGoal,
)
from lupex_rover.drill.component import Drill
from lupex_rover.drill.params import DrillingParams
from lupex_rover.simulator.drill.physics import DrillParams, DrillPhysics
from lupex_rover.simulator.drill.regolith import Column

TICK_NS = NS // 10
Hook = Callable[["Loop"], Any]


class Died(Exception):
    """The computer lost its power."""


class Loop:
    """A board in twenty lines: ENABLE, dead-man, ACK, telemetry at 10 Hz; faults by hooks."""

    def __init__(
        self,
        seed: int,
        params: DrillingParams | None = None,
        column: Any = None,
        substeps: int = 4,
    ) -> None:
        self.substeps = substeps
        rng = np.random.default_rng(seed)
        self.physics = DrillPhysics(column or Column(seed, 12.0, -7.0), DrillParams(), rng)
        self.drill = Drill(params or DrillingParams())
        self.t_ns = 1_861_920_000 * NS
        self.active, self.safed = False, False
        self.mute = False  # telemetry off
        self.spoil: Callable[[list[Any]], list[Any]] = lambda values: values
        self.deaf_gate = False
        self.refusals = 0  # so many ENABLE 1 are refused although the board is idle
        self.no_housekeeping = False
        self.requests: list[tuple[int, str]] = []
        self.power: PowerState | None = None
        self.events: list[Event] = []
        self.phases: list[str] = []
        self.commands: list[tuple[int, DrillCommand]] = []
        self._acks: list[BoardAck] = []
        self._last_command_ns = self.t_ns
        self.dead_man_trips = 0
        self.kept = ""  # what the drill wants kept, as JSON; empty: nothing yet
        self.dies: Callable[[Loop, list[Any]], bool] | None = None  # before it says these messages

    def run(
        self, depth_m: float, cup: int = 0, hook: Hook | None = None, limit_s: float = 9000.0
    ) -> GoalResult:
        """Send a goal and step until its result."""
        goal = GoalRequest("drill_sample", f"g{self.t_ns}", DrillSampleGoal(depth_m, cup))
        return self.until_done(goal, hook, limit_s)

    def retract(self, hook: Hook | None = None, limit_s: float = 2000.0) -> GoalResult:
        return self.until_done(
            GoalRequest("retract", f"g{self.t_ns}", RetractGoal()), hook, limit_s
        )

    def until_done(self, goal: GoalRequest, hook: Hook | None, limit_s: float) -> GoalResult:
        self.goal_id = goal.goal_id
        inbox = Inbox(goals=[goal])
        for _ in range(int(limit_s * 10)):
            results = self.tick(inbox)
            if results:
                return results[0]
            inbox = Inbox()
            if hook is not None and hook(self) == "cancel":
                inbox.cancels.append(CancelRequest(goal.action, self.goal_id))
        raise AssertionError(f"no result within {limit_s} s, phase {self.drill.run.phase}")

    def tick(self, inbox: Inbox) -> list[GoalResult]:
        self.t_ns += TICK_NS
        for _ in range(self.substeps):
            self.physics.advance(0.1 / self.substeps)
        if self.active and self.t_ns - self._last_command_ns > NS // 2:
            self.physics.stop()
            self.dead_man_trips += 1
        self._listen(inbox)
        out = self.drill.step(self.t_ns, inbox)
        if out.persist is not None:
            self.kept = json.dumps(out.persist)
        if self.dies is not None and self.dies(self, out.messages):
            raise Died
        for topic, message in out.messages:
            self._obey(topic, message)
        return out.results

    def reboot(self, down_s: float = 3.0) -> None:
        """The computer is gone for so long, and begins with what was kept."""
        self.dies = None
        for _ in range(int(10 * down_s)):
            self.t_ns += TICK_NS
            self.physics.advance(0.1)
            if self.t_ns - self._last_command_ns > NS // 2:
                self.physics.stop()
        self._acks.clear()
        self.drill = Drill(self.drill.params)
        if self.kept:
            self.drill.restore(json.loads(self.kept))

    def _listen(self, inbox: Inbox) -> None:
        if not self.mute:
            values = self.spoil(list(self.physics.drill_state()))
            inbox.messages["drill/telemetry"] = [DrillTelemetry(self.t_ns, *values)]
        if self.t_ns % NS == 0 and not self.no_housekeeping:
            state = 3 if self.safed else 2 if self.active else 1
            report = BoardHousekeeping(self.t_ns, "DRL", state, 0, 0.0, 0, 0, 0)
            inbox.messages["boards/housekeeping"] = [report]
        if self.power is not None:
            inbox.messages["power/state"] = [self.power]
        inbox.messages["boards/ack"], self._acks = self._acks, []

    def _ack(self, telecommand: str, ok: bool) -> None:
        self._acks.append(BoardAck(self.t_ns, "DRL", telecommand, 0, 0 if ok else 4, 0.001))

    def _obey(self, topic: str, m: Any) -> None:
        if topic == "boards/request":
            self.requests.append((self.t_ns, m.command))
            self._enable(m.command == "enable")
        elif topic == "drill/command":
            self.commands.append((self.t_ns, m))
            if self.active:
                self._last_command_ns = self.t_ns
                self.physics.command(m.auger_rpm, m.feed_mps, m.wob_limit_n, m.percussion)
            self._ack("DRILL", self.active)
        elif topic == "drill/gate" and not self.deaf_gate:
            self.physics.gate(m.open)
            self._ack("GATE", True)
        elif topic == "drill/deliver":
            self._ack("DELIVER", self.physics.deliver(m.cup))
        elif topic == "mission/event":
            self.events.append(m)
        elif topic == "drill/status" and (not self.phases or self.phases[-1] != m.phase):
            self.phases.append(m.phase)

    def _enable(self, on: bool) -> None:
        """ENABLE 1 is refused in SAFE; ENABLE 0 leaves it, whoever ordered it."""
        refused = on and (self.safed or self.refusals > 0)
        self.refusals -= on and self.refusals > 0
        self.active = on and not refused
        self.safed = self.safed and on
        self._last_command_ns = self.t_ns
        if not self.active:
            self.physics.stop()
        self._ack("ENABLE", not refused)

    def order_safe(self) -> None:
        self.safed, self.active = True, False
        self.physics.stop()

    def slow_upwards(self, share: float) -> None:
        """From now on the bit comes up at this share of the speed that is asked for."""
        move = self.physics._move
        self.physics._move = lambda travel, dt: move(travel * (share if travel < 0 else 1.0), dt)

    def moving_since(self, t_ns: int) -> list[DrillCommand]:
        """Commands after `t_ns` that want motion."""
        return [c for t, c in self.commands if t > t_ns and (c.auger_rpm or c.feed_mps)]

    def codes(self) -> list[str]:
        return [e.code for e in self.events]
