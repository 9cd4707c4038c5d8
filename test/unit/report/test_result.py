"""The result: figures from a story with known answers, and outcomes that follow from them."""

import numpy as np
import pytest

from lupex_rover.core.time import ns
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import (
    Event,
    LandingState,
    MissionState,
    Sample,
    Truth,
    WaterMeasurement,
)
from lupex_rover.mission.params import PHASES
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.report import result
from lupex_rover.report.log import MissionLog

HOUR = ns(3600)
UP = np.array([0.0, 0.0, 0.0, 1.0])
PLAN = MissionPlan(0, (0.0, 0.0), 0.0, (70.0, 0.0), (3.0, 0.0), (0.5, 1.0, 1.5), 0, 0)


class Scenario:
    name, seed, phases, faults = "told", 7, PHASES, ()

    def __init__(self):
        from lupex_rover.scenarios.scenario import Success

        self.success = Success()


def truth(t_ns, x, sun=1.0, soc=0.9, landed=True, drill=0.0):
    pose = Pose(np.array([x, 0.0, 0.0]), UP)
    velocity, slip = np.array([0.1, 0, 0]), np.full(4, 0.1)
    heat_and_power = (5.0, 5.0, 100.0, 50.0)
    return Truth(
        t_ns, pose, velocity, slip, soc, *heat_and_power, sun, True, 0.0, 1.5, drill, False, landed
    )


def story(drive_m=70.0, dark_h=62, soc=0.4, water=1.0):
    log = MissionLog()
    target = np.array([3.0, 4.0, 0.0])
    t = 0

    def phase(name, step="started", code=""):
        log.take("mission/state", MissionState(t, name, step, code))

    phase("descent")
    log.take(
        "landing/state",
        LandingState(t, Pose(target, UP), np.zeros(3), np.ones(3), 1, 0, "x", target),
    )
    log.take("sim/truth", truth(t, 0.0, landed=False))
    log.take("sim/truth", truth(t, 0.0))
    for name in PHASES:
        t += ns(60)
        phase(name)
        if name == "traverse":
            for k in range(1, 71):
                t += ns(10)
                log.take("sim/truth", truth(t, drive_m * k / 70))
        if name == "drill":
            log.take("sim/truth", truth(t, drive_m, drill=1.5))
            for cup, depth in enumerate((0.5, 1.0, 1.5)):
                log.take("mission/sample", Sample(t, cup, depth, 15.0, 200.0, 1))
        if name == "science":
            for cup, depth in enumerate((0.5, 1.0, 1.5)):
                log.take("science/water", WaterMeasurement(t, cup, depth, 15.0, water, 0.1))
        if name == "night":
            log.take("sim/truth", truth(t, drive_m, sun=0.0))
            t += int(dark_h * HOUR)
            log.take("sim/truth", truth(t, drive_m, sun=0.0, soc=soc))
            log.take("sim/truth", truth(t + ns(60), drive_m))
        phase(name, "succeeded", "MIS-000")
    log.take("mission/event", Event(t, 2, "x", "DRL-003", "binding"))
    return log


CUPS = {"cups": {str(c): {"depth_m": 0.5, "mass_g": 15.0, "water_wt_pct": 1.1} for c in range(3)}}


def test_figures_of_a_good_mission():
    data = result.build(Scenario(), PLAN, story(), CUPS)
    assert data["outcome"] == "success", data["unmet"]
    assert data["landing"] == {"error_m": 5.0, "fixes": 0, "rejected": 0, "touchdown": None}
    assert data["traverse"]["distance_m"] == pytest.approx(70.0)
    assert data["traverse"]["goal_error_m"] == 0.0
    assert data["power"] == {"min_soc": 0.4, "night_h": 62.0, "min_battery_degc": 5.0}
    assert data["drill"]["recoveries"] == 3
    assert data["science"]["samples"][0]["truth_wt_pct"] == 1.1
    assert [p["name"] for p in data["phases"]] == list(PHASES)
    assert data["events"][-1]["severity"] == "fault"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"drive_m": 50.0}, "traverse.distance_m"),
        ({"dark_h": 59}, "power.night_h"),
        ({"soc": 0.01}, "power.min_soc"),
        ({"water": 1.6}, "beyond their sigma"),
    ],
)
def test_what_the_truth_does_not_show_is_unmet(changed, words):
    data = result.build(Scenario(), PLAN, story(**changed), CUPS)
    assert data["outcome"] == "partial"
    assert any(words in line for line in data["unmet"])


def test_an_empty_story_is_a_failure():
    data = result.build(Scenario(), PLAN, MissionLog(), {})
    assert data["outcome"] == "failure"
    assert data["landing"]["error_m"] is None
