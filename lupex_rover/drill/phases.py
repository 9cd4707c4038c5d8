"""The drilling sequence: a table of phases, each a small function run every 0.1 s.

    enable -> approach -> bore <-> lift, clear, lower, cool -> open -> collect -> shut
           -> retract -> deliver -> disable

What the hands still held may change the beginning (`Sampling.first`): a sample that was taken is
handed over, a gate with what belongs to no sample is emptied (clear_out, empty, close).

A phase looks at telemetry, says the motion it wants and goes on when it is done. A fault breaks
in (`component`), and its recovery ends in the phase that is to go on (`run.resume`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lupex_rover import graph
from lupex_rover.core.component import SUCCEEDED
from lupex_rover.core.types import DeliverCommand, GateCommand
from lupex_rover.core.types.boards import HOUSEKEEPING_S, STATE_SAFE
from lupex_rover.drill.custody import EMPTY_G
from lupex_rover.drill.run import Run, Sampling
from lupex_rover.drill.watch import DELIVER, ENABLE

TRIP_RPM = 30.0  # turning slowly keeps a moving string free; assumed
PULL_N = 100.0
LOWER_STOP_M = 0.002  # bottom is near: stop lowering
EMPTY_S = 10.0  # with the gate open in the air; assumed


@dataclass(frozen=True)
class Phase:
    """`limit_s`: longest stay; `watched`: binding and stall break in and start a recovery."""

    act: Callable[[Any], None]  # with a run of the kind whose table it stands in
    limit_s: float
    watched: bool = False


def enable(run: Run) -> None:
    """Never out of SAFE; a refusal means SAFE until housekeeping says otherwise."""
    if run.watch.acks.get(ENABLE) == 0:
        run.active_ns = run.t_ns
        run.watch.refused = 0
        run.resume = run.resume or run.first()
        run.go(run.resume)
    elif run.watch.board_state == STATE_SAFE:
        run.end_in_safe("the board is in SAFE")
    elif run.watch.safe:
        if run.since_asked_s() > HOUSEKEEPING_S:
            run.end_in_safe("the board refuses ENABLE and sends no housekeeping")
    elif not run.ask_board("enable"):
        run.active_ns = 0
        run.fail("DRL-013", "ENABLE was not accepted", override=not run.bit_out)


def approach(run: Sampling) -> None:
    """Down through air or the old hole until the ground carries the bit."""
    seen, p = run.seen, run.p
    run.custody.lower()
    run.drive(TRIP_RPM, p.trip_mps, p.approach_wob_n)
    if seen.depth_m > run.goal.depth_m + run.spare_m:
        run.fail("DRL-017", f"no bottom at {seen.depth_m:.3f} m, goal {run.goal.depth_m:.3f} m")
    elif seen.wob_n >= p.contact_n and run.elapsed_s > 0.5:
        run.say("DRL-002", f"bottom at {seen.depth_m:.3f} m")
        run.bottom_m = run.pecked_m = seen.depth_m
        run.control.restart()
        run.go("bore")


def bore(run: Sampling) -> None:
    seen, p, control = run.seen, run.p, run.control
    if control.update(seen, run.watch.rop_mps, 0.1):
        run.say("DRL-008", f"hard ground at {seen.depth_m:.3f} m")
    run.drive(p.bore_rpm, control.feed_mps, control.wob_limit_n, control.percussion)
    if seen.depth_m - run.mark_m >= p.progress_m:
        run.mark()
    if seen.depth_m >= run.goal.depth_m:
        run.resume = "open"
        run.go("lift")
    elif seen.bit_degc > p.bit_limit_degc:
        run.recover("DRL-006", f"bit at {seen.bit_degc:.0f} degC", "cool", "bore")
    elif seen.torque_nm > p.clear_nm and run.elapsed_s > 2.0:
        run.control.more_careful()
        text = f"torque {seen.torque_nm:.0f} N m at {seen.depth_m:.3f} m"
        run.recover("DRL-005", text, "lift", "bore")
    elif run.since_mark_s() > p.progress_s:
        run.recover("DRL-007", f"no progress at {seen.depth_m:.3f} m", "lift", "bore")
    elif seen.depth_m - run.pecked_m >= p.peck_m:
        run.resume = "bore"
        run.go("lift")


def lift(run: Sampling) -> None:
    run.drive(run.p.clear_rpm, -run.p.trip_mps, PULL_N)
    if run.seen.depth_m <= max(run.entry_m - run.p.peck_lift_m, run.p.retracted_m):
        run.go("clear")


def clear(run: Sampling) -> None:
    """Spin the cuttings up and out; twice as long before a sample, so that it is this depth's."""
    run.drive(run.p.clear_rpm)
    if run.elapsed_s >= run.p.clear_s * (2.0 if run.resume == "open" else 1.0):
        run.go("lower")


def lower(run: Sampling) -> None:
    seen = run.seen
    run.drive(TRIP_RPM, run.p.trip_mps, run.p.approach_wob_n)
    near = seen.depth_m >= run.bottom_m - LOWER_STOP_M
    if near or (seen.wob_n >= run.p.contact_n and run.elapsed_s > 0.5):
        run.drive()
        run.pecked_m = seen.depth_m
        run.control.restart()
        run.go(run.resume)


def cool(run: Sampling) -> None:
    """Still on the cold ground until the bit has cooled."""
    run.drive()
    if run.seen.bit_degc <= run.p.bit_resume_degc:
        run.go(run.resume)


def unbind(run: Sampling) -> None:
    """Pull the bit up, turning; with percussion when it does not come."""
    run.drive(60.0, -run.p.unbind_mps, PULL_N, percussion=run.elapsed_s > 15.0)
    if run.seen.depth_m <= max(run.entry_m - run.p.unbind_lift_m, run.p.retracted_m):
        run.go("clear")


def open_gate(run: Sampling) -> None:
    run.drive()
    if run.seen.bit_degc > run.p.bit_limit_degc:
        run.recover("DRL-006", f"bit at {run.seen.bit_degc:.0f} degC", "cool", "open")
    elif run.seen.gate == 1:
        run.peak_degc = run.seen.bit_degc
        run.sampled_m = run.seen.depth_m
        run.go("collect")
    else:
        run.custody.open(run.goal, run.seen)
        if not run.ask(graph.DRILL_GATE, GateCommand(run.t_ns, True)):
            run.fail("DRL-010", "gate did not open")


def collect(run: Sampling) -> None:
    """Slowly on with the gate open until it holds enough; `sampled_m` is where it began."""
    seen, p = run.seen, run.p
    run.control.update(seen, run.watch.rop_mps, 0.1)
    feed = min(run.control.feed_mps, p.collect_feed_mps)
    run.drive(p.collect_rpm, feed, run.control.wob_limit_n, run.control.percussion)
    run.custody.follow(run.peak_degc, seen)
    far = seen.depth_m - run.sampled_m >= p.collect_m
    if seen.sample_mass_g >= p.sample_g or far or run.elapsed_s > 240.0:
        run.go("shut")


def shut(run: Sampling) -> None:
    run.drive()
    if run.seen.gate == 0:
        run.sample_g = run.seen.sample_mass_g
        if run.ending is None:
            run.sampled_m = 0.5 * (run.sampled_m + run.seen.depth_m)
            run.custody.weighed(run.sampled_m, run.sample_g, run.peak_degc)
            if run.sample_g < run.p.sample_low_g:
                run.custody.lose("too little")
                run.fail("DRL-011", f"{run.sample_g:.1f} g at {run.sampled_m:.3f} m")
                return
        run.go("retract")
        return
    run.custody.shut(run.seen, run.peak_degc)
    if not run.ask(graph.DRILL_GATE, GateCommand(run.t_ns, False)):
        run.fail("DRL-010", "gate did not shut")
        run.go("retract")


def retract(run: Sampling) -> None:
    if _out(run):
        run.go("deliver" if run.ending is None else "disable")


def _out(run: Sampling) -> bool:
    """All the way out; harder when the bit does not move; given up after a minute."""
    seen = run.seen
    if seen.depth_m <= run.p.retracted_m:
        run.custody.is_out()
        return True
    if seen.depth_m < run.mark_m - run.p.progress_m:
        run.mark()
    held_s = run.since_mark_s()
    run.drive(60.0 if held_s > 5.0 else TRIP_RPM, -run.p.trip_mps, PULL_N, percussion=held_s > 15.0)
    if held_s > 60.0:
        run.drive()
        run.fail("DRL-014", f"bit does not come up from {seen.depth_m:.3f} m", override=True)
        run.go("disable")
    return False


def clear_out(run: Sampling) -> None:
    """What the gate holds is no sample: out of the hole to empty it."""
    if _out(run):
        run.go("empty")


def empty(run: Sampling) -> None:
    """Open the gate in the air until it weighs nothing."""
    run.drive()
    if run.seen.gate and (run.seen.sample_mass_g < EMPTY_G or run.elapsed_s > EMPTY_S):
        run.go("close")
        return
    run.custody.empty()
    if not run.ask(graph.DRILL_GATE, GateCommand(run.t_ns, True)):
        run.fail("DRL-010", "gate did not open")


def close(run: Sampling) -> None:
    run.drive()
    if run.seen.gate == 0:
        run.custody.emptied()
        run.resume = "approach"
        run.go(run.resume)
    elif not run.ask(graph.DRILL_GATE, GateCommand(run.t_ns, False)):
        run.fail("DRL-010", "gate did not shut")


def deliver(run: Sampling) -> None:
    run.drive()
    run.custody.hand_over()
    gone = run.seen.sample_mass_g < 0.3 * run.sample_g
    if gone and (run.watch.acks.get(DELIVER) == 0 or run.seen.cup == run.goal.cup):
        run.custody.in_cup()
        text = f"{run.sample_g:.1f} g from {run.sampled_m:.3f} m in cup {run.goal.cup}"
        run.end(SUCCEEDED, "DRL-000", text)
    elif not run.ask(graph.DRILL_DELIVER, DeliverCommand(run.t_ns, run.goal.cup)):
        status = run.watch.acks.get(DELIVER, 255)
        run.fail("DRL-012", f"cup {run.goal.cup}, answer {status}")


def disable(run: Run) -> None:
    """ENABLE 0 would leave SAFE, which someone ordered."""
    run.drive()
    if run.watch.safe:
        run.finished = True
        return
    if run.asked and run.watch.acks.get(ENABLE) == 0:
        run.finished = True
        return
    if not run.asked:
        run.watch.acks.pop(ENABLE, None)
    run.finished = not run.ask_board("disable")


# Longest stays: bore 1.5 m at 0.2 mm/s is 7500 s; trips 1.8 m at 10 mm/s are 180 s.
PHASES = {
    "enable": Phase(enable, 60.0),
    "approach": Phase(approach, 300.0, watched=True),
    "bore": Phase(bore, 7500.0, watched=True),
    "lift": Phase(lift, 60.0, watched=True),
    "clear": Phase(clear, 120.0, watched=True),
    "lower": Phase(lower, 60.0, watched=True),
    "cool": Phase(cool, 3600.0),
    "unbind": Phase(unbind, 90.0),
    "open": Phase(open_gate, 60.0),
    "collect": Phase(collect, 300.0, watched=True),
    "shut": Phase(shut, 60.0),
    "retract": Phase(retract, 900.0),
    "clear_out": Phase(clear_out, 900.0),
    "empty": Phase(empty, 60.0),
    "close": Phase(close, 60.0),
    "deliver": Phase(deliver, 60.0),
    "disable": Phase(disable, 60.0),
}
