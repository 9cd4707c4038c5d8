# ruff: noqa: E402  (what follows needs ROS)
"""The ROS host on a graph of its own: in step with the simulator, goals, parameters."""

import os
import threading
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")
pytest.importorskip("lupex_rover_interfaces.action", reason="needs our messages; use ./lupex")

from action_msgs.msg import GoalStatus
from lifecycle_msgs.msg import Transition
from lupex_rover_interfaces.action import DriveTo
from nav_msgs.msg import Odometry
from rcl_interfaces.srv import DescribeParameters
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from running import Running
from sensor_msgs.msg import Image

from lupex_rover import graph as topics
from lupex_rover.codec.conversion import encode
from lupex_rover.codec.seal import Seal
from lupex_rover.core import types
from lupex_rover.core.component import (
    CANCELED,
    SUCCEEDED,
    Component,
    GoalFeedback,
    GoalResult,
    Outbox,
)
from lupex_rover.core.params import param
from lupex_rover.hosts.harness import Harness
from lupex_rover.hosts.ros import process as process_module
from lupex_rover.hosts.ros.host_params import HostParams
from lupex_rover.hosts.ros.ports import Ports
from lupex_rover.hosts.ros.process import FlightProcess
from lupex_rover.hosts.ros.qos import raw_publisher
from lupex_rover.hosts.ros.recorder import Recorder
from lupex_rover.hosts.ros.sim_process import SimProcess
from lupex_rover.hosts.ros.store import FileStore

TOYS = ["mobility_driver", "mapping"]
TICKS, TICK_NS, START_NS = 40, 1_000_000_000, 1_900_000_000_000_000_000


@pytest.fixture(scope="module", autouse=True)
def graph():
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    rclpy.init(domain_id=101 + os.getpid() % 100)
    yield
    rclpy.try_shutdown()


# --- a toy rover: the board answers each byte with its successor ---------------------------------


class Board:
    powered = True

    def __init__(self):
        self.out = b""

    def take(self):
        data, self.out = self.out, b""
        return data


class Engine:
    """Emits a byte and a picture per tick; sleeps for a while in the middle."""

    faults = SimpleNamespace(faults=(), hears=False, take_for_host=list)
    actuators_on = False  # at rest the boards' answers come within the tick, as on the harness

    def __init__(self):
        self.boards = {"MOB": Board()}
        self.t_ns, self.k, self.boot_count, self.computer_on = START_NS, 0, 0, True

    def advance(self):
        self.k += 1
        self.t_ns += TICK_NS
        self.computer_on = not 15 <= self.k < 20
        self.boot_count += self.k == 20
        if self.computer_on:
            self.boards["MOB"].out += bytes([self.k])
        return self.t_ns

    def outputs(self):
        pixels = np.full((480, 640), self.k, np.uint8)
        image = types.Image(self.t_ns, "cam", pixels)
        return [("stereo/left/image_raw", image)] if self.k % 3 == 0 and self.computer_on else []

    def feed(self, board, data):
        self.boards[board].out += bytes((b + 1) % 256 for b in data if b % 4)


class Driver(Component):
    name, outputs, serial = "mobility_driver", ("boards/request",), "MOB"
    inputs = ("mobility/command",)
    period_s, reactive = 0.0, True
    log: list

    def step(self, t_ns, inbox):
        out = Outbox()
        self.log.append(("driver", t_ns, inbox.rx, len(inbox.all("mobility/command"))))
        for byte in inbox.rx:
            out.publish("boards/request", types.BoardRequest(t_ns, "MOB", str(byte)))
        out.tx = bytes(b for b in inbox.rx if b % 4)
        return out


class Thinker(Component):
    name, inputs = "mapping", ("boards/request", "stereo/left/image_raw")
    outputs = ("mobility/command",)
    period_s = 0.0
    log: list
    total = 0

    def step(self, t_ns, inbox):
        out = Outbox()
        for image in inbox.all("stereo/left/image_raw"):
            self.total += int(image.pixels.sum())
            command = types.DriveCommand(t_ns, [0.1] * 4, [0.0] * 4)
            out.publish("mobility/command", command)
        said = [m.command for m in inbox.all("boards/request")]
        self.log.append(("thinker", t_ns, self.total, said))
        out.persist = {"total": self.total}
        return out

    def restore(self, state):
        self.log.append(("restored", state["total"]))
        self.total = state["total"]


def toy(log):
    made = {"mobility_driver": Driver, "mapping": Thinker}

    def make(name, declare):
        component: Any = made[name]()
        component.log = log
        return component

    return make


def on_harness():
    log = []
    make = toy(log)
    harness = Harness(
        Engine(), lambda: [make("mobility_driver", None), make("mapping", None)], lambda *a: None
    )
    for _ in range(TICKS):
        harness.step()
    return log


def on_graph(state_dir):
    log = []
    sim = SimProcess(Engine(), ["toy"], seal=Seal("ours"))
    process = FlightProcess(
        "toy", TOYS, toy(log), Ports(sim.paths), state_dir, True, seal=Seal("ours")
    )
    process.configure()
    process.activate()
    thread = threading.Thread(target=process.run)
    thread.start()
    try:
        while "toy" not in sim._heard:
            sim._executor.spin_once(timeout_sec=0.1)
        for _ in range(TICKS):
            sim._one_tick()
    finally:
        process.stopped = True
        thread.join(20)
        sim.close()
    assert not thread.is_alive()
    return log


@pytest.mark.parametrize("every_node_here", [False, True])
def test_graph_and_harness_step_the_components_alike(tmp_path, monkeypatch, every_node_here):
    """The driver is configured first and must not hear its commander twice."""
    if every_node_here:
        monkeypatch.setattr(
            process_module, "NODES", [n for n in process_module.NODES if n.name in TOYS]
        )
    expected, seen = on_harness(), on_graph(tmp_path)
    # The process says its safe state when it ends; that reaction is not part of the run.
    assert seen[: len(expected)] == expected
    assert ("restored", expected[-1][2]) not in expected[:3]
    assert sum(entry[0] == "restored" for entry in expected) == 1
    assert any(entry[0] == "driver" and entry[3] for entry in expected)


def test_nobody_waits_for_pictures_that_are_not_heard_here(tmp_path, monkeypatch):
    process = FlightProcess("seer", ["mapping"], toy([]), Ports({}), tmp_path, True)
    process.configure()

    def waits(seconds):
        raise TimeoutError("waited")

    monkeypatch.setattr(process_module.time, "sleep", waits)
    collect_images = process.listening.collect_images
    collect_images({"camera/descent/image_raw": 5})
    with pytest.raises(TimeoutError):
        collect_images({"camera/descent/image_raw": 5, "stereo/left/image_raw": 1})


# --- without a simulator --------------------------------------------------------------------------


@dataclass(frozen=True)
class WalkerParams:
    step_m: float = param(0.5, "walked per step", unit="m", low=0.1, high=2, source="this test")
    name: str = param("walker", "what it is called")


class Walker(Component):
    """Serves drive_to: a step per tick; a cancel ends it."""

    name, serves, period_s = "navigator", ("drive_to",), 0.0

    def __init__(self, params):
        self.params, self.goal, self.at_m = params, None, 0.0

    def step(self, t_ns, inbox):
        out = Outbox()
        if inbox.goals:
            self.goal, self.at_m = inbox.goals[-1], 0.0
        if self.goal is None:
            return out
        self.at_m += self.params.step_m
        left = self.goal.goal.x_m - self.at_m
        canceled = any(c.goal_id == self.goal.goal_id for c in inbox.cancels)
        if left <= 0 or canceled:
            status, code = (CANCELED, "NAV-099") if canceled else (SUCCEEDED, "")
            result = types.DriveToResult(code, "walked", self.at_m, max(0.0, left))
            out.results.append(GoalResult("drive_to", self.goal.goal_id, status, result))
            self.goal = None
        else:
            part = types.DriveToFeedback(left, self.at_m, 0.0)
            out.feedback.append(GoalFeedback("drive_to", self.goal.goal_id, part))
        return out


@pytest.fixture(scope="module")
def walker(tmp_path_factory):
    def make(name, declare):
        return Walker(WalkerParams(**declare(WalkerParams, {"step_m": 0.25})))

    process = FlightProcess(
        "walking", ["navigator"], make, Ports({}), tmp_path_factory.mktemp("state"), False
    )
    process.configure()
    process.activate()
    thread = threading.Thread(target=process.run)
    thread.start()
    client = Node("client")
    executor = SingleThreadedExecutor()
    executor.add_node(client)

    def wait(future, limit_s=15.0):
        executor.spin_until_future_complete(future, timeout_sec=limit_s)
        assert future.done()
        return future.result()

    yield client, wait, process
    process.stopped = True
    thread.join(20)
    client.destroy_node()


def drive(walker, x_m):
    client, wait, _ = walker
    action = ActionClient(client, DriveTo, "drive_to")
    assert action.wait_for_server(10)
    heard = []
    goal = DriveTo.Goal(x_m=x_m, y_m=0.0, tolerance_m=1.0)
    handle = wait(
        action.send_goal_async(goal, feedback_callback=lambda m: heard.append(m.feedback))
    )
    return handle, heard, wait


def test_goal_from_outside_gets_feedback_and_result(walker):
    handle, heard, wait = drive(walker, 2.0)
    assert handle.accepted
    end = wait(handle.get_result_async())
    assert end.status == GoalStatus.STATUS_SUCCEEDED
    assert end.result.distance_driven_m == pytest.approx(2.0)
    assert [m.distance_driven_m for m in heard] == sorted(m.distance_driven_m for m in heard)
    assert len(heard) >= 3


def test_cancel_from_outside_ends_the_goal_with_its_code(walker):
    handle, _, wait = drive(walker, 1e6)
    time.sleep(0.3)
    wait(handle.cancel_goal_async())
    end = wait(handle.get_result_async())
    assert end.status == GoalStatus.STATUS_CANCELED
    assert end.result.code == "NAV-099"


def test_parameters_carry_unit_range_and_source(walker):
    client, wait, _ = walker
    service = client.create_client(DescribeParameters, "navigator/describe_parameters")
    assert service.wait_for_service(10)
    answer = wait(service.call_async(DescribeParameters.Request(names=["step_m", "name"])))
    step, name = answer.descriptors
    assert step.description == "walked per step [m]"
    assert step.additional_constraints == "source: this test"
    assert (step.floating_point_range[0].from_value, step.floating_point_range[0].to_value) == (
        0.1,
        2.0,
    )
    assert step.read_only and name.read_only


class Listener(Component):
    """Tells events itself and hears those of others."""

    name, period_s = "navigator", 0.0
    inputs = outputs = ("mission/event",)

    def __init__(self):
        self.heard, self.said = [], 0

    def step(self, t_ns, inbox):
        out = Outbox()
        self.heard += [m.text for m in inbox.all("mission/event")]
        self.said += 1
        out.publish("mission/event", types.Event(t_ns, 0, "n", "C", f"own {self.said}"))
        return out


def test_a_process_with_every_node_hears_who_else_publishes(tmp_path, monkeypatch):
    nodes = [n for n in process_module.NODES if n.name == "navigator"]
    monkeypatch.setattr(process_module, "NODES", nodes)
    listener = Listener()
    process = FlightProcess("alone", ["navigator"], lambda *_: listener, Ports({}), tmp_path, False)
    process.configure()
    process.activate()
    thread = threading.Thread(target=process.run)
    thread.start()
    outsider = Node("outsider")
    try:
        time.sleep(1.0)
        assert "mission/event" not in process.listening.topics
        publisher = raw_publisher(outsider, "mission/event")
        data = encode("mission/event", types.Event(1, 0, "other", "C", "ping"))
        end = time.monotonic() + 15.0
        while "ping" not in listener.heard and time.monotonic() < end:
            publisher.publish(data)
            time.sleep(0.1)
        time.sleep(0.3)
    finally:
        process.stopped = True
        thread.join(20)
        outsider.destroy_node()
    assert "ping" in listener.heard
    own = [command for command in listener.heard if command.startswith("own")]
    assert len(own) == len(set(own))  # what it says itself comes once, not by both ways


def test_own_messages_are_not_kept_for_ever(walker):
    process = walker[2]
    for k in range(1000):
        process.sent("mission/event", b"%d" % k)
    assert len(process.listening.own) == 0  # nobody here subscribes to it


# --- what goes wrong ------------------------------------------------------------------------------


class Breaks(Component):
    """Raises in every step while `broken`, and when it is to be made safe."""

    name, period_s, broken = "drill", 0.0, True
    inputs, outputs = ("mission/event",), ("mobility/command",)

    def step(self, t_ns, inbox):
        out = Outbox()
        out.publish("mobility/command", types.DriveCommand(t_ns, [0.1] * 4, [0.0] * 4))
        return out if not Breaks.broken else [][1]

    def safe(self, t_ns):
        raise RuntimeError("neither this")


class Watcher(Component):
    name, inputs, period_s = "mapping", ("mission/event", "mobility/command"), 0.0

    def __init__(self):
        self.steps, self.events, self.commands = 0, [], 0

    def step(self, t_ns, inbox):
        self.steps += 1
        self.events += [e for e in inbox.all("mission/event") if e.source == "host"]
        self.commands += len(inbox.all("mobility/command"))
        return Outbox()


class Lifecycle(Running):
    """Its transitions, one by one."""

    def transition(self, node, number):
        """True when the lifecycle transition was made; None when nobody answered."""
        future = self.ask(node, number)
        self.executor.spin_until_future_complete(future, timeout_sec=3)
        return future.result().success if future.done() else None


def test_one_component_s_exception_ends_neither_process_nor_others(tmp_path):
    watcher = Watcher()
    made = {"drill": Breaks, "mapping": lambda: watcher}
    params = HostParams(failures_in_a_row=5)
    Breaks.broken = True
    names = ["drill", "mapping"]
    with Lifecycle(lambda name, _: made[name](), names, tmp_path, params) as r:
        told = lambda: [e.code for e in watcher.events]  # noqa: E731
        r.until(lambda: "HST-003" in told())
        assert told()[0] == "HST-002" and "IndexError" in watcher.events[0].text
        assert "drill" in watcher.events[-1].text
        assert r.process.failures.count["drill"] >= 5
        assert watcher.commands == 0  # nobody renews what it would have commanded
        steps = watcher.steps
        r.until(lambda: watcher.steps > steps + 10)
        assert r.thread.is_alive()
        # a transition that is not possible now ends that request alone
        assert not r.transition("drill", Transition.TRANSITION_ACTIVATE)
        assert r.thread.is_alive()
        Breaks.broken = False
        assert r.transition("drill", Transition.TRANSITION_CONFIGURE)
        assert r.transition("drill", Transition.TRANSITION_ACTIVATE)
        r.until(lambda: watcher.commands > 3)
    assert not r.thread.is_alive()


def test_state_that_cannot_be_taken_back_is_put_aside_and_told(tmp_path):
    class Keeps(Watcher):
        def restore(self, state):
            state["n"]

    FileStore(tmp_path)["mapping"] = {}
    process = FlightProcess("keeps", ["mapping"], lambda *_: Keeps(), Ports({}), tmp_path, False)
    process.configure()
    [event] = process._events
    process._set_back("seen once")
    process._tell(0, "HST-025", "MOB")  # information after errors
    assert [e.code for e in process._events[1:]] == ["HST-006", "HST-025"]
    assert event.code == "HST-026" and "state/mapping.json: cannot be taken back" in event.text
    assert "KeyError" in event.text and (tmp_path / "mapping.json.bad").exists()
    process.close()


class Sees(Watcher):
    inputs = ("localization/pose", "stereo/left/image_raw", "mission/event")

    def __init__(self):
        super().__init__()
        self.poses, self.pictures = [], []

    def step(self, t_ns, inbox):
        self.poses += inbox.all("localization/pose")
        self.pictures += inbox.all("stereo/left/image_raw")
        return super().step(t_ns, inbox)


def test_foreign_messages_that_cannot_be_read_are_left_out_and_told_once(tmp_path):
    sees = Sees()
    with Running(lambda *_: sees, ["mapping"], tmp_path) as r:
        pose = r.client.create_publisher(Odometry, "localization/pose", 10)
        picture = r.client.create_publisher(Image, "stereo/left/image_raw", 10)
        no_rotation, grey = Odometry(), Image(encoding="yuv422", height=1, width=2, step=2)
        no_rotation.pose.pose.orientation.w = 0.0

        def publish():
            pose.publish(no_rotation)
            picture.publish(grey)
            time.sleep(0.05)

        bad = r.process.listening.unreadable
        r.until(lambda: publish() or min(bad[t] for t in sees.inputs[:2]) >= 2)
        no_rotation.pose.pose.orientation.w = 1.0
        grey.encoding, grey.data = "mono8", b"ab"
        r.until(lambda: publish() or (sees.poses and sees.pictures))
        told = [e.text.split(":")[0] for e in sees.events if e.code == "HST-005"]
        assert sorted(told) == sorted(sees.inputs[:2])


def test_the_recorder_keeps_what_it_cannot_read():
    class Bag:
        kept = []

        def write(self, topic, data, t_ns):
            self.kept += [topic] * (topic == "localization/pose")

    heard = []
    recorder = Recorder(Bag(), ["localization/pose"], lambda topic, m: heard.append(m))
    client = Node("says_nonsense")
    pose = client.create_publisher(Odometry, "localization/pose", 10)
    message = Odometry()
    message.pose.pose.orientation.w = 0.0
    end = time.monotonic() + 15
    while len(Bag.kept) < 2 and time.monotonic() < end:
        pose.publish(message)
        time.sleep(0.05)
        recorder.collect()
    assert len(Bag.kept) >= 2 and not heard
    recorder.close()
    client.destroy_node()


def test_another_simulator_moves_no_time_and_is_told(tmp_path):
    """Its tick is not acted on and not answered, its process not waited for."""
    ours, theirs = Seal("ours"), Seal("theirs")
    process = FlightProcess("toy", TOYS, toy([]), Ports({}), tmp_path, True, seal=ours)
    tick = types.SimTick(10**18, 5, 0, 0, False, (), (), (), ())
    for _ in range(3):
        process._on_tick_data(theirs.encode(topics.SIM_TICK, tick))
    assert process._t_ns == 0 and process._done is None
    assert [e.code for e in process._events] == ["HST-027"]
    process._on_tick_data(ours.encode(topics.SIM_TICK, tick))
    assert process._t_ns == 10**18 and process._done is not None
    process.close()
    sim = SimProcess(Engine(), ["toy"], seal=Seal("ours"))
    hello = types.SimDone(0, "toy", 0, 0, (), ())
    sim._on_done(theirs.encode(topics.SIM_DONE, hello))
    assert not sim._heard and topics.MISSION_EVENT in sim._publishers
    sim._on_done(ours.encode(topics.SIM_DONE, hello))
    assert "toy" in sim._heard
    sim.close()


def test_a_process_that_was_away_works_on_the_tick_that_is_on_alone(tmp_path):
    """Those that passed meanwhile wait in its subscription; the boards' bytes are of now."""
    process = FlightProcess("toy", TOYS, toy([]), Ports({}), tmp_path, True)
    worked = []
    work, process._work = process._work, lambda tick: (worked.append(tick.tick), work(tick))
    sim = Node("the_simulator")
    says = raw_publisher(sim, topics.SIM_TICK)
    end = time.monotonic() + 15
    while not says.get_subscription_count() and time.monotonic() < end:
        time.sleep(0.02)
    for k in range(7, 13):
        says.publish(encode(topics.SIM_TICK, types.SimTick(k, k, 0, 0, False, (), (), (), ())))
    time.sleep(0.5)  # they have come
    for _ in range(20):
        process._pace_executor.spin_once(timeout_sec=0.02)
    assert worked == [12] and process._t_ns == 12
    says.publish(encode(topics.SIM_TICK, types.SimTick(13, 13, 0, 0, False, (), (), (), ())))
    while len(worked) < 2 and time.monotonic() < end:
        process._pace_executor.spin_once(timeout_sec=0.02)
    assert worked == [12, 13]  # and the next one, as it comes
    process.close()
    sim.destroy_node()
