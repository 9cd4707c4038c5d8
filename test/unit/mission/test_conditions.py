"""A condition that does not hold keeps its phase from beginning, or is told; decisions say why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scripted_rover import HOUR, PLAN, Rover, ended

from lupex_rover.core.time import ns
from lupex_rover.core.types import LOADS
from lupex_rover.mission.conditions import LOOKS
from lupex_rover.mission.executive import Executive
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.mission.phase_table import LINK, TABLE, TOLD
from lupex_rover.mission.plan import Hole

PARAMS = ExecutiveParams(charge_wait_h=0.1, hold_wait_s=100.0, drill_min_soc=0.1)
NEEDS = [(phase, need) for phase, rule in TABLE.items() for need in rule.needs]
SAMPLE = {"cup": 0, "depth_m": 0.5, "mass_g": 15.0}


def poor(rover):
    rover.soc, rover.charged_s = 0.16, 1e9


def empty(rover):
    rover.soc, rover.charged_s = 0.09, 1e9


def dark(rover):
    rover.amp, rover.charged_s = 0.0, 1e9


def night(rover):
    rover.t_ns = ns(30 * HOUR)


# What spoils a condition, by who looks at it; and the code that tells it.
SPOILED = {
    "afforded": (poor, "PWR-007"),
    "budget": (poor, "PWR-007"),
    "charge": (empty, "MIS-007"),
    "lit": (dark, "MIS-006"),
    "day": (night, "MIS-016"),
    "answers": (lambda rover: rover.mute.update({"STR", "DRL", "SCI"}), "MIS-002"),
    "pose": (lambda rover: setattr(rover, "lost", True), "MIS-003"),
    "place": (lambda rover: setattr(rover, "at", np.array([30.0, 0.0, 0.0])), "MIS-003"),
    "samples": (lambda rover: None, "MIS-005"),
    "bit_out": (lambda rover: setattr(rover, "bit_m", 0.4), "MIS-009"),
    "free": (lambda rover: rover.held.update(MOB="tilted", DRL="stuck"), "MIS-013"),
}


def kept(look):
    """What a computer that starts again remembers."""
    samples = [] if look == "samples" else [SAMPLE]
    return {"samples": samples, "bit_down": "drilling to 0.50 m" if look == "bit_out" else ""}


def states(rover):
    return [(phase, step) for phase, step, _ in rover.states[-1:]]


TWO_HOLES = replace(PLAN, more_holes=(Hole(1, 2, (80.0, 5.0), (0.5,)),))


def fly(phase, rover, memory=None, hours=4.0, params=PARAMS, plan=PLAN):
    executive = Executive(params, plan, (phase,))
    executive.restore(memory or {})
    end_s = rover.t_ns / 1e9 + hours * HOUR
    while rover.t_ns < ns(end_s) and not rover.asleep and ("done", "complete") not in states(rover):
        rover.fly(executive, rover.t_ns / 1e9 + 120.0, step_s=60.0 if hours > 10.0 else 5.0)
    return [text for text in rover.texts if not text.startswith("MIS-010")]


def test_every_look_is_in_the_table_and_spoiled_here():
    assert set(LOOKS) == set(SPOILED) == {need.look for _, need in NEEDS}


@pytest.mark.parametrize(("phase", "need"), NEEDS, ids=[f"{p}-{n.look}" for p, n in NEEDS])
def test_what_does_not_hold_is_told_with_its_reason_and_the_phase_is_not_begun(phase, need):
    spoil, code = SPOILED[need.look]
    rover = Rover()
    rover.t_ns = ns(HOUR)
    spoil(rover)
    texts = fly(phase, rover, kept(need.look), plan=TWO_HOLES if need.look == "place" else PLAN)
    told = [text for text in texts if text.startswith(f"{code} {phase}: ")]
    assert len(told) == 1, texts
    assert told[0].endswith("goes on all the same") == (need.lacking == TOLD)
    if need.lacking == TOLD:
        assert phase == "wake" or "drive_to" in rover.asked
        return
    assert ended(rover) == {phase: code} and set(rover.asked) <= {"retract"}
    assert rover.loads == 1 | 1 << LOADS.index("radio"), "what it switched on is off again"


@pytest.mark.parametrize("phase", [p for p, rule in TABLE.items() if rule.needs])
def test_where_all_holds_nothing_of_it_is_told_but_the_budget(phase):
    rover = Rover()
    rover.t_ns = ns(HOUR)
    plan = replace(PLAN, drill_depths_m=(1.0,))
    texts = fly(phase, rover, kept(""), params=ExecutiveParams(), plan=plan)
    extra = [t for t in texts if not t.startswith(("PWR-000", "MIS-000", "MIS-011", "MIS-018"))]
    assert extra == [] and ended(rover) == {phase: "MIS-000"}


@pytest.mark.parametrize("phase", ["return", "wake", "drill", "traverse"])
def test_what_is_not_told_yet_is_waited_for(phase):
    """The computer has just started: EPS and pose come after 20 s."""
    rover = Rover()
    rover.t_ns, whole = ns(HOUR), rover.inbox

    def inbox(results):
        told = whole(results)
        if rover.t_ns < ns(HOUR + 20.0):
            for topic in ("power/telemetry", "power/state", "localization/pose"):
                del told.messages[topic]
        return told

    rover.inbox = inbox
    fly(phase, rover, kept(""), params=ExecutiveParams())
    assert ended(rover) == {phase: "MIS-000"}
    assert not {"MIS-002", "MIS-003", "MIS-016", "PWR-006"} & set(rover.events)


def test_an_interlock_is_looked_at_before_each_motion():
    """The drill's board is held after its first sample."""

    class Once(Rover):
        def answer(self, request):
            self.held = {"DRL": "stuck"}
            return super().answer(request)

    rover = Once()
    rover.t_ns = ns(HOUR)
    fly("drill", rover)
    assert rover.asked == ["drill_sample"] and ended(rover) == {"drill": "MIS-013"}


def unlanded(rover):
    rover.lands_s = 1e9


def failing(*actions):
    return lambda rover: rover.fail.update(actions)


def mute(*boards):
    return lambda rover: rover.mute.update(boards)


def late(rover):
    rover.t_ns, rover.charged_s = ns(19.9 * HOUR), 1e9
    rover.always_lit = True


def dim(rover):
    """Dark once it has begun."""
    rover.charged_s = 1e9
    whole = rover.inbox

    def inbox(results):
        rover.amp = 8.0 if rover.t_ns < ns(1.01 * HOUR) else 0.0
        return whole(results)

    rover.inbox = inbox


def speechless(rover):
    rover.t_ns, rover.silent_s = ns(130 * HOUR), 0.0


ENDS = [
    ("descent", unlanded, "MIS-001"), ("checkout", mute("DRL"), "MIS-002"),
    ("egress", failing("drive_to"), "MIS-003"), ("traverse", failing("drive_to"), "MIS-003"),
    ("drill", failing("drill_sample"), "MIS-004"),
    ("science", failing("analyze_sample"), "MIS-005"), ("return", failing("drive_to"), "MIS-003"),
    ("recharge", late, "MIS-008"), ("recharge", dim, "MIS-006"), ("night", speechless, "MIS-008"),
    ("wake", mute("MOB"), "MIS-002"), ("wake", empty, "MIS-008"),
]  # fmt: skip


@pytest.mark.parametrize(("phase", "spoil", "code"), ENDS)
def test_a_phase_that_ends_otherwise_than_well_tells_why(phase, spoil, code):
    rover = Rover()
    rover.t_ns = ns(HOUR)
    rover.at[0] = 40.0
    spoil(rover)
    hours = 60.0 if spoil is empty else 4.0
    texts = fly(phase, rover, kept(""), hours, ExecutiveParams(drive_tries=2))
    assert ended(rover) == {phase: code}
    assert texts[-1] == f"{code} {phase} failed"
    assert any(text.startswith(code) for text in texts[:-1]), texts
    if "drive_to" in rover.fail:
        tries = [text for text in texts if "XXX-001 as told" in text]
        assert len(tries) == (7 if phase == "egress" else 2), "each try is told"


def test_every_phase_has_an_end_above():
    assert {phase for phase, _, _ in ENDS} == set(TABLE)


def test_a_goal_that_nobody_answers_is_told_as_a_try():
    rover = Rover()
    rover.t_ns, rover.at[0] = ns(HOUR), 40.0
    rover.answer = lambda request: None
    texts = fly("return", rover, hours=6.0)
    assert sum(text.endswith("no answer") for text in texts) == 3


def test_what_is_left_out_after_an_end_is_named():
    rover = Rover()
    unlanded(rover)
    rover.fly(Executive(PARAMS, PLAN, ("descent", "checkout", "egress")), HOUR)
    assert rover.texts[-1] == "MIS-017 not flown: checkout, egress"


def test_light_that_comes_back_admits_the_phase_and_the_wait_is_told():
    rover = Rover()
    rover.t_ns, rover.amp, rover.charged_s = ns(HOUR), 0.0, 1.3 * HOUR
    whole = rover.inbox

    def inbox(results):
        rover.amp = 0.0 if rover.t_ns < ns(1.1 * HOUR) else 8.0
        return whole(results)

    rover.inbox = inbox
    texts = fly("recharge", rover)
    assert texts[0].startswith("MIS-019 recharge: it is dark; waiting 900 s")
    assert ended(rover) == {"recharge": "MIS-000"}


def test_what_was_done_before_a_restart_is_told():
    rover = Rover()
    rover.t_ns = ns(HOUR)
    texts = fly("drill", rover, {"samples": [SAMPLE]})
    assert "MIS-018 drill: samples taken before: 1" in texts
    assert rover.asked == ["drill_sample"] * 2


def test_links_are_asked_of_boards_that_the_phase_switches_on():
    for _, need in NEEDS:
        assert need.kind != LINK or set(need.of) <= set(LOADS)
