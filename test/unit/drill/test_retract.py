"""Retract: the way out from any state, also after a restart with the bit in the ground."""

from __future__ import annotations

import math
from typing import Any

import pytest
from drill_deaths import DEPTH_M, die_in, killed
from drill_loop import Died, Loop

from lupex_rover.core.component import ABORTED, CANCELED, SUCCEEDED, GoalRequest, Inbox
from lupex_rover.core.types import DrillSampleGoal, RetractGoal


def is_stowed(loop: Loop) -> bool:
    physics = loop.physics
    return physics.depth_m < -0.05 and not physics.gate_open and not loop.active


@pytest.mark.parametrize("phase", ["approach", "bore", "clear", "collect", "shut", "retract"])
def test_after_a_restart_it_pulls_the_bit_out_whatever_was_done(phase: str) -> None:
    loop = Loop(1, substeps=1)
    killed(loop, die_in(phase))
    told_m = loop.physics.depth_m if loop.physics.touched else None
    trips = set()

    def hook(x: Loop) -> None:
        if x.drill.run is not None and x.drill.run.phase == "pull":
            trips.add(x.dead_man_trips)

    done = loop.retract(hook=hook)
    assert (done.status, done.result.code) == (SUCCEEDED, "DRL-023")
    assert is_stowed(loop) and done.result.depth_m <= -0.08
    if told_m is not None:
        assert done.result.found_m == pytest.approx(told_m, abs=1e-6)
    assert len(trips) <= 1, "it is told to move ten times a second"
    if phase in ("collect", "shut", "retract"):  # the sample stays for the goal that asked for it
        assert done.result.sample_mass_g == pytest.approx(loop.physics._held_g, abs=0.3)
        again = loop.run(DEPTH_M, 0)
        assert again.status == SUCCEEDED or done.result.sample_mass_g < 8.0
        assert loop.physics.cups.keys() <= {0}


def test_a_bit_that_is_out_is_left_alone() -> None:
    loop = Loop(2, substeps=1)
    done = loop.retract(limit_s=10.0)
    assert (done.status, done.result.code, done.result.recoveries) == (SUCCEEDED, "DRL-023", 0)
    assert not loop.commands and not [c for _, c in loop.requests if c == "enable"]


def test_without_anything_kept_it_gets_a_bound_bit_out_of_a_choked_hole() -> None:
    loop = Loop(3, substeps=1)
    killed(loop, die_in("bore"))
    loop.kept = ""
    loop.reboot()
    loop.physics.jam()
    loop.physics.loose_m3 = 1.5 * loop.physics.p.flute_m3
    done = loop.retract()
    assert (done.status, done.result.code) == (SUCCEEDED, "DRL-023") and is_stowed(loop)
    assert '"string_down": false' in loop.kept


def test_it_goes_by_small_steps_with_the_bit_still_between_them() -> None:
    loop = Loop(1, substeps=1)
    bored = loop.run(0.3, 0, hook=lambda x: "cancel" if x.physics.depth_m > 0.2 else None)
    assert bored.status == CANCELED
    loop.physics.depth_m = 0.2
    loop.retract()
    feeds = [c.feed_mps for _, c in loop.commands[-700:] if c.feed_mps <= 0.0]
    runs, still = 0, True
    for feed in feeds:
        runs += still and feed < 0.0
        still = feed == 0.0
    assert 3 <= runs <= 8  # 0.02, 0.04, 0.08, 0.1 m and what is left of 0.28 m


def test_a_bit_that_does_not_come_is_tried_harder_and_told() -> None:
    loop = Loop(5, substeps=1)
    killed(loop, die_in("bore"))
    at_m = loop.physics.depth_m

    def pin(x: Loop) -> None:
        x.physics.depth_m = at_m

    done = loop.retract(hook=pin)
    assert (done.status, done.result.code) == (ABORTED, "DRL-014")
    assert loop.codes().count("DRL-028") == 3 and not loop.active
    assert done.result.depth_m == pytest.approx(at_m) and done.result.recoveries == 3
    assert any(c.percussion for _, c in loop.commands[-600:])


def test_cancel_stops_it_where_it_is() -> None:
    loop = Loop(6, substeps=1)
    killed(loop, die_in("collect"))
    done = loop.retract(hook=lambda x: "cancel" if x.drill.run.phase == "pull" else None)
    assert (done.status, done.result.code) == (CANCELED, "DRL-027")
    assert loop.physics.depth_m > 0.0 and not loop.active and not loop.physics.active
    assert loop.retract().status == SUCCEEDED and is_stowed(loop)


def test_safe_is_not_left_and_lost_telemetry_is_not_moved_blindly() -> None:
    loop = Loop(7, substeps=1)
    killed(loop, die_in("bore"))
    loop.order_safe()
    since_ns = loop.t_ns
    done = loop.retract(limit_s=60.0)
    assert (done.status, done.result.code) == (ABORTED, "DRL-013") and loop.safed
    assert not loop.moving_since(since_ns)
    loop.safed, loop.mute = False, True
    loop.reboot()
    since_ns = loop.t_ns
    done = loop.retract(limit_s=60.0)
    assert (done.status, done.result.code) == (ABORTED, "DRL-009")
    assert math.isnan(done.result.found_m) and not loop.moving_since(since_ns)


def test_a_computer_that_dies_while_it_pulls_can_pull_again() -> None:
    loop = Loop(8, substeps=1)
    killed(loop, die_in("bore"))
    loop.dies = die_in("pull")
    with pytest.raises(Died):
        loop.retract()
    loop.reboot()
    assert not loop.physics.active and '"string_down": true' in loop.kept
    assert loop.retract().status == SUCCEEDED and is_stowed(loop)


def test_one_goal_at_a_time_whichever_it_is() -> None:
    loop = Loop(9, substeps=1)
    refused: list[Any] = []

    def second(x: Loop) -> None:
        if not refused:
            refused.extend(x.tick(Inbox(goals=[GoalRequest("retract", "r", RetractGoal())])))

    assert loop.run(DEPTH_M, hook=second).status == SUCCEEDED
    assert [(r.goal_id, r.result.code) for r in refused] == [("r", "DRL-016")]
    loop.physics.depth_m = 0.05
    refused.clear()

    def third(x: Loop) -> None:
        goal = GoalRequest("drill_sample", "d", DrillSampleGoal(DEPTH_M, 1))
        if not refused:
            refused.extend(x.tick(Inbox(goals=[goal])))

    assert loop.retract(hook=third).status == SUCCEEDED
    assert [(r.goal_id, r.result.code) for r in refused] == [("d", "DRL-016")]
