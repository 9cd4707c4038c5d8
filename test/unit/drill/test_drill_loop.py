"""The drill component against the drill's physics: campaign, faults, cancel."""

from __future__ import annotations

import math

import pytest
from drill_loop import Loop

from lupex_rover.core.component import ABORTED, CANCELED, SUCCEEDED, GoalRequest, Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.types import DrillSampleGoal, PowerState
from lupex_rover.drill.codes import CODES
from lupex_rover.simulator.drill.physics import CupSample

DEPTHS = (0.5, 1.0, 1.5)


@pytest.mark.parametrize("first_seed", range(0, 20, 5))
def test_three_samples_to_one_and_a_half_metres_in_any_ground(first_seed: int) -> None:
    for seed in range(first_seed, first_seed + 5):
        loop = Loop(seed, substeps=1)
        start_ns = loop.t_ns
        for cup, depth in enumerate(DEPTHS):
            done = loop.run(depth, cup)
            assert done.status == SUCCEEDED, (seed, depth, done.result)
            truth = loop.physics.cups[cup]
            assert depth <= done.result.depth_m < depth + 0.03
            assert truth.depth_m == pytest.approx(done.result.depth_m, abs=0.015)
            assert truth.mass_g == pytest.approx(done.result.sample_mass_g, abs=0.3)
            assert truth.mass_g > 8.0
            assert done.result.peak_degc + 273.15 > truth.peak_k - 2.0
        assert loop.physics.depth_m < -0.05 and not loop.active
        assert loop.dead_man_trips == 0
        assert (loop.t_ns - start_ns) / NS < 90 * 60
        for _ in range(20):
            loop.tick(Inbox())
        assert not loop.physics.active


def test_deeper_goal_re_enters_the_old_hole_quickly() -> None:
    loop = Loop(1)
    loop.run(0.4, 0)
    start_ns = loop.t_ns
    loop.run(0.43, 1)
    # 0.55 m down and up at 10 mm/s are 110 s; the rest is boring 30 mm, cleaning and sampling.
    assert (loop.t_ns - start_ns) / NS < 110 + 200


def once_below(depth_m: float, act):
    """A hook that acts once when the bit is that deep and boring."""
    fired = []

    def hook(loop: Loop):
        if not fired and loop.physics.depth_m > depth_m and loop.drill.run.phase == "bore":
            fired.append(True)
            return act(loop)
        return None

    return hook


def test_bound_bit_is_freed_and_the_sample_taken() -> None:
    loop = Loop(2)
    done = loop.run(0.2, hook=once_below(0.1, lambda x: x.physics.jam()))
    assert done.status == SUCCEEDED and done.result.recoveries >= 1
    assert {"DRL-003", "DRL-004"} & set(loop.codes())


def test_choked_flutes_are_cleared() -> None:
    loop = Loop(3)

    def choke(x: Loop) -> None:
        x.physics.loose_m3 = 1.8 * x.physics.p.flute_m3

    done = loop.run(0.2, hook=once_below(0.1, choke))
    assert done.status == SUCCEEDED and done.result.recoveries >= 1
    assert {"DRL-003", "DRL-005"} & set(loop.codes())
    assert loop.physics.loose_m3 < loop.physics.p.flute_m3


def test_hot_bit_waits_before_it_bores_or_samples() -> None:
    loop = Loop(4)

    def heat(x: Loop) -> None:
        x.physics.bit_k = 230.0

    done = loop.run(0.15, hook=once_below(0.1, heat))
    assert done.status == SUCCEEDED and "DRL-006" in loop.codes()
    assert done.result.peak_degc < -93.0
    assert loop.physics.cups[0].lost_water_g < 0.01 * loop.physics.cups[0].mass_g


def test_bit_that_cannot_be_pulled_ends_with_its_code() -> None:
    loop = Loop(5)

    pinned: list[float] = []

    def stick(x: Loop) -> None:
        if pinned or x.physics.depth_m > 0.1:
            pinned.append(x.physics.depth_m)
            x.physics.jam()
            x.physics.depth_m = pinned[0]

    done = loop.run(0.2, hook=stick)
    assert (done.status, done.result.code) == (ABORTED, "DRL-014")
    assert not loop.active


def test_short_loss_of_telemetry_holds_the_drill_still() -> None:
    loop = Loop(6)
    window: list[int] = []

    def hook(x: Loop) -> None:
        if x.physics.depth_m > 0.08 and not window:
            window.extend((x.t_ns, x.t_ns + 5 * NS))
        x.mute = bool(window) and x.t_ns < window[1]

    done = loop.run(0.15, hook=hook)
    assert done.status == SUCCEEDED and "DRL-009" in loop.codes()
    blind = [c for t, c in loop.commands if window[0] + NS < t <= window[1]]
    assert blind and not any(c.auger_rpm or c.feed_mps for c in blind)
    assert loop.dead_man_trips == 0


@pytest.mark.parametrize("spoil", ["mute", "nan"])
def test_lost_telemetry_ends_without_blind_motion(spoil: str) -> None:
    loop = Loop(7)
    when: list[int] = []

    def lose(x: Loop) -> None:
        when.append(x.t_ns)
        x.mute = spoil == "mute"
        if spoil == "nan":
            x.spoil = lambda values: [values[0], values[1], math.nan, *values[3:]]

    done = loop.run(0.2, hook=once_below(0.08, lose))
    assert (done.status, done.result.code) == (ABORTED, "DRL-009")
    assert not loop.moving_since(when[0] + NS)
    assert not loop.active


@pytest.mark.parametrize("phase", ["approach", "bore", "clear", "collect", "retract"])
def test_cancel_stops_retracts_and_then_says_nothing_more(phase: str) -> None:
    loop = Loop(8)
    canceled: list[int] = []

    def hook(x: Loop) -> str | None:
        if not canceled and x.drill.run is not None and x.drill.run.phase == phase:
            canceled.append(x.t_ns)
            return "cancel"
        return None

    done = loop.run(0.17, hook=hook)
    assert (done.status, done.result.code) == (CANCELED, "DRL-020")
    assert loop.physics.depth_m < -0.05 and not loop.physics.gate_open and not loop.active
    down = [c for t, c in loop.commands if t > canceled[0] + NS // 10 and c.feed_mps > 0]
    assert not down
    end_ns = loop.t_ns
    for _ in range(50):
        loop.tick(Inbox())
    assert not [c for t, c in loop.commands if t > end_ns]


def test_gate_that_does_not_open_aborts_retracted() -> None:
    loop = Loop(9)
    loop.deaf_gate = True
    done = loop.run(0.06)
    assert (done.status, done.result.code) == (ABORTED, "DRL-010")
    assert loop.physics.depth_m < -0.05


def test_full_cup_is_told() -> None:
    loop = Loop(10)
    loop.physics.cups[3] = CupSample(0.1, 10.0, 1.0, 100.0, 0.0)
    done = loop.run(0.06, cup=3)
    assert (done.status, done.result.code) == (ABORTED, "DRL-012")


def test_hole_deeper_than_the_goal_is_told() -> None:
    loop = Loop(11)
    assert loop.run(0.15, 0).status == SUCCEEDED
    assert loop.run(0.06, 1).result.code == "DRL-017"


def test_safe_is_obeyed_and_a_reboot_of_the_board_survived() -> None:
    loop = Loop(12)

    done = loop.run(0.2, hook=once_below(0.05, Loop.order_safe))
    assert (done.status, done.result.code) == (ABORTED, "DRL-013")

    def reboot(x: Loop) -> None:
        x.active = False
        x.physics.stop()

    loop = Loop(12)
    done = loop.run(0.15, hook=once_below(0.05, reboot))
    assert done.status == SUCCEEDED and "DRL-013" in loop.codes()


def survive(x: Loop) -> None:
    x.power = PowerState(x.t_ns, 0.1, 0.01, 0.0, 100.0, 10.0, 0.0, "survival")


def test_a_withdrawn_bit_that_comes_up_too_slowly_is_told_to_be_in_the_ground() -> None:
    loop = Loop(13)

    def slow(x: Loop) -> None:
        survive(x)
        x.slow_upwards(0.01)

    done = loop.run(0.2, hook=once_below(0.12, slow))
    assert loop.physics.depth_m > 0.0 and "DRL-019" in loop.codes()
    assert (done.status, done.result.code) == (ABORTED, "DRL-014")
    assert not loop.active


def test_a_bit_that_comes_up_too_slowly_with_its_sample_is_told_to_be_in_the_ground() -> None:
    loop, slowed = Loop(13), []

    def slow(x: Loop) -> None:
        if not slowed and x.drill.run is not None and x.drill.run.phase == "retract":
            slowed.append(x.slow_upwards(0.01))

    done = loop.run(0.12, hook=slow)
    assert loop.physics.depth_m > 0.0
    assert (done.status, done.result.code) == (ABORTED, "DRL-014")


def test_power_manager_takes_the_drill_back() -> None:
    loop = Loop(13)

    done = loop.run(0.2, hook=once_below(0.05, survive))
    assert (done.status, done.result.code) == (ABORTED, "DRL-019")
    assert loop.physics.depth_m < -0.05


def safe_before_housekeeping(x: Loop) -> None:
    """SAFE just after housekeeping: refused commands tell of it almost a second sooner."""
    while x.t_ns % NS != NS // 10:
        x.tick(Inbox())
    x.order_safe()


def no_motion_nor_leaving_safe(loop: Loop, since_ns: int) -> bool:
    """Once housekeeping had the time to tell of SAFE."""
    left = [c for t, c in loop.requests if t > since_ns and c == "disable"]
    return loop.safed and not left and not loop.moving_since(since_ns + 2 * NS)


def test_safe_ends_a_goal_whose_bit_is_on_its_way_out_and_the_bit_is_told() -> None:
    loop, when = Loop(12), []

    def hook(x: Loop) -> None:
        if x.physics.depth_m > 0.1:
            survive(x)
        if not when and x.drill.run is not None and x.drill.run.ending and x.physics.depth_m < 0.08:
            safe_before_housekeeping(x)
            when.append(x.t_ns)

    done = loop.run(0.2, hook=hook, limit_s=600.0)
    assert loop.physics.depth_m > 0.0 and "DRL-019" in loop.codes()
    assert (done.status, done.result.code) == (ABORTED, "DRL-013")
    assert no_motion_nor_leaving_safe(loop, when[0])
    assert (loop.t_ns - when[0]) / NS < 5.0


def test_safe_is_never_left_by_a_goal_that_ends_on_it() -> None:
    loop, when = Loop(12), []

    def order(x: Loop) -> None:
        safe_before_housekeeping(x)
        when.append(x.t_ns)

    done = loop.run(0.2, hook=once_below(0.05, order))
    assert (done.status, done.result.code) == (ABORTED, "DRL-013")
    assert no_motion_nor_leaving_safe(loop, when[0])
    assert loop.run(0.2).result.code == "DRL-013"  # neither by the next one
    assert no_motion_nor_leaving_safe(loop, when[0])


def test_safe_without_housekeeping_is_known_by_the_refusal() -> None:
    loop = Loop(12)
    loop.no_housekeeping = True
    loop.order_safe()
    assert loop.run(0.2, limit_s=30.0).result.code == "DRL-013"
    assert no_motion_nor_leaving_safe(loop, 0)


def test_a_refusal_of_an_idle_board_is_asked_again() -> None:
    loop = Loop(12)
    loop.refusals = 2
    assert loop.run(0.05).status == SUCCEEDED


def test_a_host_that_stops_leaves_safe_alone() -> None:
    loop = Loop(12)
    loop.tick(Inbox(goals=[GoalRequest("drill_sample", "g", DrillSampleGoal(0.2, 0))]))
    while loop.physics.depth_m < 0.05:
        loop.tick(Inbox())
    safe_before_housekeeping(loop)
    for _ in range(3):
        loop.tick(Inbox())
    out = loop.drill.safe(loop.t_ns)
    assert [topic for topic, _ in out.messages] == ["drill/command"]
    assert [r.result.code for r in out.results] == ["DRL-020"]


@pytest.mark.parametrize(
    "depth, cup, why",
    [(math.nan, 0, "depth nan m"), (-1.0, 0, "depth -1 m"), (1.7, 0, "is not in 0.01 to 1.58"),
     (math.inf, 0, "depth inf m"), (0.5, 12, "cup 12"), (0.5, -1, "cup -1 is not in 0 to 11")],
)  # fmt: skip
def test_bad_goals_are_refused_before_anything_moves(depth: float, cup: int, why: str) -> None:
    loop = Loop(14)
    for _ in range(3):
        refused = loop.run(depth, cup).result
        assert refused.code == "DRL-015" and why in refused.text
    assert not loop.commands and loop.codes() == ["DRL-015"]  # told once, answered each time


def test_second_goal_is_refused_while_busy() -> None:
    loop = Loop(15)
    refused = []

    def second(x: Loop) -> None:
        inbox = Inbox(goals=[GoalRequest("drill_sample", "other", DrillSampleGoal(1.0, 1))])
        refused.extend(x.tick(inbox))

    assert loop.run(0.1, hook=once_below(0.02, second)).status == SUCCEEDED
    assert [(r.goal_id, r.result.code) for r in refused] == [("other", "DRL-016")]


def test_every_code_said_is_in_the_table() -> None:
    loop = Loop(3)
    loop.run(0.1)
    assert set(loop.codes()) <= set(CODES)


def test_same_seed_same_numbers() -> None:
    results = [Loop(21).run(0.1).result for _ in range(2)]
    assert results[0] == results[1]
