"""Message definitions that a bag carries, and their RIHS01 hash (REP-2016)."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.base import TypesysError
from rosbags.typesys.store import Typestore

from lupex_rover.bags.bag_channel import BagChannel


def store_of(channel: BagChannel) -> Typestore:
    """A type store with nothing but what the bag defines for a topic.

    Raises
    ------
    ValueError
        The definition cannot be read, or is in a language that we do not know.
    """
    store = get_typestore(Stores.EMPTY)
    try:
        if channel.definition_format == "ros2msg":
            store.register(get_types_from_msg(channel.definition, channel.type))
        elif channel.definition_format == "ros2idl":
            store.register(get_types_from_idl(channel.definition))
        else:
            raise ValueError(f"definitions in {channel.definition_format!r} are not known")
    except (TypesysError, KeyError, SyntaxError) as error:
        text = " ".join(str(error).split())[:100]
        raise ValueError(f"definition of {channel.type!r} cannot be read ({text})") from None
    if channel.type not in store.fielddefs:
        raise ValueError(f"definition does not define {channel.type!r}")
    return store


@functools.lru_cache(maxsize=1000)
def type_hash(channel: BagChannel) -> tuple[str, str]:
    """RIHS01 of the definition in the bag, else the one the bag states; and what is wrong.

    ("", "") where the bag has neither. A `char` counts as `uint8`, as in the IDL that ROS makes of
    it (rosidl_adapter); rosbags 0.11 counts it as a type of its own.
    """
    if not re.sub("#.*", "", channel.definition).strip():  # std_msgs/Empty has no line of its own
        return channel.type_hash, ""
    plain = re.sub(r"^(\s*)char\b", r"\1uint8", channel.definition, flags=re.MULTILINE)
    try:
        return store_of(replace(channel, definition=plain)).hash_rihs01(channel.type), ""
    except (ValueError, KeyError) as error:
        return channel.type_hash, "" if channel.type_hash else str(error)


def decoder(channel: BagChannel) -> tuple[Callable[[bytes], Any] | None, str]:
    """What decodes a topic's messages by the bag's own definition; or None and why not."""
    if channel.encoding != "cdr":
        return None, f"messages are {channel.encoding!r}, not CDR"
    if not channel.definition_format:
        return None, f"the bag defines no type {channel.type!r}"
    try:
        store = store_of(channel)
    except ValueError as error:
        return None, str(error)
    return lambda data: store.deserialize_cdr(data, channel.type), ""
