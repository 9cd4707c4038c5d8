"""Bags as others write them, made here: folders of rosbag2, packed, with any metadata."""

import sqlite3

import yaml
import zstandard
from mcap.writer import CompressionType, Writer
from samples import STAMP_NS
from typer.testing import CliRunner

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.cli.bag import bag as commands

STRING, SECOND = "std_msgs/msg/String", 1_000_000_000
HASH = "RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18"
FOREVER = {"sec": 9223372036, "nsec": 854775807}


def text_cdr(text):
    data = text.encode() + b"\0"
    return b"\0\1\0\0" + len(data).to_bytes(4, "little") + data


def messages(count=20, first=0, start_ns=STAMP_NS, topic="/chat"):
    """(topic, time, CDR) of numbered texts, ten a second."""
    numbers = range(first, first + count)
    return [(topic, start_ns + k * SECOND // 10, text_cdr(f"word {k} {'x' * 40}")) for k in numbers]


def mcap(
    path, said, compression=CompressionType.ZSTD, qos="", text="string data\n", kind=STRING,
    language="ros2msg", silent=(), **options
):  # fmt: skip
    """An MCAP of (topic, time, data); `silent` topics have no messages."""
    with path.open("wb") as file:
        writer = Writer(file, compression=compression, **options)
        writer.start(profile="ros2", library="made here")
        schema = writer.register_schema(kind, language, text.encode())
        ids = {}
        for topic in (*dict.fromkeys(topic for topic, _, _ in said), *silent):
            ids[topic] = writer.register_channel(
                topic, "cdr", schema, {"offered_qos_profiles": qos} if qos else {}
            )
        for topic, t_ns, data in said:
            writer.add_message(ids[topic], t_ns, data, t_ns)
        writer.finish()
    return path


def db3(path, said, qos="", text="string data\n", kind=STRING, language="ros2msg", silent=()):
    """A base of schema version 4, as rosbag2 of Jazzy writes it."""
    base = sqlite3.connect(path)
    base.executescript(
        "CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);"
        "CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER, metadata TEXT);"
        "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,"
        " serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL,"
        " type_description_hash TEXT NOT NULL);"
        "CREATE TABLE message_definitions(id INTEGER PRIMARY KEY, topic_type TEXT NOT NULL,"
        " encoding TEXT NOT NULL, encoded_message_definition TEXT NOT NULL,"
        " type_description_hash TEXT NOT NULL);"
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,"
        " timestamp INTEGER NOT NULL, data BLOB NOT NULL);"
        "CREATE INDEX timestamp_idx ON messages (timestamp ASC);"
        "INSERT INTO schema VALUES (4, 'jazzy');"
    )
    base.execute(
        "INSERT INTO message_definitions VALUES (1, ?, ?, ?, ?)", (kind, language, text, "")
    )
    ids = {}
    for topic in (*dict.fromkeys(topic for topic, _, _ in said), *silent):
        ids[topic] = len(ids) + 1
        base.execute(
            "INSERT INTO topics VALUES (?, ?, ?, 'cdr', ?, '')", (ids[topic], topic, kind, qos)
        )
    base.executemany(
        "INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)",
        [(ids[topic], t_ns, data) for topic, t_ns, data in said],
    )
    base.commit()
    base.close()
    return path


def metadata(folder, names, count, version=9, storage="mcap", mode="", packing="", qos="", **more):
    """A `metadata.yaml` of rosbag2 with /chat; `more` are other keys."""
    span = {
        "duration": {"nanoseconds": SECOND},
        "starting_time": {"nanoseconds_since_epoch": STAMP_NS},
        "message_count": count,
    }
    topic = {
        "name": "/chat", "type": STRING, "serialization_format": "cdr",
        "offered_qos_profiles": qos, "type_description_hash": "",
    }  # fmt: skip
    told = {
        "version": version, "storage_identifier": storage, **span,
        "topics_with_message_count": [{"topic_metadata": topic, "message_count": count}],
        "compression_format": packing, "compression_mode": mode,
        "relative_file_paths": list(names),
        "files": [{"path": name, **span} for name in names],
        "custom_data": None, "ros_distro": "jazzy", **more,
    }  # fmt: skip
    text = yaml.safe_dump({"rosbag2_bagfile_information": told}, sort_keys=False)
    (folder / "metadata.yaml").write_text(text, encoding="utf-8")
    return folder


def pack(path):
    """The file by zstd, as rosbag2 leaves it; the plain one is gone."""
    packed = path.with_name(path.name + ".zstd")
    packed.write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))
    path.unlink()
    return packed


def packed_each(said):
    return [(topic, t, zstandard.ZstdCompressor().compress(data)) for topic, t, data in said]


def run(*arguments):
    return CliRunner().invoke(commands, [str(a) for a in arguments])


def read(path):
    """(topic, time, data) as we read them."""
    return [(line.topic, t, bytes(data)) for line, data, t in AnyBag(path).records()]


def by_rosbags(path):
    from rosbags.rosbag2 import Reader

    with Reader(path) as reader:
        return [(line.topic, t, bytes(data)) for line, t, data in reader.messages()]


def listed(folder):
    """Every file below with size and time: what a reader may not change."""
    return sorted((p, p.stat().st_size, p.stat().st_mtime_ns) for p in folder.rglob("*"))
