"""Localization on simulated drives against the truth they were made from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from simulated_drive import SITE, T0, Drive, fly, make, pose_of, s_bend, touch_down

from lupex_rover.core.component import Inbox
from lupex_rover.core.transforms import (
    Pose,
    matrix_to_quat,
    rpy_to_matrix,
)
from lupex_rover.core.types import LandingState, Odometry
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.navigation.localization import Localization
from lupex_rover.navigation.params import LocalizationParams
from lupex_rover.terrain.dem import Dem


def test_level_drive_is_within_two_per_cent_and_its_claim(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.03), make(vehicle)
    error = np.array([1.5, -1.0, 0.2])
    touch_down(loc, drive, error)
    end = fly(loc, drive, 2000)
    drift = end.pose.position_m - drive.pose.position_m - error
    assert drive.went_m > 18.0
    assert np.linalg.norm(drift[:2]) < 0.02 * drive.went_m
    turn = (end.pose.inverse() * drive.pose).orientation_xyzw
    assert 2.0 * np.linalg.norm(turn[:3]) < 1e-3
    sigma = np.sqrt(np.diag(end.pose_covariance))
    assert sigma[0] > 2.0  # the landing's own error never goes away by driving
    assert (np.abs(drift + error) < 3.0 * sigma[:3]).all()


@pytest.mark.parametrize(("grade", "slip"), [(0.15, 0.12), (-0.15, -0.06)])
def test_slope_model_takes_out_most_of_the_slip(
    vehicle: Vehicle, grade: float, slip: float
) -> None:
    """Slips between those of published loose-soil tests at 8.5 degrees."""
    drive, loc = Drive(vehicle, grade, slip), make(vehicle, map_height_sigma_m=100.0)
    touch_down(loc, drive, np.zeros(3))
    end = fly(loc, drive, 1500, lambda k: (0.1, 0.0))
    drift = end.pose.position_m - drive.pose.position_m
    assert np.linalg.norm(drift) < 0.05 * drive.went_m
    assert np.linalg.norm(drift) < 3.0 * math.sqrt(np.trace(end.pose_covariance[:3, :3]))


def test_visual_odometry_finds_slip_that_no_model_knows(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.5), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    rng = np.random.default_rng(9)
    before = visual = drive.pose.position_m
    seen, end = None, None
    for k in range(1600):
        out = loc.step(drive.t, drive.step(*s_bend(k), visual=seen))
        end, seen = pose_of(out), None
        if k % 40 == 0:
            now = drive.pose.position_m
            visual = visual + (now - before) + rng.normal(0.0, 0.003, 3)
            covariance, before = np.eye(6) * 0.004**2, now
            if k % 400 == 0:  # lost now and then, and a wrong place with it
                covariance, visual = np.eye(6) * 1e6, visual + 5.0
            pose = Pose(visual, np.array([0.0, 0.0, 0.0, 1.0]))
            seen = Odometry(drive.t, "map", "base_link", pose, np.zeros(3), np.zeros(3), covariance)
    assert end is not None
    drift = end.pose.position_m - drive.pose.position_m
    assert np.linalg.norm(drift) < 0.03 * drive.went_m
    blind = Drive(vehicle, 0.0, slip=0.5)
    other = make(vehicle)
    touch_down(other, blind, np.zeros(3))
    lost = fly(other, blind, 1600).pose.position_m - blind.pose.position_m
    assert np.linalg.norm(lost) > 10.0 * np.linalg.norm(drift)


def test_descent_follows_the_landing_filter(vehicle: Vehicle) -> None:
    loc = make(vehicle)
    q = matrix_to_quat(rpy_to_matrix(0.1, 0.0, 1.0))
    state = LandingState(T0, Pose(np.array([1.0, 2.0, 3000.0]), q), np.array([0.0, 0.0, -5.0]),
                         np.array([9.0, 9.0, 3.0]), 1, 0, "braking", np.zeros(3))  # fmt: skip
    out = loc.step(T0, Inbox(messages={"landing/state": [state]}))
    said = pose_of(out)
    np.testing.assert_allclose(said.pose.position_m, [1.0, 2.0, 3000.0])
    assert said.pose_covariance[0, 0] == pytest.approx(81.0)
    assert "/tf_static" in dict(out.messages)


def test_pose_survives_the_computers_power_and_days_without_sensors(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.05, slip=0.05), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    before = fly(loc, drive, 600)
    kept = None
    for _ in range(150):
        kept = loc.step(drive.t, drive.step(0.0, 0.0)).persist or kept
    assert kept is not None
    again = make(vehicle)
    again.restore(kept)
    wake = drive.t + 70 * 3600 * 10**9
    first = pose_of(again.step(wake, Inbox()))
    np.testing.assert_allclose(first.pose.position_m, before.pose.position_m, atol=0.02)
    drive.t, drive.travel = wake, np.zeros(4)  # the board counts from zero again
    end = fly(again, drive, 300)
    drift = end.pose.position_m - drive.pose.position_m
    assert np.linalg.norm(drift) < 0.03 * drive.went_m


def kept_while_driving(vehicle: Vehicle, drive: Drive) -> dict:
    """Drives, keeps its pose, and drives on for 8 s until the process is lost."""
    loc = make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    kept, steps = None, 0
    while kept is None or steps < 80:
        out = loc.step(drive.t, drive.step(0.1, 0.0))
        kept, steps = out.persist or kept, 0 if out.persist else steps + 1
    for _ in range(5):  # until the dead-man ends the motion
        drive.step(0.1, 0.0)
    for _ in range(200):
        drive.step(0.0, 0.0)
    return kept


def said_at_rest(loc: Localization, drive: Drive) -> Odometry:
    """The last pose of a second, in which it speaks now and then."""
    outs = [loc.step(drive.t, drive.step(0.0, 0.0)) for _ in range(20)]
    return next(pose_of(o) for o in reversed(outs) if "localization/pose" in dict(o.messages))


def test_a_process_that_is_lost_while_driving_goes_on_where_the_rover_is(vehicle: Vehicle) -> None:
    drive = Drive(vehicle, 0.0, slip=0.05)
    again = make(vehicle)
    again.restore(kept_while_driving(vehicle, drive))
    said = said_at_rest(again, drive)
    off = np.linalg.norm(said.pose.position_m - drive.pose.position_m)
    assert off < 0.1, "8.5 s at 0.1 m/s passed since the pose was kept"
    assert off < 3.0 * math.sqrt(said.pose_covariance[:2, :2].trace())


def test_a_board_that_was_off_too_leaves_the_place_in_doubt(vehicle: Vehicle) -> None:
    drive = Drive(vehicle, 0.0, slip=0.05)
    kept = kept_while_driving(vehicle, drive)
    drive.travel = np.zeros(4)
    again = make(vehicle)
    again.restore(kept)
    said = said_at_rest(again, drive)
    off = np.linalg.norm(said.pose.position_m - drive.pose.position_m)
    assert 0.7 < off < 1.0
    assert off < 2.0 * math.sqrt(said.pose_covariance[:2, :2].trace())


def test_without_imu_the_tracks_tell_the_turn(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.03), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    drive.imu = False
    end = fly(loc, drive, 1000)
    turn = (end.pose.inverse() * drive.pose).orientation_xyzw
    assert 2.0 * np.linalg.norm(turn[:3]) < 5e-3
    assert np.linalg.norm(end.pose.position_m - drive.pose.position_m) < 0.03 * drive.went_m


def test_says_nothing_before_it_knows_the_heading(vehicle: Vehicle) -> None:
    ground = Dem(np.zeros((50, 50)), SITE[0] - 100, SITE[1] - 100, 5.0)
    loc = Localization(LocalizationParams(), vehicle, ground, SITE, start_m=SITE)
    drive = Drive(vehicle, 0.0, 0.0)
    drive.stars = False
    for _ in range(100):
        out = loc.step(drive.t, drive.step(0.0, 0.0))
        assert "localization/pose" not in dict(out.messages)
    drive.stars = True
    for _ in range(20):
        out = loc.step(drive.t, drive.step(0.05, 0.0))
    assert pose_of(out).pose_covariance[5, 5] < 1e-4
