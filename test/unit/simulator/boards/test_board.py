"""The device side, by the ICD's rules, with commands from the golden vectors' own packer."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.protocol import layouts
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.frame import Deframer
from lupex_rover.protocol.packet import decode
from lupex_rover.simulator import bench_boards

VECTORS = Path(__file__).parents[3] / "vectors"
spec = importlib.util.spec_from_file_location("make_vectors", VECTORS / "make_vectors.py")
wire = importlib.util.module_from_spec(spec)
spec.loader.exec_module(wire)
GOLDEN = json.loads((VECTORS / "frames.json").read_text())
VEHICLE = read_vehicle(default_path())
S = 10**9
MS = 10**6


class Bench:
    """Boards on flat ground, and a client that packs its own frames."""

    def __init__(self):
        self.t = 100 * S
        self.world = bench_boards.FlatWorld(VEHICLE, 1, self.t)
        self.boards = self.world.boards
        self.sequence = 0
        self.run(0.01)

    def run(self, duration_s):
        for _ in range(round(duration_s / 0.01)):
            self.t += S // 100
            self.world.advance(0.01, self.t)
            for board in self.boards.values():
                board.advance(self.t)

    def send(self, board, message_id, payload=b"", sequence=None):
        """Send; the ACK's status."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        data = wire.cobs(wire.packet(board, True, sequence, message_id, payload)) + b"\0"
        return self.raw(board, data)

    def raw(self, board, data):
        self.boards[board].take()
        self.boards[board].feed(data, self.t)
        acks = [p for p in self.told(board) if isinstance(p, m.Ack)]
        return acks[-1].status if acks else None

    def told(self, board):
        packets = [decode(d) for d in Deframer().feed(self.boards[board].take())]
        return [layouts.LAYOUTS[(p.apid, False, p.message_id)].unpack(p.payload) for p in packets]

    def housekeeping(self, board):
        self.boards[board].take()
        self.run(1.02)
        return [p for p in self.told(board) if isinstance(p, m.Housekeeping)][-1]


@pytest.fixture
def bench():
    return Bench()


def drive(speed):
    return wire.f(*[speed] * 4, *[0.0] * 4)


def test_drives_when_enabled_and_stops_by_itself(bench):
    assert bench.send("MOB", 0x10, drive(0.1)) == 4
    assert bench.send("MOB", 0x04, b"\x01") == 0
    for _ in range(20):
        assert bench.send("MOB", 0x10, drive(0.1)) == 0
        bench.run(0.1)
    assert bench.world.rover.travel_m == pytest.approx(np.full(4, 0.2), abs=0.05)
    assert bench.housekeeping("MOB").fault_bits & 1
    bench.run(2.0)
    before = bench.world.rover.travel_m.copy()
    bench.run(1.0)
    assert np.abs(bench.world.rover.travel_m - before).max() < 1e-3
    assert bench.housekeeping("MOB").state == 2


def test_dead_man_counts_from_the_last_valid_motion_command(bench):
    bench.send("MOB", 0x04, b"\x01")
    bench.send("MOB", 0x10, drive(0.1))
    for _ in range(4):
        bench.run(0.2)
        assert bench.send("MOB", 0x10, drive(9.0)) == 3
    assert bench.boards["MOB"].faults & 1


def test_same_sequence_count_is_answered_and_not_acted_on(bench):
    bench.send("EPS", 0x10, b"\x0b\x01", sequence=77)
    bench.send("EPS", 0x10, b"\x0b\x00", sequence=78)
    on = bench.world.eps.loads_on
    assert bench.send("EPS", 0x10, b"\x0b\x01", sequence=78) == 0
    assert bench.world.eps.loads_on == on


def test_safe_stops_and_only_enable_zero_leaves_it(bench):
    bench.send("MOB", 0x04, b"\x01")
    bench.send("MOB", 0x10, drive(0.1))
    assert bench.send("MOB", 0x05) == 0
    assert bench.housekeeping("MOB").state == 3
    assert bench.send("MOB", 0x04, b"\x01") == 4
    assert bench.send("MOB", 0x10, drive(0.1)) == 4
    assert bench.send("MOB", 0x04, b"\x00") == 0
    assert bench.housekeeping("MOB").state == 1
    bench.run(2.0)
    assert np.abs(bench.world.rover.speed_mps).max() < 1e-3


@pytest.mark.parametrize("case", GOLDEN["commands"], ids=lambda c: c["name"])
def test_answered_with_the_icds_status(bench, case):
    assert bench.raw(case["board"], bytes.fromhex(case["frame"])) == case["status"]


@pytest.mark.parametrize("case", GOLDEN["bad"], ids=lambda c: c["name"])
def test_bad_frames_are_counted_and_never_answered(bench, case):
    before = bench.housekeeping("EPS").packets_dropped
    assert bench.raw("EPS", bytes.fromhex(case["frame"])) is None
    assert bench.housekeeping("EPS").packets_dropped == before + 1


@pytest.mark.parametrize("case", GOLDEN["misaddressed"], ids=lambda c: c["name"])
def test_what_is_for_others_is_dropped(bench, case):
    assert bench.raw("EPS", bytes.fromhex(case["frame"])) is None
    assert bench.housekeeping("EPS").packets_dropped == 1


def test_rates_of_the_icd(bench):
    for board in bench.boards.values():
        board.take()
    bench.run(5.0)
    rates = {
        "MOB": m.DriveState, "IMU": m.Inertial, "STR": m.Attitude, "EPS": m.Power,
        "DRL": m.DrillState, "LND": m.Altimeter,
    }  # fmt: skip
    counts = {b: sum(isinstance(p, kind) for p in bench.told(b)) / 5.0 for b, kind in rates.items()}
    assert counts == {"MOB": 20, "IMU": 100, "STR": 1, "EPS": 1, "DRL": 10, "LND": 10}


def test_set_time_moves_the_boards_clock(bench):
    seconds = 1_861_920_000
    assert bench.send("IMU", 0x06, wire.struct.pack(">II", seconds, 0)) == 0
    bench.run(0.01)
    packets = [decode(d) for d in Deframer().feed(bench.boards["IMU"].take())]
    assert abs(packets[-1].t_ns - seconds * S) < 0.05 * S


def test_switched_off_a_board_is_silent_deaf_and_boots_again(bench):
    board = bench.boards["MOB"]
    bench.send("MOB", 0x04, b"\x01")
    bench.world.eps.switch(1, False)
    bench.run(0.02)
    board.take()
    bench.run(1.0)
    assert board.take() == b""
    assert bench.send("MOB", 0x03) is None
    bench.world.eps.switch(1, True)
    bench.run(0.02)
    assert bench.housekeeping("MOB").state == 1
    assert bench.housekeeping("MOB").uptime_s <= 2


def test_a_motion_command_half_a_second_late_still_finds_the_actuators_stopped(bench):
    """Even where nobody called `advance` in between."""
    mob = bench.boards["MOB"]
    bench.send("MOB", 0x04, b"\x01")
    bench.send("MOB", 0x10, drive(0.1))
    stops = []
    bench.world.rover.stop = lambda: stops.append(bench.t)
    bench.t += 499 * MS
    bench.send("MOB", 0x03)
    assert not stops
    bench.t += 1 * MS
    bench.send("MOB", 0x03)
    assert stops == [bench.t]
    assert mob.faults & 1
    assert bench.send("MOB", 0x10, drive(0.1)) == 0  # the commander is back
    assert not mob.faults & 1


def test_enable_clears_the_dead_mans_bit_and_arms_it_again(bench):
    bench.send("MOB", 0x04, b"\x01")
    bench.run(0.6)
    assert bench.boards["MOB"].faults & 1
    assert bench.send("MOB", 0x04, b"\x01") == 0  # the board is active all the time
    assert not bench.boards["MOB"].faults & 1
    bench.run(0.6)
    assert bench.boards["MOB"].faults & 1


def test_enable_does_not_feed_the_dead_man_of_a_board_that_moves(bench):
    """It is no motion telecommand."""
    bench.send("MOB", 0x04, b"\x01")
    bench.send("MOB", 0x10, drive(0.1))
    stops = []
    bench.world.rover.stop = lambda: stops.append(bench.t)
    begin = bench.t
    for _ in range(4):
        bench.run(0.2)
        bench.send("MOB", 0x04, b"\x01")
    assert stops[0] - begin == 500 * MS


def test_a_resend_does_not_feed_the_dead_man(bench):
    bench.send("MOB", 0x04, b"\x01")
    bench.send("MOB", 0x10, drive(0.1), sequence=900)
    for _ in range(4):
        bench.run(0.2)
        assert bench.send("MOB", 0x10, drive(0.1), sequence=900) == 0
    assert bench.boards["MOB"].faults & 1


def test_telemetry_of_a_long_step_is_stamped_when_it_was_due(bench):
    bench.boards["IMU"].take()
    bench.t += S
    bench.boards["IMU"].advance(bench.t)
    got = [decode(d) for d in Deframer().feed(bench.boards["IMU"].take())]
    stamps = [p.t_ns for p in got if p.message_id == 0x20]
    assert len(stamps) == 100
    assert np.diff(stamps) == pytest.approx(10 * MS, abs=20_000)
    assert [p.sequence for p in got] == list(range(got[0].sequence, got[0].sequence + 101))


def test_a_load_switched_off_takes_its_board_with_it(bench):
    assert bench.send("SCI", 0x10, b"\x01\x01") == 0  # a partner's slot
    bench.run(0.1)
    assert bench.world.instruments.power_w > 0
    for load, board in ((1, "MOB"), (2, "DRL"), (3, "SCI"), (5, "STR"), (6, "IMU")):
        assert bench.send("EPS", 0x10, bytes([load, 0])) == 0
        bench.run(0.02)
        assert bench.send(board, 0x03) is None
    assert bench.world.instruments.power_w == 0
    bench.send("EPS", 0x10, b"\x03\x01")
    bench.run(0.02)
    assert bench.send("SCI", 0x03) == 0
    assert bench.world.instruments.power_w == 0  # a slot stays off until it is told


def test_the_computer_is_not_switched_but_sleeps(bench):
    assert bench.send("EPS", 0x10, b"\x00\x00") == 4
    assert bench.send("EPS", 0x10, b"\x00\x01") == 0
    assert bench.send("EPS", 0x12, wire.struct.pack(">I", 30)) == 0
    bench.run(1.0)
    assert bench.world.eps.loads_on == 1 << 8 | 1 << 9  # the survival heaters
    assert bench.send("EPS", 0x10, b"\x0b\x01") == 4
    bench.run(30.0)
    assert bench.world.eps.loads_on & 1


def test_a_jump_of_days_makes_no_flood(bench):
    bench.boards["IMU"].take()
    bench.t += 5 * 86400 * S
    bench.boards["IMU"].advance(bench.t)
    assert len(Deframer().feed(bench.boards["IMU"].take())) < 1100
