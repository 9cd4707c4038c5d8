"""Files that end badly or go on behind their end, definitions in any dialect, doubled channels."""

import json
import shutil
import struct
from pathlib import Path

import pytest
from case_bags import (
    HASH,
    SECOND,
    STRING,
    by_rosbags,
    db3,
    listed,
    mcap,
    messages,
    metadata,
    read,
    run,
    text_cdr,
)
from mcap.reader import NonSeekingReader
from mcap.writer import CompressionType, Writer
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from samples import STAMP_NS, TOPICS, all_topics, sample

from lupex_rover.bags import ros2msg
from lupex_rover.bags.bag_channel import BagChannel
from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.definitions import TYPE_IDS, decoder, portable, rihs01, types_of
from lupex_rover.bags.graph_records import graph_records
from lupex_rover.bags.own_bag import BagReader, BagWriter
from lupex_rover.codec.conversion import definition
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
    made = {"mcap": mcap, "db3": db3}[kind](tmp_path / f"1.{kind}", SAID)
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


FEW = ("odom", "/tf_static", "mobility/state", "power/battery", "camera/descent/image_raw")


def graph_bag(path, topics=FEW):
    with BagWriter(path, alone=True) as writer:
        for k in range(3):
            for topic in topics:
                writer.write_message(topic, sample(TOPICS[topic].type, k), STAMP_NS + k * SECOND)
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
        assert all(line.ext.offered_qos_profiles for line in reader.connections)
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
    before = (new / "metadata.yaml").read_bytes()
    done = run("recover", new / "a.mcap", "--out", new / "b.mcap")
    assert done.exit_code == 0 and "is another bag's and stays" in done.stderr
    assert (new / "metadata.yaml").read_bytes() == before
    assert run("convert", new / "a.mcap", "--out", tmp_path / "c.mcap").exit_code == 0


CONST = "my_msgs/msg/Const"
DIALECTS = {
    "CR LF": "# a text\r\nstring data\r\n",
    "CR": "# a text\rstring data\r",
    "byte order mark": "\ufeff# a text\nstring data\n",
    "tabs": "\t# a text\n\tstring\tdata\t# said\n",
    "no end of line": "string data",
    "empty lines": "\n\n  \nstring data\n\n",
    "an empty string constant": "string E=\nstring data\n",
    "an empty one, spaced": "string  E = \t\r\nstring data\r\n",
    "# in a constant": 'string S="a # b"\nstring T=#c\nstring data\n',
    "= in a default": 'string data "a=b"\n',
    "a default": "string data 'it # says'  # so\n",
    "constants of all kinds": "int8 A=-1\nuint8 B__b=0x1f\nfloat32 C=1e3\nbool d=True\n"
    "string<=5 E=abc\nbyte F=0b1\nchar G=7\nstring data\n",
    "a bounded string": "string<=100 data\n",
    "not ASCII": "# 10 °C – “warm” \u2028 still a comment\nstring data\n",
    "a head of its own": "MSG: my_msgs/Const\nstring data\n",
    "a no-break space": "string\xa0data\n",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_of_definitions_are_decoded_and_copies_open_elsewhere(dialect, tmp_path):
    path = mcap(tmp_path / "b.mcap", SAID, kind=CONST, text=DIALECTS[dialect])
    done = run("info", path, "--check")
    assert (done.exit_code, done.stderr) == (0, "")
    line = next(iter(AnyBag(path).records()))[0]
    decode, _ = decoder(line)
    assert [decode(data).data for _, _, data in SAID] == [
        data[8:-1].decode() for _, _, data in SAID
    ]
    assert run("convert", path, "--out", tmp_path / "new").exit_code == 0
    with AnyReader([tmp_path / "new"]) as reader:
        texts = [reader.deserialize(raw, c.msgtype).data for c, _, raw in reader.messages()]
    assert texts == [decode(data).data for _, _, data in SAID]


@pytest.mark.parametrize(
    "dialect", ["CR LF", "no end of line", "empty lines", "an empty string constant"]
)
def test_what_mcap_ros2_support_decodes_we_decode_the_same(dialect, tmp_path):
    path = mcap(tmp_path / "b.mcap", SAID, kind=CONST, text=DIALECTS[dialect])
    with path.open("rb") as file:
        reader = NonSeekingReader(file, decoder_factories=[DecoderFactory()])
        theirs = [message.data for *_, message in reader.iter_decoded_messages()]
    found = [(line, data) for line, data, _ in AnyBag(path).records()]
    assert [decoder(line)[0](data).data for line, data in found] == theirs


NESTED = (
    "std_msgs/Header header\nPoint[<=3] points\nstring<=5[<=2] names\nint32[] some [1, 2]\n"
    "int32[] none []\nfloat64[2] pair\n{rule}\nMSG: std_msgs/Header\n"
    "builtin_interfaces/Time stamp\nstring frame_id\n{rule}\nMSG: my_msgs/Point\nfloat32 x 1.5\n"
)
BUILTIN = "{rule}\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"


@pytest.mark.parametrize("rule", ["=" * 80, "=" * 80 + "\r", "=====", "=" * 80 + "  "])
@pytest.mark.parametrize("brought", [True, False])
def test_definitions_of_several_types_in_any_dialect_have_the_fields_of_rosbags(rule, brought):
    kind = "my_msgs/msg/Deep"
    text = (NESTED + BUILTIN * brought).format(rule=rule)
    plain = (NESTED + BUILTIN).format(rule="=" * 80).replace("int32[] none []", "int32[] none")
    theirs = get_types_from_msg(plain, kind)
    line = BagChannel("/a", kind, "cdr", "ros2msg", text, "", "")
    assert {n: fields for n, (_, fields) in types_of(line).items() if n in theirs} == {
        n: fields for n, (_, fields) in theirs.items()
    }
    theirs = get_types_from_msg(portable(line)[0], kind)
    store = get_typestore(Stores.EMPTY)
    store.register(theirs)
    assert store.hash_rihs01(kind) == rihs01(types_of(line), kind, TYPE_IDS)


def test_hashes_and_fields_are_those_of_rosbags_for_every_type_of_jazzy_and_the_graph():
    store = get_typestore(Stores.ROS2_JAZZY)
    for name, (_, fields) in store.fielddefs.items():
        text, _ = store.generate_msgdef(name, ros_version=2)
        line = BagChannel("/a", name, "cdr", "ros2msg", text, "", "")
        types = types_of(line)
        assert types[name][1] == (
            fields if "structure_needs" not in str(fields) else types[name][1]
        )
        assert rihs01(types, name, TYPE_IDS) == store.hash_rihs01(name)
        assert portable(line) == (ros2msg.tidy(text), False)
    for kind in {entry.ros for entry in TOPICS.values()}:
        text, stated = definition(kind)
        line = BagChannel("/a", kind, "cdr", "ros2msg", text, "", "")
        assert rihs01(types_of(line), kind, TYPE_IDS) == stated


IDL = (
    "module my_msgs {\r\n  module msg {\r\n    struct Const {\r\n      string data;\r\n    };\r\n"
    "  };\r\n};\r\n"
)


@pytest.mark.parametrize("language", ["ros2idl", "omgidl"])
@pytest.mark.parametrize("head", ["", "=" * 80 + "\nIDL: my_msgs/msg/Const\n", "\ufeff"])
@pytest.mark.parametrize("make", [mcap, db3])
def test_definitions_in_idl_are_decoded_and_kept(language, head, make, tmp_path):
    path = make(
        tmp_path / f"b.{make.__name__}", SAID, kind=CONST, text=head + IDL, language=language
    )
    assert run("info", path, "--check").exit_code == 0
    done = run("convert", path, "--out", tmp_path / "new")
    assert done.exit_code == 0, done.exception
    with AnyReader([tmp_path / "new"]) as reader:
        assert len([reader.deserialize(raw, c.msgtype) for c, _, raw in reader.messages()]) == 20


def test_a_schema_named_without_msg_is_decoded(tmp_path):
    path = mcap(tmp_path / "b.mcap", SAID, kind="std_msgs/String")
    assert run("info", path, "--check").exit_code == 0


@pytest.mark.parametrize(
    "text", ["Missing data\n", "my_msgs/Const data\n", "string\n", "int32 a b=\n"]
)
def test_definitions_that_cannot_be_are_named_without_a_traceback(text, tmp_path):
    path = mcap(tmp_path / "b.mcap", SAID[:1], kind=CONST, text=text)
    done = run("info", path, "--check")
    assert done.exit_code == 1 and "/chat: 1 messages not decoded" in done.output
    for command in ("new.mcap", "new"):
        done = run("convert", path, "--out", tmp_path / command)
        assert done.exit_code == 0 or isinstance(done.exception, UserError)


def wide(text, width, unit=1, order="<"):
    code = {2: "H", 4: "I"}[width]
    units = struct.unpack(f"<{len(text)}H", text.encode("utf-16-le"))
    length = struct.pack(f"{order}I", len(units) * (width if unit != 1 else 1))
    return length + struct.pack(f"{order}{len(units)}{code}", *units)


@pytest.mark.parametrize(("width", "unit"), [(4, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("order", "<>")
def test_wide_strings_are_decoded_in_the_forms_that_middlewares_write(width, unit, order, tmp_path):
    text = "uint8 level\nwstring<=40 data\nwstring[] more\nfloat64 x\nstring end\n"
    body = b"\x07\0\0\0" + wide("grüß", width, unit, order)
    body += bytes(-len(body) % 4) + struct.pack(f"{order}I", 2)
    for part in ("", "Ω!"):
        body += bytes(-len(body) % 4) + wide(part, width, unit, order)
    body += bytes(-len(body) % 8) + struct.pack(f"{order}d", 2.5)
    body += struct.pack(f"{order}I", 3) + b"ok\0"
    data = (b"\0\1\0\0" if order == "<" else b"\0\0\0\0") + body
    path = mcap(tmp_path / "b.mcap", [("/wide", STAMP_NS, data)], kind=CONST, text=text)
    assert run("info", path, "--check").exit_code == 0
    line, data, _ = next(iter(AnyBag(path).records()))
    assert decoder(line)[0](data) == {
        "level": 7, "data": "grüß", "more": ["", "Ω!"], "x": 2.5, "end": "ok"
    }  # fmt: skip
    mcap(tmp_path / "bad.mcap", [("/wide", STAMP_NS, data + bytes(9))], kind=CONST, text=text)
    done = run("info", tmp_path / "bad.mcap", "--check")
    assert "its bytes end before or behind its fields" in done.output


def doubled(path, texts, kinds=(STRING,), qos=("",)):
    """/chat with a schema and channel of its own for each text."""
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        for k, text in enumerate(texts):
            schema = writer.register_schema(kinds[k % len(kinds)], "ros2msg", text.encode())
            told = {"offered_qos_profiles": qos[k % len(qos)]} if qos[k % len(qos)] else {}
            channel = writer.register_channel("/chat", "cdr", schema, told)
            for j in range(10):
                t_ns = STAMP_NS + (10 * j + k) * 1_000_000
                writer.add_message(channel, t_ns, text_cdr(f"{k} {j}"), t_ns)
        writer.finish()
    return path


def test_channels_of_one_topic_whose_definitions_differ_in_words_become_one(tmp_path):
    path = doubled(tmp_path / "b.mcap", [f"string data\n# copy {k}\n" for k in range(3)])
    done = run("convert", path, "--out", tmp_path / "new")
    assert (done.exit_code, done.stderr) == (0, "")
    with AnyReader([tmp_path / "new"]) as reader:
        assert [(line.topic, line.msgcount, line.digest) for line in reader.connections] == [
            ("/chat", 30, HASH)
        ]
    assert sorted(by_rosbags(tmp_path / "new")) == sorted(read(path))


def test_channels_of_one_topic_that_differ_in_type_are_refused_in_words(tmp_path):
    for path in (
        doubled(tmp_path / "a.mcap", ["string data", "string other"]),
        doubled(tmp_path / "b.mcap", ["string data"] * 2, kinds=(STRING, CONST)),
    ):
        done = run("convert", path, "--out", tmp_path / "new")
        assert isinstance(done.exception, UserError)
        text = str(done.exception)
        assert "/chat: has two types" in text and len(text) < 300 and "Connection(" not in text
        assert not (tmp_path / "new").exists()
        assert run("convert", path, "--out", tmp_path / f"{path.stem}_2.mcap").exit_code in (0, 1)


def test_channels_of_one_topic_that_differ_in_qos_become_one_and_it_is_told(tmp_path):
    forever = "{sec: 9223372036, nsec: 854775807}"
    qos = [
        f"- {{history: 1, depth: {n}, reliability: 1, durability: 2, deadline: {forever},"
        f" lifespan: {forever}, liveliness: 1, liveliness_lease_duration: {forever},"
        " avoid_ros_namespace_conventions: false}" for n in (1, 5)
    ]  # fmt: skip
    path = doubled(tmp_path / "b.mcap", ["string data"] * 2, qos=qos)
    done = run("convert", path, "--out", tmp_path / "new")
    assert done.exit_code == 0 and "another QoS of /chat" in done.stderr
    assert sorted(by_rosbags(tmp_path / "new")) == sorted(read(path))


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
