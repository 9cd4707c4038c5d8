"""`lupex bag play` as a subscriber hears it, and what it refuses."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mcap.writer import Writer
from rosbags.typesys import Stores, get_typestore

ROOT = Path(__file__).parents[3]
STAMP_NS = 1_893_456_000_000_000_000
COUNT, PERIOD_NS = 40, 25_000_000


@pytest.fixture
def bag(tmp_path):
    """Topic /a with numbers, out of order by one message, and /odd of a type nobody has."""
    store = get_typestore(Stores.ROS2_JAZZY)
    number = store.types["std_msgs/msg/Int32"]
    path = tmp_path / "x.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        known = writer.register_schema("std_msgs/msg/Int32", "ros2msg", b"int32 data")
        odd = writer.register_schema("nobody_msgs/msg/Odd", "ros2msg", b"int32 data")
        channels = [writer.register_channel("/a", "cdr", known),
                    writer.register_channel("/odd", "cdr", odd)]  # fmt: skip
        for k in (1, 0, *range(2, COUNT)):
            data = bytes(store.serialize_cdr(number(k), "std_msgs/msg/Int32"))
            for channel in channels:
                writer.add_message(channel, STAMP_NS + k * PERIOD_NS, data, STAMP_NS)
        writer.finish()
    return path


def test_a_subscriber_hears_all_in_order_remapped_and_in_time(bag):
    rclpy = pytest.importorskip("rclpy")
    from std_msgs.msg import Int32

    domain = str(100 + os.getpid() % 100)
    env = {**os.environ, "ROS_DOMAIN_ID": domain,
           "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}  # fmt: skip
    context = rclpy.Context()
    context.init(domain_id=int(domain))
    node = rclpy.create_node("listener", context=context)
    heard = []
    node.create_subscription(Int32, "/b", lambda m: heard.append((m.data, time.monotonic())), 100)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)
    player = subprocess.Popen(
        [sys.executable, "-m", "lupex_rover.cli", "bag", "play", str(bag), "--remap", "/a:=/b",
         "--delay", "5"],
        env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    limit = time.monotonic() + 30.0
    while (player.poll() is None or len(heard) < COUNT) and time.monotonic() < limit:
        executor.spin_once(timeout_sec=0.05)
    out, err = player.communicate(timeout=5)
    executor.shutdown()
    context.shutdown()
    assert [value for value, _ in heard] == list(range(COUNT))
    assert heard[-1][1] - heard[0][1] == pytest.approx((COUNT - 1) * PERIOD_NS / 1e9, abs=0.2)
    assert f"{COUNT} messages played" in out
    assert "/odd: not played, type 'nobody_msgs/msg/Odd' is not installed" in err
    assert player.returncode == 1
