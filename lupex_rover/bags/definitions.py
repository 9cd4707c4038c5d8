"""Message definitions in a bag, what decodes by them, and their RIHS01 hash (REP-2016)."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any

from rosbags.interfaces import Nodetype
from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from lupex_rover.bags import ros2msg, wide_text
from lupex_rover.bags.bag_channel import BagChannel
from lupex_rover.bags.ros2msg import RULE, Types, full_name
from lupex_rover.core.foreign import boundary

IDL = ("ros2idl", "omgidl")
TYPE_IDS = {  # type_description_interfaces/msg/FieldType
    "int8": 2, "uint8": 3, "int16": 4, "uint16": 5, "int32": 6, "uint32": 7, "int64": 8,
    "uint64": 9, "float32": 10, "float64": 11, "float128": 12, "char": 13, "wchar": 14, "bool": 15,
    "byte": 16, "octet": 16, "string": 17, "wstring": 18,
}  # fmt: skip
OF_MSG = {**TYPE_IDS, "char": 3}  # in the IDL that ROS makes of a msg it is uint8 (rosidl_adapter)
BOUNDED = 4  # more for a string of limited length
ARRAY, AT_MOST, SEQUENCE = 48, 96, 144  # more for many
ENCAPSULATIONS = {  # of DDS-XTypes; 0 and 1 are plain CDR
    2: "PL_CDR", 3: "PL_CDR", 6: "XCDR2", 7: "XCDR2", 8: "XCDR2 with lengths",
    9: "XCDR2 with lengths", 10: "PL_CDR2", 11: "PL_CDR2",
}  # fmt: skip
EMPTY: list[tuple[str, Any]] = [
    ("structure_needs_at_least_one_member", (Nodetype.BASE, ("uint8", 0)))
]


@functools.lru_cache(maxsize=1000)
def types_of(channel: BagChannel) -> Types:
    """The fields of the topic's type, and of those in it, by the bag's definition.

    Raises
    ------
    ValueError
        The definition cannot be read, or is in a language that we do not know.
    """
    try:
        if channel.definition_format == "ros2msg":
            types = ros2msg.types_of(channel.definition, channel.type)
        elif channel.definition_format in IDL:
            types = {}
            for _, text in ros2msg.sections(ros2msg.tidy_idl(channel.definition), channel.type):
                types.update(get_types_from_idl(text))
        else:
            raise ValueError(f"definitions in {channel.definition_format!r} are not known")
    except Exception as error:  # whatever a foreign text leads rosbags to
        text = " ".join(str(error).split())[:100]
        raise ValueError(f"definition of {channel.type!r} cannot be read ({text})") from None
    if full_name(channel.type) not in types:
        raise ValueError(f"definition does not define {channel.type!r}")
    return types


def standard_text(name: str) -> str:
    """The definition that ROS 2 Jazzy has of a type; "" for none of its own."""
    store = get_typestore(Stores.ROS2_JAZZY)
    return store.generate_msgdef(name, ros_version=2)[0] if name in store.fielddefs else ""


def store_of(channel: BagChannel) -> Typestore:
    """A type store with nothing but what the bag defines for a topic.

    Raises
    ------
    ValueError
        The definition cannot be read, or is in a language that we do not know.
    """
    types = types_of(channel)
    store = get_typestore(Stores.EMPTY)
    with boundary(f"definition of {channel.type!r}", "cannot be read", kind=ValueError):
        store.register(types)
    return store


@functools.lru_cache(maxsize=1000)
def type_hash(channel: BagChannel) -> tuple[str, str]:
    """RIHS01 of the definition in the bag, else the one the bag states; and what is wrong.

    ("", "") where the bag has neither.
    """
    if not _has_fields(channel):  # std_msgs/Empty has no line of its own
        return channel.type_hash, ""
    ids = TYPE_IDS if channel.definition_format in IDL else OF_MSG
    try:
        return rihs01(types_of(channel), full_name(channel.type), ids), ""
    except ValueError as error:
        return channel.type_hash, "" if channel.type_hash else str(error)


def _has_fields(channel: BagChannel) -> bool:
    lines = (line.strip() for line in channel.definition.splitlines())
    return any(line and not line.startswith("#") for line in lines)


def rihs01(types: Types, name: str, ids: dict[str, int]) -> str:
    """The hash of REP-2016, version 1.

    Parameters
    ----------
    ids : dict[str, int]
        Number of each base type.

    Raises
    ------
    ValueError
        A type in it is not defined, or is none of ROS 2.
    """
    described: dict[str, dict[str, Any]] = {}
    try:
        _describe(types, name, ids, described)
    except (KeyError, RecursionError) as error:
        raise ValueError(f"definition of {name!r} lacks {error or 'an end'}") from None
    first = described.pop(name)
    whole = {
        "type_description": first,
        "referenced_type_descriptions": [described[n] for n in sorted(described)],
    }
    return f"RIHS01_{hashlib.sha256(json.dumps(whole).encode()).hexdigest()}"


def _describe(
    types: Types, name: str, ids: dict[str, int], described: dict[str, dict[str, Any]]
) -> None:
    """Add a type and those in it, with keys in the order of REP-2016."""
    fields: list[tuple[str, Any]] = types[name][1] or EMPTY
    described[name] = {"type_name": name, "fields": []}
    for field, description in fields:
        node, inner = description
        more, capacity = 0, 0
        if node in (Nodetype.ARRAY, Nodetype.SEQUENCE):
            (element, capacity) = inner
            more = ARRAY if node == Nodetype.ARRAY else AT_MOST if capacity else SEQUENCE
            node, inner = element
        nested, limit = "", 0
        if node == Nodetype.NAME:
            nested, number = inner, 1
            if nested not in described:
                _describe(types, nested, ids, described)
        else:
            number = ids[inner[0]]
            limit = inner[1] if inner[0] in ("string", "wstring") else 0
            number += BOUNDED if limit else 0
        described[name]["fields"].append({
            "name": field,
            "type": {"type_id": number + more, "capacity": capacity, "string_capacity": limit,
                     "nested_type_name": nested},
        })  # fmt: skip


def portable(channel: BagChannel) -> tuple[str, bool]:
    """The definition as readers of sqlite3 bags take it; whether it is with nothing but fields.

    Raises
    ------
    ValueError, KeyError
        The bag has none that can be read, or one of a type that it does not define.
    """
    types, name = types_of(channel), full_name(channel.type)
    text = ros2msg.tidy(channel.definition)
    if channel.definition_format in IDL:
        text = ros2msg.tidy_idl(channel.definition)
        head = f"{RULE}\nIDL: "  # by which rosbags knows the language
        return text if text.startswith(head) else f"{head}{name}\n{text}", False
    needed = ros2msg.reachable(types, name)
    if wide_text.is_wide(types):
        return text, False  # rosbags reads no text of it
    try:
        theirs = get_types_from_msg(text, channel.type)
        if all(theirs[part][1] == types[part][1] for part in needed):
            return text, False
    except Exception:  # a dialect that rosbags does not read
        pass
    return ros2msg.bare_text(types, name), True


def decoder(channel: BagChannel) -> tuple[Callable[[bytes], Any] | None, str]:
    """What decodes a topic's messages by the bag's own definition; or None and why not."""
    if channel.encoding != "cdr":
        return None, f"messages are {channel.encoding!r}, not CDR"
    if not channel.definition_format:
        return None, f"the bag defines no type {channel.type!r}"
    name = full_name(channel.type)
    try:
        types = types_of(channel)
        if wide_text.is_wide(types):
            return lambda data: wide_text.decode(data, types, name), ""
        store = store_of(channel)
        store.get_msgdef(name)  # made now, so that a type that is not defined is named once
    except RecursionError:
        return None, f"definition of {channel.type!r}: a type contains itself"
    except Exception as error:  # whatever a foreign definition leads rosbags to
        why = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        known = isinstance(error, ValueError)
        return None, why if known else f"definition of {channel.type!r} {why}"
    return lambda data: store.deserialize_cdr(data, name), ""


def why_undecoded(channel: BagChannel, data: bytes, error: Exception) -> str:
    """Why a message was not decoded: an encoding of bytes that we do not know, or its bytes."""
    kind = int.from_bytes(data[:2], "big")
    if len(data) >= 4 and kind > 1:
        word = ENCAPSULATIONS.get(kind, "an encoding that DDS does not name")
        return f"they are in {word} (0x{kind:04x}), which is not decoded here; plain CDR is"
    return f"not as the bag defines {channel.type!r} ({error})"
