"""What the executive asks before it begins something: can this, and all that must follow, be paid?

What must follow is the way to the haven, the light there until dusk, and the night.
`power.night.energy_plan` answers with a code and a figure; the night's need is the night keeper's.
"""

from __future__ import annotations

import math
from collections.abc import Generator

from lupex_rover.core.time import ns, seconds
from lupex_rover.mission.executive_context import ExecutiveContext
from lupex_rover.power.night.energy_plan import Budget, Leg, forward
from lupex_rover.power.night.keeper import NightKeeper

HOUR_S = 3600.0


def afford(ctx: ExecutiveContext) -> Generator[None, None, Budget]:
    """Ask for the step; while it is refused and there is light, say so, charge and ask again.

    Returns PWR-000 with the margin, PWR-007 with what is missing, or PWR-006 where the charge is
    unknown.
    """
    phase, name = ctx.step.phase, ctx.step.name
    if not (yield from ctx.until(lambda: ctx.power_state is not None, ctx.params.board_wait_s)):
        return ask(ctx, phase, 0.0)
    need_wh = night_need_wh(ctx)
    first = ask(ctx, phase, need_wh)
    if not first.allowed and (ctx.array_w >= ctx.params.dark_array_w or ctx.in_eclipse()):
        ctx.say(first.code, f"{name} must wait for charge: {first.text}")
        ctx.only_loads("radio")
        ctx.detail = f"charging until {name} can be afforded"
        yield from ctx.until(
            lambda: ask(ctx, phase, need_wh).allowed or _dark_for_long(ctx),
            HOUR_S * ctx.params.charge_wait_h,
        )
    return ask(ctx, phase, need_wh)


def _dark_for_long(ctx: ExecutiveContext) -> bool:
    """The light to charge by is gone, and not for an eclipse."""
    return ctx.array_w < ctx.params.dark_array_w and not ctx.in_eclipse()


def ask(ctx: ExecutiveContext, phase: str, night_need_wh: float) -> Budget:
    """The budget of `phase` and of what must follow; refused where the charge is not known."""
    if ctx.power_state is None:  # told no more, perhaps while charge was waited for
        return Budget(False, math.nan, "PWR-006", "the charge is not known", ())
    return forward(ctx.power_state, legs(ctx, phase, night_need_wh))


def legs(ctx: ExecutiveContext, phase: str, night_need_wh: float) -> list[Leg]:
    """`phase`, the way to the haven, the light there with the eclipses in it, the night.

    No light is counted on before the haven: the drill target lies at a shadow's edge.
    """
    p, plan = ctx.params, ctx.plan
    here = tuple(ctx.pose.pose.position_m[:2]) if ctx.pose is not None else plan.landing_target
    out: list[Leg] = []
    if phase == "traverse":
        out.append(_drive(ctx, "drive to the drill target", here, ctx.hole.at))
        here = ctx.hole.at
    elif phase == "drill":
        left = len(ctx.hole.depths_m) - len(ctx.samples())
        out.append(Leg("drilling", p.sample_h * max(left, 0), p.drill_w, load_sigma=0.2))
    elif phase == "science":
        measured = ctx.memory.get("measured", [])
        left = sum(sample["cup"] not in measured for sample in ctx.samples())
        out.append(Leg("assays", p.assay_h * max(left, 0), p.assay_w, load_sigma=0.2))
    out.append(_drive(ctx, "drive to the haven", here, plan.haven))
    light_h = max(seconds(plan.night_start_ns, ctx.t_ns) / HOUR_S - sum(i.hours for i in out), 0.0)
    out += _light(ctx, light_h)
    dark_h = max(seconds(plan.night_end_ns, max(plan.night_start_ns, ctx.t_ns)), 0.0) / HOUR_S
    if dark_h > 0.0:  # the need is careful already: no doubt on top
        out.append(Leg("night", dark_h, night_need_wh * ctx.night_params.efficiency / dark_h,
                       load_sigma=0.0))  # fmt: skip
    return out


def _light(ctx: ExecutiveContext, light_h: float) -> list[Leg]:
    """So many hours of light until dusk; in an eclipse the array gives what Earth leaves."""
    p, dusk_ns = ctx.params, ctx.plan.night_start_ns
    now_ns = dusk_ns - ns(HOUR_S * light_h)
    out: list[Leg] = []
    for e in ctx.eclipses:
        begin_ns, end_ns = max(e.begin_ns, now_ns), min(e.end_ns, dusk_ns)
        if begin_ns >= end_ns:
            continue
        before_h, dim_h = seconds(begin_ns, now_ns) / HOUR_S, seconds(end_ns, begin_ns) / HOUR_S
        out.append(Leg("light at the haven", before_h, p.rest_w, p.haven_w, input_sigma=0.2))
        out.append(Leg(e.eclipse.name, dim_h, p.rest_w, p.haven_w * e.mean, input_sigma=0.2))
        light_h -= before_h + dim_h
        now_ns = end_ns
    rest_h = max(light_h, 0.0)
    return [*out, Leg("light at the haven", rest_h, p.rest_w, p.haven_w, input_sigma=0.2)]


def night_need_wh(ctx: ExecutiveContext) -> float:
    """Energy that the planned night takes from the battery, by careful figures, Wh."""
    dark_h = max(seconds(ctx.plan.night_end_ns, ctx.plan.night_start_ns), 0.0) / HOUR_S
    return NightKeeper(ctx.night_params).need_wh(ctx.night_reading(), dark_h)


def _drive(
    ctx: ExecutiveContext, name: str, start: tuple[float, ...], end: tuple[float, float]
) -> Leg:
    way_m = ctx.params.detour * math.hypot(end[0] - start[0], end[1] - start[1])
    return Leg(name, way_m / ctx.params.drive_mps / HOUR_S, ctx.params.drive_w, load_sigma=0.3)
