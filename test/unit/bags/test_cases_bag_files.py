"""Files that end badly or go on behind their end; runs as bags of rosbag2; the list of cases."""

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
from case_bags import (
    SECOND,
    by_rosbags,
    db3,
    listed,
    mcap,
    messages,
    metadata,
    read,
    run,
)
from mcap.reader import make_reader
from mcap.writer import CompressionType
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader
from samples import STAMP_NS, TOPICS, all_topics, sample

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.graph_records import graph_records
from lupex_rover.bags.own_bag import BagReader, BagWriter
from lupex_rover.core.errors import UserError

SAID, OTHER = messages(), messages(20, 20, topic="/other")


def joined(path, *parts):
    path.write_bytes(
        b"".join(part.read_bytes() if isinstance(part, Path) else part for part in parts)
    )
    return path


@pytest.mark.parametrize("compression", CompressionType)
@pytest.mark.parametrize("options", [{}, {"use_chunking": False}, {"use_statistics": False}])
def test_two_files_joined_by_cat_are_both_read(compression, options, tmp_path):
    one = mcap(tmp_path / "1.mcap", SAID, compression, **options)
    two = mcap(tmp_path / "2.mcap", OTHER, compression, **options)
    path = joined(tmp_path / "cat.mcap", one, two)
    assert read(path) == [*SAID, *OTHER]
    for command, out in (("recover", "r.mcap"), ("convert", "c.mcap"), ("convert", "c")):
        done = run(command, path, "--out", tmp_path / out)
        assert done.exit_code == 1
        assert f"another bag begins at byte {one.stat().st_size}, files were joined" in done.output
        assert sorted(by_rosbags(tmp_path / out)) == sorted([*SAID, *OTHER])
    assert run("info", path, "--check").exit_code == 1


def test_joined_files_keep_their_own_channels_also_where_one_has_no_end(tmp_path):
    one = mcap(tmp_path / "1.mcap", SAID).read_bytes()
    two = mcap(tmp_path / "2.mcap", OTHER)
    three = mcap(tmp_path / "3.mcap", messages(5, 50))
    bag = AnyBag(joined(tmp_path / "cat.mcap", one[:-300], bytes(777), two, three))
    assert [(line.topic, t) for line, _, t in bag.records()] == [
        (topic, t) for topic, t, _ in [*SAID, *OTHER, *messages(5, 50)]
    ]
    assert sum("another bag begins" in text for text in bag.problems) == 2


@pytest.mark.parametrize("kind", ["mcap", "db3"])
@pytest.mark.parametrize(("tail", "word"), [(bytes(4096), "zeros"), (b"\1garbage" * 99, "no bag")])
def test_what_lies_behind_the_end_is_told_and_recovered_without(kind, tail, word, tmp_path):
    write: Any = {"mcap": mcap, "db3": db3}[kind]
    made = write(tmp_path / f"1.{kind}", SAID)
    path = joined(tmp_path / f"long.{kind}", made, tail)
    done = run("info", path, "--check")
    assert done.exit_code == 1 and "20 messages" in done.output
    assert f"{len(tail)} " in done.output and word in done.output and "bag recover" in done.output
    run("recover", path, "--out", tmp_path / "new" / "b.mcap")  # no such folder
    (tmp_path / "new").mkdir()
    run("recover", path, "--out", tmp_path / "new" / "b.mcap")
    assert read(tmp_path / "new" / "b.mcap") == SAID
    assert run("info", tmp_path / "new").exit_code == 0


def test_two_bases_joined_by_cat_are_both_read(tmp_path):
    one, two = db3(tmp_path / "1.db3", SAID), db3(tmp_path / "2.db3", OTHER)
    path = joined(tmp_path / "cat.db3", one, two)
    bag = AnyBag(path)
    before = listed(tmp_path)
    assert [(line.topic, t) for line, _, t in bag.records()] == [
        (topic, t) for topic, t, _ in [*SAID, *OTHER]
    ]
    assert f"another bag begins at byte {one.stat().st_size}" in bag.problems[0]
    assert listed(tmp_path) == before


@pytest.mark.parametrize("cut", ["no footer", "no magic", "no index", "zeros instead of the end"])
def test_what_a_crash_leaves_is_told_and_read(cut, tmp_path):
    whole = mcap(tmp_path / "b.mcap", messages(200), chunk_size=1000).read_bytes()
    data_end = whole.rindex(struct.pack("<BQ", 15, 4))
    left = {"no footer": whole[:-37], "no magic": whole[:-8], "no index": whole[:data_end],
            "zeros instead of the end": whole[:data_end] + bytes(5000)}[cut]  # fmt: skip
    (tmp_path / "b.mcap").write_bytes(left)
    done = run("info", tmp_path / "b.mcap")
    assert done.exit_code == 1 and "200 messages" in done.output and "bag recover" in done.output
    assert read(tmp_path / "b.mcap") == messages(200)


@pytest.mark.parametrize("share", [0.6, 0.9])
@pytest.mark.parametrize("zeros", [True, False])
def test_of_a_base_cut_short_all_before_the_cut_is_read(share, zeros, tmp_path):
    said = messages(500)
    path = db3(tmp_path / "b_0.db3", said)
    whole = path.read_bytes()
    kept = int(share * len(whole)) // 4096 * 4096
    path.write_bytes(whole[:kept] + bytes(len(whole) - kept) * zeros)
    done = run("info", path)
    assert done.exit_code == 1 and "bag recover" in done.output
    found = read(path)
    assert found == said[: len(found)] and len(found) > 500 * (share - 0.4)


FEW = ("odom", "/tf_static", "mobility/state", "power/battery", "camera/descent/image_raw")


def graph_bag(path, topics=FEW):
    with BagWriter(path, alone=True) as writer:
        for k in range(3):
            for topic in topics:
                said = sample(TOPICS[topic].type, k)
                writer.write_message(TOPICS[topic], said, STAMP_NS + k * SECOND)
    return path


def test_replay_does_not_take_joined_files_for_one_bag(tmp_path):
    one = graph_bag(tmp_path / "mission.mcap")
    path = joined(tmp_path / "cat.mcap", one, one)
    with pytest.raises(UserError, match=r"cat.mcap: not a complete MCAP bag .*bag recover"):
        list(graph_records(path, []))
    assert len(list(graph_records(one, []))) == 3 * len(FEW)


def test_replay_reads_packed_bags_and_the_folder_of_a_run(tmp_path):
    import zstandard

    path = graph_bag(tmp_path / "mission.mcap")
    truth = [(topic, bytes(data), t) for topic, data, t in BagReader(path).records()]
    packed = tmp_path / "packed" / "b.mcap.zst"
    packed.parent.mkdir()
    packed.write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))
    for bag in (tmp_path, packed, packed.parent):
        assert [(topic, bytes(data), t) for topic, data, t in graph_records(bag, [])] == truth


def test_replay_tells_that_a_part_is_missing(tmp_path):
    graph_bag(tmp_path / "b_0.mcap")
    metadata(tmp_path, ["b_0.mcap", "b_1.mcap"], 30)
    problems = []
    assert len(list(graph_records(tmp_path, problems))) == 3 * len(FEW)
    assert "names b_1.mcap, not there" in problems[0]


def test_the_folder_of_a_run_opens_in_readers_that_open_folders(tmp_path):
    path = graph_bag(tmp_path / "mission.mcap", all_topics())
    ours = read(tmp_path)
    with AnyReader([tmp_path]) as reader:
        theirs = [(line.topic, t, bytes(raw)) for line, t, raw in reader.messages()]
        assert reader.message_count == len(ours) == 3 * len(TOPICS)
        assert (reader.start_time, reader.duration) == (STAMP_NS, 2 * SECOND + 1)
        lines: list[Any] = reader.connections
        assert all(line.ext.offered_qos_profiles for line in lines)
    assert sorted(theirs) == sorted(ours)
    assert run("info", tmp_path).stderr == ""
    path.rename(tmp_path / "lost.mcap")
    assert "names mission.mcap, not there; there is lost.mcap" in run("info", tmp_path).output


def test_recover_leaves_a_folder_that_opens_and_another_bag_s_metadata_as_it_is(tmp_path):
    whole = graph_bag(tmp_path / "mission.mcap").read_bytes()
    (tmp_path / "mission.mcap").write_bytes(whole[:-20])
    new = tmp_path / "new"
    new.mkdir()
    assert run("recover", tmp_path / "mission.mcap", "--out", new / "a.mcap").exit_code == 1
    with AnyReader([new]) as reader:
        found = [(line.topic, t, bytes(raw)) for line, t, raw in reader.messages()]
    assert sorted(found) == sorted(read(new / "a.mcap")) and len(found) == 3 * len(FEW)
    with (new / "a.mcap").open("rb") as file:
        decoded = make_reader(file, decoder_factories=[DecoderFactory()]).iter_decoded_messages()
        assert sum(1 for _ in decoded) == 3 * len(FEW)
    before = (new / "metadata.yaml").read_bytes()
    done = run("recover", new / "a.mcap", "--out", new / "b.mcap")
    assert done.exit_code == 0 and "is another bag's and stays" in done.stderr
    assert (new / "metadata.yaml").read_bytes() == before
    assert run("convert", new / "a.mcap", "--out", tmp_path / "c.mcap").exit_code == 0


SHARED = Path(__file__).parents[4] / "shared" / "cases"


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/cases")
def test_the_bags_of_the_list_give_what_its_rows_call_right(tmp_path):
    """Number of messages, exit code of `info --check`, words; peers read those named with True."""
    rows = {
        "B01/b01_file_zstd": (20, 0, "", True), "B01/b01m_file_zstd": (20, 0, "", True),
        "B02/b02_msg_zstd": (20, 0, "", True), "B04/b04_prefix": (20, 0, "", True),
        "B05/b05_renamed": (20, 1, "good_name.db3", False),
        "B07/b07_cat.mcap": (40, 1, "another bag begins", False),
        "B07/b07_trail.mcap": (20, 1, "4096 zeros", False),
        "B09/b09_crlf.mcap": (20, 0, "", True), "B09/b41_emptystr.mcap": (3, 0, "", True),
        "B11/b12_static.mcap": (101, 0, "", True), "B13/b51_dupschema.mcap": (30, 0, "", False),
        "B14/b50_simtime.mcap": (50, 0, "note: times are from 1970", True),
        "B15": (20, 0, "", False), "B19/b40_wstring.mcap": (1, 0, "", True),
    }  # fmt: skip
    for k, (name, (count, code, words, peer)) in enumerate(rows.items()):
        before = listed(SHARED / name.split("/")[0])
        done = run("info", SHARED / name, "--check", "--json")
        assert done.exit_code == code, name
        assert json.loads(done.stdout)["messages"] == count, name
        assert words in done.stderr and bool(words) == bool(done.stderr), name
        assert len(read(SHARED / name)) == count
        for out in (f"{k}.mcap", f"{k}"):
            done = run("convert", SHARED / name, "--out", tmp_path / out)
            assert done.exit_code == code, (name, done.exception)
            assert sorted(read(tmp_path / out)) == sorted(read(SHARED / name)), name
        if peer:
            assert sorted(by_rosbags(SHARED / name)) == sorted(read(SHARED / name)), name
        assert listed(SHARED / name.split("/")[0]) == before
    shutil.rmtree(tmp_path)
