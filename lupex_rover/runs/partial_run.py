"""The result of a run that nobody was left to finish: from its bag, events, plan and truth."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.own_bag import absolute, relative
from lupex_rover.codec.conversion import decode_recorded
from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole
from lupex_rover.events.stored_events import with_stored
from lupex_rover.mission.plan import load_plan
from lupex_rover.report import result
from lupex_rover.report.log import TOPICS, MissionLog
from lupex_rover.scenarios import run_files

NOT_ENDED = "the run did not end by itself"


class WhatIsThere:
    """Messages of a run's bag, whatever state it is in; it is only read.

    Attributes
    ----------
    problems : list[str]
        What the last reading could not read.
    """

    def __init__(self, folder: Path) -> None:
        self._bag = AnyBag(folder / run_files.BAG)
        self.problems: list[str] = []

    def messages(self, topics: Collection[str]) -> Iterator[tuple[str, Any, int]]:
        """(topic, message, UTC ns) in the order of the file."""
        unreadable = 0
        self.problems = []
        try:
            for channel, data, t_ns in self._bag.records({absolute(t) for t in topics}):
                topic = relative(channel.topic)
                if topic is None:
                    continue
                try:
                    message = decode_recorded(topic, data, t_ns)
                except UserError:
                    unreadable += 1
                    continue
                yield topic, message, t_ns
        except UserError as error:  # missing, or of no bytes
            self.problems.append(str(error))
        self.problems += self._bag.problems
        if unreadable:
            self.problems.append(f"{run_files.BAG}: {unreadable} messages cannot be read")


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
    there, log = WhatIsThere(folder), MissionLog()
    for topic, message, _ in there.messages(TOPICS):
        log.take(topic, message)
    log.events[:], wrong = with_stored(log.events, folder)
    truth = folder / "truth.json"
    summary = read_json(truth, finite=False) if truth.is_file() else {}
    made = result.build(scenario, plan, log, summary)
    if not log.done:
        told = f"{NOT_ENDED}; {ended}" if ended else NOT_ENDED
        made["unmet"] = [told, *made["unmet"]]
    made["ended"] = {"by_itself": log.done, "why": ended, "problems": [*there.problems, *wrong]}
    write_whole(folder / run_files.RESULT, json.dumps(made, indent=1, allow_nan=False) + "\n")
    return made
