"""A client that knows only the ICD uses every board of `lupex sim --boards`.

It packs its frames with the code of test/vectors, which shares nothing with the product, and
reads telemetry with `struct`. LUPEX_TEST_PHYSICS=gazebo runs it on boards over Gazebo.
"""

import importlib.util
import json
import math
import os
import signal
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
import serial

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("wire", ROOT / "test/vectors/make_vectors.py")
wire = importlib.util.module_from_spec(spec)
spec.loader.exec_module(wire)

ACK, HOUSEKEEPING, PING, ENABLE, SAFE, SET_TIME, COMMAND, TELEMETRY = 1, 2, 3, 4, 5, 6, 0x10, 0x20
STATUS = {"accepted": 0, "unknown": 1, "length": 2, "range": 3, "state": 4}
LAYOUT = {"MOB": ">20f", "IMU": ">6f", "STR": ">5fB", "EPS": ">7fI16f", "DRL": ">8f2B",
          "LND": ">4f2B"}  # fmt: skip
MOBILITY, DRILL, PAYLOAD, LIGHTS = 1, 2, 3, 11


def uncobs(data):
    out, i = bytearray(), 0
    while i < len(data):
        n = data[i]
        out += data[i + 1 : i + n]
        i += n
        if n < 255 and i < len(data):
            out.append(0)
    return bytes(out)


class Client:
    def __init__(self, board, path):
        self.board, self.path, self.sequence, self.rest = board, path, 0, b""
        self.port = serial.Serial(path, 921600, timeout=0.002)

    def packets(self, duration_s):
        """(message id, payload, whole packet) of all telemetry within `duration_s`."""
        end = time.monotonic() + duration_s
        while time.monotonic() < end:
            *frames, self.rest = (self.rest + self.port.read(4096)).split(b"\0")
            for data in filter(None, frames):
                raw = uncobs(data)
                if wire.crc(raw) == 0:  # the first may have begun before the port was opened
                    yield raw[6], raw[13:-2], raw

    def send(self, message_id, payload=b"", sequence=None):
        """Status of the ACK and the seconds it took."""
        self.sequence = (self.sequence + 1) & 0x3FFF if sequence is None else sequence
        data = wire.packet(self.board, True, self.sequence, message_id, payload)
        return self.raw(wire.frame(data), self.sequence)

    def raw(self, data, sequence, wait_s=0.5):
        start = time.monotonic()
        self.port.write(data)
        for mid, body, _ in self.packets(wait_s):
            if mid == ACK and struct.unpack(">H", body[:2])[0] == sequence:
                return body[2], time.monotonic() - start
        return None, None

    def do(self, message_id, payload=b"", sequence=None):
        return self.send(message_id, payload, sequence)[0]

    def last(self, message_id, duration_s):
        """Payload of the newest such telemetry within `duration_s`."""
        got = [body for mid, body, _ in self.packets(duration_s) if mid == message_id]
        assert got, f"{self.board}: no telemetry 0x{message_id:02x} within {duration_s} s"
        return got[-1]

    def read(self, duration_s=0.3):
        """Newest telemetry of the board's own, unpacked."""
        return struct.unpack(LAYOUT[self.board], self.last(TELEMETRY, duration_s))

    def next(self, limit_s=2.0):
        """The next telemetry of the board's own, unpacked; a busy machine may be late with it."""
        for mid, body, _ in self.packets(limit_s):
            if mid == TELEMETRY:
                return struct.unpack(LAYOUT[self.board], body)
        raise AssertionError(f"{self.board}: no telemetry within {limit_s} s")

    def housekeeping(self):
        """state, uptime, temperature, received, dropped, fault bits."""
        for _ in self.packets(0.02):  # what came before is old
            pass
        return struct.unpack(">BIhIII", self.last(HOUSEKEEPING, 1.2))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    physics = os.environ.get("LUPEX_TEST_PHYSICS", "stand-in")
    process = subprocess.Popen(
        [sys.executable, "-m", "lupex_rover.cli", "sim", "--boards", "--physics", physics,
         "--out", str(tmp_path_factory.mktemp("boards"))],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
    )  # fmt: skip
    paths = json.loads(process.stdout.readline())["boards"]
    yield {name: Client(name, path) for name, path in paths.items()}
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert process.stdout.read() == ""


@pytest.fixture
def boards(server):
    """One client per board for all tests: a new one would have to take other sequence counts."""
    for client in server.values():
        client.port.reset_input_buffer()
        client.rest = b""
    yield server
    for client in server.values():
        client.do(ENABLE, b"\x00")


def drive(speed, angle=0.0):
    return wire.f(*[speed] * 4, *[angle] * 4)


def test_the_seven_boards_answer_a_ping_in_time(boards):
    assert list(boards) == ["MOB", "IMU", "STR", "EPS", "DRL", "SCI", "LND"]
    for client in boards.values():
        answers = [client.send(PING) for _ in range(9)]
        assert all(status == 0 for status, _ in answers)
        assert sorted(delay for _, delay in answers)[4] < 0.020


def test_telemetry_comes_at_its_rate_with_utc_and_a_count_without_gaps(boards):
    rates = {"MOB": 20, "IMU": 100, "STR": 1, "EPS": 1, "DRL": 10, "LND": 10}

    def listen(board):
        list(boards[board].packets(0.02))
        return [raw for _, _, raw in boards[board].packets(2.1)]

    with ThreadPoolExecutor(len(rates)) as pool:
        heard = dict(zip(rates, pool.map(listen, rates)))
    for board, got in heard.items():
        own = [raw for raw in got if raw[6] == TELEMETRY]
        assert len(own) == pytest.approx(2.1 * rates[board], abs=1 + 0.05 * rates[board])
        assert sum(raw[6] == HOUSEKEEPING for raw in got) in (2, 3)
        counts = [struct.unpack(">H", raw[2:4])[0] & 0x3FFF for raw in got]
        assert all((b - a) & 0x3FFF == 1 for a, b in pairwise(counts))
        whole, part = struct.unpack(">IH", own[-1][7:13])
        assert whole + part / 65536 == pytest.approx(time.time(), abs=2.0)


def test_drives_and_stops_by_itself_when_the_commander_is_silent(boards):
    mob = boards["MOB"]
    assert mob.do(COMMAND, drive(0.1)) == STATUS["state"]
    assert mob.do(ENABLE, b"\x01") == 0
    before = mob.read()[:4]
    for _ in range(20):
        assert mob.do(COMMAND, drive(0.1)) == 0
        time.sleep(0.08)
    state = mob.read(0.25)
    assert all(v == pytest.approx(0.1, abs=0.01) for v in state[4:8])
    assert all(a > 0.1 for a in state[12:16])  # motor current
    after = mob.read(0.6)[:4]
    assert all(0.12 < b - a < 0.30 for a, b in zip(before, after))
    keeps = mob.housekeeping()
    assert (keeps[0], keeps[5] & 1) == (2, 1)
    time.sleep(1.0)
    stopped = mob.read()
    assert max(abs(v) for v in stopped[4:8]) < 0.01
    assert mob.do(COMMAND, drive(0.0)) == 0  # the commander is back
    time.sleep(0.6)
    assert mob.housekeeping()[5] & 1 == 1  # and gone again


def test_a_point_turn_shows_in_the_gyro(boards):
    mob, imu = boards["MOB"], boards["IMU"]
    still = imu.read()
    assert math.hypot(*still[:3]) < 1e-3
    assert math.hypot(*still[3:]) == pytest.approx(1.62, abs=0.02)
    assert mob.do(ENABLE, b"\x01") == 0
    for _ in range(20):
        assert mob.do(COMMAND, wire.f(-0.1, 0.1, -0.1, 0.1, *[0.0] * 4)) == 0
        time.sleep(0.05)
    assert 0.05 < imu.read(0.25)[2] < 0.5


def test_safe_stops_and_only_enable_zero_leaves_it(boards):
    mob = boards["MOB"]
    assert mob.do(ENABLE, b"\x01") == 0
    assert mob.do(COMMAND, drive(0.2)) == 0
    assert mob.do(SAFE) == 0
    assert mob.housekeeping()[0] == 3
    assert mob.do(ENABLE, b"\x01") == STATUS["state"]
    assert mob.do(COMMAND, drive(0.1)) == STATUS["state"]
    time.sleep(0.5)
    assert max(abs(v) for v in mob.read()[4:8]) < 0.01
    assert mob.do(ENABLE, b"\x00") == 0
    assert mob.housekeeping()[0] == 1


def test_what_is_wrong_is_answered_with_its_status(boards):
    mob = boards["MOB"]
    assert mob.do(ENABLE, b"\x01") == 0
    assert mob.do(0x7F) == STATUS["unknown"]
    assert mob.do(COMMAND, drive(0.1)[:-1]) == STATUS["length"]
    assert mob.do(COMMAND, drive(wire.NAN)) == STATUS["range"]
    assert mob.do(COMMAND, drive(0.1, wire.INF)) == STATUS["range"]
    assert mob.do(COMMAND, drive(0.31)) == STATUS["range"]
    assert mob.do(COMMAND, drive(-0.30, 1.75)) == 0


def test_bad_frames_are_counted_and_never_answered(boards):
    eps = boards["EPS"]
    golden = json.loads((ROOT / "test/vectors/frames.json").read_text())
    cases = golden["bad"] + golden["misaddressed"]
    before = eps.housekeeping()
    for case in cases:
        assert eps.raw(bytes.fromhex(case["frame"]), 5, wait_s=0.05) == (None, None)
    eps.port.write(b"\0\0\0")  # legal
    assert eps.do(PING) == 0
    after = eps.housekeeping()
    assert after[4] - before[4] == len(cases)
    assert after[3] - before[3] == 1


def test_a_resend_is_answered_and_not_acted_on(boards):
    eps = boards["EPS"]
    on, off = bytes([LIGHTS, 1]), bytes([LIGHTS, 0])
    assert eps.do(COMMAND, on, sequence=700) == 0
    assert eps.do(COMMAND, off, sequence=701) == 0
    assert eps.do(COMMAND, off, sequence=701) == 0
    assert eps.do(COMMAND, on, sequence=702) == 0
    assert eps.do(COMMAND, off, sequence=702) == 0  # same count: the board looks no further
    assert eps.read(1.2)[7] >> LIGHTS & 1
    eps.sequence = 702


def test_set_time_sets_the_boards_clock(boards):
    star = boards["STR"]
    assert star.do(SET_TIME, struct.pack(">II", wire.T0, 250_000_000)) == 0
    raws = [raw for mid, _, raw in star.packets(1.5) if mid == TELEMETRY]
    whole, part = struct.unpack(">IH", raws[0][7:13])
    assert 0.0 < whole + part / 65536 - wire.T0 - 0.25 < 1.1
    now = time.time()
    assert star.do(SET_TIME, struct.pack(">II", int(now), int(now % 1 * 1e9))) == 0


def test_power_is_read_and_loads_are_switched(boards):
    eps = boards["EPS"]
    power = eps.read(1.2)
    assert 22 < power[0] < 34
    assert 15 < power[1] < 40
    assert sum(power[4:7]) * power[0] > 20  # it stands in the Sun
    assert power[7] >> MOBILITY & 1
    assert eps.do(COMMAND, bytes([LIGHTS, 0])) == 0
    dark = eps.read(2.2)
    assert eps.do(COMMAND, bytes([LIGHTS, 1])) == 0
    lit = eps.read(2.2)
    assert (dark[7] >> LIGHTS & 1, lit[7] >> LIGHTS & 1) == (0, 1)
    assert dark[8 + LIGHTS] == 0
    assert lit[8 + LIGHTS] > 1
    assert lit[2] < dark[2] + 0.1  # the battery gives it, or takes less


def test_a_heater_follows_its_set_point(boards):
    eps = boards["EPS"]
    assert eps.do(0x11, b"\x00" + wire.f(80.0)) == 0
    assert eps.read(2.2)[8 + 8] > 1
    assert eps.do(0x11, b"\x00" + wire.f(wire.NAN)) == 0
    assert eps.read(2.2)[8 + 8] == 0
    assert eps.do(0x11, b"\x00" + wire.f(0.0)) == 0


def test_hibernation_ends_by_its_time(boards):
    eps, mob = boards["EPS"], boards["MOB"]
    loads = eps.read(1.2)[7]
    assert eps.do(0x12, struct.pack(">I", 4)) == 0
    asleep = eps.read(2.1)
    assert asleep[7] & ~(1 << 8 | 1 << 9) == 0
    assert mob.do(PING) is None  # no power, no answer
    awake = eps.read(4.1)
    assert awake[7] & 1
    for load in (k for k in range(1, 16) if loads >> k & 1):
        assert eps.do(COMMAND, bytes([load, 1])) == 0
    time.sleep(0.1)
    assert mob.do(PING) == 0


def test_star_tracker_and_lander(boards):
    star = boards["STR"].read(1.2)
    assert math.hypot(*star[:4]) == pytest.approx(1.0, abs=1e-6)
    assert star[5] == 1
    assert boards["LND"].read()[5] == 1  # on the ground


def test_slots_of_the_payload_bus(boards):
    sci = boards["SCI"]
    assert sci.do(0x11, b"\x01\x01") == STATUS["state"]  # slot 1 is off
    assert sci.do(0x10, b"\x01\x01") == 0
    assert sci.do(0x10, b"\x00\x01") == 0
    body = sci.last(TELEMETRY, 1.5)
    assert body[0] in (0, 1)
    assert sci.do(0x10, b"\x09\x01") == STATUS["range"]
    for slot in (0, 1):
        assert sci.do(0x10, bytes([slot, 0])) == 0


def test_drills_a_hole_and_hands_over_what_the_gate_took(boards):
    drl = boards["DRL"]

    def work(rpm, feed, until, limit_s=40.0):
        end = time.monotonic() + limit_s
        state = drl.read(0.2)
        while not until(state):
            assert time.monotonic() < end, state
            assert drl.do(COMMAND, wire.f(rpm, feed, 150.0) + b"\x01") == 0
            state = drl.next()
        return state

    assert drl.do(COMMAND, wire.f(100, 0.01, 150) + b"\x01") == STATUS["state"]
    assert drl.do(ENABLE, b"\x01") == 0
    assert drl.do(0x11, b"\x01") == 0
    state = work(120.0, 0.01, lambda s: s[0] > 0.02 and s[7] > 1.0)
    assert state[1] == pytest.approx(120, abs=5)
    assert state[2] > 0
    assert state[3] > 0
    assert state[8] == 1
    assert drl.do(0x12, b"\x03") == STATUS["state"]  # the gate is open, the bit in the ground
    assert drl.do(0x11, b"\x00") == 0
    work(60.0, -0.01, lambda s: s[0] <= 0.0)
    held = drl.read()[7]
    assert held > 0.5
    assert drl.do(0x12, b"\x03") == 0
    state = drl.read()
    assert (state[8], state[9]) == (0, 3)
    assert state[7] < 0.5
    assert drl.do(0x12, b"\x04") == STATUS["state"]  # nothing is left


def test_a_second_client_is_refused_by_name(boards):
    from lupex_rover.core.errors import UserError
    from lupex_rover.transport.serial_port import SerialPort

    path = boards["SCI"].path
    boards["SCI"].port.close()
    first = SerialPort(path)
    with pytest.raises(UserError, match=f"{path}.*in use"):
        SerialPort(path)
    first.close()
    boards["SCI"].port.open()
