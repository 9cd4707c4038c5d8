"""A phase that breaks is told, tried again and failed by the table; none ends in silence."""

from __future__ import annotations

import pytest
from scripted_rover import HOUR, PLAN, Rover, ended

from lupex_rover.mission import executive as module
from lupex_rover.mission.executive import Executive
from lupex_rover.mission.params import PHASES, ExecutiveParams
from lupex_rover.mission.phase_drawing import drawn
from lupex_rover.mission.phase_table import END, SLEEP, TABLE


def breaking(monkeypatch, phase, times, how):
    """`phase` breaks so many times, after one turn, and is itself afterwards."""
    real, left = module.PHASE_GENERATORS[phase], [times]

    def broken(ctx):
        if left[0] == 0:
            return (yield from real(ctx))
        left[0] -= 1
        yield
        if how == "exception":
            raise ZeroDivisionError("a value that cannot be")
        return how

    monkeypatch.setitem(module.PHASE_GENERATORS, phase, broken)


def fly(rover, until_h=40):
    """To the end, through sleep as the EPS ends it at dawn."""
    executive = Executive(ExecutiveParams(), PLAN)
    rover.fly(executive, until_h * HOUR)
    if rover.asleep:
        rover.asleep, rover.loads = False, 1
        rover.t_ns = 100 * HOUR * 10**9 + 120 * 10**9
        executive = Executive(ExecutiveParams(), PLAN)
        executive.restore(rover.memory)
        rover.fly(executive, 110 * HOUR)
    return rover


def test_the_table_has_every_phase_and_is_drawn():
    assert tuple(TABLE) == PHASES
    assert TABLE["descent"].failed == END and TABLE["night"].failed == SLEEP
    chart = drawn()
    assert all(f'{name}["{name}: {rule.does}' in chart for name, rule in TABLE.items())


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("how", ["exception", "XXX-999", None])
def test_a_phase_that_breaks_once_is_told_and_tried_again(monkeypatch, phase, how):
    breaking(monkeypatch, phase, 1, how)
    rover = fly(Rover())
    told = [text for text in rover.texts if text.startswith("MIS-014")]
    assert len(told) == 1 and f"{phase}, try 1 of {TABLE[phase].tries}" in told[0]
    assert set(ended(rover).values()) == {"MIS-000"} and list(ended(rover)) == list(PHASES)


@pytest.mark.parametrize("phase", PHASES)
def test_a_phase_that_always_breaks_fails_and_the_table_says_what_follows(monkeypatch, phase):
    breaking(monkeypatch, phase, 99, "exception")
    rover = fly(Rover())
    codes = ended(rover)
    tries = sum(text.startswith(f"MIS-014 {phase}, try") for text in rover.texts)
    assert tries == TABLE[phase].tries
    if phase == "night":
        assert "MIS-015" in rover.events and rover.memory["slept"]
        assert codes["night"] == "MIS-000" and codes["wake"] == "MIS-000"
    else:
        assert codes[phase] == "MIS-014"
    last = phase if TABLE[phase].failed == END else PHASES[-1]
    assert list(codes)[-1] == last


def test_tries_outlast_a_restart(monkeypatch):
    breaking(monkeypatch, "checkout", 99, "exception")
    rover = Rover()
    executive = Executive(ExecutiveParams(), PLAN)
    while not any(t.startswith("MIS-014") for t in rover.texts):
        rover.fly(executive, rover.t_ns / 1e9 + 5, step_s=5.0)
    again = Executive(ExecutiveParams(), PLAN)
    again.restore(rover.memory)
    rover.fly(again, rover.t_ns / 1e9 + 200)
    assert sum("checkout, try" in t for t in rover.texts) == TABLE["checkout"].tries
