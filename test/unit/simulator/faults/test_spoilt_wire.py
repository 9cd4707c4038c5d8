"""Bytes on a wire at fault: lost, turned, late, twice, or none; the same however they are cut."""

import json

import numpy as np
import pytest

from lupex_rover.simulator.faults.spoilt_wire import DROPPED, TURNED, SpoiltWire, drawn

DATA = bytes(range(256)) * 40


class Wire(SpoiltWire):
    """With a clock that is set."""

    def __init__(self, seed):
        super().__init__(seed, lambda: self.now_ns)
        self.now_ns = 0

    def at(self, now_ns):
        """What arrives then."""
        self.now_ns = now_ns
        return self.arrived()


def cut(wire, data, sizes):
    out, at = b"", 0
    for size in sizes:
        out += wire.up(data[at : at + size])
        at += size
    return out + wire.up(data[at:])


def test_without_a_fault_nothing_happens():
    wire = Wire(1)
    assert wire.up(DATA) == DATA and wire.down(DATA) == DATA and wire.at(10) == b""


@pytest.mark.parametrize("kind", ["drop", "flip"])
def test_what_happens_to_a_byte_does_not_depend_on_the_reads(kind):
    made = []
    for sizes in ([], [1] * 50, [7, 300, 0, 5]):
        wire = Wire(5)
        wire.begin(0, kind, 0.5)
        made.append(cut(wire, DATA, sizes))
    assert made[0] == made[1] == made[2] != DATA
    other = Wire(6)
    other.begin(0, kind, 0.5)
    assert other.up(DATA) != made[0]


def test_bytes_are_lost_at_the_rate_that_is_stated():
    wire = Wire(2)
    wire.begin(3, "drop", 1.0)
    lost = 1.0 - len(wire.up(DATA)) / len(DATA)
    assert abs(lost - DROPPED) < 4 * np.sqrt(DROPPED / len(DATA))


def test_one_bit_of_a_byte_is_turned_and_each_is():
    wire = Wire(2)
    wire.begin(3, "flip", 1.0)
    turned = np.frombuffer(wire.down(DATA), np.uint8) ^ np.frombuffer(DATA, np.uint8)
    hit = turned[turned > 0]
    assert abs(hit.size / len(DATA) - TURNED) < 4 * np.sqrt(TURNED / len(DATA))
    assert {int(one).bit_count() for one in hit} == {1} and len(set(hit.tolist())) == 8


def test_late_bytes_come_in_order_also_after_the_end():
    wire = Wire(1)
    wire.begin(0, "delay", 0.5)
    assert wire.down(b"ab") == b"" and wire.up(b"xy") == b""
    assert wire.at(999_999_999) == b"" and wire.up(b"") == b""
    wire.end(0)
    assert wire.down(b"c") == b"c"
    assert wire.at(1_000_000_000) == b"ab" and wire.up(b"z") == b"xyz"


def test_repeated_bytes_come_once_more_a_second_later():
    wire = Wire(1)
    wire.begin(0, "replay", 1.0)
    assert wire.down(b"go") == b"go"
    assert wire.at(1_000_000_000) == b"go" and wire.at(3_000_000_000) == b""


def test_unplugged_nothing_comes_through_until_the_end():
    wire = Wire(1)
    wire.begin(0, "unplug", 1.0)
    assert wire.up(b"a") == wire.down(b"b") == b""
    wire.end(0)
    assert wire.up(b"a") == b"a" and wire.down(b"b") == b"b"


def test_a_restored_wire_goes_on_as_the_saved_one():
    wire, other = Wire(9), Wire(9)
    for number, kind in enumerate(("drop", "flip", "delay", "replay")):
        wire.begin(number, kind, 0.7)
    wire.down(DATA), wire.up(DATA)
    other.restore(json.loads(json.dumps(wire.save())))
    assert wire.unlisted() == {"now_ns"}
    assert other.down(DATA) == wire.down(DATA)
    assert other.at(2 * 10**9) == wire.at(2 * 10**9) != b""
    assert other.up(DATA) == wire.up(DATA)


def test_numbers_are_even_and_differ_by_key():
    numbers = drawn(1, 0, 100_000)
    assert 0.0 <= numbers.min() and numbers.max() < 1.0
    assert abs(numbers.mean() - 0.5) < 0.005 and abs(numbers.var() - 1 / 12) < 0.002
    assert abs(np.corrcoef(numbers, drawn(2, 0, 100_000))[0, 1]) < 0.02
    assert (numbers[70:80] == drawn(1, 70, 10)).all()
