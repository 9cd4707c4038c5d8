"""The driver made of a declaration alone, against the package's own driver of that board."""

import numpy as np
import pytest
from board_side import wire

from lupex_rover import graph
from lupex_rover.codec.conversion import decode, encode
from lupex_rover.core.component import Inbox
from lupex_rover.core.types import BoardRequest, DriveCommand
from lupex_rover.drivers.boards import MobilityDriver
from lupex_rover.drivers.declared import DeclaredDriver, topics_of_board
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.boards import declarations

T = 10**9
MOB, SCI = declarations()["MOB"], declarations()["SCI"]
DRIVE, DRIVE_STATE = topics_of_board(MOB)


@pytest.fixture(autouse=True)
def joined():
    before = dict(graph.TOPICS)
    for board in (MOB, SCI):
        graph.join(topics_of_board(board), ())
    yield
    graph.TOPICS.clear()
    graph.TOPICS.update(before)


def through_ros(topic, message):
    return decode(topic, encode(topic, message))


def test_a_command_becomes_the_bytes_that_the_own_driver_sends():
    assert DRIVE == "boards/mob/drive" and DRIVE.qos == "command"
    speed, steer = (0.1, 0.2, 0.1, 0.2), (0.0, -0.5, 0.0, 0.5)
    said = through_ros(DRIVE, DRIVE.message(T, speed, steer))
    own = DriveCommand(T, np.array(speed), np.array(steer))
    declared = DeclaredDriver(MOB).step(T, Inbox({DRIVE: [said]}))
    assert declared.tx and declared.tx == MobilityDriver(0.15).step(
        T, Inbox({graph.MOBILITY_COMMAND: [own]})
    ).tx  # fmt: skip


@pytest.mark.parametrize("stamp_ns", [T - 6 * 10**8, T + 10**9])
def test_a_stale_motion_command_is_not_sent(stamp_ns):
    said = DRIVE.message(stamp_ns, (0.1,) * 4, (0.0,) * 4)
    assert not DeclaredDriver(MOB).step(T, Inbox({DRIVE: [said]})).tx


@pytest.mark.parametrize("speed", [(0.4,) * 4, (0.1,) * 3])
def test_a_command_that_no_board_takes_is_told(speed):
    out = DeclaredDriver(MOB).step(T, Inbox({DRIVE: [DRIVE.message(T, speed, (0.0,) * 4)]}))
    assert not out.tx and [e.code for _, e in out.messages] == ["DRV-003"]


def test_telemetry_is_told_by_field_with_the_boards_stamp():
    four = (1.0, 2.0, 3.0, 4.0)
    rx = wire("MOB", m.DriveState(four, four, four, four, four), T - 10**8)
    (said,) = DeclaredDriver(MOB).step(T, Inbox(rx=rx)).messages
    assert said[0] == DRIVE_STATE == "boards/mob/drive_state"
    heard = through_ros(*said)
    assert heard.stamp_ns == pytest.approx(T - 10**8, abs=10**5) and heard.track_travel_m == four


def test_bytes_are_hexadecimal_both_ways():
    power, command, data = topics_of_board(SCI)
    rx = wire("SCI", m.SlotData(4, 1, 7, b"\x01\xff"), T)
    (said,) = DeclaredDriver(SCI).step(T, Inbox(rx=rx)).messages
    assert through_ros(*said).data == "01ff"
    asked = command.message(T, 4, 1, "02fe")
    assert b"\x02\xfe" in DeclaredDriver(SCI).step(T, Inbox({command: [asked]})).tx
    wrong = command.message(T, 4, 1, "no bytes")
    out = DeclaredDriver(SCI).step(T, Inbox({command: [wrong]}))
    assert [e.code for _, e in out.messages] == ["DRV-003"]


def test_housekeeping_requests_and_the_safe_state_are_those_of_every_driver():
    driver = DeclaredDriver(MOB)
    rx = wire("MOB", m.Housekeeping(1, 5, 2000, 1, 0, 0), T)
    (said,) = driver.step(T, Inbox(rx=rx)).messages
    assert said[0] == graph.BOARDS_HOUSEKEEPING and said[1].board == "MOB"
    asked = BoardRequest(T, "MOB", "ping")
    assert driver.step(T, Inbox({graph.BOARDS_REQUEST: [asked]})).tx
    assert DeclaredDriver(MOB).safe(T).tx and not DeclaredDriver(SCI).safe(T).tx
    assert driver.name == "mob_driver" and driver.serial == "MOB"
