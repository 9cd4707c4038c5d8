"""The scheduler's routing: order within a tick, reactive drivers, actions, persistence."""

from dataclasses import dataclass

from lupex_rover.core.component import (
    ABORTED,
    SUCCEEDED,
    Component,
    GoalFeedback,
    GoalRequest,
    GoalResult,
    Inbox,
    Outbox,
)
from lupex_rover.hosts.scheduler import MAX_QUEUE, Scheduler

TICK_NS = 100_000_000


@dataclass(frozen=True)
class Note:
    text: str


class Recorder(Component):
    """Keeps every inbox; says what it was told to say."""

    def __init__(self, name, inputs=(), says=(), **kinds):
        self.name, self.inputs, self.says = name, inputs, list(says)
        self.inboxes: list[Inbox] = []
        self.restored = None
        for key, value in kinds.items():
            setattr(self, key, value)

    def step(self, t_ns, inbox):
        self.inboxes.append(inbox)
        out = Outbox()
        for topic, message in self.says:
            out.publish(topic, message)
        self.says = []
        return out

    def restore(self, state):
        self.restored = state


def run(components, ticks=1, store=None):
    seen = []
    scheduler = Scheduler(components, lambda topic, m, t: seen.append((topic, m)), store or {})
    for k in range(ticks):
        scheduler.tick((k + 1) * TICK_NS)
    return scheduler, seen


def test_later_component_hears_in_the_same_tick_and_earlier_in_the_next():
    before = Recorder("before", ("x",))
    speaker = Recorder("speaker", says=[("x", Note("hello"))])
    after = Recorder("after", ("x",))
    _, seen = run([before, speaker, after], ticks=2)
    assert [len(b.all("x")) for b in after.inboxes] == [1, 0]
    assert [len(b.all("x")) for b in before.inboxes] == [0, 1]
    assert seen == [("x", Note("hello"))]


def test_reactive_component_sends_in_the_tick_of_the_command():
    class Driver(Recorder):
        def step(self, t_ns, inbox):
            super().step(t_ns, inbox)
            out = Outbox()
            out.tx = b"".join(m.text.encode() for m in inbox.all("cmd"))
            return out

    driver = Driver("driver", ("cmd",), reactive=True, period_s=0.0, serial="MOB")
    speaker = Recorder("speaker", says=[("cmd", Note("go"))])
    scheduler, _ = run([driver, speaker])
    assert scheduler.take_tx() == {"MOB": b"go"}
    assert scheduler.take_tx() == {}


def test_period_holds_a_component_back_and_its_messages_wait():
    slow = Recorder("slow", ("x",), period_s=1.0)
    scheduler, _ = run([slow], ticks=1)
    for k in range(2, 12):
        scheduler.deliver("x", Note(str(k)))
        scheduler.tick(k * TICK_NS)
    assert len(slow.inboxes) == 2
    assert len(slow.inboxes[1].all("x")) == 10


def test_time_that_falls_back_holds_nothing_up():
    slow = Recorder("slow", ("x",), period_s=1.0)
    hour, seen = 36_000, []
    scheduler, _ = run([slow], ticks=0)
    for k in [*range(hour, hour + 25), *range(0, 25)]:
        scheduler.tick(k * TICK_NS)
        seen.append(len(slow.inboxes))
    assert [seen[24], seen[25], seen[-1]] == [3, 4, 6]


def test_queue_is_bounded_and_keeps_the_newest():
    slow = Recorder("slow", ("x",), period_s=1e6)
    scheduler, _ = run([slow], ticks=1)
    for k in range(MAX_QUEUE + 10):
        scheduler.deliver("x", k)
    scheduler.tick(10**16)
    assert slow.inboxes[-1].all("x")[-1] == MAX_QUEUE + 9
    assert len(slow.inboxes[-1].all("x")) == MAX_QUEUE


class Server(Recorder):
    def step(self, t_ns, inbox):
        super().step(t_ns, inbox)
        out = Outbox()
        for goal in inbox.goals:
            out.results.append(GoalResult(goal.action, goal.goal_id, SUCCEEDED, "there"))
        return out


def test_goal_reaches_the_server_and_its_result_the_client():
    class Client(Recorder):
        def step(self, t_ns, inbox):
            out = super().step(t_ns, inbox)
            if len(self.inboxes) == 1:
                out.goals.append(GoalRequest("drive_to", "g1", "goal"))
            return out

    client = Client("client", calls=("drive_to",))
    server = Server("server", serves=("drive_to",))
    run([client, server], ticks=2)
    assert [r.result for r in client.inboxes[1].results] == ["there"]


def test_result_of_a_goal_from_outside_goes_outside():
    server = Server("server", serves=("drive_to",))
    scheduler, _ = run([server], ticks=0)
    assert scheduler.goal(GoalRequest("drive_to", "outside", None))
    assert not scheduler.goal(GoalRequest("no_such_action", "outside", None))
    scheduler.tick(TICK_NS)
    assert [r.goal_id for r in scheduler.outgoing_results] == ["outside"]


def test_persisted_state_is_handed_to_the_next_life():
    class Keeper(Recorder):
        def step(self, t_ns, inbox):
            return Outbox(persist={"n": 7})

    store: dict = {}
    Scheduler([Keeper("keeper")], lambda *a: None, store).tick(TICK_NS)
    again = Keeper("keeper")
    Scheduler([again], lambda *a: None, store)
    assert again.restored == {"n": 7}


def test_what_is_to_be_kept_is_kept_before_anything_is_said():
    class Keeper(Recorder):
        def step(self, t_ns, inbox):
            out = super().step(t_ns, inbox)
            out.persist = {"n": 7}
            return out

    store: dict = {}
    there = []
    keeper = Keeper("keeper", says=[("a", Note("x"))])
    Scheduler([keeper], lambda *a: there.append(dict(store)), store).tick(TICK_NS)
    assert there == [{"keeper": {"n": 7}}]


def test_bytes_reach_only_the_driver_of_their_board():
    mob = Recorder("mob", serial="MOB", reactive=True)
    imu = Recorder("imu", serial="IMU", reactive=True)
    scheduler, _ = run([mob, imu], ticks=0)
    scheduler.rx("MOB", b"\x01")
    scheduler.rx("EPS", b"\x02")
    scheduler.tick(TICK_NS)
    assert mob.inboxes[0].rx == b"\x01"
    assert imu.inboxes[0].rx == b""


# --- components that come and go ------------------------------------------------------------------


def nobody(*_):
    """Nothing is kept of what is published."""


def test_the_goal_of_a_client_here_is_aborted_once_with_its_server():
    """Its node was closed, or made anew: the client does not wait for ever."""
    client = Recorder("client", calls=("drive_to",))
    slow = Recorder("server", serves=("drive_to",))
    scheduler, _ = run([client, slow], ticks=0)
    ask = Outbox(goals=[GoalRequest("drive_to", "g1", None)])
    scheduler._route(client, ask, 0)
    scheduler.tick(TICK_NS)
    scheduler.end_goals("server")
    scheduler.tick(2 * TICK_NS)
    assert [r.status for r in client.inboxes[-1].results] == [ABORTED]
    late = GoalResult("drive_to", "g1", SUCCEEDED, "there")
    scheduler._route(slow, Outbox(results=[late]), 0)  # of a component that goes on all the same
    scheduler.tick(3 * TICK_NS)
    assert client.inboxes[-1].results == []
    scheduler._route(client, ask, 0)
    after = Scheduler([client, Recorder("server", serves=("drive_to",))], nobody, {})
    after.take_over(scheduler)
    after.tick(4 * TICK_NS)
    assert [r.result.code for r in client.inboxes[-1].results] == ["HST-007"]


def test_a_client_made_anew_hears_nothing_of_the_old_one_s_goals():
    client = Recorder("client", calls=("drive_to",))
    scheduler, _ = run([client, Recorder("server", serves=("drive_to",))], ticks=0)
    scheduler._route(client, Outbox(goals=[GoalRequest("drive_to", "g1", None)]), 0)
    again = Recorder("client", calls=("drive_to",))
    after = Scheduler([again, Recorder("server", serves=("drive_to",))], nobody, {})
    after.take_over(scheduler)
    after.tick(TICK_NS)
    assert not again.inboxes[0]


def test_who_stays_keeps_messages_turn_and_goals_when_another_comes():
    slow = Recorder("slow", ("x",), period_s=1.0)
    server = Server("server", serves=("drive_to",))
    before, _ = run([slow, server], ticks=1)
    before.deliver("x", Note("waits"))
    assert before.goal(GoalRequest("drive_to", "outside", None))
    after = Scheduler([slow, server, Recorder("new")], nobody, {})
    after.take_over(before)
    after.tick(2 * TICK_NS)
    assert len(slow.inboxes) == 1  # its period is not over
    after.tick(20 * TICK_NS)
    assert slow.inboxes[1].all("x") == [Note("waits")]
    assert [r.status for r in after.outgoing_results] == [SUCCEEDED]


class Caller(Recorder):
    """Sends one goal of its own."""

    calls = ("dance",)

    def step(self, t_ns, inbox):
        out = super().step(t_ns, inbox)
        if len(self.inboxes) == 1:
            out.goals.append(GoalRequest("dance", f"{self.name}-1", None))
        return out


class Dancer(Recorder):
    serves = ("dance",)

    def step(self, t_ns, inbox):
        out = super().step(t_ns, inbox)
        for goal in inbox.goals:
            out.feedback.append(GoalFeedback("dance", goal.goal_id, goal.goal_id))
            out.results.append(GoalResult("dance", goal.goal_id, SUCCEEDED, goal.goal_id))
        return out


def test_who_sent_a_goal_is_answered_however_many_call_the_action():
    one, other, server = Caller("one"), Caller("other"), Dancer("dancer")
    run([one, other, server], ticks=2)
    for caller in (one, other):
        assert [r.result for r in caller.inboxes[1].results] == [f"{caller.name}-1"]
        assert [f.feedback for f in caller.inboxes[1].feedback] == [f"{caller.name}-1"]


def test_an_answer_from_another_process_finds_who_sent_the_goal():
    one, other = Caller("one"), Caller("other")
    scheduler, _ = run([one, other])
    scheduler.feedback(GoalFeedback("dance", "one-1", "half"))
    scheduler.result(GoalResult("dance", "one-1", SUCCEEDED, "done"))
    scheduler.tick(2 * TICK_NS)
    assert [r.result for r in one.inboxes[1].results] == ["done"]
    assert [f.feedback for f in one.inboxes[1].feedback] == ["half"]
    assert not other.inboxes[1].results and not other.inboxes[1].feedback
