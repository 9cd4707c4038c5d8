"""A board whose clock is ahead: its messages are stamped as they come, and it is told."""

import numpy as np
import pytest
from board_side import wire

from lupex_rover.codec.conversion import encode as encode_message
from lupex_rover.core.component import Inbox
from lupex_rover.drivers import boards as drivers
from lupex_rover.drivers.clock import AHEAD_NS
from lupex_rover.protocol import messages as m

MS, S = 10**6, 10**9
HOUR = 3600 * S
T0 = 1_861_920_000 * S
LAST = (2**32 - 1) * S  # what a packet can say, in the year 2106; ROS ends in 2038


def inertial(t_ns):
    return wire("IMU", m.Inertial((0.1, 0.0, 0.0), (0.0, 0.0, 1.6)), t_ns)


@pytest.mark.parametrize("ahead_ns", [HOUR, LAST - T0])
def test_a_stamp_from_the_future_becomes_the_time_of_receipt_and_is_told_once(ahead_ns):
    driver = drivers.LanderDriver()
    messages = []
    for t_ns in range(T0, T0 + S, 100 * MS):
        rx = wire("LND", m.Altimeter(10.0, (0.0,) * 3, 1, 0), t_ns + ahead_ns)
        messages += driver.step(t_ns, Inbox(rx=rx)).messages
    stamps = [said.stamp_ns for topic, said in messages if topic == "landing/altimeter"]
    assert np.allclose(np.diff(stamps), 100 * MS, atol=MS)
    assert all(0 <= t - stamp <= MS for t, stamp in zip(range(T0, T0 + S, 100 * MS), stamps))
    [event] = [said for topic, said in messages if topic == "mission/event"]
    assert (event.code, event.severity) == ("DRV-006", 1)
    assert "LND: clock" in event.text and f"{ahead_ns / S:.1f} s" in event.text
    assert all(encode_message(topic, said) for topic, said in messages)


def test_intervals_stay_the_boards_own_though_many_messages_come_at_once():
    driver = drivers.ImuDriver()
    samples = []
    for begin in range(20):
        t_ns = T0 + begin * 200 * MS
        rx = b"".join(inertial(HOUR + t_ns + k * 10 * MS) for k in range(-19, 1))
        samples += [said for topic, said in driver.step(t_ns, Inbox(rx=rx)).messages
                    if topic == "imu/data"]  # fmt: skip
    assert len(samples) == pytest.approx(80, abs=4)
    assert all(s.interval_s == pytest.approx(0.05, abs=1e-3) for s in samples[4:])


def test_one_stray_stamp_does_not_move_those_after_it():
    driver = drivers.LanderDriver()
    told = []
    for k, ahead_ns in enumerate((0, HOUR, 0, AHEAD_NS // 2, -HOUR)):
        t_ns = T0 + k * S
        rx = wire("LND", m.Altimeter(10.0, (0.0,) * 3, 1, 0), t_ns + ahead_ns)
        out = driver.step(t_ns, Inbox(rx=rx)).messages
        told += [m.stamp_ns - t_ns for topic, m in out if topic == "landing/altimeter"]
    assert told == [0, 0, 0, AHEAD_NS // 2, -HOUR]


def test_a_clock_of_ours_that_is_set_back_and_forth_is_followed():
    driver = drivers.LanderDriver()
    for ours in (T0, T0 - HOUR, T0 - HOUR + 100 * MS, T0 + 200 * MS):
        board = T0 + (ours - T0) % HOUR
        out = driver.step(ours, Inbox(rx=wire("LND", m.Altimeter(1.0, (0.0,) * 3, 1, 0), board)))
        [said] = [said for topic, said in out.messages if topic == "landing/altimeter"]
        assert said.stamp_ns == pytest.approx(ours, abs=MS)
