"""Getting the bit out from wherever it is: a `retract` goal.

    look -> enable -> shut -> pull <-> check -> stow -> disable

It knows nothing of how the bit came there: the computer may have died while it bored. The
bit is pulled by steps that grow while it comes; after each it is held still and looked at.
"""

from __future__ import annotations

import math
from typing import ClassVar

from lupex_rover import graph
from lupex_rover.core.component import CANCELED, SUCCEEDED
from lupex_rover.core.types import GateCommand, RetractResult
from lupex_rover.drill.params import DrillingParams
from lupex_rover.drill.phases import PULL_N, TRIP_RPM, Phase, disable, enable
from lupex_rover.drill.run import Run

# Turning and percussion of a step, each tried after the one before; the last for a bit that
# is bound whenever it turns.
WAYS = ((TRIP_RPM, False), (60.0, False), (60.0, True), (0.0, False))
STILL_RPM = 1.0


class Retraction(Run):
    """A `retract`.

    Attributes
    ----------
    found_m : float
        Where the bit was at the first look, m; NaN: nothing was told.
    step_m : float
        Height of the next step, m.
    way : int
        Of `WAYS`, in this step.
    """

    yields = False  # a bit in the ground is worth what it costs
    at_stop: ClassVar[str] = "DRL-027"

    def __init__(self, p: DrillingParams, t_ns: int) -> None:
        super().__init__(p, t_ns)
        self.phase = "look"
        self.found_m = math.nan
        self.step_m, self.way = p.step_m, 0

    def first(self) -> str:
        return "shut" if self.seen.gate else "pull"

    def way_out(self) -> str:
        """The bit stays where it is."""
        return "disable"

    def cancel(self) -> None:
        self.end(CANCELED, "DRL-027", f"canceled; {self.where()}")

    def overdue(self, text: str) -> None:
        self.fail("DRL-027", f"{text}; {self.where()}")

    def where(self) -> str:
        """What is known of the bit."""
        seen = self.watch.last
        return "nothing is told of the bit" if seen is None else f"bit at {seen.depth_m:.3f} m"

    def did_not_come(self, text: str) -> bool:
        """Count it and begin with small steps again; False where that was too often."""
        self.recoveries += 1
        self.step_m = self.p.step_m
        if self.recoveries > self.p.recovery_limit:
            self.fail("DRL-014", f"{text}, after {self.p.recovery_limit} recoveries")
            return False
        self.say("DRL-028", f"{text}; recovery {self.recoveries}")
        return True

    def result(self, code: str, text: str) -> RetractResult:
        seen = self.watch.last
        depth_m = math.nan if seen is None else seen.depth_m
        mass_g = 0.0 if seen is None else seen.sample_mass_g
        return RetractResult(code, text, self.found_m, depth_m, mass_g, self.recoveries)


def look(run: Retraction) -> None:
    """What is already as it should be is left alone."""
    seen = run.seen
    run.found_m = seen.depth_m
    for code, text in run.custody.look(seen, run.p.retracted_m):
        run.say(code, text)
    if run.bit_out and not seen.gate and seen.auger_rpm < STILL_RPM:
        _done(run)
        return
    if not run.bit_out:
        run.custody.lower()
    run.go("enable")


def shut(run: Retraction) -> None:
    """What is in the gate stays in it; a gate that stays open does not keep the bit down."""
    run.drive()
    if run.seen.gate == 0:
        run.go("pull")
        return
    run.custody.shut(run.seen)
    if not run.ask(graph.DRILL_GATE, GateCommand(run.t_ns, False)):
        run.say("DRL-010", "gate did not shut; the bit is pulled out with it open")
        run.go("pull")


def pull(run: Retraction) -> None:
    """One step up; harder where the bit does not come."""
    seen, p = run.seen, run.p
    if seen.depth_m <= max(run.entry_m - run.step_m, p.retracted_m):
        run.drive()
        run.go("stow" if run.bit_out else "check")
        return
    way = min(int(run.elapsed_s / p.step_s), len(WAYS))
    if way > run.way and way < len(WAYS):
        run.way = way
        if not run.did_not_come(f"bit holds at {seen.depth_m:.3f} m"):
            return
    elif way == len(WAYS):
        run.fail("DRL-014", f"bit does not come up from {seen.depth_m:.3f} m")
        return
    rpm, percussion = WAYS[run.way]
    run.drive(rpm, -(p.unbind_mps if run.way else p.trip_mps), PULL_N, percussion)


def check(run: Retraction) -> None:
    """Still: has the bit come, and does it stay?"""
    run.drive()
    if run.elapsed_s < run.p.look_s:
        return
    if run.seen.depth_m > run.entry_m + run.p.progress_m:
        if not run.did_not_come(f"bit went back to {run.seen.depth_m:.3f} m"):
            return
    elif run.way == 0:
        run.step_m = min(2.0 * run.step_m, run.p.step_most_m)
    run.way = 0
    run.go("pull")


def stow(run: Retraction) -> None:
    """Still: is the bit out, and does nothing turn?"""
    run.drive()
    if run.elapsed_s < run.p.look_s:
        return
    if not run.bit_out:
        run.go("pull")
        return
    run.custody.is_out()
    if run.seen.gate:
        run.fail("DRL-010", f"gate is open; {run.where()}")
    elif run.seen.auger_rpm < STILL_RPM:
        _done(run)


def _done(run: Retraction) -> None:
    seen = run.seen
    held = f", {seen.sample_mass_g:.1f} g in the gate" if run.custody.held is not None else ""
    text = f"bit found at {run.found_m:.3f} m, now at {seen.depth_m:.3f} m{held}"
    run.end(SUCCEEDED, "DRL-023", text)


# Longest stays. A step ends by itself after four ways of 15 s, by the parameters' defaults.
PHASES = {
    "look": Phase(look, 60.0),
    "enable": Phase(enable, 60.0),
    "shut": Phase(shut, 60.0),
    "pull": Phase(pull, 1500.0),
    "check": Phase(check, 60.0),
    "stow": Phase(stow, 60.0),
    "disable": Phase(disable, 60.0),
}
