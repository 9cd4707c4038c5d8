"""`lupex up rover` records itself; its recorder is killed and comes back, and no event is lost."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")

from rosbags.rosbag2 import Reader

from benchmarks.faults import killed_recorder
from lupex_rover.events.event_store import NAME
from lupex_rover.events.stored_events import read_store


@pytest.mark.timeout(300)
def test_the_recorder_is_killed_twice_and_loses_two_seconds_at_most(tmp_path):
    figures = killed_recorder.measure(2, tmp_path / "place")
    run = tmp_path / "place" / "run"
    assert figures["hold"], figures
    assert figures["kills"] == 2 and figures["bags"] == 3 and figures["events_lost"] == 0
    told = [row.event for row in read_store(run / NAME).rows]
    lost = [event for event in told if event.code == "HST-020"]
    assert len(lost) == 2 and all("recorder" in e.text and "signal 9" in e.text for e in lost)
    assert all("nothing is recorded" in event.text for event in lost)
    assert sum(event.code == "HST-022" for event in told) == 2
    with Reader(run / "bags" / "0003") as bag:  # the life that ended well, as rosbags reads it
        assert {"/imu/data", "/power/state"} <= set(bag.topics) and bag.message_count > 50
