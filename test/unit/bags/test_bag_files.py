"""The files of a bag: empty ones, what is no file, odd sqlite3 tables, one topic of two types."""

import os
import sqlite3

import pytest
from mcap.writer import Writer
from samples import STAMP_NS
from typer.testing import CliRunner

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.own_bag import BagReader
from lupex_rover.cli.bag import bag as commands
from lupex_rover.core.errors import UserError


def written(path, *types, count=3):
    """`count` messages of topic /a of each type."""
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        for kind in types or ("std_msgs/msg/String",):
            schema = writer.register_schema(kind, "ros2msg", b"string data")
            channel = writer.register_channel("/a", "cdr", schema)
            for k in range(count):
                writer.add_message(channel, STAMP_NS + k, b"\0\1\0\0\2\0\0\0a\0", STAMP_NS)
        writer.finish()
    return path


def folder(tmp_path, *names):
    written(tmp_path / "b_0.mcap")
    listed = "".join(f"  - {name}\n" for name in ("b_0.mcap", *names))
    (tmp_path / "metadata.yaml").write_text(
        f"rosbag2_bagfile_information:\n  relative_file_paths:\n{listed}", encoding="utf-8"
    )
    return tmp_path


@pytest.mark.parametrize(("content", "word"), [(b"", "empty"), (b"no bag " * 9, "neither")])
def test_a_bad_file_of_a_folder_is_named_and_the_others_are_read(content, word, tmp_path):
    bag = AnyBag(folder(tmp_path, "b_1.mcap", "b_2.mcap"))
    (tmp_path / "b_1.mcap").write_bytes(content)
    written(tmp_path / "b_2.mcap")
    assert len(list(bag.records())) == 6
    assert [p for p in bag.problems if "b_1.mcap" in p and word in p]


def test_a_folder_of_nothing_but_bad_files_is_refused(tmp_path):
    folder(tmp_path)
    (tmp_path / "b_0.mcap").write_bytes(b"")
    with pytest.raises(UserError, match="holds no .mcap or .db3 file that can be read"):
        list(AnyBag(tmp_path).records())


def test_metadata_that_lists_no_names_is_told_and_files_are_taken_by_name(tmp_path):
    bag = AnyBag(folder(tmp_path))
    (tmp_path / "metadata.yaml").write_text(
        "rosbag2_bagfile_information: {relative_file_paths: b_0.mcap}", encoding="utf-8"
    )
    assert len(list(bag.records())) == 3
    assert any("metadata.yaml" in text for text in bag.problems)


def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe.mcap"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)  # whoever opens it to read is not held up for ever
    os.write(writer, b"neither this nor that, 16 bytes")
    try:
        with pytest.raises(UserError, match="regular file"):
            list(AnyBag(pipe).records())
        with pytest.raises(UserError, match="regular file"):
            list(BagReader(pipe).records())
    finally:
        os.close(writer)


def sqlite_bag(path):
    base = sqlite3.connect(path)
    base.executescript(
        "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT, type TEXT,"
        " serialization_format TEXT, offered_qos_profiles TEXT);"
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER,"
        " data BLOB);"
        "INSERT INTO topics VALUES (1, '/a', 'std_msgs/msg/String', 'cdr', NULL);"
        "INSERT INTO topics VALUES (2, NULL, 'std_msgs/msg/String', 'cdr', '');"
        "INSERT INTO topics VALUES (3, CAST(x'2fff' AS TEXT), NULL, 'cdr', '');"
    )
    for row in ((1, STAMP_NS, b"\0\1\0\0"), (1, None, b"\0\1\0\0"), (1, STAMP_NS, None),
                (1, STAMP_NS, "text"), (2, STAMP_NS, b"\0"), (9, STAMP_NS, b"\0"),
                (3, STAMP_NS, b"\0\1\0\0"), (1, STAMP_NS + 1, b"\0\1\0\0")):  # fmt: skip
        base.execute("INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)", row)
    base.commit()
    base.close()
    return path


def test_empty_columns_of_a_sqlite3_bag_cost_no_other_message(tmp_path):
    bag = AnyBag(sqlite_bag(tmp_path / "x.db3"))
    assert [line.topic for line, _, _ in bag.records()] == ["/a", "/\\xff", "/a"]
    assert {line.qos for line, _, _ in bag.records()} == {""}
    text = "\n".join(bag.problems)
    assert "5 messages without topic, data or time" in text
    assert "not UTF-8" in text
    done = CliRunner().invoke(
        commands, ["recover", str(bag.path), "--out", str(tmp_path / "n.mcap")]
    )
    assert done.exit_code == 1
    assert len(list(AnyBag(tmp_path / "n.mcap").records())) == 3


def test_one_topic_of_two_types_is_told_with_both(tmp_path):
    path = written(tmp_path / "x.mcap", "std_msgs/msg/String", "x_msgs/msg/Text")
    done = CliRunner().invoke(commands, ["info", str(path)])
    assert done.exit_code == 1
    assert "/a: more than one type" in done.output
    assert "std_msgs/msg/String" in done.output and "x_msgs/msg/Text" in done.output
