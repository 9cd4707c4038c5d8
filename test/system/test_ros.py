"""The ROS host: simulator, flight and recording processes in step, as a user starts them."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lupex_rover.bags.own_bag import BagReader

pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")

ROOT = Path(__file__).parents[2]
LUPEX = [sys.executable, "-m", "lupex_rover.cli"]
LENGTH_S = 10
ENV = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


def counts(bag):
    from mcap.reader import make_reader

    with bag.open("rb") as stream:
        summary = make_reader(stream).get_summary()
    channels = summary.channels
    return {channels[k].topic: n for k, n in summary.statistics.channel_message_counts.items()}


def stamps_of(bag, topic):
    return [message.stamp_ns for _, message, _ in BagReader(bag).messages({topic})]


@pytest.fixture(scope="module", params=[[], ["--separate"]], ids=["composed", "separate"])
def flown(request, tmp_path_factory):
    """The first seconds of a descent on the graph."""
    folder = tmp_path_factory.mktemp("ros")
    short = f"seed: 5\nmax_days: {LENGTH_S / 86400}\nphases: [descent]\n"
    (folder / "short.yaml").write_text(short)
    done = subprocess.run(
        [*LUPEX, "mission", "--scenario", str(folder / "short.yaml"), "--out", str(folder / "run"),
         *request.param],
        env=ENV, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return folder / "run"


def test_nothing_is_lost_between_processes(flown):
    said = counts(flown / "mission.mcap")
    assert said["/imu/data"] == pytest.approx(20 * LENGTH_S, abs=15)
    assert said["/landing/altimeter"] == pytest.approx(10 * LENGTH_S, abs=5)
    stamps = stamps_of(flown / "mission.mcap", "landing/state")
    assert len(stamps) > 8 * LENGTH_S  # the filter speaks once it has an attitude
    assert max(b - a for a, b in itertools.pairwise(stamps)) <= 101_000_000
    assert said["/camera/descent/image_raw"] == said["/camera/descent/camera_info"]
    # every picture from when the filter began until a little before the end was looked at
    pictures = stamps_of(flown / "mission.mcap", "camera/descent/image_raw")
    due = {stamp for stamp in pictures if stamps[0] < stamp < stamps[-1] - 200_000_000}
    assert len(due) >= 4 and due <= set(stamps_of(flown / "mission.mcap", "landing/fix"))
    assert {"/tf", "/tf_static", "/diagnostics", "/power/state", "/sim/truth"} <= set(said)


def test_the_lander_is_found_as_in_the_harness(flown):
    result = json.loads((flown / "result.json").read_text())
    assert result["landing"]["fixes"] >= 4
    assert result["realtime_factor"] > 0
    assert result["peak_memory_mb"] > 100


def test_no_process_is_left(flown):
    left = subprocess.run(["pgrep", "-f", str(flown)], capture_output=True, text=True).stdout
    assert left.split() == []


def test_interrupted_it_ends_every_process_and_exits_130(tmp_path):
    out = tmp_path / "run"
    process = subprocess.Popen(
        [*LUPEX, "mission", "--out", str(out)], env=ENV, stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("phase descent"):
            break
    time.sleep(3.0)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert (out / "report.html").stat().st_size > 1000
    assert counts(out / "mission.mcap")["/imu/data"] > 0
    left = subprocess.run(["pgrep", "-f", str(out)], capture_output=True, text=True).stdout
    assert left.split() == []
