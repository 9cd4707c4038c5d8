"""How long the rover goes on moving after one of those that stand behind its motion falls silent.

A drive on flat ground in simulated time: health, executive, navigator and drivers in one scheduler,
the simulated boards of `lupex sim --boards` at the ends of their wires, a supervisor's beats. One
of them falls silent in the middle of the drive, all others go on.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover import graph
from lupex_rover.core.component import GoalRequest
from lupex_rover.core.constants import NS
from lupex_rover.core.files import shipped
from lupex_rover.core.transforms import Pose, rpy_to_matrix
from lupex_rover.core.types import DriveToGoal, Odometry
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.drivers.boards import EpsDriver, MobilityDriver
from lupex_rover.drivers.lease import LeaseParams, with_supervisor
from lupex_rover.health import table
from lupex_rover.health.monitor import HealthMonitor
from lupex_rover.health.params import HealthParams
from lupex_rover.hosts.scheduler import Scheduler
from lupex_rover.hosts.supervisor_lease import BEAT_S, SupervisorLease
from lupex_rover.mission.executive import Executive
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.navigation.navigator import Navigator
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.protocol import layouts, packet
from lupex_rover.protocol.frame import Deframer
from lupex_rover.protocol.messages import Drive, State
from lupex_rover.simulator.bench_boards import FlatWorld
from lupex_rover.terrain.dem import Dem

T0 = 1_861_920_000 * NS
TICK_NS = NS // 10
PARTS = 10  # of a tick, for physics and boards
ZERO = np.zeros(3)
PLAN = MissionPlan(T0, (0.0, 0.0), 0.0, (0.0, 0.0), (0.0, 0.0), (), T0, T0)
NODES = {"driver": "mobility_driver", "navigator": "navigator", "executive": "executive",
         "health": "health"}  # fmt: skip
LIMIT_S = {"board": 0.6, "wire": 0.6, "driver": 0.6, "navigator": 0.6, "executive": 1.5,
           "health": 1.5, "supervisor": 1.5}  # fmt: skip
SETTLED_S, DRIVING_S, WATCHED_S = 15.0, 10.0, 4.0


class DrivingRover:
    """A rover on flat ground whose pose says the tilt that is wanted.

    Attributes
    ----------
    silent : str
        Who says nothing more; empty: nobody.
    said : list[tuple[str, Any]]
        Every message of the graph.
    """

    def __init__(self) -> None:
        vehicle = read_vehicle(default_path())
        self.world = FlatWorld(vehicle, 1, T0)
        self.boards = {b: self.world.boards[b] for b in ("MOB", "EPS")}
        rules = table.read(shipped("config/faults.yaml"))
        quiet = {n: r for n, r in rules.items() if n.split(".")[-1] not in ("IMU", "STR", "SCI")}
        ground = Dem(np.zeros((81, 81)), -200.0, -200.0, 5.0)
        self.said: list[tuple[str, Any]] = []
        self.scheduler = Scheduler(
            [MobilityDriver(0.15, with_supervisor(LeaseParams())), EpsDriver(),
             HealthMonitor(HealthParams(), quiet), Executive(ExecutiveParams(), PLAN, ()),
             Navigator(NavigatorParams(), vehicle, ground)],
            self._hear, {},
        )  # fmt: skip
        self._lease = SupervisorLease(self._beat, self._clock)
        self._beat_ns = T0
        self.t_ns, self.tilt_deg, self.goals, self.silent = T0, 3.0, 0, ""
        self.driven_ns = self.commanded_ns = T0  # when it last moved, and was last told to

    def _hear(self, topic: str, message: Any, t_ns: int) -> None:
        self.said.append((topic, message))

    def _beat(self) -> int:
        return self._beat_ns

    def _clock(self) -> int:
        return self.t_ns

    @property
    def x_m(self) -> float:
        return float(self.world.rover.travel_m.mean())

    def state(self) -> State:
        """Of the mobility board."""
        return self.boards["MOB"].state

    def codes(self) -> list[str]:
        """Of the events so far."""
        return [m.code for topic, m in self.said if topic == graph.MISSION_EVENT]

    def go(self) -> None:
        """A goal 30 m ahead."""
        self.goals += 1
        goal = DriveToGoal(self.x_m + 30.0, 0.0, 1.0)
        self.scheduler.goal(GoalRequest("drive_to", f"goal-{self.goals}", goal))

    def silence(self, who: str) -> None:
        """`who` says nothing from now on."""
        self.silent = who
        components = self.scheduler.components
        components[:] = [c for c in components if c.name != NODES.get(who)]

    def run(self, duration_s: float, insist: bool = False) -> None:
        """`insist`: a new goal every 5 s, as of a client that knows nothing of SAFE."""
        for k in range(round(duration_s * 10)):
            if insist and k % 50 == 0:
                self.go()
            self.tick()

    def tick(self) -> None:
        """0.1 s."""
        for _ in range(PARTS):
            self.t_ns += TICK_NS // PARTS
            self.world.advance(0.01, self.t_ns)
            for board in self.boards.values():
                board.advance(self.t_ns)
            if self.world.rover.driven:
                self.driven_ns = self.t_ns
        self._exchange()
        if self.silent != "supervisor" and self.t_ns - self._beat_ns >= BEAT_S * NS:
            self._beat_ns = self.t_ns
        tilt = rpy_to_matrix(0.0, math.radians(self.tilt_deg), 0.0)
        pose = Pose.from_matrix(np.array([self.x_m, 0.0, 0.6]), tilt)
        odometry = Odometry(self.t_ns, "map", "base_link", pose, ZERO, ZERO)
        self.scheduler.deliver(graph.LOCALIZATION_POSE, odometry)
        for lease in self._lease.renewed(self.t_ns):
            self.scheduler.deliver(graph.MOTION_LEASE, lease)
        self.scheduler.tick(self.t_ns)
        while tx := self.scheduler.take_tx():
            self._feed(tx)
            self._exchange()
            self.scheduler.react(self.t_ns)

    def _feed(self, tx: dict[str, bytes]) -> None:
        for name, data in tx.items():
            if name not in self.boards or (name == "MOB" and self.silent == "wire"):
                continue
            self.boards[name].feed(data, self.t_ns)
            if name == "MOB" and any(map(_moves, Deframer().feed(data))):
                self.commanded_ns = self.t_ns

    def _exchange(self) -> None:
        for name, board in self.boards.items():
            data = board.take()
            if name != "MOB" or self.silent not in ("board", "wire"):
                self.scheduler.rx(name, data)


def _moves(raw: bytes) -> bool:
    """Whether a packet is a telecommand that asks the crawlers to run."""
    got = packet.decode(raw)
    payload = layouts.LAYOUTS[got.apid, True, got.message_id].unpack(got.payload)
    return isinstance(payload, Drive) and any(payload.track_speed_mps)


@dataclass(frozen=True)
class Row:
    """One who fell silent.

    Attributes
    ----------
    motion_s : float
        From the last valid command to the instant that the crawlers' set points are zero; of those
        who only stand behind motion, from their last lease or beat.
    silence_s : float
        From the begin of the silence to that instant.
    limit_s : float
        What `motion_s` may be.
    codes : tuple[str, ...]
        Of events from the silence on.
    """

    silent: str
    motion_s: float
    silence_s: float
    limit_s: float
    codes: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Motion ended in time."""
        return self.motion_s <= self.limit_s


def driving() -> DrivingRover:
    """A rover in the middle of a drive.

    Raises
    ------
    RuntimeError
        It does not drive.
    """
    rover = DrivingRover()
    rover.run(SETTLED_S)
    rover.go()
    rover.run(DRIVING_S)
    if not rover.world.rover.driven:
        raise RuntimeError(f"the rover does not drive; events: {rover.codes()}")
    return rover


def rows(who: Iterable[str] = LIMIT_S) -> list[Row]:
    """A row for each of `who`, in simulated time; the same figures on every run."""
    rover = driving()
    return [_row(copy.deepcopy(rover), name) for name in who]


def _row(rover: DrivingRover, who: str) -> Row:
    begun_ns, told = rover.t_ns, len(rover.codes())
    rover.silence(who)
    rover.run(WATCHED_S)
    if rover.world.rover.driven:
        rover.driven_ns = rover.t_ns + NS * 10**6  # it never ended
    lease = who in ("executive", "health", "supervisor")
    motion_s = (rover.driven_ns - (begun_ns if lease else rover.commanded_ns)) / NS
    codes = tuple(dict.fromkeys(rover.codes()[told:]))
    return Row(who, motion_s, (rover.driven_ns - begun_ns) / NS, LIMIT_S[who], codes)
