"""On the harness components vanish for the time of a fault and begin anew, go on, or get less."""

from types import SimpleNamespace

import pytest

from lupex_rover.core.component import ABORTED, Component, GoalRequest, Outbox
from lupex_rover.core.types import DriveCommand, DriveToGoal, Event, MissionState
from lupex_rover.hosts.component_faults import ComponentFaults, tell_engine
from lupex_rover.hosts.scheduler import Scheduler
from lupex_rover.scenarios.injected_fault import At, InjectedFault
from lupex_rover.simulator.faults.injector import HostFault

TICK_NS = 100_000_000


class Navigator(Component):
    name, inputs, serves = "navigator", ("mobility/command",), ("drive_to",)
    period_s = 0.0

    def __init__(self):
        self.turns, self.heard, self.took_back = [], 0, None

    def step(self, t_ns, inbox):
        self.turns.append(t_ns // TICK_NS)
        self.heard += len(inbox.all("mobility/command"))
        return Outbox(persist={"turns": len(self.turns)})

    def restore(self, state):
        self.took_back = state["turns"]


class Health(Navigator):
    name, serves = "health", ()


class Flight:
    """A scheduler of two components under faults."""

    def __init__(self):
        self.changes, self.store, self.said = [], {}, []
        self.scheduler = Scheduler(self.build(), lambda *said: self.said.append(said), self.store)
        self.faults = ComponentFaults(self.scheduler, self.take, self.build)
        self.tick = 0

    def build(self):
        return [Health(), Navigator()]

    def take(self):
        taken, self.changes = self.changes, []
        return taken

    def change(self, kind, target, begins, number=0, severity=1.0):
        made = InjectedFault(At(time_s=0.0), kind, target, 1.0, severity)
        self.changes.append(HostFault(number, made, begins))

    def run(self, ticks):
        for _ in range(ticks):
            self.tick += 1
            self.faults.turn(self.tick * TICK_NS)
            self.scheduler.deliver("mobility/command", DriveCommand(0, [0.0] * 4, [0.0] * 4))
            self.scheduler.tick(self.tick * TICK_NS)

    def part(self, name):
        return next(c for c in self.scheduler.components if c.name == name)


@pytest.mark.parametrize("kind", ["kill", "hang"])
def test_a_killed_component_begins_anew_with_what_it_had_persisted(kind):
    flight = Flight()
    flight.run(3)
    old = flight.part("navigator")
    flight.scheduler.goal(GoalRequest("drive_to", "g", DriveToGoal(1.0, 2.0, 0.5)))
    flight.change(kind, "navigator", True)
    flight.run(4)
    assert old.turns == [1, 2, 3] and flight.part("health").turns == [1, 2, 3, 4, 5, 6, 7]
    flight.change(kind, "navigator", False)
    flight.run(2)
    new = flight.part("navigator")
    assert new is not old and new.took_back == 3 and new.turns == [8, 9] and new.heard == 2
    (result,) = flight.scheduler.outgoing_results
    assert result.status == ABORTED and result.result.code == "HST-007"


def test_a_killed_process_is_all_its_components():
    flight = Flight()
    flight.run(1)
    flight.change("kill", "flight", True)
    flight.run(3)
    flight.change("kill", "flight", False)
    flight.run(1)
    assert [flight.part(n).turns for n in ("health", "navigator")] == [[5], [5]]


def test_a_stopped_one_goes_on_as_it_was_with_what_waited():
    flight = Flight()
    flight.run(1)
    flight.change("stop", "navigator", True)
    flight.run(3)
    flight.change("stop", "navigator", False)
    flight.run(1)
    navigator = flight.part("navigator")
    assert navigator.turns == [1, 5] and navigator.heard == 5 and navigator.took_back is None


def test_a_starved_one_gets_some_turns():
    flight = Flight()
    flight.change("starve", "navigator", True, severity=0.75)
    flight.run(12)
    assert flight.part("navigator").turns == [4, 8, 12]
    flight.change("kill", "navigator", True, number=1)
    flight.run(8)
    assert len(flight.part("navigator").turns) == 3
    flight.change("kill", "navigator", False, number=1)
    flight.change("starve", "navigator", False)
    flight.run(2)
    assert flight.part("navigator").turns == [21, 22]


def test_a_boot_ends_what_had_hung():
    flight = Flight()
    flight.change("hang", "navigator", True)
    flight.run(2)
    flight.scheduler = Scheduler(flight.build(), lambda *said: None, flight.store)
    flight.faults.booted(flight.scheduler)
    flight.run(2)
    flight.change("hang", "navigator", False)
    flight.run(1)
    assert flight.part("navigator").turns == [3, 4, 5]


def test_the_engine_hears_of_phases_and_events():
    heard = []
    engine = SimpleNamespace(hear=lambda what, name: heard.append((what, name)))
    tell_engine(engine, "mission/state", MissionState(0, "drill", "started"))
    tell_engine(engine, "mission/event", Event(0, 1, "navigator", "NAV-004", "stuck"))
    tell_engine(engine, "mobility/command", None)
    assert heard == [("phase", "drill"), ("event", "NAV-004")]
