"""Whatever comes over the wire with a good CRC, or as a request: a driver lives through it."""

import struct

import numpy as np
import pytest
from board_side import MAKE

from lupex_rover.codec.conversion import encode as encode_message
from lupex_rover.core.component import Inbox
from lupex_rover.core.types import BoardRequest, DriveCommand
from lupex_rover.drivers import boards as drivers
from lupex_rover.protocol import layouts
from lupex_rover.protocol.frame import encode as encode_frame
from lupex_rover.protocol.packet import Packet, encode

S = 10**9
T0 = 1_861_920_000 * S
LENGTHS = (0, 1, 3, 6, 17, 19, 22, 26, 34, 38, 80, 100, 900)  # those of the ICD among them
NUMBERS = (0.0, -1.0, 3.4e38, -3.4e38, 1e-40, float("nan"), float("inf"))


def payload(rng):
    """Random bytes, or random numbers as f32."""
    size = int(rng.choice(LENGTHS))
    numbers = struct.pack(f">{size // 4}f", *rng.choice(NUMBERS, size // 4))
    return numbers + rng.bytes(size % 4) if rng.random() < 0.5 else rng.bytes(size)


@pytest.mark.parametrize("board", MAKE)
def test_any_packet_is_lived_through_and_what_is_said_can_be_encoded(board):
    rng, driver = np.random.default_rng(1), MAKE[board]()
    for k in range(3000):
        apid = layouts.APIDS[board] if rng.random() < 0.9 else 0x101
        message_id = int(rng.choice([0x01, 0x02, 0x03, 0x20, 0x21, 0xFF]))
        stamp_ns = int(rng.choice([T0, 0, (2**32 - 1) * S, int(rng.integers(0, 2**32)) * S]))
        packet = Packet(apid, rng.random() < 0.1, k % 16384, message_id, stamp_ns, payload(rng))
        out = driver.step(T0 + k * S // 10, Inbox(rx=encode_frame(encode(packet))))
        assert all(encode_message(topic, said) for topic, said in out.messages)
    assert driver.link.dropped > 100


def test_an_ack_of_what_was_never_sent_or_of_a_board_elsewhere_ends_nothing():
    driver = drivers.EpsDriver()
    driver.step(T0, Inbox(messages={"boards/request": [BoardRequest(T0, "EPS", "ping")]}))
    for apid, is_tc, sequence in ((0x104, False, 77), (0x101, False, 2), (0x104, True, 2)):
        ack = encode(Packet(apid, is_tc, 0, 0x01, T0, struct.pack(">HB", sequence, 0)))
        assert driver.step(T0, Inbox(rx=encode_frame(ack) * 3)).messages == []
    ack = encode(Packet(0x104, False, 0, 0x01, T0, struct.pack(">HB", 2, 0)))
    out = driver.step(T0, Inbox(rx=encode_frame(ack) * 3))
    assert [topic for topic, _ in out.messages] == ["boards/ack"]


@pytest.mark.parametrize("stamp_ns", [-1, 2**32 * S])
def test_a_time_that_cannot_be_set_is_told_and_not_sent(stamp_ns):
    driver = drivers.EpsDriver()
    request = BoardRequest(stamp_ns, "EPS", "set_time")
    out = driver.step(T0, Inbox(messages={"boards/request": [request]}))
    assert [(topic, said.code) for topic, said in out.messages] == [("mission/event", "DRV-003")]
    assert out.tx == b""


def test_numbers_do_not_slip_from_one_vector_into_the_next():
    driver = drivers.MobilityDriver(0.15)
    command = DriveCommand(T0, np.zeros(3), np.array([0.2, 0.0, 0.0, 0.0, 0.0]))
    out = driver.step(T0, Inbox(messages={"mobility/command": [command]}))
    assert [(topic, said.code) for topic, said in out.messages] == [("mission/event", "DRV-003")]
    assert out.tx == b""
