"""What the hands hold over a restart of the computer: no sample lost untold, none taken twice."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from drill_deaths import DEPTH_M, die_at, die_in, killed
from drill_loop import Died, Loop

from lupex_rover.core.component import ABORTED, SUCCEEDED, Inbox
from lupex_rover.core.errors import UserError
from lupex_rover.drill.component import Drill
from lupex_rover.drill.params import DrillingParams


def holds_one_sample(loop: Loop, result: Any) -> None:
    """Truth and record agree: one sample, in the cup that was asked for."""
    assert set(loop.physics.cups) == {0}
    truth = loop.physics.cups[0]
    assert truth.depth_m == pytest.approx(result.depth_m, abs=0.015)
    assert truth.mass_g == pytest.approx(result.sample_mass_g, abs=0.3) and truth.mass_g > 8.0
    kept = json.loads(loop.kept)
    assert [s["cup"] for s in kept["cups"]] == [0] and kept["held"] is None
    assert kept["hands"] == {
        "string_down": False, "gate_open": False, "delivering": False, "waste": "", "lost_m": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "dies",
    [
        *(die_in(name) for name in ("approach", "bore", "open", "collect", "shut", "retract")),
        die_at("drill/gate", False, True), die_at("drill/gate", True, True),
        die_at("drill/gate", False, False), die_at("drill/gate", True, False),
        die_at("drill/deliver", False), die_at("drill/deliver", True),
    ],
    ids=lambda dies: "",
)  # fmt: skip
def test_the_same_goal_after_a_restart_gives_its_one_sample(dies: Any) -> None:
    loop = Loop(1, substeps=1)
    killed(loop, dies)
    bit_was_down = '"string_down": true' in loop.kept
    done = loop.run(DEPTH_M, 0)
    assert done.status == SUCCEEDED, done.result
    holds_one_sample(loop, done.result)
    assert "DRL-025" not in loop.codes()
    assert loop.codes().count("DRL-029") == bit_was_down, "who stands by is told of the bit"


def test_the_hands_are_kept_before_a_command_changes_them() -> None:
    loop = Loop(1, substeps=1)
    seen: dict[str, dict[str, Any]] = {}

    def look(x: Loop, messages: list[Any]) -> bool:
        for topic, m in messages:
            kept = json.loads(x.kept or "{}")
            if topic == "drill/command" and m.feed_mps > 0.0:
                seen.setdefault("down", kept)
            elif topic in ("drill/gate", "drill/deliver"):
                seen.setdefault(f"{topic} {getattr(m, 'open', '')}", kept)
        return False

    loop.dies = look
    assert loop.run(DEPTH_M).status == SUCCEEDED
    assert seen["down"]["hands"]["string_down"] and seen["down"]["held"] is None
    assert seen["drill/gate True"]["hands"]["gate_open"]
    assert seen["drill/gate True"]["held"]["goal_m"] == DEPTH_M
    assert not seen["drill/gate False"]["hands"]["gate_open"]
    assert seen["drill/gate False"]["held"]["mass_g"] > 8.0
    assert seen["drill/deliver "]["hands"]["delivering"]


def test_a_sample_delivered_before_the_restart_is_told_again_and_not_drilled_again() -> None:
    loop = Loop(2, substeps=1)
    first = loop.run(DEPTH_M, 0).result
    bottom_m = loop.physics.bottom_m
    loop.reboot()
    again = loop.run(DEPTH_M, 0)
    assert (again.status, again.result.code) == (SUCCEEDED, "DRL-024")
    assert (again.result.depth_m, again.result.sample_mass_g) == (
        first.depth_m, first.sample_mass_g,
    )  # fmt: skip
    assert loop.physics.bottom_m == bottom_m


def test_a_cup_that_is_full_is_asked_for_in_vain_and_nothing_is_bored() -> None:
    loop = Loop(2, substeps=1)
    assert loop.run(DEPTH_M, 0).status == SUCCEEDED
    bottom_m = loop.physics.bottom_m
    loop.reboot()  # it is known after a restart, too
    refused = loop.run(2.0 * DEPTH_M, 0)
    assert refused.status == ABORTED and refused.result.code == "DRL-015"
    assert re.search(r"cup 0 holds \d+\.\d g from 0\.\d\d m", refused.result.text)
    assert loop.physics.bottom_m == bottom_m
    assert loop.run(2.0 * DEPTH_M, 1).status == SUCCEEDED


def test_a_held_sample_that_another_goal_finds_is_told_lost_and_kept_apart() -> None:
    loop = Loop(3, substeps=1)
    killed(loop, die_in("retract"))
    assert loop.tick(Inbox()) == [] and loop.codes()[-1] == "DRL-026"
    done = loop.run(2.0 * DEPTH_M, 1)
    assert done.status == SUCCEEDED
    lost = [e.text for e in loop.events if e.code == "DRL-025"]
    assert len(lost) == 1 and "for cup 0: another sample was asked for" in lost[0]
    assert set(loop.physics.cups) == {1}
    assert loop.physics.cups[1].depth_m == pytest.approx(done.result.depth_m, abs=0.015)


def test_a_sample_spilled_while_the_computer_was_away_is_told_lost_and_taken_anew() -> None:
    loop = Loop(4, substeps=1)
    killed(loop, die_in("retract"))
    while loop.physics.depth_m > -0.05:
        loop.physics.depth_m -= 0.01
    loop.physics.gate(True)
    for _ in range(20):
        loop.physics.advance(0.1)
    done = loop.run(2.0 * DEPTH_M, 0)
    assert done.status == SUCCEEDED and set(loop.physics.cups) == {0}
    lost = [e.text for e in loop.events if e.code == "DRL-025"]
    assert len(lost) == 1 and "open above the ground" in lost[0]


def test_a_sample_that_was_too_light_is_taken_again_from_just_below() -> None:
    """Also where the computer dies before the gate is emptied."""
    loop = Loop(5, substeps=1)
    killed(loop, lambda x, messages: x.physics._held_g > 2.0)
    assert loop.retract().status == SUCCEEDED
    loop.dies = die_in("empty")
    with pytest.raises(Died):
        loop.run(DEPTH_M, 0)
    loop.reboot()
    done = loop.run(DEPTH_M, 0)
    assert done.status == SUCCEEDED
    holds_one_sample(loop, done.result)
    assert [e.text for e in loop.events if e.code == "DRL-025"] != []


@pytest.mark.parametrize(
    "state",
    [
        {"hands": {"string_down": "yes"}}, {"cups": {}}, {"held": {"cup": 1}}, {"string": 1},
        {"cups": [{"goal_m": 0.1, "cup": 0, "depth_m": float("nan"), "mass_g": 1.0,
                   "peak_degc": 0.0}]},
    ],
)  # fmt: skip
def test_a_state_that_cannot_be_is_not_taken(state: dict[str, Any]) -> None:
    drill = Drill(DrillingParams())
    with pytest.raises(UserError):
        drill.restore(state)
    assert not drill.custody.cups and drill.custody.held is None
