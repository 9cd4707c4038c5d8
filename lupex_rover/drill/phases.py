"""The drilling sequence: a table of phases, each a small function run every 0.1 s.

    enable -> approach -> bore <-> lift, clear, lower, cool -> open -> collect -> shut
           -> retract -> deliver -> disable

A phase looks at telemetry, says the motion it wants and goes on when it is done. A fault breaks
in (`component`), and its recovery ends in the phase that is to go on (`run.resume`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lupex_rover import graph
from lupex_rover.core.component import SUCCEEDED
from lupex_rover.core.types import DeliverCommand, GateCommand
from lupex_rover.core.types.boards import HOUSEKEEPING_S, STATE_SAFE
from lupex_rover.drill.run import Run
from lupex_rover.drill.watch import DELIVER, ENABLE

TRIP_RPM = 30.0  # turning slowly keeps a moving string free; assumed
PULL_N = 100.0
LOWER_STOP_M = 0.002  # bottom is near: stop lowering


@dataclass(frozen=True)
class Phase:
    """`limit_s`: longest stay; `watched`: binding and stall break in and start a recovery."""

    act: Callable[[Run], None]
    limit_s: float
    watched: bool = False


def enable(r: Run) -> None:
    """Never out of SAFE; a refusal means SAFE until housekeeping says otherwise."""
    if r.watch.acks.get(ENABLE) == 0:
        r.active_ns = r.t_ns
        r.watch.refused = 0
        r.go(r.resume)
    elif r.watch.board_state == STATE_SAFE:
        r.end_in_safe("the board is in SAFE")
    elif r.watch.safe:
        if r.since_asked_s() > HOUSEKEEPING_S:
            r.end_in_safe("the board refuses ENABLE and sends no housekeeping")
    elif not r.ask_board("enable"):
        r.active_ns = 0
        r.fail("DRL-013", "ENABLE was not accepted", override=not r.bit_out)


def approach(r: Run) -> None:
    """Down through air or the old hole until the ground carries the bit."""
    seen, p = r.seen, r.p
    r.drive(TRIP_RPM, p.trip_mps, p.approach_wob_n)
    if seen.depth_m > r.goal.depth_m + 0.005:
        r.fail("DRL-017", f"no bottom at {seen.depth_m:.3f} m, goal {r.goal.depth_m:.3f} m")
    elif seen.wob_n >= p.contact_n and r.elapsed_s > 0.5:
        r.say("DRL-002", f"bottom at {seen.depth_m:.3f} m")
        r.bottom_m = r.pecked_m = seen.depth_m
        r.control.restart()
        r.go("bore")


def bore(r: Run) -> None:
    seen, p, control = r.seen, r.p, r.control
    if control.update(seen, r.watch.rop_mps, 0.1):
        r.say("DRL-008", f"hard ground at {seen.depth_m:.3f} m")
    r.drive(p.bore_rpm, control.feed_mps, control.wob_limit_n, control.percussion)
    if seen.depth_m - r.mark_m >= p.progress_m:
        r.mark()
    if seen.depth_m >= r.goal.depth_m:
        r.resume = "open"
        r.go("lift")
    elif seen.bit_degc > p.bit_limit_degc:
        r.recover("DRL-006", f"bit at {seen.bit_degc:.0f} degC", "cool", "bore")
    elif seen.torque_nm > p.clear_nm and r.elapsed_s > 2.0:
        r.control.more_careful()
        text = f"torque {seen.torque_nm:.0f} N m at {seen.depth_m:.3f} m"
        r.recover("DRL-005", text, "lift", "bore")
    elif r.since_mark_s() > p.progress_s:
        r.recover("DRL-007", f"no progress at {seen.depth_m:.3f} m", "lift", "bore")
    elif seen.depth_m - r.pecked_m >= p.peck_m:
        r.resume = "bore"
        r.go("lift")


def lift(r: Run) -> None:
    r.drive(r.p.clear_rpm, -r.p.trip_mps, PULL_N)
    if r.seen.depth_m <= max(r.entry_m - r.p.peck_lift_m, r.p.retracted_m):
        r.go("clear")


def clear(r: Run) -> None:
    """Spin the cuttings up and out; twice as long before a sample, so that it is this depth's."""
    r.drive(r.p.clear_rpm)
    if r.elapsed_s >= r.p.clear_s * (2.0 if r.resume == "open" else 1.0):
        r.go("lower")


def lower(r: Run) -> None:
    seen = r.seen
    r.drive(TRIP_RPM, r.p.trip_mps, r.p.approach_wob_n)
    near = seen.depth_m >= r.bottom_m - LOWER_STOP_M
    if near or (seen.wob_n >= r.p.contact_n and r.elapsed_s > 0.5):
        r.drive()
        r.pecked_m = seen.depth_m
        r.control.restart()
        r.go(r.resume)


def cool(r: Run) -> None:
    """Still on the cold ground until the bit has cooled."""
    r.drive()
    if r.seen.bit_degc <= r.p.bit_resume_degc:
        r.go(r.resume)


def unbind(r: Run) -> None:
    """Pull the bit up, turning; with percussion when it does not come."""
    r.drive(60.0, -r.p.unbind_mps, PULL_N, percussion=r.elapsed_s > 15.0)
    if r.seen.depth_m <= max(r.entry_m - r.p.unbind_lift_m, r.p.retracted_m):
        r.go("clear")


def open_gate(r: Run) -> None:
    r.drive()
    if r.seen.bit_degc > r.p.bit_limit_degc:
        r.recover("DRL-006", f"bit at {r.seen.bit_degc:.0f} degC", "cool", "open")
    elif r.seen.gate == 1:
        r.peak_degc = r.seen.bit_degc
        r.sampled_m = r.seen.depth_m
        r.go("collect")
    elif not r.ask(graph.DRILL_GATE, GateCommand(r.t_ns, True)):
        r.fail("DRL-010", "gate did not open")


def collect(r: Run) -> None:
    """Slowly on with the gate open until it holds enough; `sampled_m` is where it began."""
    seen, p = r.seen, r.p
    r.control.update(seen, r.watch.rop_mps, 0.1)
    feed = min(r.control.feed_mps, p.collect_feed_mps)
    r.drive(p.collect_rpm, feed, r.control.wob_limit_n, r.control.percussion)
    far = seen.depth_m - r.sampled_m >= p.collect_m
    if seen.sample_mass_g >= p.sample_g or far or r.elapsed_s > 240.0:
        r.go("shut")


def shut(r: Run) -> None:
    r.drive()
    if r.seen.gate == 0:
        r.sample_g = r.seen.sample_mass_g
        if r.ending is None:
            r.sampled_m = 0.5 * (r.sampled_m + r.seen.depth_m)
            if r.sample_g < r.p.sample_low_g:
                r.fail("DRL-011", f"{r.sample_g:.1f} g at {r.sampled_m:.3f} m")
                return
        r.go("retract")
    elif not r.ask(graph.DRILL_GATE, GateCommand(r.t_ns, False)):
        r.fail("DRL-010", "gate did not shut")
        r.go("retract")


def retract(r: Run) -> None:
    """All the way out; harder when the bit does not move; given up after a minute."""
    seen = r.seen
    if seen.depth_m <= r.p.retracted_m:
        r.go("deliver" if r.ending is None else "disable")
        return
    if seen.depth_m < r.mark_m - r.p.progress_m:
        r.mark()
    held_s = r.since_mark_s()
    r.drive(60.0 if held_s > 5.0 else TRIP_RPM, -r.p.trip_mps, PULL_N, percussion=held_s > 15.0)
    if held_s > 60.0:
        r.drive()
        r.fail("DRL-014", f"bit does not come up from {seen.depth_m:.3f} m", override=True)
        r.go("disable")


def deliver(r: Run) -> None:
    r.drive()
    gone = r.seen.sample_mass_g < 0.3 * r.sample_g
    if gone and (r.watch.acks.get(DELIVER) == 0 or r.seen.cup == r.goal.cup):
        text = f"{r.sample_g:.1f} g from {r.sampled_m:.3f} m in cup {r.goal.cup}"
        r.end(SUCCEEDED, "DRL-000", text)
    elif not r.ask(graph.DRILL_DELIVER, DeliverCommand(r.t_ns, r.goal.cup)):
        status = r.watch.acks.get(DELIVER, 255)
        r.fail("DRL-012", f"cup {r.goal.cup}, answer {status}")


def disable(r: Run) -> None:
    """ENABLE 0 would leave SAFE, which someone ordered."""
    r.drive()
    if r.watch.safe:
        r.finished = True
        return
    if r.asked and r.watch.acks.get(ENABLE) == 0:
        r.finished = True
        return
    if not r.asked:
        r.watch.acks.pop(ENABLE, None)
    r.finished = not r.ask_board("disable")


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
    "deliver": Phase(deliver, 60.0),
    "disable": Phase(disable, 60.0),
}
