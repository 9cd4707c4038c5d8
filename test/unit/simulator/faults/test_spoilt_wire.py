"""Bytes on a wire at fault: lost, turned, late, twice, or none; the same however they are cut."""

import json

import numpy as np
import pytest

from lupex_rover.simulator.faults.spoilt_wire import DROPPED, TURNED, SpoiltWire, drawn

DATA = bytes(range(256)) * 40


def cut(wire, data, sizes):
    out, at = b"", 0
    for size in sizes:
        out += wire.up(data[at : at + size])
        at += size
    return out + wire.up(data[at:])


def test_without_a_fault_nothing_happens():
    wire = SpoiltWire(1)
    assert wire.up(DATA) == DATA and wire.down(DATA, 0) == DATA and wire.advance(10) == b""


@pytest.mark.parametrize("kind", ["drop", "flip"])
def test_what_happens_to_a_byte_does_not_depend_on_the_reads(kind):
    made = []
    for sizes in ([], [1] * 50, [7, 300, 0, 5]):
        wire = SpoiltWire(5)
        wire.begin(0, kind, 0.5)
        made.append(cut(wire, DATA, sizes))
    assert made[0] == made[1] == made[2] != DATA
    other = SpoiltWire(6)
    other.begin(0, kind, 0.5)
    assert other.up(DATA) != made[0]


def test_bytes_are_lost_at_the_rate_that_is_stated():
    wire = SpoiltWire(2)
    wire.begin(3, "drop", 1.0)
    lost = 1.0 - len(wire.up(DATA)) / len(DATA)
    assert abs(lost - DROPPED) < 4 * np.sqrt(DROPPED / len(DATA))


def test_one_bit_of_a_byte_is_turned_and_each_is():
    wire = SpoiltWire(2)
    wire.begin(3, "flip", 1.0)
    turned = np.frombuffer(wire.down(DATA, 0), np.uint8) ^ np.frombuffer(DATA, np.uint8)
    hit = turned[turned > 0]
    assert abs(hit.size / len(DATA) - TURNED) < 4 * np.sqrt(TURNED / len(DATA))
    assert {int(one).bit_count() for one in hit} == {1} and len(set(hit.tolist())) == 8


def test_late_bytes_come_in_order_also_after_the_end():
    wire = SpoiltWire(1)
    wire.begin(0, "delay", 0.5)
    assert wire.down(b"ab", 0) == b"" and wire.up(b"xy") == b""
    assert wire.advance(999_999_999) == b"" and wire.up(b"") == b""
    wire.end(0)
    assert wire.down(b"c", 999_999_999) == b"c"
    assert wire.advance(1_000_000_000) == b"ab" and wire.up(b"z") == b"xyz"


def test_repeated_bytes_come_once_more_a_second_later():
    wire = SpoiltWire(1)
    wire.begin(0, "replay", 1.0)
    assert wire.down(b"go", 0) == b"go"
    assert wire.advance(1_000_000_000) == b"go" and wire.advance(3_000_000_000) == b""


def test_unplugged_nothing_comes_through_until_the_end():
    wire = SpoiltWire(1)
    wire.begin(0, "unplug", 1.0)
    assert wire.up(b"a") == wire.down(b"b", 0) == b""
    wire.end(0)
    assert wire.up(b"a") == b"a" and wire.down(b"b", 0) == b"b"


def test_a_restored_wire_goes_on_as_the_saved_one():
    wire, other = SpoiltWire(9), SpoiltWire(9)
    for number, kind in enumerate(("drop", "flip", "delay", "replay")):
        wire.begin(number, kind, 0.7)
    wire.down(DATA, 100), wire.up(DATA)
    other.restore(json.loads(json.dumps(wire.save())))
    assert wire.unlisted() == set()
    assert other.down(DATA, 200) == wire.down(DATA, 200)
    assert other.advance(2 * 10**9) == wire.advance(2 * 10**9) != b""
    assert other.up(DATA) == wire.up(DATA)


def test_numbers_are_even_and_differ_by_key():
    numbers = drawn(1, 0, 100_000)
    assert 0.0 <= numbers.min() and numbers.max() < 1.0
    assert abs(numbers.mean() - 0.5) < 0.005 and abs(numbers.var() - 1 / 12) < 0.002
    assert abs(np.corrcoef(numbers, drawn(2, 0, 100_000))[0, 1]) < 0.02
    assert (numbers[70:80] == drawn(1, 70, 10)).all()
