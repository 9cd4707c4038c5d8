"""The result of a run that nobody was left to finish: from its bag, events, plan and truth."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.own_bag import absolute, relative
from lupex_rover.codec.conversion import decode_recorded
from lupex_rover.core.errors import UserError
from lupex_rover.events.stored_events import with_stored
from lupex_rover.mission.plan import load_plan
from lupex_rover.report import result
from lupex_rover.report.log import TOPICS, MissionLog
from lupex_rover.scenarios import run_files

NOT_ENDED = "the run did not end by itself"


class WhatIsThere:
    """Messages of the graph in a bag, whatever state it is in; it is only read.

    Attributes
    ----------
    problems : list[str]
        What the last reading could not read.
    """

    def __init__(self, bag: Path) -> None:
        self._bag = AnyBag(bag)
        self.problems: list[str] = []
        self._unreadable = 0

    def records(self, topics: Collection[str] | None = None) -> Iterator[tuple[str, bytes, int]]:
        """(topic, CDR, UTC ns) in the order of the file; of every topic, or of these."""
        self.problems, self._unreadable = [], 0
        names = None if topics is None else {absolute(t) for t in topics}
        try:
            for channel, data, t_ns in self._bag.records(names):
                topic = relative(channel.topic)
                if topic is not None:
                    yield topic, data, t_ns
        except UserError as error:  # missing, or of no bytes
            self.problems.append(str(error))
        self.problems += self._bag.problems
        if self._unreadable:
            self.problems.append(f"{run_files.BAG}: {self._unreadable} messages cannot be read")

    def message(self, topic: str, data: bytes, t_ns: int) -> Any:
        """The message of a record; None: it cannot be read, and is counted among the problems."""
        try:
            return decode_recorded(topic, data, t_ns)
        except UserError:
            self._unreadable += 1
            return None

    def messages(self, topics: Collection[str]) -> Iterator[tuple[str, Any, int]]:
        """(topic, message, UTC ns) of what can be read, in the order of the file."""
        for topic, data, t_ns in self.records(topics):
            message = self.message(topic, data, t_ns)
            if message is not None:
                yield topic, message, t_ns


def make_result(folder: Path, ended: str = "") -> dict[str, Any]:
    """Write the `result.json` that the run in `folder` lacks, and return it.

    Parameters
    ----------
    ended : str
        What is known of why it ended.

    Raises
    ------
    UserError
        The run ended before its plan was made, or `result.json` cannot be written.
    """
    if not (folder / "plan.json").is_file():
        raise UserError(
            f"{folder}: has no plan.json; it is no folder of a run, or the run ended before it"
            " began, and there is nothing to report"
        )
    scenario, plan = run_files.scenario_of(folder), load_plan(folder / "plan.json")
    there, log = WhatIsThere(folder / run_files.BAG), MissionLog()
    for topic, message, _ in there.messages(TOPICS):
        log.take(topic, message)
    log.events[:], wrong = with_stored(log.events, folder)
    made = result.build(scenario, plan, log, run_files.truth_of(folder))
    if not log.done:
        told = f"{NOT_ENDED}; {ended}" if ended else NOT_ENDED
        made["unmet"] = [told, *made["unmet"]]
    made["ended"] = {"by_itself": log.done, "why": ended, "problems": [*there.problems, *wrong]}
    run_files.write_json(folder / run_files.RESULT, made)
    return made
