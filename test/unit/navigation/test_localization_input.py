"""What localization must not take in: numbers that are none, stamps that cannot be, old clocks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from simulated_drive import STEP, Drive, fly, make, pose_of, touch_down

from lupex_rover.core.component import Inbox, Outbox
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import Event, Imu, Odometry
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.navigation.dead_reckoning import DeadReckoning
from lupex_rover.navigation.localization import Localization

HOUR = 3600 * 10**9
BAD = [math.nan, math.inf, -math.inf]


def visual(t_ns: int, x: float, sigma: float = 0.004) -> Odometry:
    pose = Pose(np.array([x, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    covariance = np.eye(6) * sigma**2
    return Odometry(t_ns, "map", "base_link", pose, np.zeros(3), np.zeros(3), covariance)


def spoiled(topic: str, message, bad: float):
    """Each message that `message` becomes with one number that is none."""
    vector = {
        "imu/data": ("angular_rate_rps", "specific_force_mps2"),
        "mobility/state": ("track_travel_m", "track_speed_mps", "steer_angle_rad"),
        "star_tracker/attitude": ("orientation_xyzw",),
        "landing/state": ("velocity_mps", "position_sigma_m"),
        "navigation/visual_odometry": ("pose_covariance",),
    }[topic]
    for name in vector:
        values = np.array(getattr(message, name), float)
        values.flat[1] = bad
        yield replace(message, **{name: values})
    if topic == "star_tracker/attitude":
        yield replace(message, sigma_rad=bad)
    if topic in ("landing/state", "navigation/visual_odometry"):
        pose = message.pose
        place = np.array([pose.position_m[0], bad, pose.position_m[2]])
        yield replace(message, pose=Pose(place, pose.orientation_xyzw))


def flown(
    vehicle: Vehicle, topic: str = "", bad: float = 0.0
) -> tuple[Localization, Outbox, list[Event]]:
    """A drive; half way spoiled copies of every message on `topic` come with the good one."""
    drive, loc = Drive(vehicle, 0.05, slip=0.05), make(vehicle)
    inbox = drive.step(0.0, 0.0)
    landing = drive.landed(np.zeros(3))
    inbox.messages["landing/state"] = [landing]
    if topic == "landing/state":
        inbox.messages[topic] = [*spoiled(topic, landing, bad), landing]
    out = loc.step(drive.t, inbox)
    x, events = 0.0, []
    for k in range(200):
        x += 0.0097
        seen = visual(drive.t, x) if k % 20 == 0 else None
        inbox = drive.step(0.1, 0.0, visual=seen)
        good = inbox.messages.get(topic, [])
        if 100 <= k < 130 and good:
            inbox.messages[topic] = [*good, *spoiled(topic, good[-1], bad)]
        out = loc.step(drive.t, inbox)
        events += [m for name, m in out.messages if name == "mission/event"]
    return loc, out, events


TOPICS = (
    "imu/data", "mobility/state", "star_tracker/attitude", "landing/state",
    "navigation/visual_odometry",
)  # fmt: skip


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("bad", BAD)
def test_a_number_that_is_none_changes_nothing_and_is_counted(
    vehicle: Vehicle, topic: str, bad: float
) -> None:
    _, clean, _ = flown(vehicle)
    loc, out, events = flown(vehicle, topic, bad)
    said, wanted = pose_of(out), pose_of(clean)
    np.testing.assert_array_equal(said.pose.position_m, wanted.pose.position_m)
    np.testing.assert_array_equal(said.pose.orientation_xyzw, wanted.pose.orientation_xyzw)
    np.testing.assert_array_equal(said.pose_covariance, wanted.pose_covariance)
    assert loc.intake.refused[topic, "NAV-016"] > 0
    if topic != "landing/state":
        told = [e for e in events if e.code == "NAV-016"]
        assert len(told) == 1 and topic in told[0].text  # once in 10 s


@pytest.mark.parametrize("topic", TOPICS)
def test_a_stamp_in_the_future_is_refused_and_counted(vehicle: Vehicle, topic: str) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.0), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    fly(loc, drive, 50, lambda k: (0.1, 0.0))
    before = pose_of(loc.step(drive.t, drive.step(0.1, 0.0))).pose.position_m
    inbox = drive.step(0.1, 0.0, visual=visual(drive.t, 0.0))
    inbox.messages["landing/state"] = [drive.landed(np.full(3, 50.0))]
    good = inbox.messages.get(topic) or drive.step(0.0, 0.0).messages.get(topic, [])
    while not good:
        good = drive.step(0.0, 0.0).messages.get(topic, [])
    ahead = [replace(m, stamp_ns=drive.t + HOUR) for m in good]
    out = loc.step(drive.t, Inbox({topic: ahead}))
    assert loc.intake.refused[topic, "NAV-017"] == len(ahead)
    assert [e.code for t, e in out.messages if t == "mission/event"] == ["NAV-017"]
    end = fly(loc, drive, 20, lambda k: (0.0, 0.0)).pose.position_m
    assert np.linalg.norm(end - before) < 0.1


def test_after_a_clock_set_back_everything_goes_on(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.5), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    fly(loc, drive, 300, lambda k: (0.1, 0.0))
    for _ in range(150):
        loc.step(drive.t, drive.step(0.0, 0.0))
    drive.t -= HOUR
    said, kept, levelled = 0, 0, loc._rested_ns
    for _ in range(150):
        out = loc.step(drive.t, drive.step(0.0, 0.0))
        said += "localization/pose" in dict(out.messages)
    assert said > 20, "at rest it speaks twice a second"
    assert abs(loc._rested_ns - drive.t) < 2e9 < levelled - drive.t, "the bias is still learned"
    for _ in range(600):
        kept += loc.step(drive.t, drive.step(0.1, 0.0)).persist is not None
    assert 3 <= kept <= 8, "every 10 s while it moves"


def test_after_a_clock_set_back_visual_odometry_is_used_again(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.5), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    fly(loc, drive, 300, lambda k: (0.1, 0.0))
    drive.t -= HOUR
    fly(loc, drive, 50, lambda k: (0.1, 0.0))
    start, at, seen = loc._slip.offset, drive.pose.position_m, None
    for k in range(200):
        loc.step(drive.t, drive.step(0.1, 0.0, visual=seen))
        seen = None
        if k % 20 == 0:
            pose = Pose(drive.pose.position_m - at, np.array([0.0, 0.0, 0.0, 1.0]))
            seen = replace(visual(drive.t, 0.0), pose=pose)
    assert loc._slip.offset > start + 0.1, "it learns the slip"


def test_silent_gyro_and_tracks_of_before_the_clock_was_set_back_are_old(vehicle: Vehicle) -> None:
    """The gyro fell silent while the clock was ahead: the tracks tell the turn."""
    drive, loc = Drive(vehicle, 0.0, slip=0.0), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    fly(loc, drive, 50, lambda k: (0.1, 0.0))
    drive.t, drive.imu, drive.stars = drive.t - HOUR, False, False
    end = fly(loc, drive, 300, lambda k: (0.1, 0.03))
    turn = (end.pose.inverse() * drive.pose).orientation_xyzw
    assert 2.0 * np.linalg.norm(turn[:3]) < 0.1 * 0.9


def test_dead_reckoning_knows_the_past_again_after_a_clock_set_back() -> None:
    dead = DeadReckoning(0.1, 0.05, 0.02, 0.01)
    for k in range(50):
        dead.move(10 * HOUR + k * STEP, np.array([0.01, 0.0, 0.0]), 0.01)
    dead.mark(9 * HOUR)
    for k in range(1, 50):
        dead.mark(9 * HOUR + k * STEP)
    span = dead.between(9 * HOUR, 9 * HOUR + 40 * STEP)
    assert span is not None and np.abs(span[0]).max() == 0.0
    for k in range(50, 100):
        dead.move(9 * HOUR + k * STEP, np.array([0.01, 0.0, 0.0]), 0.01)
    span = dead.between(9 * HOUR + 60 * STEP, 9 * HOUR + 70 * STEP)
    assert span is not None and span[0][0] == pytest.approx(0.1)
    assert dead.between(10 * HOUR, 10 * HOUR + STEP) is None


SPOILT = {
    "position.correction_m": [0.0, math.nan, 0.0],
    "position.odom_m": [1e30, 0.0, 0.0],
    "position.covariance": [[1e30, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    "position.travel_m": 1e30,
    "attitude_xyzw": [0.0, 0.0, 0.0, 0.0],
    "attitude_sigma_rad": [0.1, -1.0, 0.1],
    "bias_rps": [1e30, 0.0, 0.0],
    "slip_offset": "much",
    "tracks.travel_m": [1e30, 0.0, 0.0, 0.0],
    "tracks.speed_mps": [0.0, math.nan, 0.0, 0.0],
}


@pytest.mark.parametrize("key", SPOILT)
def test_a_kept_pose_that_cannot_be_is_dropped_and_told(vehicle: Vehicle, key: str) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.0), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    kept = None
    for _ in range(150):
        kept = loc.step(drive.t, drive.step(0.1, 0.0)).persist or kept
    assert kept is not None
    whole = make(vehicle)
    whole.restore(kept)
    assert whole._landed
    part, _, field = key.partition(".")
    spoilt = {**kept, part: {**kept[part], field: SPOILT[key]} if field else SPOILT[key]}
    again = make(vehicle)
    lacking = {k: v for k, v in kept.items() if k != part}
    whole.restore(lacking if part == "tracks" else kept)  # older versions kept no tracks
    assert not whole._dropped
    for state in (spoilt, spoilt if part == "tracks" else lacking):
        again = make(vehicle)
        again.restore(state)
        out = again.step(drive.t, Inbox())
        codes = [m.code for topic, m in out.messages if topic == "mission/event"]
        assert codes == ["NAV-019"] and not again._landed
    touch_down(again, drive, np.zeros(3))
    assert again._landed, "a landing starts it anew"


def test_no_number_that_a_sensor_cannot_read_moves_the_pose(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.0), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    fly(loc, drive, 100, lambda k: (0.1, 0.0))
    before = loc._position.position_m.copy()
    turned = loc._attitude.q.copy()
    far = Pose(np.array([1e30, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    for big in (1e30, -1e300, 7.0):
        bad = Imu(drive.t, np.full(3, big), np.zeros(3))
        seen = replace(visual(drive.t, 0.0), pose=far)
        out = loc.step(drive.t, Inbox({"imu/data": [bad], "navigation/visual_odometry": [seen]}))
    assert loc.intake.refused["imu/data", "NAV-018"] == 3
    assert loc.intake.refused["navigation/visual_odometry", "NAV-018"] == 3
    assert np.abs(loc._position.position_m - before).max() < 0.1
    assert np.abs(loc._attitude.q - turned).max() < 1e-6
    assert not [m for t, m in out.messages if t == "mission/event"], "told once each"


def test_visual_odometry_that_runs_faster_than_the_tracks_can_is_not_used(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.0), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    fly(loc, drive, 100, lambda k: (0.1, 0.0))
    loc.step(drive.t, drive.step(0.1, 0.0, visual=visual(drive.t, 0.0)))
    fly(loc, drive, 30, lambda k: (0.1, 0.0))
    correction = loc._position.correction_m.copy()
    there = Pose(np.array([50.0, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    jump = replace(visual(drive.t, 0.0), pose=there)
    loc.step(drive.t, drive.step(0.1, 0.0, visual=jump))
    assert np.abs(loc._position.correction_m - correction).max() < 1e-9
