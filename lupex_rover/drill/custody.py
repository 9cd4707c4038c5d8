"""What the drill's hands hold: string, gate, sample and cups, as it is kept over a restart.

A change is kept in the turn that says the command which makes it. So a computer that
died between command and answer begins with what may have become true, and `look` decides by
the board's telemetry what has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import DrillSampleGoal, DrillTelemetry

NO_CUP = 255  # of telemetry: the board has filled none since it began
EMPTY_G = 0.5  # what the gate weighs when it is empty, by a balance with noise; assumed
LEFT_SHARE = 0.3  # less of a sample than this is left: it has gone
GOAL_STEP_M = 1e-3  # goals nearer to each other ask for the same depth
STEP_G, STEP_DEGC = 1.0, 1.0  # what a sample that is being taken changes by before it is kept anew
Told = list[tuple[str, str]]  # code and text


@dataclass(frozen=True)
class Taken:
    """A sample.

    Attributes
    ----------
    goal_m, cup : float and int
        What the goal asked for: depth, m, and cup.
    depth_m : float
        Where the gate was opened, m; once it is shut the middle of the stretch.
    mass_g : float
        What the gate weighed last.
    peak_degc : float
        Hottest the bit was.
    """

    goal_m: float
    cup: int
    depth_m: float
    mass_g: float
    peak_degc: float

    def is_for(self, goal: DrillSampleGoal) -> bool:
        """Whether `goal` asks for this sample."""
        return self.cup == goal.cup and abs(self.goal_m - goal.depth_m) < GOAL_STEP_M


@dataclass(frozen=True)
class Hands:
    """What is kept.

    Attributes
    ----------
    string_down : bool
        The bit may be in the ground.
    gate_open : bool
        It may be open.
    delivering : bool
        The board may have been told to hand the held sample over.
    waste : str
        Why what the gate may hold belongs to no sample; empty: it holds none.
    lost_m : float
        Depth that was asked for of the last sample that was lost, m; 0: none since one was taken.
    """

    string_down: bool = False
    gate_open: bool = False
    delivering: bool = False
    waste: str = ""
    lost_m: float = 0.0


class Custody:
    """Which sample is where.

    Attributes
    ----------
    hands : Hands
        String and gate.
    held : Taken or None
        In the gate, or being taken.
    cups : dict[int, Taken]
        What lies in each cup.
    changed : bool
        Something is to be kept; who keeps it says False.
    """

    def __init__(self) -> None:
        self.hands = Hands()
        self.held: Taken | None = None
        self.cups: dict[int, Taken] = {}
        self.changed = False

    # --- kept -----------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """As plain data."""
        held = None if self.held is None else asdict(self.held)
        cups = [asdict(sample) for sample in self.cups.values()]
        return {"hands": asdict(self.hands), "held": held, "cups": cups}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take `state` back.

        Raises
        ------
        UserError
            It is none, or a number of it cannot be.
        """
        unknown = set(state) - {"hands", "held", "cups"}
        if unknown or not isinstance(state.get("cups", []), list):
            raise UserError(f"hands of the drill: {sorted(unknown) or 'cups'} cannot be")
        hands = params.load(Hands, state.get("hands"), "hands")
        held = None if state.get("held") is None else params.load(Taken, state["held"], "held")
        cups = [params.load(Taken, sample, "cups") for sample in state.get("cups", [])]
        self.hands, self.held = hands, held
        self.cups = {sample.cup: sample for sample in cups}

    def _say(self, **facts: Any) -> None:
        new = replace(self.hands, **facts)
        self.changed |= new != self.hands
        self.hands = new

    def _hold(self, held: Taken | None) -> None:
        self.changed |= held != self.held
        self.held = held

    # --- what changes ---------------------------------------------------------------------------

    def lower(self) -> None:
        """The bit is about to go down."""
        self._say(string_down=True)

    def is_out(self) -> None:
        """It is seen out of the ground."""
        self._say(string_down=False)

    def open(self, goal: DrillSampleGoal, seen: DrillTelemetry) -> None:
        """The gate is about to be opened for `goal`."""
        if not self.hands.gate_open:
            self._say(gate_open=True)
            self._hold(Taken(goal.depth_m, goal.cup, seen.depth_m, 0.0, seen.bit_degc))

    def follow(self, peak_degc: float, seen: DrillTelemetry) -> None:
        """A sample is being taken: kept whenever it has become heavier or hotter by a step."""
        held = self.held
        if held is None:
            return
        heavier = seen.sample_mass_g >= held.mass_g + STEP_G
        if heavier or peak_degc >= held.peak_degc + STEP_DEGC:
            self._hold(replace(held, mass_g=seen.sample_mass_g, peak_degc=peak_degc))

    def shut(self, seen: DrillTelemetry, peak_degc: float = math.nan) -> None:
        """The gate is about to be shut: the held sample is from here up to where it was opened."""
        held = self.held
        if not self.hands.gate_open:
            return
        self._say(gate_open=False)
        if held is not None:
            middle = 0.5 * (held.depth_m + seen.depth_m)
            peak = held.peak_degc if math.isnan(peak_degc) else peak_degc
            self._hold(replace(held, depth_m=middle, mass_g=seen.sample_mass_g, peak_degc=peak))

    def weighed(self, depth_m: float, mass_g: float, peak_degc: float) -> None:
        """The gate is shut, and this is the sample in it."""
        if self.held is not None:
            self._hold(replace(self.held, depth_m=depth_m, mass_g=mass_g, peak_degc=peak_degc))
        self._say(gate_open=False)

    def hand_over(self) -> None:
        """The board is about to be told DELIVER."""
        self._say(delivering=True)

    def in_cup(self) -> None:
        """The held sample lies in its cup."""
        if self.held is not None:
            self.cups[self.held.cup] = self.held
        self._say(delivering=False, lost_m=0.0)
        self._hold(None)

    def lose(self, why: str) -> str:
        """The held sample is none any more; what of it is told."""
        held = self.held
        self._say(delivering=False, waste=why)
        self._hold(None)
        if held is None:
            return why
        self._say(lost_m=held.goal_m)
        return f"{held.mass_g:.1f} g from {held.depth_m:.3f} m for cup {held.cup}: {why}"

    def empty(self) -> None:
        """The gate is about to be opened, to be emptied."""
        self._say(gate_open=True)

    def emptied(self) -> None:
        """The gate was emptied and is shut."""
        self._say(waste="", gate_open=False)

    # --- what is seen ---------------------------------------------------------------------------

    def look(self, seen: DrillTelemetry, out_m: float) -> Told:
        """What became of what is kept, by telemetry; to be told.

        Parameters
        ----------
        out_m : float
            Depth at or above which the bit is out, m.
        """
        if seen.depth_m <= out_m:
            self.is_out()
        held, empty = self.held, seen.sample_mass_g < EMPTY_G
        if held is None:
            return []
        gone = empty or seen.sample_mass_g < LEFT_SHARE * held.mass_g
        told = seen.cup == held.cup or (self.hands.delivering and seen.cup == NO_CUP)
        if gone and told:
            self.in_cup()
            return [("DRL-000", f"{_words(held)} in cup {held.cup}, handed over before")]
        self._say(delivering=False)
        if seen.gate and seen.depth_m < 0.0:
            return [("DRL-025", self.lose("the gate stood open above the ground"))]
        begun = held.mass_g >= EMPTY_G  # else the gate was about to be opened, or just opened
        if gone and begun:
            return [("DRL-025", self.lose(f"the gate is empty, the last cup is {seen.cup}"))]
        self._say(gate_open=bool(seen.gate))
        if gone and not seen.gate:
            self._hold(None)
            return []
        return [("DRL-026", f"{_words(held)} for cup {held.cup}")]


def _words(held: Taken) -> str:
    return f"{held.mass_g:.1f} g from {held.depth_m:.3f} m"
