"""One run of a campaign: flown in the harness without bag or report, summed up in one row."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from lupex_rover import graph
from lupex_rover.core.constants import NS
from lupex_rover.core.types import LandingState
from lupex_rover.hosts.harness import Harness
from lupex_rover.nodes.build import components
from lupex_rover.report import result
from lupex_rover.report.log import MissionLog
from lupex_rover.runs.harness_setup import set_up_harness
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.engine import Engine
from lupex_rover.simulator.site.prepare import PreparedScenario

# the filter's error is noted when passing these, m and squared over what it says of itself
HEIGHTS_M = (2000, 1000, 500, 200, 100, 30)
COLUMNS = (
    "seed", "outcome", "why", "error_m", "east_m", "north_m", "from_plan_m", "slope_deg", "rock_m",
    "safe_within_m", "hard", "sun_azimuth_deg", "sun_elevation_deg", "start_east_m",
    "start_north_m", "camera_px", "camera_fov_deg", "map_noise_m", "fixes", "rejected",
    "first_fix_height_m", "touchdown_navigation_m", "touchdown_nees",
    *(f"navigation_at_{h}_m" for h in HEIGHTS_M), *(f"nees_at_{h}_m" for h in HEIGHTS_M), "cpu_s",
)  # fmt: skip
FAILED = "failed"


class Watch:
    """Compares the landing filter with the truth on the way down."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._left = list(HEIGHTS_M)
        self.row: dict[str, Any] = {}

    def see(self, state: LandingState) -> None:
        """Take in one `landing/state`."""
        if "touchdown_navigation_m" in self.row:
            return
        body = self._engine.body
        if state.touchdown and body.landed:
            self._touchdown(state)
            return
        off = state.pose.position_m - body.pose.position_m
        height = float(body.pose.position_m[2] - state.target_m[2])
        if state.fixes and "first_fix_height_m" not in self.row:
            self.row["first_fix_height_m"] = height
        while self._left and height <= self._left[0]:
            passed = self._left.pop(0)
            self.row[f"navigation_at_{passed}_m"] = float(np.hypot(*off[:2]))
            self.row[f"nees_at_{passed}_m"] = _nees(off, state)

    def _touchdown(self, state: LandingState) -> None:
        place = self._engine.lander.touchdown_position
        if place is None:
            return
        off = state.pose.position_m - place
        self.row["touchdown_navigation_m"] = float(np.hypot(*off[:2]))
        self.row["touchdown_nees"] = _nees(off, state)


def _nees(off_m: np.ndarray, state: LandingState) -> float:
    """Squared horizontal error, each axis over its sigma; an honest filter's mean is 2."""
    return float(((off_m[:2] / state.position_sigma_m[:2]) ** 2).sum())


def fly_row(scenario: Scenario, machinery: tuple[type[Exception], ...] = ()) -> dict[str, Any]:
    """Fly `scenario` to the end of its last phase; a value for each of `COLUMNS`, None if unknown.

    A run that breaks with an error gives a row too, with the outcome `failed` and why. An error of
    `machinery`, or one that arose from such, says nothing about the run and is raised.
    """
    began = time.process_time()
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    try:
        row.update(_fly(scenario))
    except Exception as error:  # the other runs of the campaign go on
        if any(isinstance(e, machinery) for e in _chain(error)):
            raise
        row.update(outcome=FAILED, why=f"{type(error).__name__}: {error}")
    row.update(seed=scenario.seed, cpu_s=time.process_time() - began)
    return {key: _plain(value) for key, value in row.items()}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those that it arose from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _fly(scenario: Scenario) -> dict[str, Any]:
    made = set_up_harness(scenario, scenario.vehicle.vehicle())
    prepared, engine = made.prepared, made.engine
    row = _start(engine, prepared)
    log, watch = MissionLog(), Watch(engine)

    def on_publish(topic: str, message: Any, t_ns: int) -> None:
        log.take(topic, message)
        state = graph.LANDING_STATE.of(topic, message)
        if state is not None:
            watch.see(state)

    harness = Harness(engine, lambda: components(made.context), on_publish)
    end_ns = engine.t_ns + int(scenario.max_days * 86400 * NS)
    while not log.done and engine.t_ns < end_ns:
        harness.step()
    flown = result.build(scenario, prepared.plan, log, engine.summary())
    return {**row, **watch.row, **_landing(flown, log, prepared)}


def _start(engine: Engine, prepared: PreparedScenario) -> dict[str, Any]:
    """Sun, camera, and how far the true start is from the nominal one."""
    sky = prepared.world.sky(engine.t_ns)
    off = engine.lander.position_m - engine.lander.guidance.position_m
    return {
        "sun_azimuth_deg": math.degrees(sky.sun_azimuth_rad),
        "sun_elevation_deg": math.degrees(sky.sun_elevation_rad),
        "start_east_m": float(off[0]),
        "start_north_m": float(off[1]),
        "camera_px": engine.p.descent_camera_px,
        "camera_fov_deg": engine.p.descent_fov_deg,
        "map_noise_m": prepared.world.params.map_noise_m,
    }


def _landing(flown: dict[str, Any], log: MissionLog, prepared: PreparedScenario) -> dict[str, Any]:
    landing = flown["landing"]
    row = {
        "outcome": flown["outcome"],
        "why": "; ".join(flown["unmet"]),
        "error_m": landing["error_m"],
        "fixes": landing["fixes"],
        "rejected": landing["rejected"],
    }
    touchdown = landing["touchdown"]
    if touchdown is not None and log.touchdown_target_m is not None:
        place = np.array(touchdown["place_m"][:2])
        row["east_m"], row["north_m"] = (place - log.touchdown_target_m[:2]).tolist()
        row["from_plan_m"] = float(np.hypot(*(place - prepared.plan.landing_target)))
        row.update({k: touchdown[k] for k in ("slope_deg", "rock_m", "safe_within_m", "hard")})
    return row


def _plain(value: Any) -> Any:
    """A number that a line of csv takes: four digits behind the point, None for what is not."""
    if isinstance(value, bool) or not isinstance(value, float):
        return value
    return round(value, 4) if math.isfinite(value) else None
