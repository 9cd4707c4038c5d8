"""The figures of a killed recorder show what bags and store lack."""

from benchmarks.faults.killed_recorder import Life, told
from lupex_rover.core.constants import NS
from lupex_rover.core.types import Event
from lupex_rover.events.event_store import NAME, EventStore

UP_NS = [8 * NS, 11 * NS]
A, B = Event(1, 0, "host", "HST-001", "a"), Event(2, 2, "supervisor", "HST-020", "recorder")


def store(tmp_path, *events):
    base = EventStore(tmp_path / NAME)
    base.add(events)
    base.close()
    return tmp_path / NAME


def test_nothing_lost_holds(tmp_path):
    lives = [Life(0, 9 * NS, (A,)), Life(12 * NS, 13 * NS, ())]
    figures = told(UP_NS, [10 * NS], lives, store(tmp_path, A, B))
    assert figures["hold"] and figures["lost_s_most"] == 1.0 and figures["away_s_most"] == 2.0
    assert figures["events_lost"] == 0 and figures["events_stored"] == 2


def test_an_event_that_the_store_lacks_a_late_chunk_and_a_missing_bag_do_not_hold(tmp_path):
    lives = [Life(0, 9 * NS, (A,)), Life(12 * NS, 13 * NS, ())]
    path = store(tmp_path, B)
    assert told(UP_NS, [10 * NS], lives, path)["events_lost"] == 1
    assert not told(UP_NS, [10 * NS], lives, path)["hold"]
    late = [Life(0, 7 * NS, ()), lives[1]]
    assert not told(UP_NS, [10 * NS], late, path)["hold"]
    assert not told(UP_NS, [10 * NS, 15 * NS], lives, path)["hold"]


def test_a_bag_without_a_message_lost_what_passed_since_its_life_began(tmp_path):
    lives = [Life(0, 0, ()), Life(12 * NS, 13 * NS, ())]
    figures = told(UP_NS, [int(9.5 * NS)], lives, store(tmp_path, A, B))
    assert figures["lost_s_most"] == 1.5 and figures["bags_without_a_message"] == 1
