"""Folders of bags as users have them: packed, renamed, moved, forgotten, left by a crash."""

import bz2
import gzip
import json
import lzma
import sqlite3
from typing import Any

import pytest
import zstandard
from case_bags import (
    SECOND,
    by_rosbags,
    db3,
    listed,
    mcap,
    messages,
    metadata,
    pack,
    packed_each,
    read,
    run,
)
from mcap.writer import CompressionType
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from samples import STAMP_NS

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.core.errors import UserError

SAID = messages()
WRITERS: dict[str, tuple[Any, str]] = {"mcap": (mcap, "mcap"), "db3": (db3, "sqlite3")}


def written(folder, name, said, **options):
    folder.mkdir(exist_ok=True)
    return WRITERS[name.split(".")[-1]][0](folder / name, said, **options)


def good(path):
    """What we read of a bag without a word of complaint, and without touching its folder."""
    folder = path if path.is_dir() else path.parent
    before = listed(folder)
    bag = AnyBag(path)
    found = [(line.topic, t, bytes(data)) for line, data, t in bag.records()]
    assert bag.problems == []
    assert listed(folder) == before
    return found


@pytest.mark.parametrize("kind", WRITERS)
def test_packed_files_are_unpacked_as_rosbags_reads_them(kind, tmp_path):
    bag = tmp_path / "bag"
    packed = pack(written(bag, f"b_0.{kind}", SAID))
    metadata(bag, [packed.name], 20, storage=WRITERS[kind][1], mode="FILE", packing="zstd")
    assert good(bag) == by_rosbags(bag) == SAID
    assert good(packed) == SAID
    done = run("convert", bag, "--out", tmp_path / "new.mcap")
    assert done.exit_code == 0 and read(tmp_path / "new.mcap") == SAID


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("told", [True, False])
def test_packed_messages_are_unpacked_as_rosbags_reads_them(kind, told, tmp_path):
    bag = tmp_path / "bag"
    path = written(bag, f"b_0.{kind}", packed_each(SAID))
    metadata(bag, [path.name], 20, storage=WRITERS[kind][1], mode="MESSAGE", packing="zstd")
    assert by_rosbags(bag) == SAID
    if not told:
        (bag / "metadata.yaml").unlink()
    assert good(bag) == good(path) == SAID
    assert run("info", bag, "--check").exit_code == 0
    for out in ("new.mcap", "new"):
        done = run("convert", bag, "--out", tmp_path / out)
        assert done.exit_code == 0, done.output
        assert read(tmp_path / out) == SAID
        assert by_rosbags(tmp_path / out) == SAID


@pytest.mark.parametrize("plugin", StoragePlugin)
@pytest.mark.parametrize("mode", [CompressionMode.FILE, CompressionMode.MESSAGE])
@pytest.mark.parametrize("version", [8, 9])
def test_what_rosbags_packs_is_read(plugin, mode, version, tmp_path):
    store = get_typestore(Stores.ROS2_JAZZY)
    writer = Writer(tmp_path / "bag", version=version, storage_plugin=plugin)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        line = writer.add_connection("/chat", "std_msgs/msg/String", typestore=store)
        for _, t_ns, data in SAID:
            writer.write(line, t_ns, data)
    assert good(tmp_path / "bag") == by_rosbags(tmp_path / "bag") == SAID


def lz4(data):
    import lz4.frame

    return lz4.frame.compress(data)


@pytest.mark.parametrize(
    ("end", "pack_by"),
    [(".gz", gzip.compress), (".bz2", lambda data: bz2.compress(data, 1)), (".xz", lzma.compress),
     (".lz4", lz4), (".zst", zstandard.ZstdCompressor().compress)],
)  # fmt: skip
def test_files_that_people_packed_are_read(end, pack_by, tmp_path):
    whole = mcap(tmp_path / "b.mcap", messages(3000), CompressionType.NONE).read_bytes()
    (tmp_path / "b.mcap").unlink()
    path = tmp_path / f"b.mcap{end}"
    path.write_bytes(pack_by(whole))
    assert good(path) == good(tmp_path) == messages(3000)
    path.write_bytes(pack_by(whole)[:-30])
    bag = AnyBag(path)
    assert 100 < len(list(bag.records())) <= 3000
    assert "which cannot be unpacked to its end" in bag.problems[0]
    path.write_bytes(pack_by(whole)[:18])
    with pytest.raises(UserError, match="packed with .*, which cannot be unpacked"):
        read(path)


def test_a_packed_file_cut_short_is_told_with_what_was_read(tmp_path):
    path = mcap(tmp_path / "b.mcap", messages(3000), compression=CompressionType.NONE)
    whole = zstandard.ZstdCompressor().compress(path.read_bytes())
    packed = tmp_path / "b.mcap.zstd"
    packed.write_bytes(whole[:-10])
    done = run("info", packed)
    assert done.exit_code == 1
    assert (
        "cannot be unpacked to its end (it is cut short); what was unpacked is read" in done.output
    )
    packed.write_bytes(zstandard.ZstdCompressor().compress(b"no bag at all, only packed"))
    with pytest.raises(UserError, match="packed with zstd, neither an MCAP nor a sqlite3 bag"):
        read(packed)


def test_packed_messages_that_are_damaged_are_counted_and_left_out(tmp_path):
    said = packed_each(SAID)
    said[3] = (*said[3][:2], said[3][2][:-4])
    said[5] = (*said[5][:2], b"\x28\xb5\x2f\xfd" + bytes(4))
    said[7] = (*said[7][:2], b"neither")
    path = mcap(tmp_path / "b.mcap", said)
    bag = AnyBag(path)
    assert [t for _, _, t in bag.records()] == [SAID[k][1] for k in range(20) if k not in (3, 5, 7)]
    text = "\n".join(bag.problems)
    assert "/chat: 2 messages cannot be unpacked (zstd: it is cut short); they are left out" in text
    assert "/chat: 1 messages cannot be unpacked (their bytes are neither packed nor CDR)" in text


def test_a_packing_that_is_not_known_is_named(tmp_path):
    mcap(tmp_path / "b.mcap", [(t, n, b"\x77\x78" + d) for t, n, d in SAID])
    metadata(tmp_path, ["b.mcap"], 20, mode="MESSAGE", packing="snappy")
    done = run("info", tmp_path)
    assert done.exit_code == 1 and "packed with 'snappy', which is not known" in done.output


PLACES = [
    "{0}", "bag/{0}", "/home/user/old place/{0}", "C:\\bags\\{0}", "../other/{0}", "./{0}",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 9])
def test_of_a_path_in_metadata_the_last_part_counts(place, version, tmp_path):
    bag = tmp_path / "bag"
    written(bag, "b_0.db3", SAID)
    metadata(bag, [place.format("b_0.db3")], 20, version=version, storage="sqlite3")
    assert good(bag) == SAID
    if "\\" not in place:
        assert by_rosbags(bag) == SAID


def test_a_renamed_file_is_read_and_both_names_are_told(tmp_path):
    db3(tmp_path / "good_name.db3", SAID)
    metadata(tmp_path, ["rosbag2_2029_0.db3"], 20, storage="sqlite3")
    done = run("info", tmp_path)
    assert done.exit_code == 1
    assert "20 messages" in done.output
    assert "names rosbag2_2029_0.db3, not there; there is good_name.db3" in done.output
    assert "lupex bag convert" in done.output


def test_a_missing_part_is_named_and_the_others_are_read_in_order(tmp_path):
    for k in (0, 2, 10):
        mcap(tmp_path / f"b_{k}.mcap", messages(5, 10 * k))
    metadata(tmp_path, ["b_0.mcap", "b_1.mcap", "b_2.mcap", "b_10.mcap"], 20)
    bag = AnyBag(tmp_path)
    assert [t for _, _, t in bag.records()] == [
        STAMP_NS + k * SECOND // 10 for first in (0, 20, 100) for k in range(first, first + 5)
    ]
    assert "names b_1.mcap, not there" in bag.problems[0]
    assert "tells of 20 messages, 15 are there" in bag.problems[1]


@pytest.mark.parametrize("broken", ["absent", "empty list", "no yaml", "empty file", "a folder"])
def test_without_usable_metadata_the_parts_are_read_in_the_order_of_their_numbers(broken, tmp_path):
    for k in range(11):
        mcap(tmp_path / f"b_{k}.mcap", messages(2, 2 * k))
    told = tmp_path / "metadata.yaml"
    if broken == "a folder":
        told.mkdir()
    elif broken == "empty list":
        metadata(tmp_path, [], 0, topics_with_message_count=[], files=[])
    elif broken != "absent":
        told.write_text("a: [b" if broken == "no yaml" else "")
    bag = AnyBag(tmp_path)
    assert [t for _, _, t in bag.records()] == [t for _, t, _ in messages(22)]
    assert any("metadata.yaml" in text for text in [*bag.problems, *bag.notes])
    assert bool(bag.problems) == (broken != "absent")


def test_parts_of_other_names_are_read_in_the_order_of_their_times(tmp_path):
    for k, name in enumerate(("morning", "noon", "evening")):
        mcap(tmp_path / f"{name}.mcap", messages(5, 5 * k))
    assert [t for _, t, _ in good(tmp_path)] == [t for _, t, _ in messages(15)]


def test_a_part_that_metadata_forgot_is_read_and_another_bag_is_not(tmp_path):
    for k in range(3):
        mcap(tmp_path / f"b_{k}.mcap", messages(5, 5 * k))
    mcap(tmp_path / "mended.mcap", messages(5))
    metadata(tmp_path, ["b_0.mcap", "b_1.mcap"], 10)
    bag = AnyBag(tmp_path)
    assert [t for _, _, t in bag.records()] == [t for _, t, _ in messages(15)]
    assert bag.problems == []
    text = "\n".join(bag.notes)
    assert "b_2.mcap: not in metadata.yaml, of the bag's name; read" in text
    assert "mended.mcap: not the bag's by metadata.yaml or name; not read" in text
    assert "tells of 10 messages, 15 are there" in text


@pytest.mark.parametrize("named", ["b_0.mcap", "b_0.mcap.zstd"])
def test_packed_and_unpacked_the_same_part_is_read_once(named, tmp_path):
    whole = mcap(tmp_path / "b_0.mcap", SAID).read_bytes()
    pack(tmp_path / "b_0.mcap")
    metadata(tmp_path, [named], 20, mode="FILE", packing="zstd")
    assert good(tmp_path) == SAID  # rosbag2 did not come to pack the last part, or a user did
    (tmp_path / "b_0.mcap").write_bytes(whole)  # rosbag2 unpacks beside what it reads
    assert good(tmp_path) == SAID
    (tmp_path / "metadata.yaml").unlink()
    assert good(tmp_path) == SAID


def test_a_bag_in_a_folder_of_the_folder_is_found_and_of_two_one_has_to_be_named(tmp_path):
    inner = tmp_path / "outer" / "bag"
    inner.parent.mkdir()
    written(inner, "b_0.mcap", SAID)
    metadata(inner, ["b_0.mcap"], 20)
    bag = AnyBag(inner.parent)
    assert len(list(bag.records())) == 20
    assert bag.problems == [] and bag.notes == ["the bag is in bag/"]
    assert read(inner / "metadata.yaml") == SAID
    written(inner.parent / "second", "b_0.mcap", SAID)
    with pytest.raises(UserError, match=r"holds 2 bags, bag, second; name one of them"):
        read(inner.parent)


def test_a_folder_without_a_bag_is_refused_with_what_it_holds(tmp_path):
    (tmp_path / "notes.txt").write_text("no bag")
    with pytest.raises(UserError, match=r"holds no .mcap or .db3 file .*it holds notes.txt"):
        read(tmp_path)
    metadata(tmp_path, ["old/b_0.mcap"], 20)
    with pytest.raises(UserError, match=r"metadata.yaml names old/b_0.mcap, not there"):
        read(tmp_path)


@pytest.mark.parametrize("kind", WRITERS)
def test_files_are_known_by_their_bytes_and_not_by_their_names(kind, tmp_path):
    wrong = {"mcap": "b_0.db3", "db3": "b_0.mcap"}[kind]
    WRITERS[kind][0](tmp_path / wrong, SAID)
    metadata(tmp_path, [wrong], 20, storage="mcap" if kind == "db3" else "sqlite3")
    assert good(tmp_path) == SAID
    (tmp_path / wrong).rename(tmp_path / "without_an_end")
    (tmp_path / "metadata.yaml").unlink()
    assert good(tmp_path) == SAID


@pytest.mark.parametrize("kind", WRITERS)
def test_topics_without_messages_are_shown_and_kept(kind, tmp_path):
    path = written(tmp_path / "bag", f"b_0.{kind}", SAID, silent=("/quiet",))
    told = json.loads(run("info", path, "--json").stdout)
    assert told["topics"]["/quiet"] == {"type": "std_msgs/msg/String", "messages": 0}
    for out in ("new.mcap", "new"):
        assert run("convert", path, "--out", tmp_path / out).exit_code == 0
        again = json.loads(run("info", tmp_path / out, "--json").stdout)
        assert again["topics"] == told["topics"]


def test_another_count_in_metadata_is_a_note(tmp_path):
    mcap(tmp_path / "b.mcap", SAID)
    for count in (0, 19, 21, None):
        metadata(tmp_path, ["b.mcap"], 20, message_count=count)
        done = run("info", tmp_path)
        assert done.exit_code == 0
        assert (f"note: metadata.yaml tells of {count} messages" in done.stderr) == (
            count is not None
        )


def test_topics_that_only_metadata_tells_of_are_shown(tmp_path):
    mcap(tmp_path / "b.mcap", messages(2, topic="/other"))
    metadata(tmp_path, ["b.mcap"], 2)
    told = json.loads(run("info", tmp_path, "--json").stdout)
    assert {name: t["messages"] for name, t in told["topics"].items()} == {"/chat": 0, "/other": 2}


def test_a_base_in_wal_mode_is_read_and_nothing_is_written_beside_it(tmp_path):
    path = db3(tmp_path / "b_0.db3", SAID)
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode=WAL")
    base.close()
    tmp_path.chmod(0o555)
    try:
        assert good(path) == SAID
    finally:
        tmp_path.chmod(0o755)
    assert [p.name for p in tmp_path.iterdir()] == ["b_0.db3"]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_base_of_before_iron_has_no_definitions_and_is_a_good_bag(version, tmp_path):
    path = db3(tmp_path / "b_0.db3", SAID)
    base = sqlite3.connect(path)
    base.executescript("DROP TABLE message_definitions; DROP TABLE metadata")
    base.execute("ALTER TABLE topics DROP COLUMN type_description_hash")
    if version < 3:
        base.execute("DROP TABLE schema")
    else:
        base.execute("UPDATE schema SET schema_version = 3")
    if version == 1:
        base.execute("ALTER TABLE topics DROP COLUMN offered_qos_profiles")
    base.commit()
    base.close()
    metadata(tmp_path, ["b_0.db3"], 20, version=4, storage="sqlite3")
    assert good(tmp_path) == by_rosbags(tmp_path) == SAID
    done = run("info", tmp_path, "--check")
    assert done.exit_code == 0 and "those of ROS 2 Jazzy are taken" in done.stderr
    assert run("convert", tmp_path, "--out", f"{tmp_path}_new").exit_code == 0
    base = sqlite3.connect(path)
    base.execute("UPDATE topics SET type = 'my_msgs/msg/Own'")
    base.commit()
    base.close()
    done = run("info", tmp_path)
    assert done.exit_code == 0 and "note: /chat: the bag defines no type 'my_msgs" in done.stderr


def test_what_a_crash_left_in_the_log_of_a_base_is_read(tmp_path):
    path = db3(tmp_path / "live.db3", SAID[:5])
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode=WAL")
    for _, t_ns, data in SAID[5:]:
        base.execute(
            "INSERT INTO messages(topic_id, timestamp, data) VALUES (1, ?, ?)", (t_ns, data)
        )
    base.commit()
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for end in ("", "-wal"):
        (crashed / f"b_0.db3{end}").write_bytes((tmp_path / f"live.db3{end}").read_bytes())
    base.close()
    bag = AnyBag(crashed / "b_0.db3")
    before = listed(crashed)
    assert [t for _, _, t in bag.records()] == [t for _, t, _ in SAID]
    assert "b_0.db3-wal was left by a crash" in bag.notes[0]
    assert listed(crashed) == before


def test_a_whole_run_of_ours_has_no_problem(tmp_path):
    mcap(tmp_path / "mission.mcap", SAID)
    for name in ("result.json", "plan.json", "onboard_map.tif", "flown.yaml"):
        (tmp_path / name).write_text("{}")
    done = run("info", tmp_path)
    assert done.exit_code == 0 and done.stderr == ""
    mcap(tmp_path / "mended.mcap", SAID)
    done = run("info", tmp_path)
    assert done.exit_code == 0 and "20 messages" in done.stdout
    assert "note: mended.mcap: not the bag's by metadata.yaml or name" in done.stderr


def test_simulated_time_near_0_is_a_note_and_a_clock_set_amid_is_a_problem(tmp_path):
    done = run("info", mcap(tmp_path / "a.mcap", messages(50, start_ns=0)))
    assert done.exit_code == 0
    assert "note: times are from 1970, the last is 4.900 s: simulated time" in done.stderr
    said = [*messages(2, start_ns=0), *messages(2)]
    done = run("info", mcap(tmp_path / "b.mcap", said))
    assert done.exit_code == 1 and "the clock was not set" in done.stderr


def test_a_bag_of_ros_1_is_refused_by_name(tmp_path):
    (tmp_path / "old.bag").write_bytes(b"#ROSBAG V2.0\n" + bytes(100))
    with pytest.raises(UserError, match="a bag of ROS 1"):
        read(tmp_path / "old.bag")


def test_what_a_library_trips_over_is_a_problem_of_its_file(tmp_path, monkeypatch):
    from lupex_rover.bags.mcap_file import McapFile

    def trips(self):
        raise ZeroDivisionError("deep in a library")
        yield

    for k in range(2):
        mcap(tmp_path / f"b_{k}.mcap", SAID)
    monkeypatch.setattr(McapFile, "entries", trips)
    done = run("info", tmp_path)
    assert done.exit_code == 1
    assert "b_0.mcap: cannot be read on after 0 messages (ZeroDivisionError: deep" in done.output
