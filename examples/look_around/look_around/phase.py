"""Phase `look_around`: three places round the rover, a minute of rest and pictures at each."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover import graph
from lupex_rover.core.component import SUCCEEDED
from lupex_rover.core.types import DriveToGoal
from lupex_rover.mission.conditions import OK, clear
from lupex_rover.mission.executive_context import ExecutiveContext
from lupex_rover.mission.extra_phases import ExtraPhase
from lupex_rover.mission.phase_table import BIT_OUT, DAY, DRIVING, POSE, PhaseRule, answers, free
from lupex_rover.mission.phases import Phase

PLACES, AWAY_M, REST_S, DRIVE_S = 3, 4.0, 60.0, 300.0


def look_around(ctx: ExecutiveContext) -> Phase:
    """Drive to each place and rest there; a place that is not reached is told and left out."""
    assert ctx.pose is not None, "the row asks for it"
    start, reached = ctx.pose.pose.position_m[:2].copy(), 0
    for k in range(PLACES):
        if (code := (yield from clear(ctx))) != OK:
            return code
        angle = 2.0 * math.pi * k / PLACES
        x, y = start + AWAY_M * np.array([math.cos(angle), math.sin(angle)])
        ctx.detail = f"to place {k + 1} of {PLACES}"
        done = yield from ctx.act(graph.DRIVE_TO, DriveToGoal(float(x), float(y), 1.0), DRIVE_S)
        if done is None or done.status != SUCCEEDED:
            why = "no answer" if done is None else done.result.code
            ctx.say("MIS-003", f"{ctx.step.name}: place {k + 1} is left out: {why}")
            continue
        reached += 1
        ctx.detail = f"looking from place {k + 1}"
        yield from ctx.sleep(REST_S)
    ctx.only_loads("radio")
    return OK if reached else ctx.ended("MIS-021", "none of the places was reached")


PHASE = ExtraPhase(
    PhaseRule(
        "looks at the ground from three places round the rover",
        (DAY, BIT_OUT, answers(*DRIVING), POSE, free("MOB")),
    ),
    look_around,
)
