"""`lupex up replay` as its user meets it: what it says, its exit code, what it leaves running."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "test/replay"
FASTER = "300"


@pytest.fixture
def was(tmp_path):
    """The folder of a recorded run, its bag still to be chosen."""
    folder = tmp_path / "was"
    shutil.copytree(REFERENCE / "run", folder)
    return folder


class Up:
    """`lupex up replay` of a bag, running."""

    def __init__(self, bag, out, *options):
        env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lupex_rover.cli", "up", "replay", "--bag", str(bag),
             "--out", str(out), *options],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def children(self):
        """Process ids by what the command line of each holds: "flight" or "play"."""
        self.process.stdout.readline()  # the player has been started
        pid = self.process.pid
        found = {}
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            found["play" if "play" in words else "flight"] = int(child)
        assert set(found) == {"flight", "play"}
        return found

    def end(self, limit_s=60):
        """Exit code, output and errors."""
        out, err = self.process.communicate(timeout=limit_s)
        return self.process.returncode, out, err


def runs(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def ended(pids, limit_s=15.0):
    limit = time.monotonic() + limit_s
    while any(runs(pid) for pid in pids) and time.monotonic() < limit:
        time.sleep(0.05)
    return not any(runs(pid) for pid in pids)


def test_a_bag_without_any_sensor_is_refused(was, tmp_path):
    bag = was / "mission.mcap"
    convert = [sys.executable, "-m", "lupex_rover.cli", "bag", "convert", "--out", str(bag),
               "--topics", "/power/state", str(REFERENCE / "power.mcap")]  # fmt: skip
    subprocess.run(convert, cwd=ROOT, check=True, capture_output=True)
    code, _, err = Up(bag, tmp_path / "new").end()
    assert code == 2
    assert len(err.splitlines()) == 1 and "mission.mcap: has no messages of" in err


def test_a_player_that_fails_is_told_with_its_reason(was, tmp_path):
    bag = was / "mission.mcap"
    whole = (REFERENCE / "power.mcap").read_bytes()
    bag.write_bytes(whole[: len(whole) * 9 // 10])
    code, out, err = Up(bag, tmp_path / "new", "--speed", FASTER).end()
    assert code == 1
    assert "play ended with code 1: problem: " in err and "messages played" in out


def test_what_the_bag_has_is_played_and_a_killed_flight_process_is_started_again(was, tmp_path):
    shutil.copyfile(REFERENCE / "power.mcap", was / "mission.mcap")
    up = Up(was / "mission.mcap", tmp_path / "new", "--speed", FASTER)
    children = up.children()
    os.kill(children["flight"], signal.SIGKILL)
    code, out, err = up.end()
    assert code == 0, err
    assert "1199 messages played" in out
    missing = next(line for line in out.splitlines() if "has no messages of" in line)
    assert "/imu/data" in missing and "/power/telemetry" not in missing
    assert "HST-020 flight: ended with signal 9; started again in 0.2 s" in err
    assert ended(children.values())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_when_it_is_ended_no_child_is_left(was, tmp_path, number, code):
    shutil.copyfile(REFERENCE / "power.mcap", was / "mission.mcap")
    up = Up(was / "mission.mcap", tmp_path / "new")
    children = up.children()
    up.process.send_signal(number)
    assert up.process.wait(30) == code
    left = not ended(children.values())
    for pid in children.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not left
