"""What a stamp means, row by row of the table."""

import pytest

from lupex_rover.core.command_order import AHEAD, OLD, OVERTAKEN, REPEATED, CommandOrder

S = 10**9
T = 1_861_920_000 * S


def kind(order, stamp_ns, t_ns=T, content="on", target="load", motion=False):
    no = order.judge(target, stamp_ns, content, t_ns, motion)
    return no.kind if no else ""


@pytest.mark.parametrize(
    ("age_s", "motion", "told"),
    [(0.0, True, ""), (0.4, True, ""), (0.6, True, OLD), (-0.4, True, ""), (-0.6, True, AHEAD),
     (30.0, False, ""), (61.0, False, OLD), (-0.9, False, ""), (-1.1, False, AHEAD)],
)  # fmt: skip
def test_a_stamp_that_is_too_old_or_ahead_is_refused(age_s, motion, told):
    assert kind(CommandOrder(), T - int(age_s * S), motion=motion) == told


def test_no_stamp_is_that_of_arrival_but_moves_nothing():
    order = CommandOrder()
    assert kind(order, 0) == "" and kind(order, 0, T + S) == ""
    assert kind(order, 0, T + S, motion=True) == OLD


def test_a_command_that_was_overtaken_is_not_carried_out():
    order = CommandOrder()
    assert kind(order, T) == ""
    assert kind(order, T - S, content="off") == OVERTAKEN
    assert kind(order, T - S, content="off", target="other") == "", "another target"
    assert kind(order, T, content="off") == "", "said later with the same stamp: it holds"


def test_a_repeat_is_carried_out_once_and_a_new_stamp_is_no_repeat():
    order = CommandOrder()
    assert [kind(order, T), kind(order, T), kind(order, T + 1)] == ["", REPEATED, ""]


def test_a_clock_set_back_locks_nobody_out():
    order = CommandOrder()
    assert kind(order, T) == ""
    assert kind(order, T - 3600 * S, T - 3600 * S) == ""
