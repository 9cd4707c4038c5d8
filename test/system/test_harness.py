"""The harness host and the commands round it, as a user calls them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lupex_rover.cli.app import run

ROOT = Path(__file__).parents[2]
LUPEX = [sys.executable, "-m", "lupex_rover.cli"]
ENV = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


def lupex(*arguments, **options):
    return subprocess.run(
        [*LUPEX, *map(str, arguments)], env=ENV, capture_output=True, text=True, timeout=300,
        **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    """The first seconds of a descent."""
    path = tmp_path_factory.mktemp("scenario") / "short.yaml"
    path.write_text(f"seed: 11\nmax_days: {10 / 86400}\nphases: [descent]\n")
    return path


@pytest.fixture(scope="module")
def flown(scenario, tmp_path_factory):
    out = tmp_path_factory.mktemp("a")
    done = lupex("mission", "--host", "harness", "--scenario", scenario, "--out", out)
    assert done.returncode == 1, done.stderr
    return out


def test_the_same_seed_gives_the_same_run_to_the_last_digit(scenario, flown, tmp_path):
    lupex("mission", "--host", "harness", "--scenario", scenario, "--out", tmp_path)
    assert (tmp_path / "result.json").read_bytes() == (flown / "result.json").read_bytes()
    assert digest(tmp_path / "mission.mcap") == digest(flown / "mission.mcap")


def digest(bag):
    """Count and stamp of every message, and every byte but the matcher's own computing time."""
    from mcap.reader import make_reader

    with bag.open("rb") as stream:
        return [
            (c.topic, m.log_time, b"" if c.topic == "/landing/fix" else m.data)
            for _, c, m in make_reader(stream).iter_messages()
        ]


def test_what_a_run_leaves_opens_with_other_peoples_readers(flown):
    from mcap_ros2.reader import read_ros2_messages
    from rosbags.highlevel import AnyReader

    with AnyReader([flown / "mission.mcap"]) as reader:
        topics = {c.topic for c in reader.connections}
        count = sum(1 for c, _, raw in reader.messages() if reader.deserialize(raw, c.msgtype))
    assert {"/imu/data", "/landing/fix", "/camera/descent/image_raw", "/tf"} <= topics
    assert sum(1 for m in read_ros2_messages(flown / "mission.mcap") if m.ros_msg) == count
    page = (flown / "report.html").read_text()
    assert "<script src" not in page and "http-equiv" not in page
    assert "vision fixes" in page


def test_interrupted_it_closes_the_bag_and_reports_what_there_is(tmp_path):
    process = subprocess.Popen(
        [*LUPEX, "mission", "--host", "harness", "--out", str(tmp_path), "--speed", "1"],
        env=ENV, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("phase descent"):
            break
    time.sleep(3.0)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["phases"][0]["outcome"] == "unfinished"
    assert (tmp_path / "report.html").stat().st_size > 1000
    assert digest(tmp_path / "mission.mcap")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scenario", "marathon"], "scenario 'marathon' is unknown; known: reference"),
        (["--scenario", "no/such.yaml"], "no/such.yaml: cannot be read"),
        (["--host", "cloud"], "--host: 'cloud' is unknown"),
        (["--seed", "-1"], "--seed: -1 is outside"),
        (["--phases", "descent,dance"], "phase 'dance' is unknown"),
        (["--speed", "-2"], "--speed: -2.0 is negative"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_2(arguments, words, tmp_path, capsys):
    code = run(["mission", *arguments, "--out", str(tmp_path / "run")])
    told = capsys.readouterr().err
    assert code == 2
    assert words in told
    assert len(told.strip().splitlines()) == 1
    assert not list(tmp_path.glob("run/*"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seeed: 1", "unknown key 'seeed'"),
        ("site: {date_from: someday}", "someday"),
        ("site: {drill_slope_deg: 99}", "drill_slope_deg: 99"),
        ("simulator: {eps: {batery: {}}}", "batery"),
        ("simulator: {moon: {}}", "unknown section 'moon'"),
        ("nodes: {driller: {}}", "driller"),
        ("base_map: THIS.txt", "THIS.txt"),
        ("a: [", "not valid yaml"),
    ],
)
def test_a_wrong_scenario_is_named_and_exits_2(text, words, tmp_path, capsys):
    (tmp_path / "THIS.txt").write_text("not a map")
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace("THIS.txt", str(tmp_path / "THIS.txt")))
    out = tmp_path / "run"
    code = run(["mission", "--host", "harness", "--scenario", str(path), "--out", str(out)])
    told = capsys.readouterr().err
    assert code == 2, told
    assert words in told
    assert len(told.strip().splitlines()) == 1
    assert not list(tmp_path.glob("run/*"))
