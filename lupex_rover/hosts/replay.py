"""The replay host: recorded messages fed to components, what they say set beside what they said.

A tick is every log time of the bag; `sim/silent` stands where nobody said anything. Within a tick
a component hears what came before it in the order of the graph; what drivers said in answer to a
command, after all others had run, comes with the next tick, as it did on board. Goals and their
results come from `mission/action`. Drivers are not replayed, for the bytes of their board are in
no bag, and neither is what comes after the computer restarted.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lupex_rover import graph
from lupex_rover.codec.conversion import decode, decode_recorded, encode
from lupex_rover.core.component import (
    CancelRequest,
    Component,
    GoalFeedback,
    GoalRequest,
    GoalResult,
)
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import ActionRecord
from lupex_rover.graph import MISSION_ACTION, NODES
from lupex_rover.hosts.scheduler import ActionItem, Scheduler, action_record

Record = tuple[str, bytes, int]  # topic, CDR, t_ns
RANK = {node.name: k for k, node in enumerate(NODES)}
FROM_OUTSIDE = -1  # the simulator's cameras: there before any component runs
FROM_BOARDS = (graph.BOARDS_HOUSEKEEPING, graph.BOARDS_ACK)  # `board` tells which driver said it
EVENT, REBOOT = graph.MISSION_EVENT, "MIS-010"
BY_CLIENT = ("goal", "cancel")  # the other kinds of ActionRecord are said by the server
Said = dict[str, list[tuple[int, Any]]]
BOARD_DRIVER = {
    "MOB": "mobility_driver", "IMU": "imu_driver", "STR": "star_tracker_driver",
    "EPS": "eps_driver", "DRL": "drill_driver", "SCI": "science_driver", "LND": "lander_driver",
    "LGC": "guidance_driver",
}  # fmt: skip


def check_replayable(component: Component) -> None:
    """Raise a UserError for a component that a bag cannot drive."""
    if component.serial:
        raise UserError(
            f"component {component.name!r} cannot be replayed: it needs a board's bytes, which a"
            " bag does not hold"
        )


class Publishers:
    """Which node said a message."""

    def __init__(self, components: Iterable[Component]) -> None:
        self._nodes: dict[str, list[str]] = defaultdict(list)
        self._server: dict[str, str] = {}
        self._client: dict[str, str] = {}
        self.turns = dict(RANK)  # those from outside come after the graph's
        for component in components:
            self.turns.setdefault(component.name, len(self.turns))
            for topic in component.outputs:
                self._nodes[topic].append(component.name)
            self._server.update(dict.fromkeys(component.serves, component.name))
            self._client.update(dict.fromkeys(component.calls, component.name))

    def known(self, topic: str) -> bool:
        """Whether it can be told of each message on `topic` who said it."""
        told = (EVENT, MISSION_ACTION, *FROM_BOARDS)
        return len(self._nodes.get(topic, ())) <= 1 or topic in told

    def rank(self, topic: str, who: str | None, reached: int) -> int:
        """Turn of `who` within a tick; of an unknown: the first possible one from `reached` on."""
        if who is not None:
            return self.turns.get(who, FROM_OUTSIDE)
        return max(reached, min(self.turns[name] for name in self._nodes[topic]))

    def of(self, topic: str, message: Any) -> str | None:
        """Name of the node; "" for the simulator; None: it cannot be told.

        `message` may be None where it was not decoded.
        """
        if topic == MISSION_ACTION and message is not None:
            ends = self._client if message.kind in BY_CLIENT else self._server
            return ends.get(message.action, "")
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
        events = (decode_recorded(*record) for record in group if record[0] == EVENT)
        if any(event.code == REBOOT for event in events):
            return
        yield t_ns, group


@dataclass(frozen=True)
class Tick:
    """One tick of a replay.

    Attributes
    ----------
    others : list[tuple[int, Record]]
        (rank of the sayer, record) of all that was not compared, in the bag's order.
    late : list[Record]
        Others' records of the drivers' second turn.
    said : list[tuple[str, Any]]
        (topic, message) that the replayed components said.
    """

    t_ns: int
    others: list[tuple[int, Record]]
    late: list[Record]
    said: list[tuple[str, Any]]


class Replay:
    """Feeds fresh components together and keeps what they say."""

    def __init__(self, components: Sequence[Component], publishers: Publishers) -> None:
        for component in components:
            check_replayable(component)
        self.components = tuple(components)
        self._by_name = {c.name: c for c in components}
        self.publishers = publishers
        self._actions = any(c.serves or c.calls for c in components)
        outputs = {topic for c in components for topic in c.outputs if topic.record}
        outputs |= {MISSION_ACTION} if self._actions else set()
        self.compared = sorted(topic for topic in outputs if publishers.known(topic))
        self.unknown = sorted(outputs.difference(self.compared))
        self._wanted = outputs.union(*(c.inputs for c in components))
        self._said: list[tuple[str, Any]] = []
        self._scheduler = Scheduler(components, self._keep, {})
        self._late: list[tuple[str, str, Any]] = []  # component, topic, message

    def run(
        self, stream: Iterable[Record], progress: Callable[[int], None] = lambda t_ns: None
    ) -> tuple[Said, Said]:
        """What the components say, and what they said in the bag: topic -> (t_ns, message)."""
        recorded: Said = {topic: [] for topic in self.compared}
        ours: Said = {topic: [] for topic in self.compared}
        for tick in self.steps(stream, recorded):
            for topic, message in tick.said:
                ours[topic].append((tick.t_ns, message))
            progress(tick.t_ns)
        return ours, recorded

    def steps(self, stream: Iterable[Record], recorded: Said) -> Iterator[Tick]:
        """Tick by tick; what the components said in the bag is added to `recorded`."""
        for t_ns, group in ticks(stream):
            yield self._tick(t_ns, group, recorded)

    def _keep(self, topic: str, message: Any, t_ns: int) -> None:
        """As the bag would hold it: some of ROS's fields hold less than ours."""
        if topic not in self.compared:
            return
        if topic == MISSION_ACTION and self.publishers.of(topic, message) not in self._by_name:
            return  # a goal that came from the bag
        self._said.append((topic, decode(topic, encode(topic, message))))

    def _tick(self, t_ns: int, group: list[Record], recorded: Said) -> Tick:
        """One step; the components' own recorded messages are set aside for the comparison.

        The file holds a tick's messages in the order they were said: components in turn, then the
        drivers once more. Where that order falls back, the second turn has begun.
        """
        for name, topic, message in self._late:
            self._hand(name, topic, message)
        self._late = []
        tick = Tick(t_ns, [], [], [])
        reached, second = FROM_OUTSIDE, False
        for record in group:
            topic = record[0]
            message = decode_recorded(*record) if topic in self._wanted else None
            who = self.publishers.of(topic, message)
            rank = self.publishers.rank(topic, who, reached)
            second = second or rank < reached
            reached = max(reached, rank)
            if who in self._by_name and topic in recorded:
                recorded[topic].append((t_ns, message))
                continue
            if message is not None and who not in self._by_name:
                self._feed(topic, message, len(self.publishers.turns) if second else rank)
            if second:
                tick.late.append(record)
            else:
                tick.others.append((rank, record))
        self._said = tick.said
        self._scheduler.tick(t_ns)
        self._take_goals(t_ns)
        return tick

    def _feed(self, topic: str, message: Any, rank: int) -> None:
        """To every component that wants it: now to those after the sayer, else next tick."""
        for name, component in self._by_name.items():
            if topic not in component.inputs and not self._concerns(component, topic, message):
                continue
            if rank < self.publishers.turns[name]:
                self._hand(name, topic, message)
            else:
                self._late.append((name, topic, message))

    @staticmethod
    def _concerns(component: Component, topic: str, message: Any) -> bool:
        if topic != MISSION_ACTION:
            return False
        return message.action in (
            component.serves if message.kind in BY_CLIENT else component.calls
        )

    def _hand(self, name: str, topic: str, message: Any) -> None:
        if topic == MISSION_ACTION:
            self._hand_action(message)
        else:
            self._scheduler.deliver(topic, message, only=name)

    def _hand_action(self, r: ActionRecord) -> None:
        s = self._scheduler
        if r.kind == "goal":
            s.goal(GoalRequest(r.action, r.goal_id, r.content))
        elif r.kind == "cancel":
            s.cancel(CancelRequest(r.action, r.goal_id))
        elif r.kind == "feedback":
            s.feedback(GoalFeedback(r.action, r.goal_id, r.content))
        else:
            s.result(GoalResult(r.action, r.goal_id, r.status, r.content))

    def _take_goals(self, t_ns: int) -> None:
        """What the components asked of servers outside."""
        s = self._scheduler
        asked: list[ActionItem] = [*s.outgoing_goals, *s.outgoing_cancels]
        for item in asked:
            self._keep(MISSION_ACTION, action_record(item), t_ns)
        for queue in (
            s.outgoing_goals,
            s.outgoing_cancels,
            s.outgoing_feedback,
            s.outgoing_results,
        ):
            queue.clear()
