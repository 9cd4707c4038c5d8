"""Definitions in any dialect, IDL, wide strings; one topic of several channels."""

import struct
from typing import Any

import pytest
from case_bags import HASH, STRING, by_rosbags, db3, mcap, messages, read, run, text_cdr
from mcap.reader import NonSeekingReader
from mcap.writer import Writer
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from samples import STAMP_NS, TOPICS

from lupex_rover.bags import ros2msg
from lupex_rover.bags.bag_channel import BagChannel
from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.definitions import TYPE_IDS, decoder, portable, rihs01, types_of
from lupex_rover.codec.conversion import definition
from lupex_rover.core.errors import UserError

SAID = messages()
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
        heard: list[Any] = [reader.deserialize(raw, c.msgtype) for c, _, raw in reader.messages()]
    assert [message.data for message in heard] == [decode(data).data for _, _, data in SAID]


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


def test_one_type_of_two_definitions_is_refused_in_words(tmp_path):
    path = tmp_path / "b.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        for topic, text in (("/a", b"string data"), ("/b", b"string other")):
            schema = writer.register_schema(CONST, "ros2msg", text)
            channel = writer.register_channel(topic, "cdr", schema)
            writer.add_message(channel, STAMP_NS, text_cdr("a"), STAMP_NS)
        writer.finish()
    assert run("info", path, "--check").exit_code == 0
    done = run("convert", path, "--out", tmp_path / "new")
    assert isinstance(done.exception, UserError)
    assert "/b: its 'my_msgs/msg/Const' (RIHS01_" in str(done.exception)
    assert run("convert", path, "--out", tmp_path / "new.mcap").exit_code == 0


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


IDL_FILE = """// generated from rosidl_adapter/resource/msg.idl.em
// with input from my_msgs/msg/Const.msg

#include "builtin_interfaces/msg/Time.idl"

module my_msgs {
  module msg {
    typedef uint8 uint8__2[2];
    module Const_Constants {
      const string SHIFT = "a >> b";
    };
    @verbatim (language="comment", text=
      "# said >> \\"so\\"")
    struct Const {
      string data;
      sequence<string<4>> names;
      uint8__2 two;
    };
  };
};
"""


@pytest.mark.parametrize("language", ["ros2idl", "omgidl"])
def test_idl_files_of_rosidl_are_read_and_a_copy_opens_elsewhere(language, tmp_path):
    text = text_cdr("abc") + struct.pack("<I", 2) + text_cdr("z")[4:] + b"\0\0" + text_cdr("yx")[4:]
    data = text + b"\x07\x08"
    said = [("/chat", STAMP_NS, data)]
    path = mcap(tmp_path / "b.mcap", said, kind=CONST, text=IDL_FILE, language=language)
    done = run("info", path, "--check")
    assert (done.exit_code, done.stderr) == (0, "")
    message = decoder(next(iter(AnyBag(path).records()))[0])[0](data)
    assert (message.data, message.names, list(message.two)) == ("abc", ["z", "yx"], [7, 8])
    assert run("convert", path, "--out", tmp_path / "new").exit_code == 0
    with AnyReader([tmp_path / "new"]) as reader:
        copied = [reader.deserialize(raw, c.msgtype) for c, _, raw in reader.messages()]
    assert [getattr(each, "names") for each in copied] == [["z", "yx"]]  # noqa: B009


@pytest.mark.parametrize(("kind", "word"), [(3, "PL_CDR"), (7, "XCDR2"), (99, "does not name")])
def test_an_encoding_of_bytes_that_we_do_not_know_is_named_as_ours(kind, word, tmp_path):
    data = struct.pack(">HH", kind, 0) + text_cdr("a")[4:]
    done = run("info", mcap(tmp_path / "b.mcap", [("/chat", STAMP_NS, data)]), "--check")
    assert done.exit_code == 1
    assert word in done.output
    assert "not as the bag defines" not in done.output


def test_a_type_that_contains_itself_is_named(tmp_path):
    said = [("/chat", STAMP_NS, b"\0\1\0\0\0")]
    done = run("info", mcap(tmp_path / "b.mcap", said, kind=CONST, text="Const me\n"), "--check")
    assert done.exit_code == 1
    assert "a type contains itself" in done.output
