"""Ports: what is written arrives; clients come and go; what is wrong is named."""

import os
import re
import socket
import termios
import threading
import time

import numpy as np
import pytest
import serial
import serial.rfc2217

from lupex_rover.core.errors import UserError
from lupex_rover.transport import pty_port, reopener
from lupex_rover.transport.faulty import Faulty
from lupex_rover.transport.loopback import Loopback
from lupex_rover.transport.pty_port import PtyPort
from lupex_rover.transport.reopener import Reopener
from lupex_rover.transport.serial_port import SerialPort

EVERY_BYTE = bytes(range(256)) * 8


@pytest.fixture
def pty():
    port = PtyPort()
    yield port
    port.close()


def read_all(port, count):
    """What comes within a second; a terminal hands bytes over a little after they were written."""
    data, end = b"", time.monotonic() + 1.0
    while len(data) < count and time.monotonic() < end:
        data += port.read()
    return data


def test_every_byte_passes_a_terminal_unchanged_both_ways(pty):
    client = SerialPort(pty.path)
    pty.write(EVERY_BYTE)
    assert read_all(client, len(EVERY_BYTE)) == EVERY_BYTE
    client.write(EVERY_BYTE)
    assert read_all(pty, len(EVERY_BYTE)) == EVERY_BYTE
    assert client.read() == pty.read() == b""
    client.close()


def test_a_terminal_survives_its_clients(pty):
    for word in (b"one", b"two"):
        with serial.Serial(pty.path, 921600, timeout=1) as client:
            client.write(word)
            assert read_all(pty, 3) == word
            pty.write(word[::-1])
            assert client.read(3) == word[::-1]
    assert pty.read() == b""


def test_a_terminal_that_nobody_reads_never_blocks(pty):
    for _ in range(100):
        pty.write(bytes(1000))
    assert pty.lost_bytes > 50_000


def test_a_terminal_tells_how_much_it_took(pty):
    data = np.random.default_rng(1).integers(0, 256, 90_000, dtype=np.uint8).tobytes()
    client = SerialPort(pty.path)
    sent, got, end = pty.write_some(data), b"", time.monotonic() + 5.0
    assert 0 < sent < len(data)
    while len(got) < len(data) and time.monotonic() < end:
        got += client.read()
        sent += pty.write_some(data[sent:])
    assert got == data
    assert pty.lost_bytes == 0
    client.close()


def test_a_taken_port_and_a_missing_one_are_named(pty):
    first = SerialPort(pty.path)
    with pytest.raises(UserError, match=f"{pty.path}.*in use"):
        SerialPort(pty.path)
    first.close()
    SerialPort(pty.path).close()
    with pytest.raises(UserError, match="/dev/no_such_port.*not there"):
        SerialPort("/dev/no_such_port")
    with pytest.raises(UserError, match="nonsense://"):
        SerialPort("nonsense://x")


@pytest.mark.parametrize(
    "url", ["hwgrep://(", "socket://h:p", "cp2110://x", "loop://?a=b", "spy://"]
)
def test_cases_of_urls_that_pyserial_chokes_on(url):
    """Each handler of a URL raises what it likes: re.error, ImportError, KeyError."""
    with pytest.raises(UserError, match=f"^{re.escape(url)}: port ") as caught:
        SerialPort(url)
    assert caught.value.__cause__ is not None and "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [TypeError("None"), termios.error(5), RuntimeError("thread")])
def test_cases_of_whatever_a_device_raises_it_is_lost(pty, monkeypatch, error):
    code = compile("def foreign(*_): raise error", "/elsewhere/serial.py", "exec")
    exec(code, space := {"error": error})
    port = SerialPort(pty.path)
    monkeypatch.setattr(port._port, "read", space["foreign"])
    assert port.read() == b"" and port.lost
    port.write(b"12")
    assert port.lost_bytes == 2


def test_a_file_that_is_no_port_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("keep me")
    with pytest.raises(UserError, match=r"notes\.txt"):
        SerialPort(str(path))
    assert path.read_text() == "keep me"


def test_what_lies_at_a_path_that_is_no_port_is_told(tmp_path):
    (tmp_path / "notes.txt").touch()
    os.mkfifo(tmp_path / "pipe")
    for path, what in ((tmp_path, "a folder"), (tmp_path / "notes.txt", "a file"),
                       (tmp_path / "pipe", "a pipe"), ("/dev/null", "a device")):  # fmt: skip
        with pytest.raises(UserError, match=f"port is no serial port but {what}.*; give the"):
            SerialPort(str(path))


def test_a_socket_is_a_port_too():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = SerialPort(f"socket://127.0.0.1:{server.getsockname()[1]}")
        peer, _ = server.accept()
        port.write(b"ping")
        assert peer.recv(4) == b"ping"
        peer.sendall(EVERY_BYTE)
        assert read_all(port, len(EVERY_BYTE)) == EVERY_BYTE
        assert port.read() == b""
        peer.close()
        port.close()


def test_a_port_whose_device_went_is_lost_gives_nothing_and_takes_anything():
    master, slave = os.openpty()
    port = SerialPort(os.ttyname(slave))
    os.close(slave)
    os.write(master, b"the last")
    time.sleep(0.05)
    os.close(master)
    port.read()
    assert port.read() == b""
    assert port.lost
    port.write(b"anyone there")
    assert port.lost_bytes == 12
    with pytest.raises(OSError):
        port.fileno()
    port.close()


def test_a_port_may_be_found_lost_by_writing_to_it():
    master, slave = os.openpty()
    port = SerialPort(os.ttyname(slave))
    os.close(slave)
    os.close(master)
    port.write(b"anyone there")
    assert port.lost
    assert port.lost_bytes == 12


def test_a_socket_that_is_closed_at_the_other_end_is_lost():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = SerialPort(f"socket://127.0.0.1:{server.getsockname()[1]}")
        peer, _ = server.accept()
        peer.close()
        read_all(port, 1)
        assert port.lost


def test_a_device_that_never_stops_gives_a_driver_no_more_at_once_than_it_takes_in_soon():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = SerialPort(f"socket://127.0.0.1:{server.getsockname()[1]}")
        peer, _ = server.accept()
        flood = threading.Thread(target=peer.sendall, args=(b"\x02\x05\x00" * 2**19,), daemon=True)
        flood.start()
        sizes = []
        while sum(sizes) < 3 * 2**19 and len(sizes) < 10_000:
            sizes.append(len(port.read()))
            time.sleep(0.02)
        assert sum(sizes) == 3 * 2**19
        assert max(sizes) <= 2**17
        port.close()
        peer.close()


def test_a_device_that_takes_nothing_holds_nobody_and_gets_the_newest_when_it_wakes(pty):
    client = SerialPort(pty.path)
    began = time.monotonic()
    for _ in range(400):
        client.write(b"old" * 100)
    assert time.monotonic() - began < 2.0  # each write waited a second once the buffer was full
    assert client.lost_bytes > 0
    assert not client.lost
    before = client.lost_bytes
    while client.lost_bytes == before:
        client.write(b"old" * 100)
    client.write(b"new")
    got = read_all(pty, 120_000)
    assert got.endswith(b"new")
    assert len(got) < 10_000  # what waited was old
    client.close()


def test_a_port_behind_a_server_of_rfc2217_opens_and_sends():
    device = serial.serial_for_url("loop://", timeout=0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"rfc2217://127.0.0.1:{server.getsockname()[1]}"
        got = bytearray()
        serving = threading.Thread(target=serve_rfc2217, args=(server, device, got), daemon=True)
        serving.start()
        port = SerialPort(url)
        port.write(b"ping")
        serving.join(timeout=10.0)
        assert bytes(got) == b"ping"
        port.close()


def serve_rfc2217(server, device, got):
    """One client of pyserial's own server; ends with the first four bytes of data."""
    peer, _ = server.accept()
    with peer:
        manager = serial.rfc2217.PortManager(device, Peer(peer))
        while len(got) < 4:
            for byte in manager.filter(peer.recv(1024)):
                got += byte


class Peer:
    def __init__(self, connection):
        self.write = connection.sendall


def test_a_device_that_comes_back_is_found_and_its_absence_holds_nobody(tmp_path):
    path = tmp_path / "mob"
    looker = Reopener(str(path), period_s=1.0, now_s=100.0)
    assert [looker.poll(now) for now in (100.0, 100.5, 101.0)] == [None] * 3
    looker._try.join(5.0)  # the try at 101 s is to find nothing, however late its thread begins
    master, slave = os.openpty()
    path.symlink_to(os.ttyname(slave))
    assert looker.poll(101.5) is None  # not before the next try is due
    assert looker.poll(102.1) is None
    port = wait_for(lambda: looker.poll(102.1))
    os.write(master, b"back")
    assert read_all(port, 4) == b"back"
    port.close()
    os.close(master)
    os.close(slave)


def test_a_network_that_does_not_answer_holds_nobody(monkeypatch):
    answer = threading.Event()

    def slow(url):
        answer.wait(10.0)
        raise UserError(url)

    monkeypatch.setattr(reopener, "SerialPort", slow)
    looker = Reopener("socket://far", period_s=0.0, now_s=0.0)
    began = time.monotonic()
    assert [looker.poll(float(now)) for now in range(100)] == [None] * 100
    assert time.monotonic() - began < 2.0
    answer.set()


def wait_for(get):
    """What `get` gives within 5 s."""
    end = time.monotonic() + 5.0
    while (found := get()) is None and time.monotonic() < end:
        time.sleep(0.01)
    return found


def test_a_faulty_wire_spoils_as_often_as_it_is_told():
    a, b = Loopback.pair()
    wire = Faulty(b, np.random.default_rng(5), drop=0.1, flip=0.05)
    a.write(bytes(100_000))
    got = np.frombuffer(wire.read(), np.uint8)
    assert got.size == pytest.approx(90_000, abs=500)
    bad = got[got != 0]
    assert bad.size == pytest.approx(4_500, abs=300)
    assert set(bad.tolist()) == {1, 2, 4, 8, 16, 32, 64, 128}


def test_a_slow_wire_keeps_the_order():
    a, b = Loopback.pair()
    wire = Faulty(b, np.random.default_rng(5), delay_reads=2)
    got = []
    for word in (b"a", b"b", b"c", b"d"):
        a.write(word)
        got.append(wire.read())
    assert got == [b"", b"", b"a", b"b"]


def test_a_client_that_never_stops_does_not_hold_a_simulated_board(pty, monkeypatch):
    left = 1000

    def read(number, most):
        nonlocal left
        left -= 1
        assert left, "read without end"
        return bytes(min(most, 4096))

    monkeypatch.setattr(pty_port.os, "read", read)
    for _ in range(3):
        assert len(pty.read()) == pty_port.MOST
