"""Collects from the graph's messages what the result and the report are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from lupex_rover import graph
from lupex_rover.core.time import seconds
from lupex_rover.core.topic import Topic
from lupex_rover.core.transforms import tilt_of
from lupex_rover.core.types import (
    DrillStatus,
    Event,
    LandingFix,
    LandingState,
    MissionState,
    PowerState,
    Sample,
    Truth,
    WaterMeasurement,
)
from lupex_rover.mission.steps import phase_of

M = TypeVar("M")

TOPICS = (graph.MISSION_STATE, graph.MISSION_EVENT, graph.MISSION_SAMPLE, graph.SCIENCE_WATER,
          graph.LANDING_FIX, graph.LANDING_STATE, graph.POWER_STATE, graph.DRILL_STATUS,
          graph.SIM_TRUTH, graph.SIM_EVENT)  # fmt: skip


class PhaseRecord:
    """One phase from its first message to its end."""

    def __init__(self, name: str, start_ns: int) -> None:
        self.name = name
        self.start_ns = start_ns
        self.end_ns = start_ns
        self.outcome = "unfinished"
        self.code = ""


class MissionLog:
    """Feed it every message of `TOPICS` in order; the attributes are the story so far."""

    def __init__(self) -> None:
        self.phases: list[PhaseRecord] = []
        self.phase = ""
        self.step = ""
        self.done = False
        self.events: list[Event] = []
        self.samples: list[Sample] = []
        self.water: list[WaterMeasurement] = []
        self.fixes: list[LandingFix] = []
        self.landing: LandingState | None = None
        self.power: PowerState | None = None
        self.drill: DrillStatus | None = None
        self.touchdown: Truth | None = None
        self.touchdown_target_m: np.ndarray | None = None
        self.truth: Truth | None = None
        self.driven_m: dict[str, float] = {}
        self.max_slip = 0.0
        self.max_tilt_deg = 0.0
        self.max_drill_m = 0.0
        self.phase_end: dict[str, Truth] = {}
        self.min_soc = math.inf
        self.min_battery_degc = math.inf
        self.longest_dark_s = 0.0
        self._dark_since: int | None = None
        self._take: dict[str, Callable[[Any], None]] = {}
        self._hear(graph.MISSION_STATE, self._on_state)
        self._hear(graph.MISSION_EVENT, self.events.append)
        self._hear(graph.SIM_EVENT, self.events.append)
        self._hear(graph.MISSION_SAMPLE, self.samples.append)
        self._hear(graph.SCIENCE_WATER, self._on_water)
        self._hear(graph.LANDING_FIX, self.fixes.append)
        self._hear(graph.LANDING_STATE, self._on_landing)
        self._hear(graph.POWER_STATE, self._on_power)
        self._hear(graph.DRILL_STATUS, self._on_drill)
        self._hear(graph.SIM_TRUTH, self._on_truth)

    def _hear(self, topic: Topic[M], handler: Callable[[M], None]) -> None:
        self._take[topic] = handler

    def take(self, topic: str, message: Any) -> None:
        """Take in one message; topics of no interest are passed over."""
        handler = self._take.get(topic)
        if handler is not None:
            handler(message)

    def _on_water(self, message: WaterMeasurement) -> None:
        """One that is told again, with its old stamp, counts once."""
        if message not in self.water:
            self.water.append(message)

    def _on_landing(self, message: LandingState) -> None:
        self.landing = message

    def _on_power(self, message: PowerState) -> None:
        self.power = message

    def _on_drill(self, message: DrillStatus) -> None:
        self.drill = message

    def _on_state(self, message: MissionState) -> None:
        if message.phase == "done":
            self.done = True
            return
        if not self.phases or self.phases[-1].name != message.phase:
            self.phases.append(PhaseRecord(message.phase, message.stamp_ns))
        record = self.phases[-1]
        record.end_ns = message.stamp_ns
        self.phase, self.step = message.phase, message.step
        if message.step in ("succeeded", "failed") and message.code:
            record.outcome, record.code = message.step, message.code
            if self.truth is not None:
                self.phase_end[message.phase] = self.truth

    def _on_truth(self, message: Truth) -> None:
        last, self.truth = self.truth, message
        self.min_soc = min(self.min_soc, message.soc)
        self.min_battery_degc = min(self.min_battery_degc, message.battery_degc)
        self._watch_dark(message)
        if not message.landed:
            return
        if self.touchdown is None:
            self.touchdown = message
            self.touchdown_target_m = self.landing.target_m if self.landing else None
            return
        self.max_drill_m = max(self.max_drill_m, message.drill_depth_m)
        step = message.pose.position_m - last.pose.position_m if last else np.zeros(3)
        self.driven_m[self.phase] = self.driven_m.get(self.phase, 0.0) + float(np.linalg.norm(step))
        if phase_of(self.phase) in ("egress", "traverse", "return"):
            tilt = math.degrees(tilt_of(message.pose.matrix))
            self.max_tilt_deg = max(self.max_tilt_deg, tilt)
            if np.linalg.norm(message.velocity_mps) > 0.02:
                self.max_slip = max(self.max_slip, float(np.abs(message.slip).mean()))

    def _watch_dark(self, message: Truth) -> None:
        if message.sun_fraction > 0.0 or not message.landed:
            self._dark_since = None
        elif self._dark_since is None:
            self._dark_since = message.stamp_ns
        else:
            self.longest_dark_s = max(
                self.longest_dark_s, seconds(message.stamp_ns, self._dark_since)
            )
