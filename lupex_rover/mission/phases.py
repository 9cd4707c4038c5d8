"""The phases of the mission, each a generator that returns the code of its end.

A code that ends in -000 is success; any other says why the phase did not do all it should, and an
event before it tells the reason. What must hold before a phase begins stands in `phase_table`.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np

from lupex_rover import graph
from lupex_rover.core.component import SUCCEEDED, GoalResult
from lupex_rover.core.time import ns, seconds, to_iso
from lupex_rover.core.transforms import yaw_of
from lupex_rover.core.types import (
    AnalyzeSampleGoal,
    DrillSampleGoal,
    DriveToGoal,
    HibernateCommand,
    Sample,
)
from lupex_rover.mission.conditions import ENOUGH_SOC, OK, bit_is_out, clear
from lupex_rover.mission.executive_context import ExecutiveContext
from lupex_rover.mission.phase_table import DRIVING
from lupex_rover.power.night.keeper import NightKeeper

Phase = Generator[None, None, str]
GOES_ON = "MIS-018"
HOLD_TOLD_S = 3.0  # a drive that SAFE ended: by then health and the board have told it
HOUR_S = 3600.0


def descent(ctx: ExecutiveContext) -> Phase:
    """Wait for touchdown; the landing component and the lander's guidance do the flying."""
    ctx.only_loads("imu", "star_tracker", "cameras", "radio")
    limit_s = ctx.params.descent_limit_s
    down = yield from ctx.until(lambda: ctx.landing is not None and ctx.landing.touchdown, limit_s)
    return OK if down else ctx.ended("MIS-001", f"no touchdown within {limit_s:.0f} s")


def checkout(ctx: ExecutiveContext) -> Phase:
    """Switch every board on in turn, set its clock, see it answer."""
    silent = yield from ctx.power_up("mobility", "imu", "star_tracker", "drill", "payload", "radio")
    for board in ("MOB", "IMU", "STR", "EPS", "DRL", "SCI"):
        ctx.request(board, "set_time")
        ctx.request(board, "ping")
    yield from ctx.sleep(3.0)
    faulty = [b for b in ("MOB", "DRL") if b in ctx.boards and ctx.boards[b].fault_bits & ~1]
    silent += yield from ctx.power_up(*DRIVING)
    yield from ctx.until(lambda: ctx.pose is not None, 60.0)
    if silent or faulty:
        return ctx.ended("MIS-002", f"silent: {silent}; faults: {faulty}")
    return OK


def egress(ctx: ExecutiveContext) -> Phase:
    """Leave the lander straight ahead; where that is blocked, at growing angles to it.

    Where the rover goes does not matter, so a long way round to one of these points is broken off,
    and one that has led away from the lander will do. A restart counts from where it began.
    """
    start, ahead = _lander_left_from(ctx)
    turns = [0.0, 0.6, -0.6, 1.2, -1.2, 2.2, -2.2]
    reach = ctx.params.egress_m
    while turns:
        if (code := (yield from clear(ctx))) != OK:
            return code
        if _gone_m(ctx, start) >= reach:
            return OK
        heading = ahead + turns[0]
        goal = start + reach * np.array([math.cos(heading), math.sin(heading)])
        place = DriveToGoal(float(goal[0]), float(goal[1]), 1.5)
        result = yield from ctx.act(graph.DRIVE_TO, place, ctx.params.egress_try_s)
        if result is not None and result.status == SUCCEEDED:
            return OK
        if _gone_m(ctx, start) >= reach:
            return OK
        ctx.say("MIS-003", f"{turns[0]:+.1f} rad from straight ahead: {_why(result)}")
        yield from ctx.sleep(HOLD_TOLD_S)
        if not ctx.held("MOB"):
            del turns[0]
    return "MIS-003"


def _lander_left_from(ctx: ExecutiveContext) -> tuple[np.ndarray, float]:
    """Place (2,), m, and heading, rad, of the rover when it began to leave."""
    kept = ctx.memory.get("egress")
    if kept is not None:
        return np.array(kept["from_m"], float), float(kept["ahead_rad"])
    assert ctx.pose is not None, "the table asks for it"
    start, ahead = ctx.pose.pose.position_m[:2].copy(), yaw_of(ctx.pose.pose.matrix)
    ctx.remember(egress={"from_m": start.tolist(), "ahead_rad": float(ahead)})
    return start, ahead


def _gone_m(ctx: ExecutiveContext, start: np.ndarray) -> float:
    assert ctx.pose is not None, "the table asks for it"
    return float(np.hypot(*(ctx.pose.pose.position_m[:2] - start)))


def traverse(ctx: ExecutiveContext) -> Phase:
    """To the hole at the shadow's edge."""
    return (yield from _drive(ctx, ctx.hole.at))


def back(ctx: ExecutiveContext) -> Phase:
    """To the haven: light for the recharge, and the place for the night."""
    return (yield from _drive(ctx, ctx.plan.haven))


def _drive(ctx: ExecutiveContext, target: tuple[float, float]) -> Phase:
    tolerance = ctx.params.goal_tolerance_m
    tries = 0
    while tries < ctx.params.drive_tries:
        if (code := (yield from clear(ctx))) != OK:
            return code
        distance = ctx.distance(target)
        if distance <= tolerance:
            break
        limit_s = 1200.0 + 60.0 * distance
        goal = DriveToGoal(*target, tolerance)
        result = yield from ctx.act(graph.DRIVE_TO, goal, limit_s)
        if result is not None and result.status == SUCCEEDED:
            break
        ctx.say("MIS-003", f"try {tries + 1}: {_why(result)}")
        yield from ctx.sleep(10.0)
        if not ctx.held("MOB"):
            tries += 1
    ctx.only_loads("radio", "star_tracker", "imu")
    yield from ctx.sleep(2.0)
    ctx.only_loads("radio")
    left_m = ctx.distance(target)
    if left_m <= 2.0 * tolerance:
        return OK
    return ctx.ended("MIS-003", f"{left_m:.1f} m from the goal")


def _why(result: GoalResult[Any] | None) -> str:
    """Why a goal was not reached."""
    return "no answer" if result is None else f"{result.result.code} {result.result.text}"


def drill(ctx: ExecutiveContext) -> Phase:
    """A sample from each depth of the hole, each into its own cup."""
    site, hole = ctx.step.site, ctx.step.hole
    taken = [sample["cup"] for sample in ctx.samples()]
    if taken:
        ctx.say(GOES_ON, f"{ctx.step.name}: samples taken before: {len(taken)}")
    for cup, depth in enumerate(ctx.hole.depths_m, ctx.plan.first_cup(site, hole)):
        if cup in taken:
            continue
        if (code := (yield from clear(ctx))) != OK:
            return code
        ctx.detail = f"sample at {depth:.2f} m"
        ctx.remember(bit_down=f"drilling to {depth:.2f} m")  # should the computer restart meanwhile
        goal = DrillSampleGoal(depth, cup)
        done = yield from ctx.act(graph.DRILL_SAMPLE, goal, 3.0 * HOUR_S, ctx.params.drill_end_s)
        if done is None or done.status != SUCCEEDED:
            code = done.result.code if done else "no answer"
            ctx.say("MIS-004", f"no sample from {depth:.2f} m: {code}")
            ctx.remember(bit_down=code)
            if not (yield from bit_is_out(ctx)):
                ctx.say("MIS-004", "the bit is not seen out; no other depth is tried")
                break
            continue
        r = done.result
        sample = Sample(
            ctx.t_ns, cup, r.depth_m, r.sample_mass_g, r.peak_degc + 273.15, r.recoveries
        )
        ctx.out.publish(graph.MISSION_SAMPLE, sample)
        kept = {"cup": cup, "depth_m": r.depth_m, "mass_g": r.sample_mass_g,
                "site": site, "hole": hole}  # fmt: skip
        ctx.remember(samples=[*ctx.memory.get("samples", []), kept], bit_down="")
        taken.append(cup)
        yield
    ctx.only_loads("radio")
    return OK if len(taken) == len(ctx.hole.depths_m) else "MIS-004"


def science(ctx: ExecutiveContext) -> Phase:
    """The water in each cup."""
    measured: list[int] = list(ctx.memory.get("measured", []))
    samples = ctx.samples()
    before = sum(sample["cup"] in measured for sample in samples)
    if before:
        ctx.say(GOES_ON, f"{ctx.step.name}: cups measured before: {before}")
    for sample in samples:
        cup = int(sample["cup"])
        if cup in measured:
            continue
        ctx.detail = f"water in the sample from {sample['depth_m']:.2f} m"
        goal = AnalyzeSampleGoal(cup, sample["depth_m"], sample["mass_g"])
        done = yield from ctx.act(graph.ANALYZE_SAMPLE, goal, 2.0 * HOUR_S)
        if done is None or done.status != SUCCEEDED:
            ctx.say("MIS-005", f"cup {cup}: {done.result.code if done else 'no answer'}")
            continue
        measured.append(cup)
        ctx.remember(measured=measured)
        yield
    ctx.only_loads("radio")
    return OK if all(int(sample["cup"]) in measured for sample in samples) else "MIS-005"


def recharge(ctx: ExecutiveContext) -> Phase:
    """In the light, with everything off but the computer and the radio, until charged or dark.

    At the latest until the predicted dusk: the night's phase charges, too, while there is light.
    An eclipse is waited out.
    """
    ctx.only_loads("radio")
    dark = _DarkWatch(ctx, ctx.params.dark_wait_s)
    yield from ctx.sleep(120.0)
    while not ctx.soc >= ctx.params.recharge_soc:  # not a number: not known
        ctx.detail = f"{ctx.soc:.0%} of charge, array {ctx.array_w:.0f} W"
        if dark.lasting() and not ctx.in_eclipse():
            ctx.say("MIS-006", f"dark at {ctx.soc:.0%} of charge")
            return OK if ctx.soc > ENOUGH_SOC else "MIS-006"
        if ctx.t_ns >= ctx.plan.night_start_ns:
            ctx.say(
                "MIS-008", f"dusk was expected; charge {ctx.soc:.0%}, array {ctx.array_w:.0f} W"
            )
            return OK if ctx.soc > ENOUGH_SOC else "MIS-008"
        yield
    return OK


class _DarkWatch:
    """Has it been dark for long enough?"""

    def __init__(self, ctx: ExecutiveContext, wait_s: float) -> None:
        self._ctx = ctx
        self._wait_s = wait_s
        self._since: int | None = None

    def lasting(self) -> bool:
        ctx = self._ctx
        if not ctx.is_dark():
            self._since = None
            return False
        if self._since is None:
            self._since = ctx.t_ns
        return seconds(ctx.t_ns, self._since) >= self._wait_s


def night(ctx: ExecutiveContext) -> Phase:
    """Wait for the dark, sleep through it, and see that it is over.

    Sleep may be wrong for a passing shadow, and costs nothing: light wakes the rover. Where the
    EPS tells nothing, it sleeps by the plan until the latest dawn.
    """
    end_ns = ctx.plan.night_end_ns
    ctx.only_loads()
    dark = _DarkWatch(ctx, ctx.params.wake_wait_s)
    storing = False
    yield from ctx.sleep(120.0)
    while True:
        storing = not ctx.memory.get("slept") and ctx.store_heat(storing)
        ctx.detail = f"waiting for {'dawn' if ctx.memory.get('slept') else 'dusk'}"
        lit = ctx.array_w >= ctx.params.dark_array_w
        if lit and ctx.memory.get("slept") and ctx.t_ns > end_ns - ns(12 * HOUR_S):
            return OK
        if lit and ctx.t_ns > ctx.latest_dawn_ns:
            return OK
        if math.isnan(ctx.array_w) and ctx.t_ns > ctx.latest_dawn_ns:
            text = f"no light is told; dawn was expected at {to_iso(end_ns)}"
            ctx.say("MIS-008", text, graver=True)
            return "MIS-008"
        if lit and ctx.memory.get("slept"):  # before its time; may not last
            yield from ctx.warm_battery(HOUR_S)
        if dark.lasting():
            yield from _hibernate(ctx)
            dark = _DarkWatch(ctx, ctx.params.wake_wait_s)
        yield


def _hibernate(ctx: ExecutiveContext) -> Generator[None, None, None]:
    """Heaters to the night's set points, then the EPS takes the computer down.

    The keeper knows from its last decision how much of the night is left, whatever became of the
    computer and its clock in between; light, or the time it says, wakes the rover.
    """
    keeper = NightKeeper(ctx.night_params)
    keeper.recall(ctx.memory.get("night", {}))
    now = ctx.night_reading()
    if ctx.t_ns > ctx.plan.night_end_ns:
        ctx.say("MIS-012", f"dawn was expected at {to_iso(ctx.plan.night_end_ns)}")
    if keeper.in_night:
        sleep = keeper.woke(now)
    else:
        sleep = keeper.dusk(now, max(seconds(ctx.plan.night_end_ns, ctx.t_ns), 0.0) / HOUR_S)
    ctx.heaters(*sleep.set_points)
    ctx.say(sleep.code, sleep.text)
    ctx.remember(slept=True, night=keeper.memory())
    if sleep.busy:
        yield from ctx.keep_busy(HOUR_S * sleep.duration_h)
        return
    ctx.detail = "hibernating"
    yield
    duration_s = max(600.0, HOUR_S * sleep.duration_h)
    ctx.out.publish(graph.POWER_HIBERNATE, HibernateCommand(ctx.t_ns, duration_s))
    yield from ctx.sleep(60.0)


def sleep_by_plan(ctx: ExecutiveContext) -> Phase:
    """What is left of the night's phase when it broke: down to the EPS until the latest dawn.

    It needs neither light nor charge to be told. Light wakes the rover.
    """
    while ctx.t_ns < ctx.latest_dawn_ns:
        left_s = seconds(ctx.latest_dawn_ns, ctx.t_ns)
        ctx.say("MIS-015", f"{left_s / HOUR_S:.1f} h to the latest dawn")
        ctx.only_loads()
        ctx.remember(slept=True)
        ctx.detail = "sleeping by the plan"
        yield
        if ctx.array_w >= ctx.params.dark_array_w and ctx.t_ns > ctx.plan.night_end_ns:
            break
        ctx.out.publish(graph.POWER_HIBERNATE, HibernateCommand(ctx.t_ns, max(600.0, left_s)))
        yield from ctx.sleep(600.0)
    return OK


def wake(ctx: ExecutiveContext) -> Phase:
    """Self-test after the night, recharge to a working level, report."""
    start_ns = ctx.t_ns
    yield from ctx.sleep(120.0)  # the manager's set points for a cold battery
    yield from ctx.warm_battery(48 * HOUR_S)
    left_s = max(48 * HOUR_S - seconds(ctx.t_ns, start_ns), 0.0)
    charged = yield from ctx.until(lambda: ctx.soc >= ctx.params.dawn_soc, left_s)
    silent = yield from ctx.power_up("imu", "star_tracker", "mobility", "drill", "payload", "radio")
    for board in ("MOB", "DRL", "SCI", "STR", "IMU", "EPS"):
        ctx.request(board, "set_time")
    yield from ctx.sleep(10.0)
    ctx.only_loads("radio")
    done = ctx.memory.get("done", {})
    ctx.say("MIS-011", "; ".join(f"{name}: {code}" for name, code in done.items()))
    yield from ctx.sleep(ctx.params.report_s)
    if silent:
        return ctx.ended("MIS-002", f"no answer of {', '.join(silent)}")
    if not charged:
        return ctx.ended("MIS-008", f"charge {ctx.soc:.0%} after the time to recharge")
    return OK


PHASE_GENERATORS = {
    "descent": descent, "checkout": checkout, "egress": egress, "traverse": traverse,
    "drill": drill, "science": science, "return": back, "recharge": recharge,
    "night": night, "wake": wake,
}  # fmt: skip
