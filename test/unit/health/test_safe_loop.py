"""SAFE in closed loop: health, navigator and drivers on simulated boards, a client that insists."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lupex_rover.core.component import GoalRequest
from lupex_rover.core.constants import NS
from lupex_rover.core.files import shipped
from lupex_rover.core.transforms import Pose, rpy_to_matrix
from lupex_rover.core.types import BoardRequest, DriveToGoal, LoadSwitch, Odometry
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.drivers.boards import EpsDriver, MobilityDriver
from lupex_rover.drivers.lease import LeaseParams
from lupex_rover.health import table
from lupex_rover.health.monitor import HealthMonitor
from lupex_rover.health.params import HealthParams
from lupex_rover.hosts.scheduler import Scheduler
from lupex_rover.mission.executive import Executive
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.navigation.navigator import Navigator
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.protocol.messages import State
from lupex_rover.simulator.bench_boards import FlatWorld
from lupex_rover.terrain.dem import Dem

T0 = 1_861_920_000 * NS
TICK_NS = NS // 10
ZERO = np.zeros(3)
PLAN = MissionPlan(T0, (0.0, 0.0), 0.0, (0.0, 0.0), (0.0, 0.0), (), T0, T0)


class Loop:
    """A rover on flat ground whose pose says the tilt that a test wants."""

    def __init__(self) -> None:
        vehicle = read_vehicle(default_path())
        self.world = FlatWorld(vehicle, 1, T0)
        self.boards = {b: self.world.boards[b] for b in ("MOB", "EPS")}
        rules = table.read(shipped("config/faults.yaml"))
        quiet = {n: r for n, r in rules.items() if n.split(".")[-1] not in ("IMU", "STR", "SCI")}
        ground = Dem(np.zeros((81, 81)), -200.0, -200.0, 5.0)
        self.scheduler = Scheduler(
            [MobilityDriver(0.15, LeaseParams()), EpsDriver(),
             HealthMonitor(HealthParams(), quiet), Executive(ExecutiveParams(), PLAN, ()),
             Navigator(NavigatorParams(), vehicle, ground)],
            lambda topic, message, t_ns: self.said.append((topic, message)), {},
        )  # fmt: skip
        self.said: list = []
        self.t_ns, self.tilt_deg, self.goals = T0, 3.0, 0

    @property
    def x_m(self) -> float:
        return float(self.world.rover.travel_m.mean())

    def state(self) -> State:
        return self.boards["MOB"].state

    def run(self, duration_s: float, insist: bool = False) -> None:
        """`insist`: a new goal every 5 s, as of a client that knows nothing of SAFE."""
        for k in range(round(duration_s * 10)):
            if insist and k % 50 == 0:
                self.go()
            self.tick()

    def go(self) -> None:
        self.goals += 1
        goal = DriveToGoal(self.x_m + 30.0, 0.0, 1.0)
        self.scheduler.goal(GoalRequest("drive_to", f"goal-{self.goals}", goal))

    def tick(self) -> None:
        for _ in range(10):
            self.t_ns += TICK_NS // 10
            self.world.advance(0.01, self.t_ns)
            for board in self.boards.values():
                board.advance(self.t_ns)
        self._exchange()
        tilt = rpy_to_matrix(0.0, math.radians(self.tilt_deg), 0.0)
        pose = Pose.from_matrix(np.array([self.x_m, 0.0, 0.6]), tilt)
        odometry = Odometry(self.t_ns, "map", "base_link", pose, ZERO, ZERO)
        self.scheduler.deliver("localization/pose", odometry)
        self.scheduler.tick(self.t_ns)
        while tx := self.scheduler.take_tx():
            for name, data in tx.items():
                if name in self.boards:
                    self.boards[name].feed(data, self.t_ns)
            self._exchange()
            self.scheduler.react(self.t_ns)

    def _exchange(self) -> None:
        for name, board in self.boards.items():
            self.scheduler.rx(name, board.take())


@pytest.fixture(scope="module")
def stopped() -> Loop:
    """Stopped for a tilt that was over soon after, while someone went on sending goals."""
    loop = Loop()
    loop.run(15)
    loop.go()
    loop.run(25)
    assert loop.state() == State.ACTIVE and loop.x_m > 1.0
    loop.tilt_deg = 33.0
    loop.run(5)
    assert loop.state() == State.SAFE
    loop.tilt_deg = 3.0
    loop.run(2)
    return loop


def test_a_rover_stopped_for_a_fault_does_not_drive_on(stopped: Loop) -> None:
    """Whatever goals come, and after a power cycle; the ground's release alone lets it go."""
    loop, rover = stopped, stopped.world.rover
    before_m = rover.travel_m.copy()
    loop.run(60, insist=True)
    assert loop.state() == State.SAFE and np.abs(rover.travel_m - before_m).max() < 0.01
    for on in (False, True):
        loop.scheduler.deliver("power/switch", LoadSwitch(loop.t_ns, "mobility", on))
        loop.run(3, insist=True)
    loop.run(20, insist=True)
    assert loop.state() == State.SAFE and np.abs(rover.travel_m - before_m).max() < 0.01
    ended = [m for topic, m in loop.said if topic == "mission/action" and m.kind == "result"]
    assert {m.content.code for m in ended} == {"NAV-007"}
    loop.scheduler.deliver("boards/request", BoardRequest(loop.t_ns, "MOB", "release"))
    loop.run(4)
    assert loop.state() == State.IDLE
    loop.go()
    loop.run(10)
    assert loop.state() == State.ACTIVE and np.abs(rover.speed_mps).max() > 0.02


@pytest.mark.parametrize("dead", ["executive", "health", "navigator", "mobility_driver"])
def test_a_rover_stops_when_a_node_that_stands_behind_motion_vanishes(dead: str) -> None:
    """Whoever it is, and though all others go on; it is told unless the driver itself is gone."""
    loop = Loop()
    loop.run(15)
    loop.go()
    loop.run(10)
    assert np.abs(loop.world.rover.speed_mps).max() > 0.02
    components = loop.scheduler.components
    components.remove(next(c for c in components if c.name == dead))
    loop.run(1.5)
    rover = loop.world.rover
    assert np.abs(rover.speed_mps).max() < 0.03  # the tracks run out
    loop.run(1.0)
    stopped_m = rover.travel_m.copy()
    loop.run(30)
    assert np.abs(rover.travel_m - stopped_m).max() < 0.001
    told = [m.text for topic, m in loop.said if topic == "mission/event" and m.code == "DRV-007"]
    assert bool(told) == (dead in ("executive", "health")) and all(dead in t for t in told)
