"""`lupex bag play` as a subscriber hears it, and what it refuses."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mcap.writer import Writer
from rosbags.typesys import Stores, get_typestore

rclpy = pytest.importorskip("rclpy")

ROOT = Path(__file__).parents[3]
STAMP_NS = 1_893_456_000_000_000_000
COUNT, PERIOD_NS = 40, 25_000_000
INT32 = "std_msgs/msg/Int32"


@pytest.fixture
def bag(tmp_path):
    """/a with numbers, out of order by one; /odd of a type nobody has; /old of another Int32."""
    store = get_typestore(Stores.ROS2_JAZZY)
    path = tmp_path / "x.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        channels = [
            writer.register_channel(topic, "cdr", writer.register_schema(kind, "ros2msg", text))
            for topic, kind, text in (
                ("/a", INT32, b"int32 data"), ("/odd", "nobody_msgs/msg/Odd", b"int32 data"),
                ("/old", INT32, b"int32 data\nint32 more"),
            )
        ]  # fmt: skip
        for k in (1, 0, *range(2, COUNT)):
            data = bytes(store.serialize_cdr(store.types[INT32](k), INT32))
            for channel in channels:
                writer.add_message(channel, STAMP_NS + k * PERIOD_NS, data, STAMP_NS)
        writer.finish()
    return path


class Listener:
    """Hears /b in a domain of its own, where `play` is started."""

    def __init__(self, bag, *options):
        from std_msgs.msg import Int32

        domain = 100 + (os.getpid() + int(time.time())) % 100
        env = {**os.environ, "ROS_DOMAIN_ID": str(domain),
               "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}  # fmt: skip
        self.context = rclpy.Context()
        self.context.init(domain_id=domain)
        self.node = rclpy.create_node("listener", context=self.context)
        self.heard = []
        self.node.create_subscription(
            Int32, "/b", lambda m: self.heard.append((m.data, time.monotonic())), 100
        )
        self.executor = rclpy.executors.SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.player = subprocess.Popen(
            [sys.executable, "-m", "lupex_rover.cli", "bag", "play", str(bag), "--remap", "/a:=/b",
             "--wait-for", "/b", "--delay", "0", *options],
            env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def spin_until(self, done, limit_s=40.0):
        limit = time.monotonic() + limit_s
        while not done() and time.monotonic() < limit:
            self.executor.spin_once(timeout_sec=0.05)

    def call(self, name):
        """What a service of the player answers."""
        from std_srvs.srv import Trigger

        client = self.node.create_client(Trigger, f"/rosbag2_player/{name}")
        self.spin_until(client.service_is_ready)
        future = client.call_async(Trigger.Request())
        self.spin_until(future.done)
        return future.result().message

    def close(self):
        out, err = self.player.communicate(timeout=20)
        self.executor.shutdown()
        self.context.shutdown()
        return out, err


def test_a_subscriber_hears_all_in_order_remapped_and_in_time(bag):
    listener = Listener(bag)
    heard = listener.heard
    listener.spin_until(lambda: listener.player.poll() is not None and len(heard) >= COUNT)
    out, err = listener.close()
    assert [value for value, _ in heard] == list(range(COUNT))
    assert heard[-1][1] - heard[0][1] == pytest.approx((COUNT - 1) * PERIOD_NS / 1e9, abs=0.2)
    assert f"{COUNT} messages played" in out
    assert "/odd: not played, type 'nobody_msgs/msg/Odd' is not installed" in err
    assert "/old: not played, type 'std_msgs/msg/Int32' of the bag (RIHS01_" in err
    assert "is not the installed one" in err
    assert listener.player.returncode == 1


def test_a_remapped_name_is_not_remapped_again(bag):
    listener = Listener(bag, "--remap", "/b:=/c")
    listener.spin_until(
        lambda: listener.player.poll() is not None and len(listener.heard) >= COUNT, 20.0
    )
    listener.player.terminate()
    listener.close()
    assert [value for value, _ in listener.heard] == list(range(COUNT))


def test_services_pause_it_and_nothing_is_lost(bag):
    pytest.importorskip("std_srvs")
    if "rosbag2_interfaces" in sys.modules:
        pytest.skip("rosbag2's own types are installed; this client speaks std_srvs")
    listener = Listener(bag, "--paused")
    heard = listener.heard
    assert listener.call("is_paused") == "paused"
    listener.spin_until(lambda: bool(heard), 1.0)
    assert heard == []
    assert listener.call("resume") == "playing"
    listener.spin_until(lambda: len(heard) >= 5)
    assert listener.call("toggle_paused") == "paused"
    listener.spin_until(lambda: False, 0.3)
    before = len(heard)
    listener.spin_until(lambda: False, 0.7)
    assert len(heard) == before < COUNT
    listener.call("toggle_paused")
    listener.spin_until(lambda: listener.player.poll() is not None and len(heard) >= COUNT)
    listener.close()
    assert [value for value, _ in heard] == list(range(COUNT))
