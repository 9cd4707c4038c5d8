"""One component's exception ends its turn, not the process; too many in a row end the component."""

import pytest

from lupex_rover.core.component import Component, Outbox
from lupex_rover.hosts.failures import Failures
from lupex_rover.hosts.scheduler import Scheduler

TICK_NS = 100_000_000


class Speaker(Component):
    """Says its tick; raises at the ticks in `bad`."""

    outputs, period_s = ("x",), 0.0

    def __init__(self, name, bad=()):
        self.name, self.bad, self.k = name, bad, 0

    def step(self, t_ns, inbox):
        self.k += 1
        if self.k in self.bad:
            raise ZeroDivisionError("division by zero")
        out = Outbox()
        out.publish("x", (self.name, self.k))
        return out

    def safe(self, t_ns):
        if self.bad:
            raise ValueError("not safe")
        out = Outbox()
        out.publish("x", (self.name, "safe"))
        return out


def run(bad, ticks, in_a_row=3, tell_s=0.0):
    told, said = [], []
    failures = Failures(in_a_row, tell_s, lambda *what: told.append(what))
    speakers = [Speaker("first", bad), Speaker("second")]
    scheduler = Scheduler(speakers, lambda topic, m, t: said.append(m), {}, failures.turn)
    for k in range(1, ticks + 1):
        scheduler.tick(k * TICK_NS)
    return failures, told, said, scheduler


def test_a_failed_step_says_nothing_and_the_rest_goes_on():
    failures, told, said, _ = run({2}, 3)
    assert said == [("first", 1), ("second", 1), ("second", 2), ("first", 3), ("second", 3)]
    assert failures.count == {"first": 1} and not failures.given_up
    ((t_ns, name, text, trace),) = told
    assert (t_ns, name) == (2 * TICK_NS, "first")
    assert text.startswith("first: ZeroDivisionError: division by zero (test_failures.py:")
    assert "Traceback" in trace and "\n" not in text


def test_given_up_after_failures_in_a_row_and_not_before():
    assert run({1, 2, 4, 5}, 5)[0].given_up == []
    assert run({1, 3, 4, 5}, 5)[0].given_up == ["first"]


def test_a_flood_of_failures_is_counted_and_told_now_and_then():
    failures, told, _, _ = run(range(1, 100), 25, in_a_row=1000, tell_s=1.0)
    assert failures.count["first"] == 25
    assert [t_ns for t_ns, *_ in told] == [TICK_NS, 11 * TICK_NS, 21 * TICK_NS]
    assert "failed 21 times" in told[2][2]


def test_who_cannot_be_made_safe_does_not_keep_others_from_it():
    _, told, said, scheduler = run({99}, 1)
    scheduler.safe(2 * TICK_NS)
    assert said[-1] == ("second", "safe")
    assert "not safe" in told[0][2]


def test_only_those_asked_say_their_safe_state():
    _, _, said, scheduler = run((), 1)
    scheduler.safe(2 * TICK_NS, ["second"])
    assert said[-2:] == [("second", 1), ("second", "safe")]


def test_without_a_keeper_an_exception_ends_the_run():
    scheduler = Scheduler([Speaker("first", {1})], lambda *a: None, {})
    with pytest.raises(ZeroDivisionError):
        scheduler.tick(TICK_NS)
