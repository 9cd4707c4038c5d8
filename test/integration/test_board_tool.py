"""`lupex board` on the pseudo-terminals of `lupex sim --boards`."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from calling import call

from lupex_rover.scenarios import run_file
from lupex_rover.scenarios.run_file import RunFile

ROOT = Path(__file__).parents[2]
DRIVE = ("send", "DRIVE", "track_speed_mps=0.1", "steer_angle_rad=0")


@pytest.fixture(scope="module")
def ports():
    command = [sys.executable, "-m", "lupex_rover.cli", "sim", "--boards"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sim:
        yield json.loads(sim.stdout.readline())["boards"]
        sim.send_signal(signal.SIGINT)
        assert sim.wait(20) == 0


@pytest.fixture
def board(ports):
    def run(name, *words, at=()):
        return call("board", name, *words, *(at or ("--port", ports[name])))

    return run


def command(name, *words):
    return [sys.executable, "-m", "lupex_rover.cli", "board", name, *words]


def rows(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_board_answers_a_ping(board, ports):
    for name in ports:
        (row,) = rows(board(name, "ping", "--json"))
        assert row["status"] == "accepted"
        assert 0.0 < row["latency_s"] < 0.2


def test_housekeeping_has_units(board):
    told = board("EPS", "hk")
    assert told.returncode == 0, told.stderr
    assert "HOUSEKEEPING" in told.stdout
    assert " s  temperature_cdegc=" in told.stdout
    (row,) = rows(board("EPS", "hk", "--json"))
    assert row["state"] == 1


def test_the_rover_drives_and_stops(board):
    before = rows(board("MOB", "watch", "--for", "0.2", "--json"))[-1]["track_travel_m"][0]
    (kept,) = rows(board("MOB", *DRIVE, "--for", "2", "--json"))
    assert kept["stopped"]
    assert 15 <= kept["sent"] <= 21
    time.sleep(1.0)
    states = rows(board("MOB", "watch", "--for", "0.4", "--json"))
    travel = [r["track_travel_m"][0] for r in states if r["message"] == "DRIVE_STATE"]
    assert 0.12 < travel[-1] - before < 0.25
    (row,) = rows(board("MOB", "hk", "--json"))
    assert row["state"] == 1
    assert row["fault_bits"] == 0  # stopped by the tool, not by the dead-man


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_it_is_interrupted(board, ports, number):
    words = command("MOB", *DRIVE, "--for", "60", "--port", ports["MOB"])
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE) as tool:
        assert b"is repeated" in tool.stderr.readline()
        time.sleep(0.5)
        tool.send_signal(number)
        assert tool.wait(20) == 130
    (row,) = rows(board("MOB", "hk", "--json"))
    assert row["state"] == 1
    assert row["fault_bits"] == 0


def test_what_the_board_refuses_is_told(board):
    refused = board("MOB", *DRIVE)
    assert refused.returncode == 1
    assert "DRIVE was refused: state" in refused.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("send", "DRIVE", "track_speed_mps=0.31", "steer_angle_rad=0"),
         "track_speed_mps: 0.31 is out of range; allowed: -0.3 to 0.3 m/s"),
        (("send", "DRIVE", "track_speed_mps=0.1"), "missing steer_angle_rad (-1.75 to 1.75 rad)"),
        (("send", "PING", "--for", "2"), "PING is no motion telecommand"),
        (("send",), "which telecommand? PING, ENABLE, SAFE, SET_TIME, DRIVE"),
        (("dance",), "'dance' is unknown"),
        (("hk", "--for", "2"), "--for goes with send and watch"),
        (("watch", "--for", "-1"), "--for: -1"),
        (("ping", "PING"), "ping takes no more words"),
    ],
)  # fmt: skip
def test_bad_input_is_named(board, words, named):
    done = board("MOB", *words)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_ports_come_from_a_configuration_or_a_running_simulator(board, ports, tmp_path):
    config = tmp_path / "rover.yaml"
    config.write_text(f"ports: {{EPS: {ports['EPS']}}}\n")
    (row,) = rows(board("EPS", "ping", "--json", at=("--config", str(config))))
    assert row["status"] == "accepted"
    lacks = board("MOB", "ping", at=("--config", str(config)))
    assert lacks.returncode == 2
    assert "no port for MOB" in lacks.stderr
    run = RunFile("", 1, (), {}, simulated=True, ports=ports)
    run_file.write(tmp_path, run)
    (row,) = rows(board("EPS", "ping", "--json", at=("--run", str(tmp_path))))
    assert row["status"] == "accepted"


def test_a_port_that_is_in_use_or_not_there_is_named(board, ports):
    gone = board("EPS", "ping", at=("--port", "/dev/no_such"))
    assert gone.returncode == 2
    assert "/dev/no_such: port is not there" in gone.stderr
    holder, far = os.openpty()
    silent = board("EPS", "ping", at=("--port", os.ttyname(far)))
    assert silent.returncode == 1
    assert "PING was not confirmed" in silent.stderr
    os.close(holder)
    os.close(far)
