"""What the executive knows and can do, for the phase scripts.

A phase script is a generator: it runs until it must wait, yields, and goes on at the next step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from lupex_rover import graph
from lupex_rover.core import holds
from lupex_rover.core.codes import Codes
from lupex_rover.core.component import CancelRequest, GoalResult, Inbox, Outbox
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.topic import Action
from lupex_rover.core.types import (
    LOAD_OF_BOARD,
    LOADS,
    BoardHousekeeping,
    BoardRequest,
    HeaterSet,
    LandingState,
    LoadSwitch,
    Odometry,
    PowerState,
    PowerTelemetry,
)
from lupex_rover.core.types.boards import STATE_SAFE
from lupex_rover.ephemeris import sky
from lupex_rover.ephemeris.eclipses import Passage, passages
from lupex_rover.mission.codes import CODES
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.mission.phase_table import HOLE, PhaseRule
from lupex_rover.mission.plan import Hole, MissionPlan, Point
from lupex_rover.mission.steps import Step
from lupex_rover.power.codes import CODES as POWER_CODES
from lupex_rover.power.night.cold_battery import loads_must_warm
from lupex_rover.power.night.eclipses_ahead import ahead
from lupex_rover.power.night.night_types import Reading
from lupex_rover.power.night.surplus_power import light_feeds_all, loads_may_store

G = TypeVar("G")
F = TypeVar("F")
R = TypeVar("R")
Wait = Generator[None, None, None]
_CODES = Codes({**CODES, **POWER_CODES})  # what is asked of power is told by the executive
BOARD_OF_LOAD = {load: board for board, load in LOAD_OF_BOARD.items()}
WARMS = "MIS-022"
ALWAYS_ON = ("computer", "battery_heater", "electronics_heater")


@lru_cache(maxsize=64)
def _eclipses(x_m: float, y_m: float, first_ns: int, last_ns: int) -> tuple[Passage, ...]:
    return passages(lambda times: sky(x_m, y_m, times), first_ns, last_ns)


def _number(value: float, otherwise: float) -> float:
    return value if math.isfinite(value) else otherwise


def _makes_sense(state: PowerState) -> bool:
    """A charge that can be: numbers, none of them impossible."""
    known = all(math.isfinite(v) for v in (state.soc_sigma, state.energy_wh, state.usable_wh))
    return known and 0.0 <= state.soc <= 1.0 and min(state.soc_sigma, state.energy_wh) >= 0.0


def _hole_of(sample: dict[str, Any]) -> tuple[int, int]:
    """Site and hole of a remembered sample; there was one hole before they were told."""
    return int(sample.get("site", 1)), int(sample.get("hole", 1))


class ExecutiveContext:
    """The executive's picture of the rover and its hands."""

    def __init__(self, params: ExecutiveParams, plan: MissionPlan) -> None:
        self.params = params
        self.plan = plan
        self.night_params = params.night
        self.step = Step("", "", PhaseRule(""))  # that is flown now
        self.hold_left_s = 0.0  # that it may still wait for boards held in SAFE
        self.t_ns = 0
        self.out = Outbox()
        self.landing: LandingState | None = None
        self.pose: Odometry | None = None
        self._power: PowerTelemetry | None = None
        self._state: PowerState | None = None  # the last one that makes sense
        self._power_ns = self._state_ns = 0  # when they came
        self._battery_degc = 0.0  # the last that was a number
        self.boards: dict[str, BoardHousekeeping] = {}
        self._came_ns: dict[str, int] = {}  # when it came, by board
        self._holds: dict[str, str] = {}  # board -> why health holds it in SAFE
        self.memory: dict[str, Any] = {}  # persisted; survives the computer's power
        self.detail = ""  # what the phase is doing, for mission/state
        self._bit_m, self._bit_ns = math.nan, 0  # depth of the drill's bit and when it was told
        self._results: dict[str, GoalResult[Any]] = {}
        self._goals = 0
        self._open: dict[str, str] = {}  # goals that are waited for -> action
        self._fed = False  # by light alone, every load

    def take(self, t_ns: int, inbox: Inbox) -> None:
        """Take in what arrived for this step and begin a new outbox."""
        self.t_ns = t_ns
        self.out = Outbox()
        self.landing = inbox.latest(graph.LANDING_STATE) or self.landing
        self.pose = inbox.latest(graph.LOCALIZATION_POSE) or self.pose
        for power in inbox.all(graph.POWER_TELEMETRY):
            self._power, self._power_ns = power, t_ns
            self._battery_degc = _number(power.battery_degc, self._battery_degc)
        for state in inbox.all(graph.POWER_STATE):
            if _makes_sense(state):
                self._state, self._state_ns = state, t_ns
        for report in inbox.all(graph.BOARDS_HOUSEKEEPING):
            self.boards[report.board], self._came_ns[report.board] = report, t_ns
        told = holds.held(inbox.all(graph.DIAGNOSTICS))
        self._holds = self._holds if told is None else told
        for seen in inbox.all(graph.DRILL_TELEMETRY):
            if math.isfinite(seen.depth_m):
                self._bit_m, self._bit_ns = seen.depth_m, t_ns
        for result in inbox.results:
            if result.goal_id in self._open:  # else nobody waits for it
                self._results[result.goal_id] = result

    # --- knowledge ------------------------------------------------------------------------------

    @property
    def power(self) -> PowerTelemetry | None:
        """Newest telemetry of the EPS; None: there is none, or it is too old."""
        return self._power if self._is_fresh(self._power_ns) else None

    @property
    def power_state(self) -> PowerState | None:
        """Newest state of charge; None: it is not known, or was too long ago."""
        return self._state if self._is_fresh(self._state_ns) else None

    def _is_fresh(self, came_ns: int) -> bool:
        return seconds(self.t_ns, came_ns) <= self.params.stale_s

    @property
    def soc(self) -> float:
        """Charge, 0..1; NaN: not known."""
        return self.power_state.soc if self.power_state else math.nan

    @property
    def array_w(self) -> float:
        """What the array gives now, by the board's own telemetry, W; NaN: not known."""
        if self.power is None:
            return math.nan
        return _number(float(self.power.array_a.sum() * self.power.bus_v), math.nan)

    @property
    def eclipses(self) -> tuple[Passage, ...]:
        """What the haven sees of eclipses over the mission and two days after the latest dawn."""
        last_ns = self.latest_dawn_ns + ns(172_800.0)
        return _eclipses(*self.plan.haven, self.plan.start_ns, last_ns)

    def in_eclipse(self) -> bool:
        """Earth stands before the Sun now, by the ephemeris."""
        return any(e.begin_ns <= self.t_ns <= e.end_ns for e in self.eclipses)

    def is_dark(self) -> bool:
        """The array gives less than the threshold; where that is not known, the plan's night."""
        if math.isnan(self.array_w):
            return self.plan.night_start_ns <= self.t_ns <= self.latest_dawn_ns
        return self.array_w < self.params.dark_array_w

    @property
    def latest_dawn_ns(self) -> int:
        return self.plan.night_end_ns + ns(self.params.night_margin_s)

    def night_reading(self) -> Reading:
        """What the night keeper needs; the electronics' temperature is the EPS board's.

        A rover that must sleep goes by the last that it was told, however old; light alone counts
        only where it is seen now.
        """
        s, battery = self._state, self._battery_degc
        energy = s.energy_wh if s else 0.0
        sigma = s.soc_sigma * energy / max(s.soc, 0.01) if s else 0.0
        board = self.boards.get("EPS")
        electronics = _number(board.temperature_degc, battery) if board else battery
        return Reading(
            seconds(self.t_ns, 0) / 3600.0, energy, sigma, battery, electronics,
            _number(self.array_w, 0.0), ahead(self.eclipses, self.t_ns),
        )  # fmt: skip

    def heard(self, board: str, since_ns: int) -> bool:
        """A housekeeping report of `board` came after `since_ns`."""
        return board in self.boards and self.boards[board].stamp_ns > since_ns

    def held(self, board: str) -> str:
        """Why `board` must not be used: health holds it, or it is in SAFE. Empty: it may be."""
        if board in self._holds:
            return self._holds[board]
        safe = board in self.boards and self.boards[board].state == STATE_SAFE
        return "it is in SAFE" if safe and self._is_fresh(self._came_ns[board]) else ""

    @property
    def hole(self) -> Hole:
        """Where the step is to be, for a phase that has a hole of the plan."""
        return self.plan.hole(self.step.site, self.step.hole)

    def distance(self, place: Point) -> float:
        """From the rover to `place`, m; infinite where no pose is known."""
        if self.pose is None:
            return math.inf
        return float(np.hypot(*(self.pose.pose.position_m[:2] - np.array(place))))

    def samples(self) -> list[dict[str, Any]]:
        """Those that the step is about, as they were remembered: of its hole, its site, or all."""
        every = list(self.memory.get("samples", []))
        if self.step.rule.repeats == HOLE:
            return [s for s in every if _hole_of(s) == (self.step.site, self.step.hole)]
        return [s for s in every if not self.step.numbers or _hole_of(s)[0] == self.step.site]

    # --- hands ----------------------------------------------------------------------------------

    def say(self, code: str, text: str, graver: bool = False) -> None:
        event = _CODES.event(self.t_ns, "executive", code, text, graver)
        self.out.publish(graph.MISSION_EVENT, event)

    def ended(self, code: str, why: str) -> str:
        """The code that a phase ends with, once its reason is told."""
        self.say(code, f"{self.step.name}: {why}")
        return code

    def remember(self, **facts: Any) -> None:
        """Keep facts across a loss of the computer's power."""
        self.memory.update(facts)
        self.out.persist = dict(self.memory)

    def request(self, board: str, command: str) -> None:
        self.out.publish(graph.BOARDS_REQUEST, BoardRequest(self.t_ns, board, command))

    def only_loads(self, *loads: str) -> None:
        """Switch these on and every other switchable load off."""
        for index, load in enumerate(LOADS[:12]):
            if load in ALWAYS_ON:
                continue
            on = self.power is not None and bool(self.power.loads_on >> index & 1)
            if (load in loads) != on or self.power is None:
                self.out.publish(graph.POWER_SWITCH, LoadSwitch(self.t_ns, load, load in loads))

    def heaters(self, battery_degc: float, electronics_degc: float) -> None:
        self.out.publish(graph.POWER_HEATER, HeaterSet(self.t_ns, 0, battery_degc))
        self.out.publish(graph.POWER_HEATER, HeaterSet(self.t_ns, 1, electronics_degc))

    # --- waiting --------------------------------------------------------------------------------

    def sleep(self, duration_s: float) -> Wait:
        end = self.t_ns + ns(duration_s)
        while self.t_ns < end:
            yield

    def until(self, condition: Callable[[], bool], limit_s: float) -> Generator[None, None, bool]:
        """Wait until `condition` holds; False when `limit_s` passed before."""
        start = self.t_ns
        while not condition():
            if seconds(self.t_ns, start) > limit_s:
                return False
            yield
        return True

    def power_up(self, *loads: str) -> Generator[None, None, list[str]]:
        """Only these loads on; wait for their boards. The boards that did not answer."""
        start = self.t_ns
        boards = [BOARD_OF_LOAD[load] for load in loads if load in BOARD_OF_LOAD]
        for _ in range(3):
            self.only_loads(*loads)
            if (yield from self.until(lambda: self._all_heard(boards, start), self._wait_s)):
                break
        return [board for board in boards if not self.heard(board, start)]

    def every_load(self) -> None:
        """Switch on all that is not locked out, in light for all of them everything."""
        shed = self.power_state.shed if self.power_state and not self._fed else ()
        self.only_loads(*(load for load in LOADS[:12] if load not in shed))

    def store_heat(self, on: bool) -> bool:
        """Before dusk: every load on while a full battery leaves light over; are they on?"""
        s = self.power_state
        dusk_in_h = seconds(self.plan.night_start_ns, self.t_ns) / 3600.0
        wanted = 0.0 < self.params.store_h >= dusk_in_h
        store = (
            wanted
            and s is not None
            and loads_may_store(self.night_params, dusk_in_h, s.soc, s.input_w, s.output_w, on)
        )
        if store and not on:
            self.say(WARMS, f"a full battery leaves light over, {dusk_in_h:.1f} h before dusk")
            self.every_load()
        elif on and not store:
            self.only_loads()
        return store

    def keep_busy(self, limit_s: float) -> Wait:
        """Every load on until light; there `warm_battery` goes on."""
        self.detail = "every load on to warm the battery"
        self._fed = False
        self.every_load()
        if (yield from self.until(lambda: self.array_w >= self.params.dark_array_w, limit_s)):
            yield from self.warm_battery(limit_s, on=True)

    def warm_battery(self, limit_s: float, on: bool = False) -> Wait:
        """In the light: every load on while the battery is too cold to charge and has no heater."""
        end_ns = self.t_ns + ns(limit_s)
        while (self.array_w >= self.params.dark_array_w and self.t_ns < end_ns
               and self._loads_must_warm(on)):  # fmt: skip
            fed = light_feeds_all(self.night_params, self.array_w, self._fed)
            if not on or fed != self._fed:
                self.detail = "every load on to warm the battery"
                if not on:
                    self.say(WARMS, f"the battery is at {self._battery_degc:.0f} degC")
                self._fed = fed
                self.every_load()
                on = True
            yield
        if on:
            self.only_loads()

    def _loads_must_warm(self, on: bool) -> bool:
        if self.power is None:
            return False
        heater_w = float(self.power.load_w[LOADS.index("battery_heater")])
        return loads_must_warm(self.night_params, self.power.battery_degc, heater_w, on)

    def see_bit(self) -> Generator[None, None, float]:
        """Depth of the drill's bit as told from now on, m, down positive; NaN: nothing is told.

        The drill's load must be on.
        """
        start = self.t_ns
        told = yield from self.until(lambda: self._bit_ns > start, self.params.board_wait_s)
        return self._bit_m if told else math.nan

    @property
    def _wait_s(self) -> float:
        return self.params.board_wait_s / 3

    def _all_heard(self, boards: Iterable[str], since_ns: int) -> bool:
        return all(self.heard(board, since_ns) for board in boards)

    def act(
        self, action: Action[G, F, R], goal: G, limit_s: float, end_s: float = 60.0
    ) -> Generator[None, None, GoalResult[R] | None]:
        """Send a goal and wait for its result; canceled at the limit. None: no answer at all.

        Parameters
        ----------
        limit_s : float
            The goal may take so long.
        end_s : float
            And once canceled so long to come to its end.
        """
        self._goals += 1
        goal_id = f"executive-{self.memory.get('boot', 0)}-{self._goals}"
        self.out.send_goal(action, goal_id, goal)
        self._open[goal_id] = action
        if not (yield from self.until(lambda: goal_id in self._results, limit_s)):
            self.out.cancels.append(CancelRequest(action, goal_id))
            yield from self.until(lambda: goal_id in self._results, end_s)
        self._open.pop(goal_id, None)
        return self._results.pop(goal_id, None)

    def cancel_goals(self) -> None:
        """Cancel every goal that nobody waits for any more."""
        for goal_id, action in self._open.items():
            self.out.cancels.append(CancelRequest(action, goal_id))
        self._open.clear()
