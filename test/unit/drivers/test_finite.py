"""A number that is none ends with the driver: dropped, counted, told; the rest goes on."""

import math
from typing import Any

import numpy as np
import pytest
from board_side import MAKE, wire

from lupex_rover.core.component import Inbox
from lupex_rover.drivers import boards as drivers
from lupex_rover.protocol import messages as m

S = 10**9
NONE = (math.nan, math.inf, -math.inf)
FOUR, THREE = (1.0,) * 4, (1.0,) * 3
GOOD: dict[str, Any] = {  # named tuples
    "MOB": m.DriveState(FOUR, FOUR, FOUR, FOUR, FOUR),
    "IMU": m.Inertial(THREE, THREE),
    "STR": m.Attitude((0.0, 0.0, 0.0, 1.0), 1e-4, 1),
    "EPS": m.Power(28.0, 29.0, -1.0, 15.0, THREE, 3, (1.0,) * 16),
    "DRL": m.DrillState(*(1.0,) * 8, 0, 0),
    "LND": m.Altimeter(100.0, THREE, 1, 0),
}
OWN = {"MOB": "mobility/state", "IMU": "imu/data", "STR": "star_tracker/attitude",
       "EPS": "power/telemetry", "DRL": "drill/telemetry", "LND": "landing/altimeter"}  # fmt: skip


def spoiled(payload, name, bad):
    """`payload` with `bad` as the last number of field `name`."""
    value = getattr(payload, name)
    return payload._replace(**{name: (*value[:-1], bad) if isinstance(value, tuple) else bad})


def floats():
    for board, payload in GOOD.items():
        for name, value in zip(payload._fields, payload):
            if isinstance(value, (float, tuple)):
                yield board, name


@pytest.mark.parametrize(("board", "name"), floats())
def test_a_message_with_a_number_that_is_none_is_dropped_counted_and_told(board, name):
    for bad in NONE:
        driver = MAKE[board]()
        good = GOOD[board]
        out = driver.step(S, Inbox(rx=wire(board, spoiled(good, name, bad)) * 3))
        assert [topic for topic, _ in out.messages] == ["mission/event"]  # told once, not thrice
        event = out.messages[0][1]
        assert (event.code, event.severity) == ("DRV-004", 1)
        assert f"{board}: {type(good).__name__}.{name}" in event.text
        assert driver.link.dropped == 3


@pytest.mark.parametrize("board", GOOD)
def test_the_messages_around_it_are_passed_on(board):
    driver = MAKE[board]()
    name = next(n for b, n in floats() if b == board)
    good, bad = GOOD[board], spoiled(GOOD[board], name, math.nan)
    rx = b""
    for k in range(1, 12):
        rx += wire(board, bad if k == 6 else good, S + k * S // 100)
    out = driver.step(2 * S, Inbox(rx=rx))
    told = [message for topic, message in out.messages if topic == OWN[board]]
    assert len(told) == (2 if board == "IMU" else 10)  # the IMU's driver makes one of five


@pytest.mark.parametrize("bad", NONE)
def test_numbers_that_the_board_itself_calls_invalid_are_passed_as_zero(bad):
    lost = m.Altimeter(bad, (1.0, bad, 3.0), 0, 1)
    out = drivers.LanderDriver().step(S, Inbox(rx=wire("LND", lost)))
    [(topic, said)] = out.messages
    assert topic == "landing/altimeter"
    assert (said.slant_range_m, said.valid, said.touchdown) == (0.0, False, True)
    assert np.array_equal(said.velocity_mps, [1.0, 0.0, 3.0])
    blind = m.Attitude((bad,) * 4, bad, 0)
    out = drivers.StarTrackerDriver().step(S, Inbox(rx=wire("STR", blind)))
    [(topic, said)] = out.messages
    assert topic == "star_tracker/attitude"
    assert (said.sigma_rad, said.valid) == (0.0, False)
    assert np.array_equal(said.orientation_xyzw, np.zeros(4))


def test_an_instruments_record_is_passed_as_it_is():
    record = m.SlotData(2, 7, 1, np.array([math.nan, math.inf], ">f4").tobytes())
    out = drivers.ScienceDriver().step(S, Inbox(rx=wire("SCI", record)))
    [(topic, said)] = out.messages
    assert topic == "science/slot_data"
    assert said.data == record.data
