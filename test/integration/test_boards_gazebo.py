"""The client that knows only the ICD drives 5 m on boards whose physics is Gazebo's.

Where the rover went is asked of Gazebo itself, with its own command `gz topic`.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

if shutil.which("gz") is None:
    pytest.skip("gz is not on the PATH: nothing was driven in Gazebo", allow_module_level=True)

from lupex_rover.core.errors import UserError
from lupex_rover.simulator.gazebo.start import require_gazebo

try:
    require_gazebo()
except UserError as error:
    pytest.skip(f"nothing was driven in Gazebo: {error}", allow_module_level=True)

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("icd", ROOT / "test/integration/test_boards_icd.py")
icd = importlib.util.module_from_spec(spec)
spec.loader.exec_module(icd)

LIMIT_S = 90.0


@pytest.fixture(scope="module")
def gazebo(tmp_path_factory):
    """Clients of the boards, and what gives the rover's position in Gazebo."""
    out = tmp_path_factory.mktemp("gazebo")
    process = subprocess.Popen(
        [sys.executable, "-m", "lupex_rover.cli", "sim", "--boards", "--physics", "gazebo",
         "--out", str(out)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
    )  # fmt: skip
    paths = json.loads(process.stdout.readline())["boards"]
    partition = {"GZ_PARTITION": f"lupex_{process.pid}", "GZ_IP": "127.0.0.1"}

    def position():
        done = subprocess.run(
            ["gz", "topic", "-e", "-n", "1", "--json-output", "-t",
             "/model/lupex_rover/joint_state"],
            capture_output=True, text=True, timeout=20, env={**os.environ, **partition},
        )  # fmt: skip
        at = json.loads(done.stdout.strip().splitlines()[-1])["pose"]["position"]
        return [at.get(axis, 0.0) for axis in "xyz"]

    yield {name: icd.Client(name, path) for name, path in paths.items()}, position
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert (out / "gazebo/world.sdf").is_file()


def tell(client, message, payload):
    """Send and resend as the ICD allows, three times; a loaded machine answers late."""
    status = client.do(message, payload)
    for _ in range(3):
        if status is not None:
            break
        status = client.do(message, payload, client.sequence)
    assert status == 0


def newest(client, seconds):
    client.port.reset_input_buffer()
    client.rest = b""
    return client.read(seconds)


def test_drives_five_metres(gazebo):
    boards, position = gazebo
    mob = boards["MOB"]
    start, before = position(), newest(mob, 1.0)[0]
    travel = before
    tell(mob, icd.ENABLE, b"\x01")
    end = time.monotonic() + LIMIT_S
    while travel - before < 5.0:
        for message, body, _ in mob.packets(0.1):
            if message == icd.TELEMETRY:
                travel = icd.struct.unpack(icd.LAYOUT["MOB"], body)[0]
        tell(mob, icd.COMMAND, icd.drive(0.3))
        assert time.monotonic() < end, "five metres took too long"
    tell(mob, icd.ENABLE, b"\x00")
    time.sleep(4.0)
    by_track = newest(mob, 1.0)[0] - before
    now = position()
    by_pose = math.dist(now, start)
    print(f"Gazebo: {by_pose:.3f} m by the model's pose, {by_track:.3f} m by the tracks")
    assert by_pose == pytest.approx(by_track, abs=0.05)
    assert 5.0 < by_pose < 6.0
    assert abs(now[1] - start[1]) < 0.05


def test_a_point_turn_shows_in_the_gyro_and_gravity_is_the_moons(gazebo):
    boards, _ = gazebo
    mob, imu = boards["MOB"], boards["IMU"]
    assert math.hypot(*newest(imu, 1.0)[3:]) == pytest.approx(1.62, abs=0.02)
    tell(mob, icd.ENABLE, b"\x01")
    side = math.atan2(0.57, 0.60)  # front and rear crawlers along the circle
    angles = [-side, side, side, -side]
    end = time.monotonic() + LIMIT_S
    while abs(newest(mob, 0.2)[8] - angles[0]) > 0.02:
        tell(mob, icd.COMMAND, icd.wire.f(*[0.0] * 4, *angles))
        assert time.monotonic() < end, "the crawlers do not turn"
    best = 0.0
    while best < 0.95 * 0.15 / math.hypot(0.57, 0.60):
        tell(mob, icd.COMMAND, icd.wire.f(-0.15, 0.15, -0.15, 0.15, *angles))
        best = max(best, newest(imu, 0.1)[2])
        assert time.monotonic() < end, f"turns at {best:.3f} rad/s at most"
    assert best < 1.1 * 0.15 / math.hypot(0.57, 0.60)
    tell(mob, icd.ENABLE, b"\x00")
