"""Reads a run's bag once and keeps what the page draws."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lupex_rover import graph
from lupex_rover.core.config_file import read_json
from lupex_rover.core.time import seconds
from lupex_rover.core.topic import Topic
from lupex_rover.core.types import Image, LandingFix, LandingState, Odometry, Truth
from lupex_rover.mission.plan import load_plan
from lupex_rover.report import shape
from lupex_rover.scenarios import run_files

# topic -> least seconds between two messages that are kept
KEEP_S: dict[str, float] = {
    graph.SIM_TRUTH: 5.0,
    graph.LOCALIZATION_POSE: 1.0,
    graph.LANDING_STATE: 0.5,
    graph.LANDING_FIX: 0.0,
    graph.POWER_STATE: 30.0,
    graph.DRILL_TELEMETRY: 1.0,
    graph.SCIENCE_WATER: 0.0,
    graph.MISSION_SAMPLE: 0.0,
    graph.CAMERA_DESCENT_IMAGE_RAW: 0.0,
    graph.STEREO_LEFT_IMAGE_RAW: 20.0,
    graph.MISSION_STATE: 0.0,
    graph.NAVIGATION_PATH: 0.0,
    graph.LANDING_ALTIMETER: 0.5,
    graph.CAMERA_DESCENT_CAMERA_INFO: 60.0,
}
MAX_PICTURES = 4
M = TypeVar("M")


@dataclass
class Story:
    """Thinned messages by topic, the result, and the truth at the time of each landing fix."""

    result: dict[str, Any]
    plan: dict[str, Any]
    description: str = ""  # the scenario's own words
    messages: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    truth_descent: list[Truth] = field(default_factory=list)

    def all(self, topic: Topic[M]) -> list[M]:
        return self.messages.get(topic, [])

    def take(self, stream: Iterable[tuple[str, Any, int]]) -> None:
        """Keep what is drawn of (topic, message, t_ns), oldest first."""
        last: dict[str, int] = {}
        for topic, message, t_ns in stream:
            truth = graph.SIM_TRUTH.of(topic, message)
            if truth is not None and not truth.landed:
                self.truth_descent.append(truth)
            if topic in last and seconds(t_ns, last[topic]) < KEEP_S[topic]:
                continue
            last[topic] = t_ns
            self.messages[topic].append(message)

    # --- series ---------------------------------------------------------------------------------

    def truth_track(self) -> np.ndarray:
        """(N, 3) positions after touchdown, m in `map`."""
        return _positions([m for m in self.all(graph.SIM_TRUTH) if m.landed])

    def estimated_track(self) -> np.ndarray:
        """(N, 3) positions that the rover itself believed, m in `map`."""
        landed_ns = self.landed_ns
        poses = self.all(graph.LOCALIZATION_POSE) if landed_ns else []
        return _positions([p for p in poses if p.stamp_ns > landed_ns])

    @property
    def landed_ns(self) -> int:
        """When the rover first stood on the ground, 0 when it never did."""
        return next((m.stamp_ns for m in self.all(graph.SIM_TRUTH) if m.landed), 0)

    def fix_errors(self) -> list[tuple[LandingFix, float]]:
        """Each landing fix with the distance of the lander from where the fix put it, m.

        The fix is of the camera and the truth of the body: the lever arm between them, about a
        metre, stands in the figure.
        """
        if not self.truth_descent:
            return []
        times = np.array([m.stamp_ns for m in self.truth_descent], float)
        track = _positions(self.truth_descent)
        rows = []
        for fix in self.all(graph.LANDING_FIX):
            at = [np.interp(float(fix.stamp_ns), times, track[:, k]) for k in range(3)]
            rows.append((fix, float(np.linalg.norm(fix.pose.position_m - np.array(at)))))
        return rows

    def estimate_errors(self) -> tuple[np.ndarray, np.ndarray]:
        """Altitude over the landing place, m, and error of the landing filter, m, over descent."""
        states = [s for s in self.all(graph.LANDING_STATE) if not s.touchdown]
        if not states or not self.truth_descent:
            return np.zeros(0), np.zeros(0)
        times = np.array([m.stamp_ns for m in self.truth_descent], float)
        track = _positions(self.truth_descent)
        states = [s for s in states if s.stamp_ns <= times[-1]]
        t = np.array([s.stamp_ns for s in states], float)
        truth = np.column_stack([np.interp(t, times, track[:, k]) for k in range(3)])
        return truth[:, 2] - track[-1, 2], np.linalg.norm(_positions(states) - truth, axis=1)

    def pictures(self, topic: Topic[Image]) -> list[Image]:
        """A few pictures spread over the run."""
        images = self.all(topic)
        if len(images) <= MAX_PICTURES:
            return list(images)
        pick = np.linspace(0, len(images) - 1, MAX_PICTURES).round().astype(int)
        return [images[i] for i in pick]


def _positions(messages: Sequence[Truth | Odometry | LandingState]) -> np.ndarray:
    if not messages:
        return np.zeros((0, 3))
    return np.array([m.pose.position_m for m in messages])


def load(folder: Path, stream: Iterable[tuple[str, Any, int]]) -> Story:
    """The story of the run in `folder` and its bag's messages.

    Read are `result.json`, `plan.json` and, where it is there, `flown.yaml`.

    Raises
    ------
    UserError
        A file is missing or is not what it should be.
    """
    path = folder / "result.json"
    result = read_json(path)
    shape.check(result, str(path))
    plan = dataclasses.asdict(load_plan(folder / "plan.json"))
    flown = (folder / run_files.FLOWN).is_file()  # a run that has none may be of no known scenario
    words = run_files.scenario_of(folder).description if flown else ""
    story = Story(result, plan, " ".join(words.split()))
    story.take(stream)
    return story
