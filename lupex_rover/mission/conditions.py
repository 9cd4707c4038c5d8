"""Whether a phase may begin, and go on: the one place where the table's conditions are looked at.

A look is a generator, for some must switch a board on or wait. It ends with an `Answer`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable
from typing import NamedTuple

from lupex_rover import graph
from lupex_rover.core.time import seconds
from lupex_rover.core.types import RetractGoal
from lupex_rover.mission.affordability import afford, ask, night_need_wh
from lupex_rover.mission.executive_context import ExecutiveContext
from lupex_rover.mission.phase_table import TOLD, Condition

OK = "MIS-000"
NOT_MET = "MIS-016"
WAITS = "MIS-019"
HELD = "MIS-013"
ENOUGH_SOC = 0.8  # of charge to enter the night with


class Answer(NamedTuple):
    """What a look found.

    `code` and `text` say why; where a condition holds they may be empty, and nothing is told.
    """

    holds: bool
    code: str = ""
    text: str = ""


YES = Answer(True)
Look = Generator[None, None, Answer]


def admit(ctx: ExecutiveContext) -> Generator[None, None, str]:
    """Look at all that the step needs before it begins: OK, or the code of what does not hold."""
    ctx.hold_left_s = ctx.params.hold_wait_s
    return (yield from _all(ctx, ctx.step.rule.needs))


def clear(ctx: ExecutiveContext) -> Generator[None, None, str]:
    """Look at the step's interlocks again, before a motion: OK, or the code of what is in force."""
    return (yield from _all(ctx, ctx.step.rule.interlocks))


def _all(ctx: ExecutiveContext, conditions: Iterable[Condition]) -> Generator[None, None, str]:
    """The first that does not hold is told, and leaves nothing on but the radio."""
    for condition in conditions:
        answer = yield from LOOKS[condition.look](ctx, condition.of)
        told = f"{ctx.step.name}: {answer.text}"
        if answer.holds:
            if answer.code:
                ctx.say(answer.code, told)
        elif condition.lacking == TOLD:
            ctx.say(answer.code, f"{told}; it goes on all the same")
        else:
            ctx.say(answer.code, told, graver=True)
            ctx.only_loads("radio")
            return answer.code
    return OK


# --- energy and light ----------------------------------------------------------------------------


def _afforded(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    budget = yield from afford(ctx)
    return Answer(budget.allowed, budget.code, budget.text)


def _budget(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    yield from ctx.until(lambda: ctx.power_state is not None, ctx.params.board_wait_s)
    budget = ask(ctx, ctx.step.phase, night_need_wh(ctx))
    return Answer(budget.allowed, budget.code, budget.text)


def _charge(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    (limit,) = of
    least = float(getattr(ctx.params, limit))
    if not (yield from ctx.until(lambda: ctx.power_state is not None, ctx.params.board_wait_s)):
        return Answer(False, "PWR-006", "the charge is not known")
    if ctx.soc >= least:
        return YES
    return Answer(False, "MIS-007", f"needs a charge of {least:.0%}, it is {ctx.soc:.0%}")


def _lit(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    """A charge that is enough, or dusk by the plan, is for the phase itself to judge."""

    def holds() -> bool:
        late = ctx.t_ns >= ctx.plan.night_start_ns
        return ctx.soc > ENOUGH_SOC or late or not ctx.is_dark() or ctx.in_eclipse()

    if holds():
        return YES
    wait_s = ctx.params.dark_wait_s
    ctx.say(WAITS, f"{ctx.step.name}: it is dark; waiting {wait_s:.0f} s for light at most")
    ctx.only_loads("radio")
    ctx.detail = "waiting for light"
    lit = yield from ctx.until(holds, wait_s)
    return YES if lit else Answer(False, "MIS-006", f"dark at {ctx.soc:.0%} of charge")


def _day(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    yield from ctx.until(lambda: math.isfinite(ctx.array_w), ctx.params.board_wait_s)
    if ctx.array_w >= ctx.params.dark_array_w or ctx.t_ns >= ctx.latest_dawn_ns:
        return YES
    return Answer(False, NOT_MET, f"no light is seen, array {ctx.array_w:.0f} W")


# --- boards and the rover's state -----------------------------------------------------------------


def _answers(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    silent = yield from ctx.power_up(*of)
    return Answer(False, "MIS-002", f"no answer of {', '.join(silent)}") if silent else YES


def _pose(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    known = yield from ctx.until(lambda: ctx.pose is not None, ctx.params.board_wait_s)
    return YES if known else Answer(False, "MIS-003", "the pose is not known")


def _place(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    """A hole that is drilled in the wrong place would be taken for another."""
    yield from ()
    if len(ctx.plan.holes) == 1:
        return YES
    off_m = ctx.distance(ctx.hole.at)
    if off_m <= 2.0 * ctx.params.goal_tolerance_m:
        return YES
    return Answer(False, "MIS-003", f"{off_m:.1f} m from the hole")


def _samples(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    yield from ()
    return YES if ctx.samples() else Answer(False, "MIS-005", "no sample was taken")


def _bit_out(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    """A bit that may be in the ground would break: telemetry must show it out.

    One that is not is pulled out before.
    """
    if not ctx.memory.get("bit_down"):
        return YES
    ctx.detail = "looking whether the bit is out"
    yield from ctx.power_up("drill", "radio")
    why = "" if (yield from bit_is_out(ctx)) else (yield from _retract(ctx))
    if not why:
        return YES
    return Answer(False, "MIS-009", f"not driving after {ctx.memory['bit_down']}; retract: {why}")


def bit_is_out(ctx: ExecutiveContext) -> Generator[None, None, bool]:
    """Is it out, as the drill's board tells? Then it is forgotten that it was down."""
    depth_m = yield from ctx.see_bit()
    if not depth_m <= ctx.params.bit_out_m:  # not a number: not known
        return False
    ctx.remember(bit_down="")
    return True


def _retract(ctx: ExecutiveContext) -> Generator[None, None, str]:
    """Have the bit pulled out; empty: telemetry shows it out, else what the drill says."""
    ctx.say("MIS-020", f"{ctx.step.name}: after {ctx.memory['bit_down']}")
    ctx.detail = "retracting the bit"
    done = yield from ctx.act(graph.RETRACT, RetractGoal(), ctx.params.retract_s)
    if (yield from bit_is_out(ctx)):
        return ""
    return f"{done.result.code} {done.result.text}" if done else "no answer"


def _free(ctx: ExecutiveContext, of: tuple[str, ...]) -> Look:
    """Nothing else is tried while a board is held; `hold_wait_s` is for all waits of a step."""
    (board,) = of
    why = ctx.held(board)
    if not why:
        return YES
    left_s, start_ns = ctx.hold_left_s, ctx.t_ns
    ctx.say(HELD, f"{board} is held: {why}; waiting {left_s:.0f} s at most")
    ctx.detail = f"waiting for {board}, held in SAFE"
    released = yield from ctx.until(lambda: not ctx.held(board), left_s)
    ctx.hold_left_s = max(0.0, left_s - seconds(ctx.t_ns, start_ns))
    return YES if released else Answer(False, HELD, f"{board} was not released: {why}")


LOOKS: dict[str, Callable[[ExecutiveContext, tuple[str, ...]], Look]] = {
    "afforded": _afforded, "budget": _budget, "charge": _charge, "lit": _lit, "day": _day,
    "answers": _answers, "place": _place, "pose": _pose, "samples": _samples, "bit_out": _bit_out,
    "free": _free,
}  # fmt: skip
