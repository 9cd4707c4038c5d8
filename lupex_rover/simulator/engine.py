"""The stand-in simulator: physics behind boards and cameras, one tick at a time.

`advance()` moves the simulated time by one tick of a length that fits what happens. Between
ticks the host carries bytes between boards and drivers. Only `outputs()` topics `sim/*` and
`summary()` tell the truth; they are for the bag and the report.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from lupex_rover.core import params
from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import ns
from lupex_rover.core.transforms import Pose, toward
from lupex_rover.core.types import LOAD_OF_BOARD, LOADS
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.ephemeris import site_frame
from lupex_rover.instruments.interface import SimulatedInstrument, check_slots, load_instrument
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.boards import make_boards
from lupex_rover.simulator.body import Body
from lupex_rover.simulator.drill.drill_site import DrillSite
from lupex_rover.simulator.drill.physics import DrillParams, DrillPhysics
from lupex_rover.simulator.lander.physics import LanderParams, LanderPhysics
from lupex_rover.simulator.mobility.physics import MobilityParams, MobilityPhysics
from lupex_rover.simulator.params import SECTIONS, EngineParams
from lupex_rover.simulator.payload.instruments import InstrumentParams, Instruments
from lupex_rover.simulator.power.eps import EpsParams, EpsPhysics
from lupex_rover.simulator.sensors.camera_schedule import CameraSchedule, Output
from lupex_rover.simulator.sensors.inertial import InertialParams, InertialSensor, StarTracker
from lupex_rover.simulator.site.regolith import Column
from lupex_rover.simulator.site.touchdown import describe
from lupex_rover.simulator.site.world import World
from lupex_rover.simulator.tick_length import TickLength
from lupex_rover.simulator.truth import TruthTeller
from lupex_rover.terrain.dem import Dem

T = TypeVar("T")
RoverMaker = Callable[[Dem, World, int], Any]  # ground, world, UTC ns -> like MobilityPhysics


class Engine:
    """Everything behind the boards.

    Attributes
    ----------
    boards : device side of every board by name; the host feeds and takes their bytes.
    t_ns : simulated UTC.
    computer_on : the onboard computer has power; the host runs no component while it has none.
    boot_count : grows when the computer starts again.
    """

    def __init__(
        self,
        scenario: Scenario,
        world: World,
        plan: MissionPlan,
        vehicle: Vehicle,
        make_rover: RoverMaker | None = None,
    ) -> None:
        for section in scenario.simulator:
            if section not in SECTIONS:
                raise UserError(
                    f"{scenario.where}.simulator: unknown section {section!r};"
                    f" known: {', '.join(SECTIONS)}"
                )
        self._scenario = scenario
        self.world = world
        self.plan = plan
        self._make_other_rover = make_rover
        self.p = self._params("engine", EngineParams)
        self.t_ns = plan.start_ns
        self.boot_count = 0
        self._pace = TickLength(self.p)
        self._outputs: list[Output] = []
        self._dems: list[Any] = []
        self._make_physics(vehicle)
        self.boards = make_boards(
            mob=self.body, imu=self.body, star=self.body, eps=self.eps, drill=self.rig,
            payload=self.instruments, lander=self.body, guidance=self.lander,
        )  # fmt: skip
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
            near = self._ground_for_work(x, y)
            self._dems = [near, *self._dems]
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
        self.eps = EpsPhysics(
            self._params("eps", EpsParams), self._rng("eps"), self.t_ns, self._scenario.start_soc
        )
        self.cups: dict[int, Any] = {}
        self.instruments = Instruments(
            self.cups, self._params("instruments", InstrumentParams), self._rng("instruments"),
            self._instruments_from_outside(),
        )  # fmt: skip
        drill_params = self._params("drill", DrillParams)

        def make_drill(x: float, y: float) -> DrillPhysics:
            column = Column(self._scenario.seed, x, y)
            return DrillPhysics(column, drill_params, self._rng("drill"), self.cups)

        self.rig = DrillSite(make_drill, lambda: self.body.pose.position_m)
        self.eyes = CameraSchedule(self.p, self.world, vehicle, self._rng("cameras"))

    def _ground_for_work(self, x: float, y: float) -> Dem:
        """Detailed ground that holds touchdown, drill target and haven with room to go round."""
        places = np.array([(x, y), self.plan.drill_target, self.plan.haven])
        low, high = places.min(axis=0), places.max(axis=0)
        size = float((high - low).max()) + 2 * self.p.near_margin_m
        centre = (low + high) / 2
        return self.world.near(float(centre[0]), float(centre[1]), size, 0.25)

    # --- time -----------------------------------------------------------------------------------

    @property
    def computer_on(self) -> bool:
        return self.eps.computer_on

    def feed(self, board: str, data: bytes) -> None:
        """Bytes from the host to a board; the ACK waits in `boards[board].take()` at once."""
        if data:
            self.boards[board].feed(data, self.t_ns)
            self._pace.commanded(self.t_ns)

    def advance(self) -> int:
        """One tick; returns the new time, UTC nanoseconds."""
        was_on = self.computer_on
        if was_on:
            self._power_boards()
            dt = self._pace.next_s(
                self.t_ns, self._driving(), self.boards["DRL"].active, self.eps.loads_on
            )
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
        drilling = self.boards["DRL"].powered
        for _ in range(steps):
            self.t_ns += h_ns
            self.body.advance(h)
            if drilling:
                self.rig.drill.advance(h)
            for board in boards:
                board.advance(self.t_ns)
        if self.boards["SCI"].powered:
            self.instruments.advance(dt)
        self._pictures()

    def _power_boards(self) -> None:
        loads = self.eps.loads_on
        for board in self.boards.values():
            board.temperature_degc = self.eps.electronics_degc
        for name, load in LOAD_OF_BOARD.items():
            on = bool(loads >> LOADS.index(load) & 1)
            if on and not self.boards[name].powered and name == "DRL":
                self.rig.settle()
            self.boards[name].powered = on
        if self.body.landed:
            if self._lander_off_ns is None:
                self._lander_off_ns = self.t_ns + ns(self.p.lander_link_s)
            link = self.t_ns < self._lander_off_ns
            self.boards["LND"].powered = self.boards["LGC"].powered = link

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
            self.sun_fraction, self.ground_lit = 1.0, True

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
            if not self._dems:
                x, y = self.plan.landing_target
                self._dems = [self.world.near(x, y, self.p.descent_size_m, 1.0), self.world.site]
            if len(self._dems) == 2 and pose.position_m[2] - self._target_z < self.p.fine_below_m:
                x, y = self.plan.landing_target
                self._dems = [self.world.near(x, y, self.p.fine_size_m, 0.25), *self._dems]
            self._outputs += self.eyes.descent(self.t_ns, pose, self._dems)
        elif self.boards["MOB"].active:
            self._outputs += self.eyes.stereo(self.t_ns, pose, self._dems)

    # --- for the host ---------------------------------------------------------------------------

    def outputs(self) -> list[Output]:
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
