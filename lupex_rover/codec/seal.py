"""The mark of a run on what its simulator and those who keep step with it say.

A token is made when a run in simulation is laid out and stands in its `run.json`. Messages on
`SEALED` carry it as the frame of their header, which they do not need otherwise; a bag has the
frame that the type has. `sim/silent`, which only the harness says, has no header: on host ros it is
refused. The token keeps another simulator, run or tool on the same ROS domain from being
taken for ours. It is no secret: who listens on the topics reads it there.
"""

from __future__ import annotations

import struct
import time
from typing import Any

from lupex_rover import graph
from lupex_rover.codec.conversion import decode, encode
from lupex_rover.core.complaints import Complaints

SEALED = frozenset((graph.SIM_TICK, graph.SIM_DONE, graph.SIM_TRUTH))
_KNOWN = SEALED | {graph.SIM_SILENT}
AGAIN_S = 60.0  # the same topic is told of again after so long
_LENGTH_AT, _TEXT_AT = 12, 16  # of the frame: after encapsulation, seconds, nanoseconds


class Seal:
    """Marks and knows the messages of one run.

    Parameters
    ----------
    token : str
        Of the run; empty: nothing is marked, and every message is taken.
    """

    def __init__(self, token: str = "") -> None:
        self._token = token
        self._refused = Complaints(AGAIN_S)
        self._news: list[str] = []

    def encode(self, topic: str, message: Any) -> bytes:
        """The bytes to publish."""
        return encode(topic, message, self._token if topic in SEALED and self._token else None)

    def holds(self, topic: str, data: bytes) -> bool:
        """Whether the message may be of this run; bytes that are none are not."""
        if topic not in _KNOWN or not self._token or frame_of(data) == self._token:
            return True
        if self._refused.add(topic, time.monotonic_ns()):
            self._news.append(f"{topic}{self._refused.so_far(topic)}")
        return False

    def news(self) -> list[str]:
        """What was refused and is to be told, since the last call: the topic, and how often."""
        news, self._news = self._news, []
        return news

    def recorded(self, topic: str, data: bytes) -> bytes:
        """The bytes as a bag has them."""
        return encode(topic, decode(topic, data)) if topic in SEALED and self._token else data


def frame_of(data: bytes) -> str | None:
    """Frame of the header with which a CDR message begins; None where there is none."""
    try:
        order = "<" if data[1] & 1 else ">"
        (length,) = struct.unpack_from(order + "I", data, _LENGTH_AT)
        text = bytes(data[_TEXT_AT : _TEXT_AT + length])
    except (IndexError, struct.error):
        return None
    if not length or len(text) < length or text[-1]:
        return None
    return text[:-1].decode(errors="replace")
