"""`lupex bag play --start`: the state before the cut, as a subscriber that comes late has it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from case_bags import STRING, db3, mcap, messages, metadata, pack, packed_each, text_cdr
from samples import STAMP_NS

from lupex_rover.bags.bag_channel import BagChannel
from lupex_rover.bags.latched import from_cut

ROOT = Path(__file__).parents[3]
FOREVER = "{sec: 9223372036, nsec: 854775807}"


def profile(durability, reliability="1", depth=1, history="1", liveliness="1"):
    return (
        f"- history: {history}\n  depth: {depth}\n  reliability: {reliability}\n"
        f"  durability: {durability}\n  deadline: {FOREVER}\n  lifespan: {FOREVER}\n"
        f"  liveliness: {liveliness}\n  liveliness_lease_duration: {FOREVER}\n"
        "  avoid_ros_namespace_conventions: false\n"
    )


NUMBERS = profile(1)  # as before Jazzy: numbers of rmw
WORDS = profile("transient_local", "reliable", 1, "keep_last", "automatic")
VOLATILE = profile(2)


def channel(topic="/latched", qos=NUMBERS):
    return BagChannel(topic, STRING, "cdr", "ros2msg", "string data", qos, "")


def test_what_was_said_before_a_cut_comes_first_the_last_of_each_publisher():
    a, b, other = channel("/a"), channel("/b"), channel("/c")
    said = [(a, b"1", 1), (b, b"2", 2), (a, b"3", 3), (other, b"4", 4), (b, b"5", 5), (b, b"6", 6),
            (other, b"7", 9), (a, b"8", 11)]  # fmt: skip
    assert list(from_cut(said, 8, {a: 1, b: 2})) == [
        (a, b"3", 8), (b, b"5", 8), (b, b"6", 8), (other, b"7", 9), (a, b"8", 11)
    ]  # fmt: skip
    assert list(from_cut(said, 0, {a: 1, b: 2})) == said
    assert list(from_cut(said, 99, {a: 1})) == [(a, b"8", 99)]
    assert list(from_cut([], 99, {a: 1})) == []


@pytest.mark.parametrize(
    ("topic", "qos", "publishers"),
    [("/a", NUMBERS, 1), ("/a", WORDS, 1), ("/a", NUMBERS + VOLATILE + WORDS, 2),
     ("/a", VOLATILE, 0), ("/a", "", 0), ("/tf_static", "", 1), ("/x/tf_static", VOLATILE, 0),
     ("/robot_description", "", 1)],
)  # fmt: skip
def test_latched_publishers_are_counted_in_every_form_of_qos(topic, qos, publishers):
    pytest.importorskip("rclpy")
    from lupex_rover.hosts.ros.play import latched_publishers, qos_of

    line = channel(topic, qos)
    assert latched_publishers(line) == publishers
    assert (qos_of(line).durability.name == "TRANSIENT_LOCAL") == bool(publishers)
    assert qos_of(line).depth >= publishers


def heard(bag, *options, durability, count):
    """What a listener of /latched hears of `play`, its exit code and output."""
    rclpy = pytest.importorskip("rclpy")
    from rclpy.qos import DurabilityPolicy, QoSProfile
    from std_msgs.msg import String

    domain = 100 + (os.getpid() + int(time.time())) % 100
    env = {**os.environ, "ROS_DOMAIN_ID": str(domain),
           "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}  # fmt: skip
    context = rclpy.Context()
    context.init(domain_id=domain)
    node = rclpy.create_node("listener", context=context)
    got = []
    qos = QoSProfile(depth=100, durability=DurabilityPolicy[durability])
    node.create_subscription(String, "/latched", lambda m: got.append(m.data), qos)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)
    player = subprocess.Popen(
        [sys.executable, "-m", "lupex_rover.cli", "bag", "play", str(bag), "--wait-for",
         "/latched", "--delay", "0", *options],
        env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    limit = time.monotonic() + 40
    while time.monotonic() < limit and (player.poll() is None or len(got) < count):
        executor.spin_once(timeout_sec=0.05)
    out, err = player.communicate(timeout=20)
    executor.shutdown()
    context.shutdown()
    assert "Traceback" not in err
    return player.returncode, out, got


def test_playing_from_the_middle_begins_with_the_last_of_a_latched_topic(tmp_path):
    said = [("/latched", STAMP_NS + k, text_cdr(text)) for k, text in enumerate(("old", "state"))]
    said += [*messages(12), ("/latched", STAMP_NS + 1_100_000_000, text_cdr("new"))]
    bag = db3(tmp_path / "b_0.db3", said, qos=WORDS)  # of /chat, too
    code, out, got = heard(bag, "--start", "1", durability="VOLATILE", count=2)
    assert (code, got) == (0, ["state", "new"])
    assert "5 messages played" in out


def test_packed_bags_play_and_the_qos_of_metadata_counts_where_the_file_has_none(tmp_path):
    said = packed_each([("/latched", STAMP_NS, text_cdr("state")), *messages(12)])
    path = pack(mcap(tmp_path / "b_0.mcap", said))
    topic = {"name": "/latched", "type": STRING, "serialization_format": "cdr",
             "offered_qos_profiles": NUMBERS, "type_description_hash": ""}  # fmt: skip
    metadata(
        tmp_path, [path.name], 13, mode="FILE", packing="zstd",
        topics_with_message_count=[{"topic_metadata": topic, "message_count": 1}],
    )  # fmt: skip
    code, _, got = heard(tmp_path, "--start", "1", durability="TRANSIENT_LOCAL", count=1)
    assert (code, got) == (0, ["state"])
