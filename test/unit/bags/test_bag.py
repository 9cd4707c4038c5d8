"""Bags open in other people's readers with every message decoded."""

from typing import Any

import pytest
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader
from samples import STAMP_NS, assert_equal, sample, write_bag

from lupex_rover.bags.own_bag import BagReader, BagWriter
from lupex_rover.core.errors import UserError
from lupex_rover.graph import TOPICS


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    return write_bag(tmp_path_factory.mktemp("bag") / "mission.mcap", 1)


def test_our_reader_gives_back_what_was_written(bag):
    seen = {}
    for topic, message, t_ns in BagReader(bag).messages():
        assert_equal(sample(TOPICS[topic].type, t_ns - STAMP_NS), message, topic)
        seen[topic] = seen.get(topic, 0) + 1
    assert seen == dict.fromkeys(TOPICS, 3)
    assert {t for t, *_ in BagReader(bag).messages({"/tf", "odom"})} == {"/tf", "odom"}


def test_mcap_ros2_support_decodes_every_message(bag):
    with bag.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        assert reader.get_header().profile == "ros2"
        decoded = list(reader.iter_decoded_messages())
        statistics = reader.get_summary().statistics
    assert len(decoded) == statistics.message_count == 3 * len(TOPICS)
    state = next(m for _, c, _, m in decoded if c.topic == "/mobility/state")
    expected = sample("DriveState", 0)
    assert list(state.track_speed_mps) == expected.track_speed_mps.tolist()
    assert state.header.stamp.sec * 10**9 + state.header.stamp.nanosec == STAMP_NS


def test_rosbags_decodes_every_message_with_the_bag_s_own_types(bag):
    with AnyReader([bag]) as reader:
        count = 0
        for connection, _, raw in reader.messages():
            message: Any = reader.deserialize(raw, connection.msgtype)
            assert message.__msgtype__ == connection.msgtype
            count += 1
        connections: list[Any] = reader.connections
        qos = {c.topic: c.ext.offered_qos_profiles[0] for c in connections}
    assert count == 3 * len(TOPICS)
    assert qos["/tf_static"].durability.name == "TRANSIENT_LOCAL"
    assert qos["/stereo/left/image_raw"].reliability.name == "BEST_EFFORT"


def test_interrupted_writing_leaves_a_whole_bag(tmp_path):
    path = tmp_path / "cut.mcap"
    with pytest.raises(KeyboardInterrupt), BagWriter(path) as writer:
        writer.write_message("odom", sample("Odometry"), STAMP_NS)
        raise KeyboardInterrupt
    assert [t for t, *_ in BagReader(path).messages()] == ["odom"]


def test_bad_files_are_refused_by_name(tmp_path):
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(b"not a bag at all, only text that is long enough to be read")
    for path in (broken, tmp_path / "missing.mcap"):
        with pytest.raises(UserError, match=path.name):
            list(BagReader(path).messages())
    with pytest.raises(UserError, match="no/where"):
        BagWriter(tmp_path / "no/where/x.mcap")


@pytest.mark.parametrize("behind", [0, 60])  # the frame's own head, its data
def test_a_damaged_chunk_is_refused_by_name(behind, tmp_path):
    path = write_bag(tmp_path / "mission.mcap", 1)
    whole = bytearray(path.read_bytes())
    at = whole.index(b"\x28\xb5\x2f\xfd") + behind
    whole[at : at + 8] = b"\xff" * 8
    path.write_bytes(whole)
    with pytest.raises(UserError, match=r"mission.mcap: not a complete MCAP bag .*bag recover"):
        list(BagReader(path).records())


def test_a_wrong_byte_in_an_unpacked_chunk_is_refused_by_name(tmp_path):
    path = tmp_path / "plain.mcap"
    with path.open("wb") as file:
        writer = Writer(file, compression=CompressionType.NONE)
        writer.start(profile="ros2")
        channel = writer.register_channel("/odom", "cdr", 0)
        writer.add_message(channel, STAMP_NS, bytes(500), STAMP_NS)
        writer.finish()
    whole = bytearray(path.read_bytes())
    whole[400] = 1
    path.write_bytes(whole)
    with pytest.raises(UserError, match=r"plain.mcap: not a complete MCAP bag"):
        list(BagReader(path).records())


def test_a_message_that_is_not_of_the_graph_s_type_is_refused_by_name(tmp_path):
    path = tmp_path / "odd.mcap"
    with BagWriter(path) as writer:
        writer.write("odom", b"\0\1\0\0\1", STAMP_NS)
    with pytest.raises(UserError, match=r"odd.mcap: odom at .* is no nav_msgs/msg/Odometry"):
        list(BagReader(path).messages())
