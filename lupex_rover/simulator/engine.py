"""The stand-in simulator: physics behind boards and cameras, one tick at a time.

`advance()` moves the simulated time by one tick of a length that fits what happens. Between
ticks the host carries bytes between boards and drivers. Only `outputs()` topics `sim/*` and
`summary()` tell the truth; they are for the bag and the report.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import zlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from lupex_rover import graph
from lupex_rover.core import params
from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.saved import SavedFields, entry, plain, unplain
from lupex_rover.core.time import ns
from lupex_rover.core.topic import Said
from lupex_rover.core.transforms import Pose, toward
from lupex_rover.core.types import LOADS
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.core.vehicle_checks import check_arrays
from lupex_rover.ephemeris import site_frame
from lupex_rover.instruments.interface import SimulatedInstrument, check_slots, load_instrument
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.protocol.boards import fitted, load_of
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.boards import make_added, make_boards
from lupex_rover.simulator.body import Body
from lupex_rover.simulator.drill.drill_site import DrillSite
from lupex_rover.simulator.drill.physics import CupSample, DrillParams, DrillPhysics
from lupex_rover.simulator.drill.regolith import Column, RegolithParams
from lupex_rover.simulator.faults.injector import FaultInjector
from lupex_rover.simulator.lander.physics import LanderParams, LanderPhysics
from lupex_rover.simulator.mobility.physics import MobilityParams, MobilityPhysics
from lupex_rover.simulator.params import EngineParams, check_sections
from lupex_rover.simulator.payload.instruments import InstrumentParams, Instruments
from lupex_rover.simulator.power.eps import EpsParams, EpsPhysics
from lupex_rover.simulator.sensors.camera_schedule import CameraSchedule
from lupex_rover.simulator.sensors.inertial import InertialParams, InertialSensor, StarTracker
from lupex_rover.simulator.site.touchdown import describe
from lupex_rover.simulator.site.world import World
from lupex_rover.simulator.tick_length import TickLength
from lupex_rover.simulator.truth import TruthTeller
from lupex_rover.simulator.world_journal import WorldJournal
from lupex_rover.terrain.dem import Dem

SNAPSHOT_VERSION = 2
T = TypeVar("T")
Ground = tuple[float, float, float, float] | None  # of `World.near`, or None: the whole site
RoverMaker = Callable[[Dem, World, int], Any]  # ground, world, UTC ns -> like MobilityPhysics


class Engine(SavedFields):
    """Everything behind the boards.

    Attributes
    ----------
    boards : dict[str, Board]
        Device side of every board by name; the host feeds and takes their bytes.
    t_ns : int
        Simulated UTC.
    computer_on : bool
        The onboard computer has power; the host runs no component while it has none.
    boot_count : int
        Grows when the computer starts again.
    journal : WorldJournal or None
        Is told of each tick and of bytes to boards before they are acted on; a host sets it.
    faults : FaultInjector
        What the scenario wants to go wrong.
    """

    SAVED = ("t_ns", "boot_count", "_lander_off_ns", "_light_at", "sun_fraction", "ground_lit")
    PARTS = ("body", "lander", "eps", "instruments", "rig", "eyes", "_pace", "_truth")
    FIXED = (
        "_scenario", "world", "plan", "_make_other_rover", "p", "_outputs", "_dems", "_grounds",
        "boards", "_added", "_target_z", "cups", "sky", "_vehicle_digest",
        "_fitted", "_fed", "journal", "faults",
    )  # fmt: skip

    def __init__(
        self,
        scenario: Scenario,
        world: World,
        plan: MissionPlan,
        vehicle: Vehicle,
        make_rover: RoverMaker | None = None,
    ) -> None:
        check_sections(scenario.simulator, scenario.where)
        self.journal: WorldJournal | None = None
        self._scenario = scenario
        self.world = world
        self.plan = plan
        self._vehicle_digest = hashlib.sha256(vehicle.urdf_text.encode()).hexdigest()[:16]
        self._make_other_rover = make_rover
        self.p = self._params("engine", EngineParams)
        self.t_ns = plan.start_ns
        self.boot_count = 0
        self._pace = TickLength(self.p)
        self._outputs: list[Said] = []
        self._dems: list[Dem] = []  # what the cameras see, finest first
        self._grounds: list[Ground] = []  # how each of them is made
        self._fitted = fitted(scenario.boards or (), f"{scenario.where}.boards")
        self._make_physics(vehicle)
        self.boards = make_boards(
            mob=self.body, imu=self.body, star=self.body, eps=self.eps, drill=self.rig,
            payload=self.instruments, lander=self.body, guidance=self.lander,
            track_limit_mps=vehicle.track_limit_mps,
        )  # fmt: skip
        self._added = make_added(self._fitted, scenario.seed, self.t_ns)
        self.boards.update(self._added)
        self._fed = {n: load for n, load in load_of().items() if n in self.boards}
        self.faults = FaultInjector(scenario.faults, plan.start_ns, scenario.seed, self)
        self._lander_off_ns: int | None = None
        if "descent" not in scenario.phases:
            self.body.settle(Pose(np.array([*plan.landing_target, 0.0]), np.array([0, 0, 0, 1.0])))
        self._truth = TruthTeller(self)
        self._light_at = (math.inf, math.inf, 0)
        self.sun_fraction, self.ground_lit = 1.0, True
        self._look_up(0.0)

    def _params(self, section: str, cls: type[T]) -> T:
        where = f"{self._scenario.where}.simulator.{section}"
        return params.load(cls, self._scenario.simulator.get(section), where)

    def _rng(self, part: str) -> np.random.Generator:
        return np.random.default_rng([self._scenario.seed, zlib.crc32(part.encode())])

    def _instruments_from_outside(self) -> dict[int, SimulatedInstrument]:
        """The device of each by its slot; each has its own noise."""
        check_slots(self._scenario.instruments)
        return {
            choice.slot: load_instrument(name, choice, self._scenario.where).simulate(
                self._rng(f"instruments.{name}")
            )
            for name, choice in self._scenario.instruments.items()
        }

    def _make_physics(self, vehicle: Vehicle) -> None:
        x, y = self.plan.landing_target
        self._target_z = float(self.world.height(x, y))
        self.lander = LanderPhysics(
            self._params("lander", LanderParams), self.plan, self.world.height,
            vehicle.base_height_m, self._rng("lander"),
        )  # fmt: skip
        mobility = self._params("mobility", MobilityParams)

        def make_rover(x: float, y: float) -> Any:
            near = self._see(self._ground_for_work(x, y))
            if self._make_other_rover is not None:
                return self._make_other_rover(near, self.world, self.t_ns)
            return MobilityPhysics(
                vehicle, vehicle.urdf_text, near, mobility, self._rng("mobility")
            )

        self.body = Body(
            self.lander, make_rover, vehicle, site_frame(x, y),
            InertialSensor(self._params("inertial", InertialParams), self._rng("imu")),
            StarTracker(self._rng("star_tracker")),
        )  # fmt: skip
        eps, where = self._params("eps", EpsParams), f"{self._scenario.where}.simulator.eps.array"
        check_arrays(vehicle, eps.array.areas_m2, where)
        added_w = {board.load: board.power_w for board in self._fitted if board.load}
        self.eps = EpsPhysics(
            eps, self._rng("eps"), self.t_ns, self._scenario.start_soc, added_w
        )  # fmt: skip
        self.cups: dict[int, Any] = {}
        self.instruments = Instruments(
            self.cups, self._params("instruments", InstrumentParams), self._rng("instruments"),
            self._instruments_from_outside(),
        )  # fmt: skip
        drill_params = self._params("drill", DrillParams)
        regolith = self._params("regolith", RegolithParams)

        def make_drill(x: float, y: float) -> DrillPhysics:
            column = Column(self._scenario.seed, x, y, regolith)
            return DrillPhysics(column, drill_params, self._rng("drill"), self.cups)

        self.rig = DrillSite(make_drill, lambda: self.body.pose.position_m)
        self.eyes = CameraSchedule(self.p, self.world, vehicle, self._rng("cameras"))

    def _see(self, ground: Ground) -> Dem:
        """Make this ground and let the cameras see it, too."""
        dem = self.world.site if ground is None else self.world.near(*ground)
        self._grounds, self._dems = [ground, *self._grounds], [dem, *self._dems]
        return dem

    def _ground_for_work(self, x: float, y: float) -> Ground:
        """Detailed ground that holds touchdown, drill target and haven with room to go round."""
        places = np.array([(x, y), *(hole.at for hole in self.plan.holes), self.plan.haven])
        low, high = places.min(axis=0), places.max(axis=0)
        size = float((high - low).max()) + 2 * self.p.near_margin_m
        centre = (low + high) / 2
        return float(centre[0]), float(centre[1]), size, 0.25

    # --- save and restore -----------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """See `Saved`: the whole simulator between two ticks, once its outputs were taken.

        Raises
        ------
        UserError
            The drive's physics is Gazebo's.
        """
        if self._outputs:
            raise ValueError("outputs() comes before save()")
        boards = {name: board.save() for name, board in self.boards.items()}
        return {
            "of": self._identity(),
            **super().save(),
            "cups": plain({cup: dataclasses.astuple(s) for cup, s in self.cups.items()}),
            "boards": boards,
            "faults": self.faults.save(),
            "world": self.world.save(),
            "grounds": plain(self._grounds),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`: go on as the engine that was saved; this one is of the same scenario.

        Raises
        ------
        UserError
            The snapshot is of another scenario, seed or version, or not whole.
        """
        saved_of, own = entry(self, state, "of"), self._identity()
        for key, value in own.items():
            if saved_of.get(key) != value:
                raise UserError(f"snapshot: {key} is {saved_of.get(key)}, here it is {value}")
        self._outputs = []
        self.cups.clear()
        for cup, values in unplain(entry(self, state, "cups")).items():
            self.cups[cup] = CupSample(*values)
        super().restore(state)
        for name, board in self.boards.items():
            board.restore(entry(self, entry(self, state, "boards"), name))
        self.faults.restore(entry(self, state, "faults"))
        self.world.restore(entry(self, state, "world"))
        self._grounds = unplain(entry(self, state, "grounds"))
        self._dems = [self.world.site if g is None else self.world.kept(*g) for g in self._grounds]
        self.sky = self.world.sky(self.t_ns)

    def _identity(self) -> dict[str, Any]:
        """What a snapshot and the engine that takes it must have in common."""
        return {
            "version": SNAPSHOT_VERSION, "seed": self._scenario.seed,
            "start_ns": self.plan.start_ns, "landing_target": list(self.plan.landing_target),
            "vehicle": self._vehicle_digest,
            "boards": sorted(self.boards),
            "instruments": {n: c.slot for n, c in self._scenario.instruments.items()},
            "faults": [fault.words for fault in self._scenario.faults],
        }  # fmt: skip

    # --- time -----------------------------------------------------------------------------------

    @property
    def computer_on(self) -> bool:
        return self.eps.computer_on

    def feed(self, board: str, data: bytes) -> None:
        """Bytes from the host to a board; the ACK waits in `boards[board].take()` at once."""
        if data:
            if self.journal is not None:
                self.journal.fed(board, data)
            self.boards[board].feed(data, self.t_ns)
            self._pace.commanded(self.t_ns)

    def hear(self, what: str, name: str) -> None:
        """What flight told: a "phase" began, an "event" of that code. Faults may wait for it."""
        if self.faults.waits_for(what, name):
            if self.journal is not None:
                self.journal.heard(what, name)
            self.faults.hear(what, name, self.t_ns)

    def advance(self) -> int:
        """One tick; returns the new time, UTC nanoseconds."""
        if self.journal is not None:
            self.journal.tick(self)
        if self.faults.faults:
            self.faults.advance(self.t_ns)
            self._outputs += [graph.SIM_EVENT.says(event) for event in self.faults.take_events()]
        was_on = self.computer_on
        if was_on:
            self._power_boards()
            dt = self._pace.next_s(
                self.t_ns, self._driving(), self.boards["DRL"].active, self.eps.loads_on
            )
            if self.faults.faults:
                dt = min(dt, max(self.faults.next_s(self.t_ns), self.p.tick_s))
            self._tick(dt)
        else:
            dt = self.p.sleep_tick_s
            self.t_ns += ns(dt)
        self._look_up(dt)
        self._energy(dt)
        if self.computer_on and not was_on:
            self.boot_count += 1
            self._pace.commanded(self.t_ns)
        self._outputs += self._truth.due()
        return self.t_ns

    @property
    def actuators_on(self) -> bool:
        """The crawlers or the drill are enabled."""
        return any(self.boards[name].active for name in ("MOB", "DRL"))

    def _driving(self) -> bool:
        return self.body.moving or self.boards["MOB"].active

    def _moving(self) -> bool:
        return self._driving() or self.boards["DRL"].active

    def _tick(self, dt: float) -> None:
        steps = 1
        moving = self._moving()
        if moving:
            steps = max(1, round(dt / self.p.substep_s))
        h = dt / steps
        h_ns = round(h * NS)
        boards = [b for b in self.boards.values() if b.powered]
        added = [b for b in self._added.values() if b.powered]
        drilling = self.boards["DRL"].powered
        for _ in range(steps):
            self.t_ns += h_ns
            self.body.advance(h)
            if drilling:
                self.rig.drill.advance(h)
            for board in added:
                board.move(h)
            for board in boards:
                board.advance(self.t_ns)
        if self.boards["SCI"].powered:
            self.instruments.advance(dt)
        self._pictures()

    def _power_boards(self) -> None:
        loads = self.eps.loads_on
        for board in self.boards.values():
            board.temperature_degc = self.eps.electronics_degc
        for name, load in self._fed.items():
            on = bool(loads >> LOADS.index(load) & 1)
            if on and not self.boards[name].powered and name == "DRL":
                self.rig.settle()
            self.boards[name].powered = on
        if self.body.landed:
            if self._lander_off_ns is None:
                self._lander_off_ns = self.t_ns + ns(self.p.lander_link_s)
            link = self.t_ns < self._lander_off_ns
            self.boards["LND"].powered = self.boards["LGC"].powered = link
        self.faults.keep_down()

    # --- light, energy, pictures ----------------------------------------------------------------

    def _look_up(self, dt: float) -> None:
        """Sun and shadow where the rover is; refreshed when it moved or time passed."""
        self.sky = self.world.sky(self.t_ns)
        x, y, _ = self.body.pose.position_m
        moved = math.hypot(x - self._light_at[0], y - self._light_at[1]) > 1.0
        if not (moved or self.t_ns - self._light_at[2] >= ns(30.0)):
            return
        self._light_at = (x, y, self.t_ns)
        if self.body.landed:
            self.sun_fraction = self.world.sun_fraction(x, y, self.p.array_height_m, self.t_ns)
            self.ground_lit = self.world.sun_fraction(x, y, 0.05, self.t_ns) > 0.0
        else:
            self.sun_fraction, self.ground_lit = self.sky.sun_uncovered, True

    def _energy(self, dt: float) -> None:
        demand = self.eps.demand_w
        rover = self.body.rover
        demand["mobility"] = rover.motor_power_w if rover is not None and rover.moving else 0.0
        demand["drill"] = self.rig.drill.power_w if self.boards["DRL"].powered else 0.0
        demand["payload"] = self.instruments.power_w if self.boards["SCI"].powered else 0.0
        sun_map = toward(self.sky.sun_azimuth_rad, self.sky.sun_elevation_rad)
        sun_base = self.body.pose.matrix.T @ sun_map
        ground_k = self.p.ground_lit_k if self.ground_lit else self.p.ground_dark_k
        self.eps.advance(dt, sun_base, self.sun_fraction, ground_k)

    def _pictures(self) -> None:
        if not self.eps.loads_on >> LOADS.index("cameras") & 1:
            return
        pose = self.body.pose
        if not self.body.landed:
            x, y = self.plan.landing_target
            if not self._dems:
                self._see(None)
                self._see((x, y, self.p.descent_size_m, 1.0))
            if len(self._dems) == 2 and pose.position_m[2] - self._target_z < self.p.fine_below_m:
                self._see((x, y, self.p.fine_size_m, 0.25))
            self._outputs += self.eyes.descent(self.t_ns, pose, self._dems)
        elif self.boards["MOB"].active:
            self._outputs += self.eyes.stereo(self.t_ns, pose, self._dems)

    # --- for the host ---------------------------------------------------------------------------

    def outputs(self) -> list[Said]:
        """Pictures and truth since the last call, as (topic, message)."""
        outputs, self._outputs = self._outputs, []
        return outputs

    def close(self) -> None:
        """End what runs beside this process, if anything does."""
        close = getattr(self.body.rover, "close", None)
        if close is not None:
            close()

    def summary(self) -> dict[str, Any]:
        """Truth at the end of the run that no message carries."""
        place = self.lander.touchdown_position
        return {
            "touchdown": None if place is None else describe(self.world, place, self.lander.hard),
            "cups": {
                int(cup): {"depth_m": s.depth_m, "mass_g": s.mass_g, "water_wt_pct": s.water_wt_pct}
                for cup, s in self.cups.items()
            },
            "boot_count": self.boot_count,
        }
