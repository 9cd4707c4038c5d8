import os
import signal
import subprocess
import sys
import textwrap

import pytest

from lupex_rover import graph
from lupex_rover.bags import lasting_bag, patient_file
from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.lasting_bag import LastingBag
from lupex_rover.bags.own_bag import BagWriter
from lupex_rover.scenarios.recorder_params import RecorderParams


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(lasting_bag.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def free(monkeypatch):
    mb = [1e6]
    usage = type("Usage", (), {"free": property(lambda self: mb[0] * 1e6)})
    monkeypatch.setattr(lasting_bag.shutil, "disk_usage", lambda path: usage())
    return mb


def times(path):
    return [t_ns for _, _, t_ns in AnyBag(path).records()]


def test_a_message_waits_for_its_chunk_no_longer_than_is_said(tmp_path, clock, free):
    path = tmp_path / "a.mcap"
    bag = LastingBag(path, RecorderParams(chunk_s=1.5))
    bag.write("odom", b"\0\1\0\0", 1)
    bag.turn()
    assert times(path) == []
    clock[0] += 1.5
    bag.turn()  # no message came meanwhile, as in a night
    assert times(path) == [1]


@pytest.mark.parametrize("topic", sorted(lasting_bag.AT_ONCE))
def test_an_event_is_on_the_disk_at_once(tmp_path, clock, free, monkeypatch, topic):
    synced = []
    monkeypatch.setattr(patient_file.os, "fsync", synced.append)
    path = tmp_path / "a.mcap"
    bag = LastingBag(path, RecorderParams())
    bag.write("odom", b"\0\1\0\0", 1)
    bag.write(topic, b"\0\1\0\0", 2)
    bag.turn()
    assert times(path) == [1, 2] and len(synced) == 1
    bag.turn()
    assert len(synced) == 1


def test_topics_are_given_up_by_rank_told_and_taken_up_again(tmp_path, clock, free):
    told = []
    bag = LastingBag(tmp_path / "a.mcap", RecorderParams(), lambda *news: told.append(news))
    ranks = ["stereo/left/image_raw", "navigation/costmap", "odom", "mission/event"]
    kept = {}
    for mb in (2100, 1999, 999, 499, 650, 701, 2201):
        free[0] = mb
        clock[0] += 1.0
        bag.turn()
        before = sum(bag.left_out.values())
        for topic in ranks:
            bag.write(topic, b"\0\1\0\0", mb)
        kept[mb] = 4 - (sum(bag.left_out.values()) - before)
    assert kept == {2100: 4, 1999: 3, 999: 2, 499: 1, 650: 1, 701: 2, 2201: 4}
    assert [code for code, _ in told] == ["HST-010"] * 3 + ["HST-011"] * 2
    assert "499 MB free; not recorded: pictures, cost maps, fast telemetry" in told[2][1]


def test_a_full_disk_ends_nothing_and_the_bag_is_whole_once_there_is_room(
    tmp_path, clock, free, monkeypatch
):
    told, room, write = [], [1000], os.write

    def short(fd, data):
        if not room[0]:
            raise OSError(28, "No space left on device")
        part = bytes(data[: room[0]])  # a disk takes the part that fits
        room[0] -= len(part)
        return write(fd, part)

    monkeypatch.setattr(patient_file.os, "write", short)
    path = tmp_path / "a.mcap"
    bag = LastingBag(path, RecorderParams(memory_mb=1), lambda *news: told.append(news))
    for k in range(30):
        clock[0] += 1.0
        bag.write("mission/state", os.urandom(100_000), k)
        bag.turn()
    assert told[0][0] == "HST-010" and "No space left on device" in told[0][1]
    assert 0 < bag.left_out["mission/state"] < 30
    room[0] = 10**9
    clock[0] += 1.0
    bag.turn()
    bag.write("mission/state", b"\0\1\0\0", 99)
    bag.close()
    found = AnyBag(path)
    assert [t for _, _, t in found.records()][-1] == 99 and found.problems == []
    assert [code for code, _ in told] == ["HST-010", "HST-011"]


def test_a_disk_that_stays_full_is_told_at_the_end_and_what_it_took_is_read(
    tmp_path, clock, free, monkeypatch
):
    told, write = [], os.write
    path = tmp_path / "a.mcap"
    bag = LastingBag(path, RecorderParams(), lambda *news: told.append(news))
    bag.write("mission/event", b"\0\1\0\0", 1)
    bag.turn()

    def no_room(fd, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(patient_file.os, "write", no_room)
    bag.close()
    monkeypatch.setattr(patient_file.os, "write", write)
    assert "bytes of its end not written" in told[-1][1]
    assert times(path) == [1]


def test_the_bytes_are_those_of_a_plain_bag_where_nothing_is_due(tmp_path, clock, free):
    bags = BagWriter(tmp_path / "a.mcap"), LastingBag(tmp_path / "b.mcap", RecorderParams())
    for bag in bags:
        for k in range(100):
            bag.write("odom", bytes([0, 1, 0, 0, k]) * 10_000, k)
        bag.close()
    assert (tmp_path / "a.mcap").read_bytes() == (tmp_path / "b.mcap").read_bytes()


def test_kill_9_leaves_every_event_that_a_turn_saw(tmp_path):
    program = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from lupex_rover.bags.lasting_bag import LastingBag
        from lupex_rover.core.types import Event
        from lupex_rover.scenarios.recorder_params import RecorderParams
        bag = LastingBag(Path(sys.argv[1]), RecorderParams())
        for k in range(20):
            bag.write_message("mission/event", Event(k, 1, "s", "HST-002", "t"), k)
            bag.turn()
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    path = tmp_path / "a.mcap"
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert times(path) == list(range(20))


def test_every_rank_is_of_some_topic_and_events_are_of_none():
    ranks = len(graph.RECORD_RANKS)
    for k in range(ranks):
        assert any(graph.given_up(t, k + 1) and not graph.given_up(t, k) for t in graph.TOPICS)
    assert not any(graph.given_up(t, ranks) for t in lasting_bag.AT_ONCE)
