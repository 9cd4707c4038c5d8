"""The bag of a recorder that goes on for months: files that can each be read, and none lost."""

import random
from pathlib import Path

import pytest
from rosbags.rosbag2 import Reader
from samples import sample

from lupex_rover import graph
from lupex_rover.bags import lasting_bag, split_bag
from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.split_bag import SplitBag, next_folder
from lupex_rover.codec.conversion import encode
from lupex_rover.core.errors import UserError
from lupex_rover.scenarios.recorder_params import RecorderParams

LATCHED = next(
    topic.name for topic in graph.TOPICS.values() if topic.record and graph.QOS[topic.qos][2]
    and graph.QOS[topic.qos][0] == 1
)  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def event(k: int) -> bytes:
    return encode(graph.MISSION_EVENT, sample("Event", k))


def test_each_file_ends_at_its_size_and_the_folder_is_one_bag_for_rosbags(tmp_path, clock):
    bag = SplitBag(tmp_path / "0001", RecorderParams(split_mb=1), clock)
    noise = random.Random(1)
    for k in range(12):
        bag.write("stereo/left/image_raw", b"\0\1\0\0" + noise.randbytes(200_000), 10 + k)
        clock.s += 100.0
        bag.turn()
    bag.close()
    files = sorted(path.name for path in (tmp_path / "0001").glob("*.mcap"))
    assert files[0] == "0001_0.mcap" and 2 <= len(files) <= 4
    assert all((tmp_path / "0001" / name).stat().st_size < 2.6e6 for name in files)
    with Reader(tmp_path / "0001") as peer:
        assert [t_ns for _, t_ns, _ in peer.messages()] == list(range(10, 22))
        assert peer.message_count == 12


def test_a_file_ends_at_its_time_and_the_next_begins_with_what_was_latched(tmp_path, clock):
    bag = SplitBag(tmp_path / "0001", RecorderParams(split_h=1.0), clock)
    bag.write(LATCHED, b"\0\1\0\0first", 1)
    bag.write(LATCHED, b"\0\1\0\0last", 2)
    bag.write(graph.MISSION_EVENT, event(1), 3)
    clock.s = 3599.0
    bag.turn()
    assert not (tmp_path / "0001" / "0001_1.mcap").exists()
    clock.s = 3600.0
    bag.turn()
    bag.write(graph.MISSION_EVENT, event(2), 4)
    bag.close()
    second = list(AnyBag(tmp_path / "0001" / "0001_1.mcap").records())
    assert [(channel.topic, t_ns) for channel, _, t_ns in second] == [
        ("/" + LATCHED, 3), ("/" + graph.MISSION_EVENT, 4)
    ]  # fmt: skip
    assert second[0][1].endswith(b"last")


def test_where_no_next_file_can_be_made_it_goes_on_in_this_one_and_tells(
    tmp_path, clock, monkeypatch
):
    told = []
    bag = SplitBag(tmp_path / "0001", RecorderParams(split_h=1.0), clock)
    bag.tell = lambda *news: told.append(news)
    make = split_bag.LastingBag

    def full(*_: object, **__: object) -> None:
        raise UserError("0001_1.mcap: cannot be written (No space left on device)")

    monkeypatch.setattr(split_bag, "LastingBag", full)
    clock.s = 3600.0
    for _ in range(5):
        bag.turn()
    assert [code for code, _ in told] == ["HST-032"]
    monkeypatch.setattr(split_bag, "LastingBag", make)
    bag.write(graph.MISSION_EVENT, event(1), 7)
    clock.s += split_bag.AGAIN_S
    bag.turn()
    bag.write(graph.MISSION_EVENT, event(2), 8)
    bag.close()
    assert [t_ns for *_, t_ns in AnyBag(tmp_path / "0001").records()] == [7, 8]


def test_what_a_file_tells_reaches_the_one_who_asked_later(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(lasting_bag.LastingBag, "_free_mb", lambda self: 1.0)
    told = []
    bag = SplitBag(tmp_path / "0001", RecorderParams(), clock)
    bag.tell = lambda *news: told.append(news)
    bag.turn()
    assert told[0][0] == "HST-010"


def test_each_life_has_a_folder_of_its_own(tmp_path: Path):
    bags = tmp_path / "bags"
    assert next_folder(bags).name == "0001"
    for name in ("0001", "0012", "notes"):
        (bags / name).mkdir(parents=True)
    assert next_folder(bags).name == "0013"
