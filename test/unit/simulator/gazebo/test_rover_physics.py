"""The rover over Gazebo, against a Gazebo that is made up and knows the answer."""

from __future__ import annotations

import numpy as np
import pytest

from lupex_rover.core.errors import Fault

SPEED = np.full(4, 0.15)
STRAIGHT = np.zeros(4)


def run(rover, seconds):
    for _ in range(round(seconds / 0.01)):
        rover.advance(0.01)


def test_stands_parked_where_it_was_placed_in_map_axes(driven):
    rover, _ = driven
    assert not rover.moving
    np.testing.assert_allclose(rover.pose.position_m, [-5.0, 1.0, 3.62], atol=1e-6)
    assert rover.specific_force[2] == pytest.approx(1.6249)
    travel, speed, steer, current, _ = rover.drive_state()
    for nothing in (travel, speed, steer, current):
        assert not nothing.any()  # although Gazebo's sprockets do not start at zero


def test_drives_five_metres_by_pose_and_by_encoders(driven):
    rover, _ = driven
    rover.command(SPEED, STRAIGHT)
    start = rover.pose.position_m
    run(rover, 0.5 + (5.0 - 0.0375) / 0.15 - 0.25)  # half a second of slewing covers half the way
    moved = rover.pose.position_m - start
    assert moved[0] == pytest.approx(5.0, abs=0.05)
    np.testing.assert_allclose(rover.drive_state()[0], moved[0], atol=1e-6)
    np.testing.assert_allclose(rover.velocity_mps, [0.15, 0, 0], atol=1e-9)
    np.testing.assert_allclose(rover.slip, 0.0, atol=1e-6)
    assert rover.motor_power_w > 6.0
    assert (rover.drive_state()[3] > 0.05).all()


def test_track_speed_slews_and_stop_parks(driven):
    rover, gazebo = driven
    said = len(gazebo.said)
    rover.command(SPEED, STRAIGHT)
    run(rover, 1.0)
    speeds = np.array(gazebo.said[said:])[:, 0]
    assert np.diff(speeds).max() == pytest.approx(0.30 * 0.01)
    assert speeds[-1] == pytest.approx(0.15)
    rover.stop()
    run(rover, 2.0)
    assert not rover.moving
    told = len(gazebo.said)
    run(rover, 1.0)
    assert len(gazebo.said) == told  # a parked rover costs nothing
    assert rover.motor_power_w == 0.0


def test_steers_at_the_joints_rate_and_not_past_its_limit(driven, vehicle):
    rover, _ = driven
    rover.command(np.zeros(4), np.array([3.0, -3.0, 0.5, 0.0]))
    run(rover, 1.0)
    assert rover.drive_state()[2][0] == pytest.approx(0.35, abs=0.01)
    run(rover, 8.0)
    limit = vehicle.steer_limit_rad
    np.testing.assert_allclose(rover.drive_state()[2], [limit, -limit, 0.5, 0.0], atol=1e-3)


def test_slip_is_what_the_ground_takes_away(driven):
    rover, gazebo = driven
    gazebo.slip = 0.4
    rover.command(SPEED, STRAIGHT)
    run(rover, 4.0)
    np.testing.assert_allclose(rover.slip, 0.4, atol=1e-3)


def test_off_the_ground_and_out_of_hand_are_faults(driven):
    rover, gazebo = driven
    rover.command(SPEED, STRAIGHT)
    gazebo.at = gazebo.at + [0.5, 0, 0]
    with pytest.raises(Fault, match="SIM-001"):
        rover.advance(0.01)
    rover.place(7.5, 0.0, 0.0)
    rover.command(np.full(4, 0.3), STRAIGHT)
    with pytest.raises(Fault, match=r"SIM-002 in Gazebo: at 8\.0"):
        run(rover, 10.0)


def test_a_new_place_ends_the_old_gazebo(driven):
    rover, first = driven
    rover.place(0.0, 0.0, 1.0)
    assert first.closed
    rover.close()
    rover.close()
