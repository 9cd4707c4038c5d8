"""What the bag of a flight on the harness holds when its process is killed."""

from lupex_rover.bags.own_bag import BagWriter
from lupex_rover.core.types import Event, MissionState
from lupex_rover.runs.fly_harness import CHUNK_S, _KeptBag
from lupex_rover.runs.partial_run import WhatIsThere

S = 10**9


def test_a_grave_message_and_all_before_it_can_be_read_at_once_others_after_a_minute(tmp_path):
    path = tmp_path / "mission.mcap"
    bag = BagWriter(path)
    kept = _KeptBag(bag)

    def write(topic, message, t_ns):
        bag.write_message(topic, message, t_ns)
        kept.wrote(topic, t_ns)

    def readable():
        (tmp_path / "copy.mcap").write_bytes(path.read_bytes())  # as a kill leaves it
        return [t_ns for _, _, t_ns in WhatIsThere(tmp_path / "copy.mcap").records()]

    first = 1000 * S
    write("mission/state", MissionState(first, "drill", "started", "", 0), first)
    write("mission/state", MissionState(first + S, "drill", "started", "", 0), first + S)
    assert readable() == [first]
    write("mission/event", Event(first + 2 * S, 1, "drill", "DRL-001", ""), first + 2 * S)
    assert readable() == [first, first + S, first + 2 * S]
    late = first + round((CHUNK_S + 3) * S)
    write("mission/state", MissionState(late, "drill", "started", "", 0), late)
    assert readable()[-1] == late
    bag.close()
