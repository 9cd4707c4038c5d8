"""A client that knows only the ICD drives, drills and reads power on `lupex sim --boards`.

It packs its frames with the code of test/vectors, which shares nothing with the product.
"""

import importlib.util
import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import serial

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("wire", ROOT / "test/vectors/make_vectors.py")
wire = importlib.util.module_from_spec(spec)
spec.loader.exec_module(wire)


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
        self.board, self.sequence, self.rest = board, 0, b""
        self.port = serial.Serial(path, 921600, timeout=0.002)

    def packets(self, duration_s):
        """(message id, payload) of all telemetry within `duration_s`."""
        end = time.monotonic() + duration_s
        while time.monotonic() < end:
            *frames, self.rest = (self.rest + self.port.read(4096)).split(b"\0")
            for data in filter(None, frames):
                raw = uncobs(data)
                assert wire.crc(raw) == 0
                yield raw[6], raw[13:-2]

    def send(self, message_id, payload=b"", sequence=None):
        """Status of the ACK and the seconds it took."""
        self.sequence = (self.sequence + 1) & 0x3FFF if sequence is None else sequence
        data = wire.packet(self.board, True, self.sequence, message_id, payload)
        start = time.monotonic()
        self.port.write(wire.cobs(data) + b"\0")
        for mid, body in self.packets(0.5):
            if mid == 1 and struct.unpack(">H", body[:2])[0] == self.sequence:
                return body[2], time.monotonic() - start
        return None, None

    def last(self, message_id, duration_s=1.3):
        got = [body for mid, body in self.packets(duration_s) if mid == message_id]
        return got[-1] if got else None


@pytest.fixture(scope="module")
def boards():
    process = subprocess.Popen(
        [sys.executable, "-c", "from lupex_rover.simulator.flat import run; run()"],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
    )  # fmt: skip
    paths = json.loads(process.stdout.readline())["boards"]
    yield {name: Client(name, path) for name, path in paths.items()}
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_the_seven_boards_answer_a_ping_in_time(boards):
    assert sorted(boards) == sorted(wire.APID)
    for client in boards.values():
        delays = [client.send(0x03) for _ in range(5)]
        assert all(status == 0 for status, _ in delays)
        assert sorted(d for _, d in delays)[2] < 0.020


def test_drive_and_dead_man(boards):
    mob = boards["MOB"]
    assert mob.send(0x04, b"\x01")[0] == 0
    before = struct.unpack(">20f", mob.last(0x20, 0.3))[:4]
    for _ in range(20):
        assert mob.send(0x10, wire.f(*[0.1] * 4, *[0.0] * 4))[0] == 0
        time.sleep(0.08)
    after = struct.unpack(">20f", mob.last(0x20, 0.3))[:4]
    assert all(b - a > 0.08 for a, b in zip(before, after))
    bits = struct.unpack(">BIhIII", mob.last(0x02, 2.3))[5]
    assert bits & 1
    assert max(abs(v) for v in struct.unpack(">20f", mob.last(0x20, 0.3))[4:8]) < 0.01
    assert mob.send(0x04, b"\x00")[0] == 0


def test_power_is_read_and_switched(boards):
    eps = boards["EPS"]
    power = struct.unpack(">7fI16f", eps.last(0x20, 1.5))
    assert 22 < power[0] < 34
    assert sum(power[4:7]) * power[0] > 20
    assert eps.send(0x10, b"\x0b\x01")[0] == 0
    loads, watts = (lambda p: (p[7], p[8:]))(struct.unpack(">7fI16f", eps.last(0x20, 2.2)))
    assert loads >> 11 & 1
    assert watts[11] > 1


def test_drill_goes_down(boards):
    drl = boards["DRL"]
    assert drl.send(0x04, b"\x01")[0] == 0
    first = struct.unpack(">8f2B", drl.last(0x20, 0.3))
    for _ in range(30):
        assert drl.send(0x10, wire.f(100, 0.01, 150) + b"\0")[0] == 0
        time.sleep(0.07)
    last = struct.unpack(">8f2B", drl.last(0x20, 0.2))
    assert last[1] > 50 or last[4] >= 0
    assert last[0] >= first[0]
    assert drl.send(0x05)[0] == 0
    assert drl.send(0x11, b"\x01")[0] == 4
    assert drl.send(0x04, b"\x00")[0] == 0


def test_a_taken_port_is_refused_by_name(boards):
    from lupex_rover.core.errors import UserError
    from lupex_rover.transport.serial_port import SerialPort

    path = boards["SCI"].port.port
    port = SerialPort(path) if not boards["SCI"].port.is_open else None
    assert port is None
    boards["SCI"].port.close()
    first = SerialPort(path)
    with pytest.raises(UserError, match=f"{path}.*taken"):
        SerialPort(path)
    first.close()
    with pytest.raises(UserError, match="/dev/no_such_port"):
        SerialPort("/dev/no_such_port")
