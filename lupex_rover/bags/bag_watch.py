"""What is odd about the messages of a bag as they come: topics, types, packing, times, counts."""

from __future__ import annotations

from collections import Counter

from lupex_rover.bags.bag_channel import BagChannel, Found
from lupex_rover.bags.packing import OF_MESSAGES, packing_of, unpack_message

EARLIEST_NS = 631_152_000_000_000_000  # 1990: a stamp before it does not come from a set clock
FOREVER_NS = 2**64
BACK_NS = 1_000_000_000  # log times may be out of order by less: several writers


class BagWatch:
    """Sees every message of a bag.

    Attributes
    ----------
    packed : set[BagChannel]
        Channels whose messages are packed, each by itself.
    count : int
        Messages seen.
    """

    def __init__(self, found: Found, packing: str) -> None:
        self._found, self._packing = found, packing
        self.packed: set[BagChannel] = set()
        self.count = 0
        self._latest = -FOREVER_NS
        self._unset = ""  # the first message before 1990
        self._set = self._below_zero = False
        self._told: set[str] = set()
        self._channels: dict[str, BagChannel] = {}  # the last of each topic
        self._broken: Counter[tuple[str, str]] = Counter()

    def see(self, channel: BagChannel, data: bytes, t_ns: int) -> None:
        if self._channels.get(channel.topic) is not channel:
            self._look(channel, data)
        self.count += 1
        if t_ns < EARLIEST_NS:
            self._before_1990(channel, t_ns)
        if t_ns < self._latest - BACK_NS:
            back_s = (self._latest - t_ns) / 1e9
            self._tell(
                "back",
                f"{channel.topic}: time goes back by {back_s:.3f} s, to {t_ns} ns; a clock was set"
                " amid the recording, a simulation began anew, or files are out of order",
            )
        if t_ns > self._latest:
            self._latest = t_ns

    def unpacked(self, channel: BagChannel, data: bytes) -> bytes | None:
        """A message of a packed channel; None: it cannot be unpacked, which is counted."""
        try:
            whole = unpack_message(data)
            if whole is data and channel.encoding == "cdr" and data[:1] != b"\0":
                raise ValueError("their bytes are neither packed nor CDR")
        except ValueError as error:
            self._broken[channel.topic, str(error)] += 1
            return None
        return whole

    def finish(self, told: int | None) -> None:
        """All has been seen.

        Parameters
        ----------
        told : int or None
            Messages of the bag by its `metadata.yaml`; None: it does not say.
        """
        for (topic, why), count in self._broken.items():
            self._tell(
                f"packed {topic} {why}",
                f"{topic}: {count} messages cannot be unpacked ({why}); they are left out",
            )
        if self._unset and (self._latest >= EARLIEST_NS or self._below_zero):
            self._tell(
                "unset",
                f"{self._unset} is before 1990: the clock was not set"
                " there; set it before recording",
            )
        elif self._unset:
            last_s = self._latest / 1e9
            self._found.notes.append(
                f"times are from 1970, the last is {last_s:.3f} s: simulated time, or a clock that"
                " was never set"
            )
        if told is not None and told != self.count:
            text = f"metadata.yaml tells of {told} messages, {self.count} are there and read"
            lost = told > self.count and self._found.problems
            (self._found.problems if lost else self._found.notes).append(text)

    def _before_1990(self, channel: BagChannel, t_ns: int) -> None:
        self._unset = self._unset or f"{channel.topic}: time {t_ns} ns"
        self._below_zero |= t_ns < 0

    def _look(self, channel: BagChannel, data: bytes) -> None:
        name = channel.topic
        before = self._channels.setdefault(name, channel)
        self._channels[name] = channel
        if before.type != channel.type:
            text = (
                f"{name}: more than one type, {before.type!r} and {channel.type!r}; the first one"
                " is played"
            )
            self._tell(f"types {name}", text)
        if not channel.definition_format:
            text = (
                f"{name}: the bag defines no type {channel.type!r}; where it is installed it plays"
            )
            if not self._found.without_definitions:
                self._tell(f"bare {name}", text)
            elif text not in self._found.notes:
                self._found.notes.append(text)
        if "\\x" in name + channel.type:
            self._tell(
                f"name {name}",
                f"{name}: topic or type {channel.type!r} is not UTF-8; it is kept as shown",
            )
        if channel not in self.packed:
            self._look_whether_packed(channel, data)

    def _look_whether_packed(self, channel: BagChannel, data: bytes) -> None:
        if channel.encoding == "cdr" and packing_of(data) in OF_MESSAGES:
            self.packed.add(channel)
        elif not self._packing or _may_be_cdr(channel, data):
            return  # they are not packed, whatever metadata.yaml says
        elif self._packing in OF_MESSAGES:
            self.packed.add(channel)
        else:
            self._tell(
                f"packing {channel.topic}",
                f"{channel.topic}: metadata.yaml says that messages are packed with"
                f" {self._packing!r}, which is not known; unpack them with what wrote them",
            )

    def _tell(self, key: str, text: str) -> None:
        if key not in self._told:
            self._told.add(key)
            self._found.problems.append(text)


def _may_be_cdr(channel: BagChannel, data: bytes) -> bool:
    """CDR begins with a byte 0, which nothing packed does."""
    return channel.encoding == "cdr" and data.startswith(b"\0")
