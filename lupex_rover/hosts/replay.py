"""The replay host: recorded messages fed to a component, what it says compared with the bag.

A tick is every log time of the bag. Within a tick a component hears what came before it in the
order of the graph; what drivers said in answer to a command, after all others had run, comes
with the next tick, as it did on board. Goals are not recorded, so components that serve actions
or own a board are not replayed, and neither is what comes after the computer restarted.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lupex_rover.core.component import Component
from lupex_rover.core.errors import UserError
from lupex_rover.graph import NODES
from lupex_rover.hosts.codec import decode, encode
from lupex_rover.hosts.scheduler import Scheduler

Record = tuple[str, bytes, int]  # topic, CDR, t_ns
Message = tuple[str, Any, int]  # topic, message, t_ns
RANK = {node.name: k for k, node in enumerate(NODES)}
FROM_OUTSIDE = -1  # the simulator's cameras: there before any component runs
FROM_BOARDS = ("boards/housekeeping", "boards/ack")  # `board` tells which driver said it
EVENT, REBOOT = "mission/event", "MIS-010"
Said = dict[str, list[tuple[int, Any]]]
BOARD_DRIVER = {
    "MOB": "mobility_driver", "IMU": "imu_driver", "STR": "star_tracker_driver",
    "EPS": "eps_driver", "DRL": "drill_driver", "SCI": "science_driver", "LND": "lander_driver",
    "LGC": "guidance_driver",
}  # fmt: skip


@dataclass(frozen=True)
class Tolerance:
    """|ours - recorded| <= absolute + relative * |recorded|, for floating point fields."""

    absolute: float = 1e-9
    relative: float = 1e-6  # several standard messages hold 32 bit numbers


@dataclass(frozen=True)
class Difference:
    """The first field of a message that is not as recorded."""

    topic: str
    t_ns: int
    index: int  # of the message on its topic, from 0
    field: str
    ours: str
    recorded: str


@dataclass
class Outcome:
    """What a replay gave.

    Attributes
    ----------
    messages : topic -> (replayed, recorded) counts.
    differences : the first of each topic.
    worst : topic.field -> greatest absolute difference of a number.
    """

    messages: dict[str, tuple[int, int]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)


def check_replayable(component: Component) -> None:
    """Raise a UserError for a component that a bag cannot drive."""
    if component.serves or component.serial:
        why = "goals" if component.serves else "a board's bytes"
        raise UserError(
            f"component {component.name!r} cannot be replayed: it needs {why}, which a bag does"
            " not hold"
        )


class Publishers:
    """Which node said a message."""

    def __init__(self, components: Iterable[Component]) -> None:
        self._nodes: dict[str, list[str]] = defaultdict(list)
        for component in components:
            for topic in component.outputs:
                self._nodes[topic].append(component.name)

    def known(self, topic: str) -> bool:
        """Whether it can be told of each message on `topic` who said it."""
        return len(self._nodes.get(topic, ())) <= 1 or topic in (EVENT, *FROM_BOARDS)

    def of(self, topic: str, message: Any) -> str | None:
        """Name of the node; "" for the simulator; None: it cannot be told.

        `message` may be None where it was not decoded.
        """
        names = self._nodes.get(topic, [""])
        if len(names) == 1:
            return names[0]
        if message is None:
            return None
        if topic == EVENT:
            return str(message.source)
        return BOARD_DRIVER[message.board] if topic in FROM_BOARDS else None


def ticks(stream: Iterable[Record]) -> Iterator[tuple[int, list[Record]]]:
    """Records grouped by their time, oldest first; ends where the computer restarted."""
    for t_ns, records in itertools.groupby(stream, key=lambda record: record[2]):
        group = list(records)
        events = (decode(topic, data) for topic, data, _ in group if topic == EVENT)
        if any(event.code == REBOOT for event in events):
            return
        yield t_ns, group


class Replay:
    """Feeds one component, fresh, and keeps what it says."""

    def __init__(self, component: Component, publishers: Publishers) -> None:
        check_replayable(component)
        self._name = component.name
        self._publishers = publishers
        self._wanted = {*component.inputs, *component.outputs}
        self._said: Said = {topic: [] for topic in component.outputs}
        self._scheduler = Scheduler([component], self._keep, {})
        self._late: list[Message] = []

    def run(
        self, stream: Iterable[Record], progress: Callable[[int], None] = lambda t_ns: None
    ) -> tuple[Said, Said]:
        """What the component says, and what it said in the bag: topic -> (t_ns, message)."""
        recorded: Said = {topic: [] for topic in self._said}
        for t_ns, group in ticks(stream):
            self._tick(t_ns, group, recorded)
            progress(t_ns)
        return self._said, recorded

    def _keep(self, topic: str, message: Any, t_ns: int) -> None:
        """As the bag would hold it: some of ROS's fields hold less than ours."""
        self._said[topic].append((t_ns, decode(topic, encode(topic, message))))

    def _tick(self, t_ns: int, group: list[Record], recorded: Said) -> None:
        """One step; the component's own recorded messages are set aside for the comparison.

        The file holds a tick's messages in the order they were said: components in turn, then the
        drivers once more. Where that order falls back, the second turn has begun.
        """
        own = RANK[self._name]
        late: list[Message] = []
        for topic, message, _ in self._late:
            self._scheduler.deliver(topic, message)
        reached, second = FROM_OUTSIDE, False
        for topic, data, _ in group:
            message = decode(topic, data) if topic in self._wanted else None
            who = self._publishers.of(topic, message)
            rank = reached if who is None else RANK.get(who, FROM_OUTSIDE)
            second = second or rank < reached
            reached = max(reached, rank)
            if who == self._name:
                recorded[topic].append((t_ns, message))
            elif message is None:
                continue
            elif second or rank > own:
                late.append((topic, message, t_ns))
            else:
                self._scheduler.deliver(topic, message)
        self._late = late
        self._scheduler.tick(t_ns)


# --- comparison -----------------------------------------------------------------------------------


def compare(
    ours: Sequence[tuple[int, Any]],
    recorded: Sequence[tuple[int, Any]],
    topic: str,
    tolerance: Tolerance,
    outcome: Outcome,
) -> None:
    """Note counts, the first difference and the greatest one of each field of a topic."""
    outcome.messages[topic] = len(ours), len(recorded)
    told = False
    for index, ((t_a, a), (t_b, b)) in enumerate(zip(ours, recorded)):
        found = [("log time", t_a, t_b)] if t_a != t_b else []
        found += list(_unequal(a, b, "", tolerance, topic, outcome.worst))
        if found and not told:
            told = True
            name, x, y = found[0]
            outcome.differences.append(Difference(topic, t_b, index, name, str(x), str(y)))
    if len(ours) != len(recorded) and not told:
        k = min(len(ours), len(recorded))
        t_ns = (ours if len(ours) > k else recorded)[k][0]
        have, want = len(ours), len(recorded)
        outcome.differences.append(
            Difference(topic, t_ns, k, "number of messages", str(have), str(want))
        )


def _unequal(
    a: Any, b: Any, name: str, tolerance: Tolerance, topic: str, worst: dict[str, float]
) -> Iterator[tuple[str, Any, Any]]:
    """Fields (name, ours, recorded) that differ by more than the tolerance."""
    if dataclasses.is_dataclass(a) and dataclasses.is_dataclass(b):
        for f in dataclasses.fields(a):
            sub = f"{name}.{f.name}" if name else f.name
            x, y = getattr(a, f.name), getattr(b, f.name)
            yield from _unequal(x, y, sub, tolerance, topic, worst)
    elif isinstance(a, (float, np.floating, np.ndarray)):
        yield from _numbers(a, b, name, tolerance, topic, worst)
    elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b):
        for k, (x, y) in enumerate(zip(a, b)):
            yield from _unequal(x, y, f"{name}[{k}]", tolerance, topic, worst)
    elif a != b:
        yield name, a, b


def _numbers(
    a: Any, b: Any, name: str, tolerance: Tolerance, topic: str, worst: dict[str, float]
) -> Iterator[tuple[str, Any, Any]]:
    x, y = np.asarray(a, float), np.asarray(b, float)
    if x.shape != y.shape:
        yield name, f"shape {x.shape}", f"shape {y.shape}"
        return
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    gap = np.where(same, 0.0, np.abs(x - y))
    gap = np.where(np.isnan(gap), math.inf, gap)
    key = f"{topic}.{name}"
    worst[key] = max(worst.get(key, 0.0), float(gap.max(initial=0.0)))
    size = np.where(np.isfinite(y), np.abs(y), 0.0)
    if np.any(gap > tolerance.absolute + tolerance.relative * size):
        yield name, a, b
