"""`lupex bag recover|convert`: a full disk, what sqlite3 cannot hold, what an MCAP has besides."""

import contextlib
import resource
import sqlite3
import sys

import pytest
from mcap.reader import make_reader
from mcap.writer import Writer
from samples import STAMP_NS
from typer.testing import CliRunner

from lupex_rover.bags.bag_copy import copy
from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.bag_writers import SaveSqlite
from lupex_rover.cli.bag import bag as commands
from lupex_rover.core.errors import UserError

LIMIT_LENGTH = 0  # SQLITE_LIMIT_LENGTH of sqlite3.h; bytes of a row
TEXT, HELLO = "std_msgs/msg/String", b"\0\1\0\0\2\0\0\0a\0"


def written(path, *messages, topic="/a", qos=""):
    """A bag of messages (log time, publish time, sequence, data), an attachment, metadata."""
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        schema = writer.register_schema(TEXT, "ros2msg", b"string data")
        channel = writer.register_channel(topic, "cdr", schema, {"offered_qos_profiles": qos})
        for log_ns, publish_ns, sequence, data in messages:
            writer.add_message(channel, log_ns, data, publish_ns, sequence)
        writer.add_metadata("calibration", {"camera": "left"})
        writer.add_attachment(STAMP_NS, STAMP_NS + 1, "notes.txt", "text/plain", b"hello")
        writer.finish()
    return path


def run(*arguments):
    return CliRunner().invoke(commands, [str(a) for a in arguments])


def refused(*arguments):
    """The text of the UserError that a command ends with."""
    done = run(*arguments)
    assert isinstance(done.exception, UserError), done.exception
    return str(done.exception)


@contextlib.contextmanager
def file_limit(size):
    """No file of this process may grow beyond `size` bytes: writing fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def noisy(path, count=3000):
    """More than 1 MB that does not pack well."""
    import random

    noise = random.Random(1)
    return written(path, *((STAMP_NS + k, STAMP_NS, k, noise.randbytes(600)) for k in range(count)))


@pytest.mark.parametrize("limit", [0, 30_000])
@pytest.mark.parametrize("name", ["new.mcap", "new"])
def test_a_full_disk_is_told_by_name_and_leaves_no_half_bag(name, limit, tmp_path):
    path = noisy(tmp_path / "x.mcap")
    before = path.read_bytes()
    out = tmp_path / name
    with file_limit(limit):
        text = refused("convert", path, "--out", out)
    assert str(out) in text and "cannot be written" in text and "removed" in text
    assert not out.exists()
    assert path.read_bytes() == before


@pytest.mark.skipif(sys.version_info < (3, 11), reason="sqlite3 sets limits from Python 3.11 on")
def test_what_sqlite3_cannot_hold_is_left_out_and_told(tmp_path, monkeypatch):
    path = written(
        tmp_path / "x.mcap", (STAMP_NS, STAMP_NS, 0, HELLO), (2**63, STAMP_NS, 1, HELLO),
        (STAMP_NS + 2, STAMP_NS, 2, bytes(200_000)), (STAMP_NS + 3, STAMP_NS, 3, HELLO),
    )  # fmt: skip
    made = SaveSqlite.__init__

    def small(self, out):
        made(self, out)
        self._writer.storage.conn.setlimit(LIMIT_LENGTH, 100_000)

    monkeypatch.setattr(SaveSqlite, "__init__", small)
    done = run("convert", path, "--out", tmp_path / "sq")
    assert done.exit_code == 1
    assert "/a: 1 messages left out, their time is beyond 2^63 ns" in done.output
    assert "/a: 1 messages left out, they are larger than sqlite3 takes" in done.output
    assert [t for _, _, t in AnyBag(tmp_path / "sq").records()] == [STAMP_NS, STAMP_NS + 3]


def test_a_time_below_0_is_left_out_of_an_mcap_and_told(tmp_path):
    path = tmp_path / "x.db3"
    base = sqlite3.connect(path)
    base.executescript(
        "CREATE TABLE topics(id INTEGER, name TEXT, type TEXT, serialization_format TEXT);"
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER,"
        f" data BLOB); INSERT INTO topics VALUES (1, '/a', '{TEXT}', 'cdr');"
        "INSERT INTO messages VALUES (1, 1, -5, x'00010000'), (2, 1, 5, x'00010000');"
    )
    base.close()
    done = run("recover", path, "--out", tmp_path / "new.mcap")
    assert done.exit_code == 1
    assert "/a: 1 messages left out, their time is below 0" in done.output
    assert [t for _, _, t in AnyBag(tmp_path / "new.mcap").records()] == [5]


@pytest.mark.parametrize("qos", ["- [nonsense", "7", "- depth: 3"])
def test_qos_that_cannot_be_read_is_left_out_and_told_with_the_topic(qos, tmp_path):
    path = written(tmp_path / "x.mcap", (STAMP_NS, STAMP_NS, 0, HELLO), qos=qos)
    done = run("convert", path, "--out", tmp_path / "sq")
    assert done.exit_code == 0
    assert "QoS of /a, which cannot be read" in done.output
    assert [data for _, data, _ in AnyBag(tmp_path / "sq").records()] == [HELLO]


def test_a_bag_goes_into_a_folder_that_is_there(tmp_path):
    path = written(tmp_path / "x.mcap", (STAMP_NS, STAMP_NS, 0, HELLO))
    for out in ("no/y.mcap", "no/y"):
        assert f"there is no folder {tmp_path / 'no'}" in refused(
            "convert", path, "--out", tmp_path / out
        )


def test_names_that_cannot_be_written_are_refused(tmp_path):
    path = written(tmp_path / "x.mcap", (STAMP_NS, STAMP_NS, 0, HELLO))
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("text")
    for name in ("gone", "file/sq", "a#b", "a?b", "a%41"):
        assert str(tmp_path / name) in refused("convert", path, "--out", tmp_path / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "gone", "x.mcap"]


def test_a_topic_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    path = written(tmp_path / "x.mcap", (STAMP_NS, STAMP_NS, 0, HELLO))
    text = refused("convert", path, "--out", tmp_path / "new.mcap", "--topics", "/typo")
    assert "/typo" in text and "it has /a" in text
    assert not (tmp_path / "new.mcap").exists()


def test_publish_times_metadata_and_attachments_are_kept(tmp_path):
    messages = [(STAMP_NS + 9, STAMP_NS + 4, 7, HELLO), (STAMP_NS + 10, STAMP_NS + 5, 8, HELLO)]
    path = written(tmp_path / "x.mcap", *messages)
    assert run("recover", path, "--out", tmp_path / "new.mcap").exit_code == 0
    with (tmp_path / "new.mcap").open("rb") as file:
        reader = make_reader(file)
        found = [m for _, _, m in reader.iter_messages()]
        attached, told = list(reader.iter_attachments()), list(reader.iter_metadata())
    assert [(m.log_time, m.publish_time, m.sequence, m.data) for m in found] == messages
    assert [(m.name, m.metadata) for m in told] == [("calibration", {"camera": "left"})]
    assert [(a.name, a.media_type, a.data, a.create_time, a.log_time) for a in attached] == [
        ("notes.txt", "text/plain", b"hello", STAMP_NS, STAMP_NS + 1)
    ]


def test_what_a_sqlite3_bag_has_no_place_for_is_told(tmp_path):
    path = written(
        tmp_path / "x.mcap", (STAMP_NS + 9, STAMP_NS + 4, 0, HELLO), (STAMP_NS, STAMP_NS, 0, HELLO)
    )
    done = run("convert", path, "--out", tmp_path / "sq")
    assert done.exit_code == 0
    assert (
        "not kept, a sqlite3 bag has no place for it: 1 publish times, metadata 'calibration',"
        " attachment 'notes.txt'" in done.output
    )


def test_a_copy_into_the_bag_s_own_folder_is_refused(tmp_path):
    written(tmp_path / "x.mcap", (STAMP_NS, STAMP_NS, 0, HELLO))
    assert "own folder" in refused("recover", tmp_path, "--out", tmp_path / "new.mcap")


@pytest.mark.parametrize("name", ["new.mcap", "new"])
def test_what_was_written_until_ctrl_c_opens(name, tmp_path, monkeypatch):
    path = written(tmp_path / "x.mcap", *((STAMP_NS + k, STAMP_NS, k, HELLO) for k in range(9)))
    whole = AnyBag.entries

    def interrupted(self, *arguments):
        for k, entry in enumerate(whole(self, *arguments)):
            if k == 5:
                raise KeyboardInterrupt
            yield entry

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(AnyBag, "entries", interrupted)
        copy(AnyBag(path), tmp_path / name)
    bag = AnyBag(tmp_path / name)
    assert len(list(bag.records())) == 5
    assert bag.problems == []
