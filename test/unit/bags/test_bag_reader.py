"""Bags of others and broken bags: all that can be read is, and what cannot be is named."""

import json
from typing import Any

import pytest
from mcap.writer import Writer
from rosbags.highlevel import AnyReader
from samples import STAMP_NS, write_bag
from typer.testing import CliRunner

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.cli.bag import bag as commands
from lupex_rover.core.errors import UserError
from lupex_rover.graph import TOPICS

SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_bag(tmp_path_factory.mktemp("bag") / "mission.mcap", SECOND)


def run(*arguments):
    return CliRunner().invoke(commands, [str(a) for a in arguments])


def contents(path):
    return [(line.topic, line.type, bytes(data), t) for line, data, t in AnyBag(path).records()]


def test_to_sqlite3_and_back_nothing_is_lost_and_rosbags_decodes_all(whole, tmp_path):
    assert run("convert", whole, "--out", tmp_path / "sq").exit_code == 0
    assert run("convert", tmp_path / "sq", "--out", tmp_path / "back.mcap").exit_code == 0
    assert sorted(contents(tmp_path / "sq")) == sorted(contents(whole))
    assert sorted(contents(tmp_path / "back.mcap")) == sorted(contents(whole))
    for path in (tmp_path / "sq", tmp_path / "back.mcap"):
        with AnyReader([path]) as reader:
            decoded = [reader.deserialize(raw, c.msgtype) for c, _, raw in reader.messages()]
            connections: list[Any] = reader.connections
            assert all(c.ext.offered_qos_profiles for c in connections)
        assert len(decoded) == 3 * len(TOPICS)


def test_only_the_topics_asked_for(whole, tmp_path):
    done = run("convert", whole, "--out", tmp_path / "a.mcap", "--topics", "/odom")
    assert done.exit_code == 0
    assert {topic for topic, *_ in contents(tmp_path / "a.mcap")} == {"/odom"}
    with pytest.raises(UserError, match="/no/such"):
        CliRunner().invoke(
            commands, ["convert", str(whole), "--out", str(tmp_path / "b.mcap"), "--topics",
                       "/no/such"], catch_exceptions=False,
        )  # fmt: skip


def cut(tmp_path):
    """A bag of 200 small chunks that ends in the middle of its data."""
    path = tmp_path / "cut.mcap"
    with path.open("wb") as file:
        writer = Writer(file, chunk_size=100)
        writer.start(profile="ros2")
        schema = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data")
        channel = writer.register_channel("/a", "cdr", schema)
        for k in range(200):
            writer.add_message(channel, STAMP_NS + k * SECOND, bytes(100), STAMP_NS)
        writer.finish()
    path.write_bytes(path.read_bytes()[:9000])
    return path


def test_a_bag_cut_short_gives_what_it_has_and_says_so(tmp_path):
    path = cut(tmp_path)
    told = json.loads(run("info", path, "--json").stdout.split("problem:")[0])
    assert 10 < told["messages"] < 200
    assert "cut short" in told["problems"][0]
    done = run("recover", path, "--out", tmp_path / "mended.mcap")
    assert done.exit_code == 1  # something was lost
    assert len(contents(tmp_path / "mended.mcap")) == told["messages"]
    assert run("info", tmp_path / "mended.mcap").exit_code == 0


def test_missing_schema_and_wrong_clock_are_named(tmp_path):
    path = tmp_path / "odd.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        channel = writer.register_channel("/bare", "cdr", 0)
        for t_ns in (STAMP_NS, STAMP_NS - 5 * SECOND, 7):
            writer.add_message(channel, t_ns, b"\0\1\0\0", t_ns)
        writer.finish()
    bag = AnyBag(path)
    assert len(list(bag.records())) == 3
    text = "\n".join(bag.problems)
    assert "/bare: the bag defines no type" in text
    assert "goes back by 5.000 s" in text
    assert "before 1990" in text


@pytest.mark.parametrize("content", [b"", b"not a bag at all, but long enough"])
def test_what_is_no_bag_is_refused(content, tmp_path):
    path = tmp_path / "x.mcap"
    path.write_bytes(content)
    with pytest.raises(UserError, match="neither"):
        list(AnyBag(path).records())


def test_a_missing_bag_and_a_taken_name_are_refused(whole, tmp_path):
    for arguments in (["info", tmp_path / "no"], ["recover", whole, "--out", whole]):
        assert isinstance(run(*arguments).exception, UserError)


def foreign(path, topics):
    """An MCAP as rosbag2 before Iron wrote it: no type hashes. topic -> (type, text, messages)."""
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        for topic, (kind, text, messages) in topics.items():
            schema = writer.register_schema(kind, "ros2msg", text)
            channel = writer.register_channel(topic, "cdr", schema)
            for k, data in enumerate(messages):
                writer.add_message(channel, STAMP_NS + k, data, STAMP_NS)
        writer.finish()
    return path


def test_a_bag_without_hashes_goes_to_sqlite3_with_those_of_its_definitions(tmp_path):
    text, empty = b"\0\1\0\0\2\0\0\0a\0", b"\0\1\0\0\0"
    path = foreign(tmp_path / "old.mcap", {
        "/text": ("std_msgs/msg/String", b"string data", [text]),
        "/tick": ("std_msgs/msg/Empty", b"", [empty]),
        "/char": ("std_msgs/msg/Char", b"char data", [b"\0\1\0\0a"]),
    })  # fmt: skip
    assert run("info", path, "--check").exit_code == 0
    assert run("convert", path, "--out", tmp_path / "sq").exit_code == 0
    hashes = {line.topic: line.type_hash for line, _, _ in AnyBag(tmp_path / "sq").records()}
    # share/std_msgs/msg/String.json and Char.json of ROS 2 Jazzy
    assert hashes["/text"].startswith("RIHS01_df668c740482bbd48fb39d76a70dfd4b")
    assert hashes["/char"].startswith("RIHS01_3ad2d04dd29ba19d04b16659afa3ccae")


def test_messages_that_do_not_fit_their_definition_are_counted_and_named(tmp_path):
    path = foreign(tmp_path / "x.mcap", {
        "/a": ("std_msgs/msg/String", b"uint8 level", [b"\0\1\0\0\2\0\0\0a\0"] * 3),
        "/b": ("x_msgs/msg/B", b"Nowhere data", [b"\0\1\0\0"]),
    })  # fmt: skip
    done = run("info", path, "--check")
    assert done.exit_code == 1
    assert "/a: 3 messages not decoded: not as the bag defines 'std_msgs/msg/String'" in done.output
    assert "/b: 1 messages not decoded" in done.output


def test_a_truncated_sqlite3_bag_is_named_with_what_was_read(whole, tmp_path):
    assert run("convert", whole, "--out", tmp_path / "sq").exit_code == 0
    path = next((tmp_path / "sq").glob("*.db3"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    bag = AnyBag(path)
    count = len(list(bag.records()))
    assert any("cut short or damaged" in p and str(count) in p for p in bag.problems)
