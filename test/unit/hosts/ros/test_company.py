# ruff: noqa: E402  (what follows needs ROS)
"""The simulated world goes on without a process that is gone, and takes it in again."""

import os
import threading
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")

from lupex_rover.codec.conversion import encode
from lupex_rover.core.component import Component, Outbox
from lupex_rover.hosts.ros import company
from lupex_rover.hosts.ros.company import Company
from lupex_rover.hosts.ros.ports import Ports
from lupex_rover.hosts.ros.process import FlightProcess
from lupex_rover.hosts.ros.sim_process import SimProcess


@pytest.fixture(scope="module", autouse=True)
def graph():
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    rclpy.init(domain_id=101 + (os.getpid() + 37) % 100)
    yield
    rclpy.try_shutdown()


def test_who_is_dead_is_away_after_a_second_and_who_is_slow_after_a_minute():
    those = Company(lambda name: name == "slow")
    late = ["slow", "dead"]
    assert those.give_up(late, 0.9) == [] and not those.away
    assert those.give_up(late, 1.0) == ["dead"] and those.away == {"dead"}
    assert those.give_up(["slow"], 59.9) == []
    assert those.give_up(["slow"], 60.0) == ["slow"]


class Board:
    powered = True

    def __init__(self):
        self.out, self.got = b"", b""

    def take(self):
        data, self.out = self.out, b""
        return data


class Engine:
    """A tick is 0.1 s; the board says a byte in each."""

    actuators_on, boot_count, computer_on = True, 0, True
    faults = SimpleNamespace(faults=())

    def __init__(self):
        self.boards, self.t_ns = {"MOB": Board()}, 1_900_000_000_000_000_000

    def advance(self):
        self.t_ns += 100_000_000
        self.boards["MOB"].out += b"t"
        return self.t_ns

    def outputs(self):
        return []

    def feed(self, board, data):
        self.boards[board].got += data


class Driver(Component):
    """Answers each byte with one of its own."""

    name, serial, period_s, reactive = "mobility_driver", "MOB", 0.0, True

    def __init__(self, word):
        self.word, self.ticks = word, []

    def step(self, t_ns, inbox):
        self.ticks.append(t_ns)
        return Outbox(tx=self.word * len(inbox.rx))


class Life:
    """A flight process in a thread, until it is dropped without a word."""

    def __init__(self, sim, folder, word):
        self.driver = Driver(word)
        self.process = FlightProcess(
            "toy", ["mobility_driver"], lambda *_: self.driver, Ports(sim.paths), folder, True
        )
        self.process.configure()
        self.process.activate()
        self.thread = threading.Thread(target=self.process.run)
        self.thread.start()

    def end(self):
        self.process.stopped = True
        self.thread.join(20)


def test_time_goes_on_at_the_wall_clocks_pace_and_the_next_life_keeps_step(tmp_path, monkeypatch):
    monkeypatch.setattr(company, "GONE_S", 0.2)
    engine, dead = Engine(), threading.Event()
    sim = SimProcess(engine, ["toy"], 0.0, lambda name: not dead.is_set())
    first = Life(sim, tmp_path, b"1")
    run = threading.Thread(target=sim.run)
    run.start()
    try:
        _until(lambda: engine.boards["MOB"].got.count(b"1") > 20)
        first.end()
        dead.set()
        _until(lambda: sim._company.away)
        begun, begun_ns = time.monotonic(), engine.t_ns
        time.sleep(1.0)
        passed_s = (engine.t_ns - begun_ns) / 1e9
        assert passed_s == pytest.approx(time.monotonic() - begun, abs=0.35)
        assert not sim._waiting["MOB"]  # a board keeps nothing for who is not there
        dead.clear()
        second = Life(sim, tmp_path, b"2")
        _until(lambda: engine.boards["MOB"].got.count(b"2") > 50)
        assert not sim._company.away
        ticks = list(second.driver.ticks)  # none is left out from its first one on
        assert {b - a for a, b in pairwise(ticks)} <= {0, 100_000_000}
        wall = time.monotonic()
        now_ns = engine.t_ns
        _until(lambda: engine.t_ns > now_ns + 2_000_000_000)
        assert time.monotonic() - wall < 1.9  # as fast as it goes, again
        second.end()
    finally:
        sim.stopped = True
        run.join(20)
        first.end()
        sim.close()


def test_one_that_was_stopped_and_goes_on_is_taken_in_without_a_hello():
    from lupex_rover import graph
    from lupex_rover.core.types import SimDone

    sim = SimProcess(Engine(), ["toy"], 0.0, lambda name: False)
    try:
        sim._tick = 7
        hear = lambda tick: sim._on_done(  # noqa: E731
            encode(graph.SIM_DONE, SimDone(0, "toy", tick, 0, ("MOB",), (30,)))
        )
        hear(6)
        sim._company.give_up(["toy"], 2.0)
        hear(6)  # it is catching up
        assert sim._company.away == {"toy"}
        hear(7)
        assert not sim._company.away and sim._heard["toy"].bytes_sent == (30,)
    finally:
        sim.close()


def _until(true):
    end = time.monotonic() + 15
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
