"""A damaged MCAP: what lies behind the damage is read, and what was lost is said."""

import struct

import pytest
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer
from samples import STAMP_NS
from typer.testing import CliRunner

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.cli.bag import bag as commands

COUNT, CHUNK_OPCODE = 60, 6


def written(path, compression=CompressionType.ZSTD, **options):
    """60 messages of /a, numbered; a chunk holds two of them."""
    with path.open("wb") as file:
        writer = Writer(file, chunk_size=150, compression=compression, **options)
        writer.start(profile="ros2")
        schema = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data")
        channel = writer.register_channel("/a", "cdr", schema)
        for k in range(COUNT):
            data = struct.pack("<I", k) + bytes((7 * k + j * j) % 251 for j in range(90))
            writer.add_message(channel, STAMP_NS + k, data, STAMP_NS)
        writer.finish()
    return path


def chunk_starts(path):
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    return [index.chunk_start_offset for index in summary.chunk_indexes]


def spoil(path, at, data):
    whole = bytearray(path.read_bytes())
    whole[at : at + len(data)] = data
    path.write_bytes(whole)


def numbers(bag):
    return [struct.unpack_from("<I", data)[0] for _, data, _ in bag.records()]


@pytest.mark.parametrize("compression", [CompressionType.ZSTD, CompressionType.NONE])
def test_a_chunk_with_wrong_bytes_is_skipped_and_the_later_ones_are_recovered(
    compression, tmp_path
):
    path = written(tmp_path / "x.mcap", compression)
    fourth = chunk_starts(path)[3]
    spoil(path, fourth + 60, b"\xff\xff\xff\xff\xff")
    out = tmp_path / "new.mcap"
    done = CliRunner().invoke(commands, ["recover", str(path), "--out", str(out)])
    assert done.exit_code == 1
    assert f"1 chunk lost, {chunk_bytes(path, 3)} bytes" in done.output
    assert f"chunk at byte {fourth}" in done.output
    lost = set(range(COUNT)) - set(numbers(AnyBag(out)))
    assert lost == {5, 6}
    assert numbers(whole := AnyBag(out)) == sorted(numbers(whole)) and whole.problems == []


def chunk_bytes(path, which):
    start = chunk_starts(path)[which]
    return 9 + struct.unpack_from("<Q", path.read_bytes(), start + 1)[0]


@pytest.mark.parametrize("length", [0, 5, 2**31, 2**63 + 5])
@pytest.mark.parametrize("compression", [CompressionType.ZSTD, CompressionType.NONE])
def test_a_chunk_of_wrong_length_is_skipped_to_the_next_that_holds_together(
    length, compression, tmp_path
):
    path = written(tmp_path / "x.mcap", compression)
    start = chunk_starts(path)[3]
    spoil(path, start + 1, struct.pack("<Q", length))
    bag = AnyBag(path)
    assert set(range(COUNT)) - set(numbers(bag)) <= {5, 6}
    assert f"at byte {start}" in bag.problems[0]


def test_without_chunks_a_record_of_wrong_length_is_skipped(tmp_path):
    path = written(tmp_path / "x.mcap", use_chunking=False)
    start = path.read_bytes().index(struct.pack("<I", 30) + bytes([210])) - 22 - 9
    spoil(path, start + 1, struct.pack("<Q", 2**40))
    bag = AnyBag(path)
    assert numbers(bag) == [k for k in range(COUNT) if k != 30]
    assert f"at byte {start}" in bag.problems[0]


@pytest.mark.parametrize("damage", ["bytes", "a byte is missing", "footer"])
def test_without_the_first_chunk_the_summary_says_what_the_topics_are(damage, tmp_path):
    path = written(tmp_path / "x.mcap")
    first = chunk_starts(path)[0] + 60
    spoil(path, first, bytes(20))
    whole = path.read_bytes()
    if damage == "a byte is missing":
        path.write_bytes(whole[:first] + whole[first + 1 :])
    elif damage == "footer":
        path.write_bytes(whole[:-10])
    bag = AnyBag(path)
    assert 56 <= len(numbers(bag)) < COUNT
    assert {line.type for line, _, _ in bag.records()} == {"std_msgs/msg/String"}


def test_messages_nobody_describes_are_counted_and_the_others_read(tmp_path):
    path = tmp_path / "x.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        channel = writer.register_channel("/a", "cdr", 0)
        for k in range(6):
            writer.add_message(channel + k % 2, STAMP_NS + k, struct.pack("<I", k), STAMP_NS)
        writer.finish()
    bag = AnyBag(path)
    assert numbers(bag) == [0, 2, 4]
    assert any("3 messages of channels that it does not define" in text for text in bag.problems)


def test_a_tail_of_zeros_is_told_as_cut_short(tmp_path):
    path = written(tmp_path / "x.mcap")
    path.write_bytes(path.read_bytes()[: chunk_starts(path)[10]] + bytes(100_000))
    bag = AnyBag(path)
    assert len(numbers(bag)) >= 18
    assert "cut short or damaged" in bag.problems[0]


@pytest.mark.parametrize("size", [2**63, 2**64 - 1, 2**40])
def test_a_chunk_that_says_it_unpacks_to_more_than_can_be_is_skipped(size, tmp_path):
    path = written(tmp_path / "x.mcap")
    spoil(path, chunk_starts(path)[3] + 9 + 16, struct.pack("<Q", size))
    bag = AnyBag(path)
    assert len(numbers(bag)) >= COUNT - 3
    assert "unpacks to" in bag.problems[0]


def test_a_name_that_is_not_utf_8_is_kept_and_told(tmp_path):
    path = written(tmp_path / "x.mcap", CompressionType.NONE, enable_crcs=False)
    path.write_bytes(path.read_bytes().replace(b"\x02\0\0\0/a", b"\x02\0\0\0/\xff"))
    bag = AnyBag(path)
    assert numbers(bag) == list(range(COUNT))
    assert {line.topic for line, _, _ in bag.records()} == {"/\\xff"}
    assert any("not UTF-8" in text for text in bag.problems)


def test_fields_of_a_later_specification_are_no_damage(tmp_path):
    """Records may be longer than their fields: MCAP specification, "Records"."""
    path = written(tmp_path / "x.mcap")
    whole, at, longer = path.read_bytes(), 8, b""
    while at < len(whole) - 8:
        opcode, length = struct.unpack_from("<BQ", whole, at)
        body = whole[at + 9 : at + 9 + length]
        longer += struct.pack("<BQ", opcode, length + 3) + body + b"\x01\x02\x03"
        at += 9 + length
    path.write_bytes(whole[:8] + longer + whole[-8:])
    bag = AnyBag(path)
    assert numbers(bag) == list(range(COUNT))
    assert bag.problems == []


def test_a_record_in_the_data_taken_for_its_end_does_not_end_it(tmp_path):
    path = written(tmp_path / "x.mcap")
    index = chunk_starts(path)[3] + chunk_bytes(path, 3)
    assert path.read_bytes()[index] == 7
    spoil(path, index, b"\x0f")
    bag = AnyBag(path)
    assert numbers(bag) == list(range(COUNT))
    assert "damaged" in bag.problems[0]
