"""`lupex bag play` of what ROS cannot publish: refused or skipped by name, never a traceback."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mcap.writer import Writer

pytest.importorskip("rclpy")

ROOT = Path(__file__).parents[3]
STAMP_NS = 1_893_456_000_000_000_000
INT32, FIVE = "std_msgs/msg/Int32", b"\0\1\0\0\5\0\0\0"


def play(path, *options):
    """Exit code, standard output and error."""
    domain = 100 + (os.getpid() + int(time.time())) % 100
    env = {**os.environ, "ROS_DOMAIN_ID": str(domain),
           "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "lupex_rover.cli", "bag", "play", str(path), "--delay", "0",
         *options],
        env=env, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def written(path, *lines, t_ns=STAMP_NS):
    """Three messages for each of (topic, type, QoS, data); also /good, which can be played."""
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        for topic, kind, qos, data in (*lines, ("/good", INT32, "", FIVE)):
            schema = writer.register_schema(kind, "ros2msg", b"int32 data")
            channel = writer.register_channel(
                topic, "cdr", schema, {"offered_qos_profiles": qos} if qos else {}
            )
            for k in range(3):
                writer.add_message(channel, t_ns + k, data, t_ns)
        writer.finish()
    return path


def test_qos_that_cannot_be_read_is_named_and_the_rest_played(tmp_path):
    path = written(
        tmp_path / "x.mcap", ("/open", INT32, "- [nonsense", FIVE),
        ("/part", INT32, "- history: 1\n  depth: 5\n", FIVE), ("/number", INT32, "7", FIVE),
    )  # fmt: skip
    code, out, err = play(path)
    assert code == 1
    assert out.startswith("3 messages played")
    for topic in ("/open", "/part", "/number"):
        assert f"{topic}: not played, its QoS in the bag cannot be read" in err


def test_names_and_types_that_ros_refuses_are_named_and_the_rest_played(tmp_path):
    path = written(
        tmp_path / "x.mcap", ("/a b", INT32, "", FIVE), ("/1x", INT32, "", FIVE),
        ("/code", "os/path/join", "", FIVE), ("/up", "..x/msg/A", "", FIVE),
        ("/two", INT32, "", FIVE), ("/two", "std_msgs/msg/UInt32", "", FIVE),
    )  # fmt: skip
    code, out, err = play(path)
    assert code == 1
    assert out.startswith("6 messages played")
    for topic in ("/a b", "/1x"):
        assert f"{topic}: not played, ROS refuses the name {topic!r}" in err
    for kind in ("os/path/join", "..x/msg/A"):
        assert f"type {kind!r} is not installed" in err
    assert "/two: not played" in err and "UInt32" in err


def test_messages_that_do_not_decode_are_counted_and_not_played(tmp_path):
    path = written(
        tmp_path / "x.mcap", ("/none", INT32, "", b""), ("/short", INT32, "", FIVE[:5]),
    )  # fmt: skip
    code, out, err = play(path)
    assert code == 1
    assert out.startswith("3 messages played")
    for topic in ("/none", "/short"):
        assert f"{topic}: 3 messages not played, their bytes are no {INT32}" in err


def test_a_clock_that_ros_cannot_tell_and_a_bad_target_are_refused(tmp_path):
    late = written(tmp_path / "late.mcap", t_ns=2**31 * 10**9)
    code, _, err = play(late, "--clock")
    assert (code, "without --clock" in err) == (2, True)
    code, _, err = play(written(tmp_path / "x.mcap"), "--remap", "/good:=/a b")
    assert (code, "--remap '/good:=/a b'" in err) == (2, True)
    code, _, err = play(tmp_path / "x.mcap", "--topics", "/typo")
    assert (code, "it has /good" in err) == (2, True)


@pytest.mark.parametrize(
    "options",
    [("--start", "inf"), ("--start", "nan"), ("--rate", "inf"), ("--rate", "1e-320"),
     ("--delay", "inf")],
)  # fmt: skip
def test_numbers_that_are_no_times_are_refused(options, tmp_path):
    code, _, err = play(written(tmp_path / "x.mcap"), *options)
    assert code == 2
    assert options[0] in err
