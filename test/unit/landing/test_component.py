"""The component flies the stand-in lander: a short descent, closed loop, boards left out."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import scenes

from lupex_rover.core.component import Inbox
from lupex_rover.core.transforms import Pose, matrix_to_quat, quat_multiply, rotvec_to_quat
from lupex_rover.core.types import Altimeter, CameraInfo, Image, Imu, StarAttitude
from lupex_rover.landing.component import Landing, Site
from lupex_rover.landing.params import DescentParams, HazardParams, LandingParams
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.simulator.lander.physics import LanderParams, LanderPhysics

NS = 1_000_000_000
DESCENT = DescentParams(altitude_m=520.0, uprange_m=100.0, speed_mps=8.0, sink_mps=14.0)
TARGET = (610.0, 590.0)
AZIMUTH = 0.7
SUN = (math.radians(130.0), math.radians(2.5))
DOWN = Pose.from_matrix(np.array([0.2, 0, -0.3]), np.array([[0, -1, 0], [-1, 0, 0], [0, 0, -1.0]]))
BASE_M = 0.6


class Flight:
    """Sensors with errors round one lander, and the component under test."""

    def __init__(self, ground, onboard_map, seed, seeing):
        self.rng = np.random.default_rng(seed)
        self.ground, self.seeing = ground, seeing
        plan = MissionPlan(0, TARGET, AZIMUTH, (0.0, 0.0), (0.0, 0.0), (), 0, 0)
        self.lander = LanderPhysics(
            LanderParams(descent=DESCENT, position_sigma_m=60.0, position_clip_m=120.0,
                         height_sigma_m=10.0, approach_s=35.0, gate_m=160.0),
            plan, lambda x, y: float(ground.height(float(x), float(y))), BASE_M,
            np.random.default_rng(seed + 1),
        )  # fmt: skip
        site = Site(onboard_map, TARGET, AZIMUTH, 0, np.eye(3), lambda t: SUN)
        params = LandingParams(descent=DESCENT, position_sigma_m=60.0, height_sigma_m=10.0)
        self.make = lambda: Landing(site, DOWN, BASE_M, params)
        self.landing = self.make()
        self.kept, self.dead = None, range(0)  # ticks without flight software; then made anew
        self.bias = self.rng.normal(0, 1e-3, 3)
        self.states, self.fixes, self.events, self.true_at = [], [], [], {}

    def run(self):
        for tick in range(1, 3000):
            heard = self.sense(tick)
            if tick in self.dead:
                continue
            if tick == self.dead.stop:
                self.landing = self.make()
                self.landing.restore(json.loads(json.dumps(self.kept)))
            out = self.landing.step(tick * NS // 10, Inbox(heard))
            self.kept = out.persist or self.kept
            for topic, message in out.messages:
                {"landing/state": self.states, "landing/fix": self.fixes,
                 "mission/event": self.events}[topic].append(message)  # fmt: skip
            if self.states and tick % 5 == 0:
                s = self.states[-1]
                self.lander.nav_update(s.pose.position_m, s.velocity_mps, s.target_m)
            if self.lander.landed and not out.messages:
                return self
        raise AssertionError("never came down")

    def sense(self, tick):
        lander, rng, box = self.lander, self.rng, {"imu/data": []}
        for half in range(2):
            rate, force = np.zeros(3), np.zeros(3)
            for _ in range(5):
                lander.advance(0.01)
                rate += lander.angular_rps / 5
                force += lander.specific_force / 5
            stamp = tick * NS // 10 - (1 - half) * NS // 20
            rate += rng.normal(0, 3e-4, 3)
            force += self.bias + rng.normal(0, 3e-3, 3)
            box["imu/data"].append(Imu(stamp, rate, force, interval_s=0.05))
        stamp = tick * NS // 10
        box["landing/altimeter"] = [Altimeter(stamp, *lander.altimeter())]
        if tick % 10 == 0:
            quat = quat_multiply(matrix_to_quat(lander.pose.matrix),
                                 rotvec_to_quat(rng.normal(0, 1e-4, 3)))  # fmt: skip
            box["star_tracker/attitude"] = [StarAttitude(stamp, quat, 1e-4, True)]
        if self.seeing and tick % 40 == 20 and not lander.landed:
            eye = lander.pose * DOWN
            self.true_at[stamp] = eye.position_m
            pixels = scenes.picture(self.ground, eye.matrix, eye.position_m, *SUN, tick)
            box["camera/descent/camera_info"] = [CameraInfo(stamp, "camera", *scenes.PINHOLE)]
            box["camera/descent/image_raw"] = [Image(stamp, "camera", pixels)]
        return box

    def miss_m(self, of):
        return float(np.hypot(*(self.lander.touchdown_position - of)[:2]))


@pytest.fixture(scope="module")
def ground():
    return scenes.ground(3)


def test_vision_brings_the_lander_to_its_target(ground):
    flight = Flight(ground, scenes.orbital(ground, 4), 11, seeing=True).run()
    accepted = [f for f in flight.fixes if f.accepted]
    assert len(accepted) >= 4
    errors = [np.linalg.norm(f.pose.position_m - flight.true_at[f.stamp_ns]) for f in accepted]
    assert max(errors) < 8.0
    last = flight.states[-1]
    assert last.touchdown
    assert last.phase == "landed"
    assert flight.miss_m(last.target_m) < 6.0
    assert np.hypot(*(last.target_m[:2] - TARGET)) <= HazardParams().divert_m + 0.5
    off = last.pose.position_m - flight.lander.touchdown_position
    assert np.linalg.norm(off) < 5.0
    assert {"LND-010", "LND-021"} <= {e.code for e in flight.events}
    assert not flight.lander.hard


@pytest.mark.parametrize("killed_at", [120, 250])
def test_made_anew_in_the_descent_it_goes_on_from_what_it_kept(ground, killed_at):
    """Five seconds without flight software; from the nominal path it would be hundreds off."""
    flight = Flight(ground, scenes.orbital(ground, 4), 11, seeing=True)
    flight.dead = range(killed_at, killed_at + 50)
    flight.run()
    after = [f for f in flight.fixes if f.accepted and f.stamp_ns > flight.dead.stop * NS // 10]
    assert len(after) >= 2
    last = flight.states[-1]
    assert last.touchdown and flight.miss_m(last.target_m) < 8.0 and not flight.lander.hard
    assert np.linalg.norm(last.pose.position_m - flight.lander.touchdown_position) < 6.0


def test_made_anew_after_the_descent_it_stays_silent(ground):
    flight = Flight(ground, scenes.orbital(ground, 4), 12, seeing=False).run()
    again = flight.make()
    again.restore(flight.kept)
    heard = flight.sense(1)
    assert flight.kept["done"] and not again.step(10**15, Inbox(heard)).messages


@pytest.mark.parametrize(
    "spoil",
    [
        {"position_m": [1.0, 2.0, math.nan]}, {"position_m": [1.0]}, {"sigma": None},
        {"stamp_ns": "soon"},
    ],
)  # fmt: skip
def test_a_kept_descent_that_cannot_be_is_refused(ground, spoil):
    flight = Flight(ground, scenes.orbital(ground, 4), 12, seeing=False)
    for tick in range(1, 15):
        out = flight.landing.step(tick * NS // 10, Inbox(flight.sense(tick)))
        flight.kept = out.persist or flight.kept
    with pytest.raises(ValueError):
        flight.make().restore({**flight.kept, **spoil})


def test_without_pictures_it_does_not_pretend(ground):
    flight = Flight(ground, scenes.orbital(ground, 4), 11, seeing=False).run()
    last = flight.states[-1]
    assert last.fixes == 0
    off = np.abs((last.pose.position_m - flight.lander.touchdown_position)[:2])
    assert (last.position_sigma_m[:2] > 30.0).all()
    assert (off < 4.5 * last.position_sigma_m[:2]).all()
    assert flight.miss_m(np.array([*TARGET, 0.0])) > 10.0


def test_a_map_of_elsewhere_gives_no_fix(ground):
    flight = Flight(ground, scenes.orbital(scenes.ground(78), 4), 11, seeing=True).run()
    assert len(flight.fixes) > 5
    assert not any(f.accepted for f in flight.fixes)


def test_after_landing_it_falls_silent(ground):
    flight = Flight(ground, scenes.orbital(ground, 4), 12, seeing=False).run()
    stamps = [s.stamp_ns for s in flight.states if s.touchdown]
    assert 4.0 <= (stamps[-1] - stamps[0]) / NS <= 6.0
    assert not flight.landing.step(10**15, Inbox(flight.sense(1))).messages


def test_a_touchdown_told_high_over_the_ground_is_not_believed_and_future_samples_are_refused(
    ground,
):
    """One sample of a flag from unfolding legs, one of inertial data stamped an hour ahead."""
    flight = Flight(ground, scenes.orbital(ground, 4), 11, seeing=True)
    honest = flight.sense

    def sense(tick):
        box = honest(tick)
        if tick == 60:
            told = box["landing/altimeter"][0]
            assert told.slant_range_m > 200.0
            box["landing/altimeter"] = [replace(told, touchdown=True)]
            box["imu/data"].append(replace(box["imu/data"][-1], stamp_ns=3600 * NS))
        return box

    flight.sense = sense
    flight.run()
    codes = [e.code for e in flight.events]
    assert codes.count("LND-022") == codes.count("LND-023") == codes.count("LND-021") == 1
    assert codes.index("LND-022") < codes.index("LND-021")
    off = flight.states[-1].pose.position_m - flight.lander.touchdown_position
    assert np.linalg.norm(off) < 5.0
    assert sum(f.accepted for f in flight.fixes) >= 4
