"""What the executive asks before it begins something: can this, and all that must follow, be paid?

What must follow is the way to the haven, the light there until dusk, and the night. `power.ledger`
answers with a code and a figure; the night's need is the night keeper's.
"""

from __future__ import annotations

import math
from collections.abc import Generator

from lupex_rover.core.time import seconds
from lupex_rover.mission.flight import Flight
from lupex_rover.power.ledger import Budget, Leg, forward
from lupex_rover.power.night_keeper import NightKeeper

HOUR_S = 3600.0


def afford(x: Flight, phase: str) -> Generator[None, None, str]:
    """Ask for `phase`; while it is refused and there is light, charge and ask again.

    Says and returns PWR-000 with the margin, PWR-007 with what is missing, or PWR-006 where the
    charge is unknown.
    """
    if not (yield from x.until(lambda: x.power_state is not None, x.params.board_wait_s)):
        x.say(2, "PWR-006", f"{phase}: the charge is not known")
        return "PWR-006"
    need_wh = night_need_wh(x)
    first = ask(x, phase, need_wh)
    if not first.allowed and x.array_w >= x.params.dark_array_w:
        x.say(1, first.code, f"{phase} must wait for charge: {first.text}")
        x.only_loads("radio")
        x.detail = f"charging until {phase} can be afforded"
        yield from x.until(
            lambda: ask(x, phase, need_wh).allowed or x.array_w < x.params.dark_array_w,
            HOUR_S * x.params.charge_wait_h,
        )
    last = ask(x, phase, need_wh)
    x.say(0 if last.allowed else 2, last.code, f"{phase}: {last.text}")
    return last.code


def ask(x: Flight, phase: str, night_need_wh: float) -> Budget:
    """The budget of `phase` and of what must follow; refused where the charge is not known."""
    if x.power_state is None:  # told no more, perhaps while charge was waited for
        return Budget(False, math.nan, "PWR-006", "the charge is not known", ())
    return forward(x.power_state, legs(x, phase, night_need_wh))


def legs(x: Flight, phase: str, night_need_wh: float) -> list[Leg]:
    """`phase`, the way to the haven, the light there, the night.

    No light is counted on before the haven: the drill target lies at a shadow's edge.
    """
    p, plan = x.params, x.plan
    here = tuple(x.pose.pose.position_m[:2]) if x.pose is not None else plan.landing_target
    out: list[Leg] = []
    if phase == "traverse":
        out.append(_drive(x, "drive to the drill target", here, plan.drill_target))
        here = plan.drill_target
    elif phase == "drill":
        left = len(plan.drill_depths_m) - len(x.memory.get("samples", []))
        out.append(Leg("drilling", p.sample_h * max(left, 0), p.drill_w, load_sigma=0.2))
    elif phase == "science":
        left = len(x.memory.get("samples", [])) - len(x.memory.get("measured", []))
        out.append(Leg("assays", p.assay_h * max(left, 0), p.assay_w, load_sigma=0.2))
    out.append(_drive(x, "drive to the haven", here, plan.haven))
    light_h = max(seconds(plan.night_start_ns, x.t_ns) / HOUR_S - sum(i.hours for i in out), 0.0)
    out.append(Leg("light at the haven", light_h, p.rest_w, p.haven_w, input_sigma=0.2))
    dark_h = max(seconds(plan.night_end_ns, max(plan.night_start_ns, x.t_ns)), 0.0) / HOUR_S
    if dark_h > 0.0:  # the need is careful already: no doubt on top
        out.append(Leg("night", dark_h, night_need_wh * x.night_params.efficiency / dark_h,
                       load_sigma=0.0))  # fmt: skip
    return out


def night_need_wh(x: Flight) -> float:
    """Energy that the planned night takes from the battery, by careful figures, Wh."""
    dark_h = max(seconds(x.plan.night_end_ns, x.plan.night_start_ns), 0.0) / HOUR_S
    return NightKeeper(x.night_params).need_wh(x.night_reading(), dark_h)


def _drive(x: Flight, name: str, start: tuple[float, ...], end: tuple[float, float]) -> Leg:
    way_m = x.params.detour * math.hypot(end[0] - start[0], end[1] - start[1])
    return Leg(name, way_m / x.params.drive_mps / HOUR_S, x.params.drive_w, load_sigma=0.3)
