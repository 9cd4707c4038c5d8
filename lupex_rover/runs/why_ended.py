"""Why a run ended, in words: from its result, exit codes, events, logs and bag."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lupex_rover import graph
from lupex_rover.core.codes import FAULT, WARNING
from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import told as told_time
from lupex_rover.core.types import Event
from lupex_rover.dictionary.code_list import codes
from lupex_rover.events.stored_events import with_stored
from lupex_rover.report.log import MissionLog
from lupex_rover.runs.out_folder import LOCK
from lupex_rover.runs.partial_run import WhatIsThere
from lupex_rover.runs.run_logs import exits, last_life
from lupex_rover.scenarios import run_file, run_files
from lupex_rover.simulator.kept_world import WORLD

FAULTS, LINES = 5, 3  # the last ones that are told
HEARD: tuple[str, ...] = (graph.MISSION_STATE, graph.MISSION_EVENT)
GRAVE = ("Traceback", "Error", "Killed", "Fatal", "lupex: ")


@dataclass
class Ending:
    """What can be said of the end of a run.

    Attributes
    ----------
    verdict : str
        In one sentence.
    well : bool
        It ended by itself, with success, or is running.
    happened : list[str]
        What happened last, the latest at the end.
    processes : list[str]
        Which process ended with what code, and its last words.
    faults : list[str]
        The last events that are grave.
    wrong : list[str]
        What is damaged or missing in the folder.
    to_do : list[str]
        What to do, in this order.
    """

    verdict: str = ""
    well: bool = False
    happened: list[str] = field(default_factory=list)
    processes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    to_do: list[str] = field(default_factory=list)


def why_ended(folder: Path) -> Ending:
    """The end of the run in `folder`; nothing is written.

    Raises
    ------
    UserError
        It is no folder of a run.
    """
    marks = (*run_files.LEFT, run_file.NAME, run_files.EXITS, LOCK)
    if not any((folder / name).exists() for name in marks):
        raise UserError(f"{folder}: nothing of a run is there; name the folder of a run or of `up`")
    told = Ending()
    there, log = WhatIsThere(folder / run_files.BAG), MissionLog()
    last_ns = 0
    if (folder / run_files.BAG).exists():
        for topic, message, t_ns in there.messages(HEARD):
            log.take(topic, message)
            last_ns = max(last_ns, t_ns)
        told.wrong += there.problems
    events, wrong = with_stored(log.events, folder)
    told.wrong += wrong
    _happened(told, log, events, last_ns)
    ends = exits(folder)
    told.processes = [
        f"{one.get('utc', '')} {one['process']} ended with code {one['code']} ({one['meaning']})"
        for one in ends
    ]
    told.processes += _last_words(folder)
    grave = [event for event in events if event.severity >= WARNING][-FAULTS:]
    told.faults = [_line(event) for event in grave]
    _verdict(told, folder, log, ends)
    _to_do(told, folder, grave, ends)
    return told


def _happened(told: Ending, log: MissionLog, events: list[Event], last_ns: int) -> None:
    for phase in log.phases[-LINES:]:
        code = f", {phase.code}" if phase.code else ""
        told.happened.append(
            f"phase {phase.name}, {told_time(phase.start_ns)} to {told_time(phase.end_ns)}:"
            f" {phase.outcome}{code}"
        )
    if log.step and not log.done:
        told.happened.append(f"last step of phase {log.phase}: {log.step}")
    told.happened += [_line(event) for event in events[-LINES:]]
    if last_ns:
        told.happened.append(f"the bag ends at {told_time(last_ns)}")


def _last_words(folder: Path) -> Iterator[str]:
    """Of each process whose log ends with something grave."""
    for path in sorted(folder.glob("*.log")):
        said = last_life(path)
        if any(mark in line for line in said[-20:] for mark in GRAVE):
            yield f"{path.name} ends with: {said[-1].strip()}"


def _verdict(told: Ending, folder: Path, log: MissionLog, ends: list[dict[str, Any]]) -> None:
    if pid := _running(folder):
        told.verdict, told.well = f"it has not ended: process {pid} runs in it", True
        return
    result = folder / run_files.RESULT
    told_by_itself = _read(result, told.wrong) if result.is_file() else {}
    ended = told_by_itself.get("ended")
    outcome = told_by_itself.get("outcome", "")
    if log.done:
        told.well = outcome in ("success", "")
        told.verdict = f"the mission went through its phases; outcome: {outcome or 'not written'}"
    elif ends:
        last = ends[-1]
        told.verdict = (
            f"it ended because process {last['process']} ended with code {last['code']}"
            f" ({last['meaning']})"
        )
    elif told_by_itself and not ended:
        told.verdict = (
            f"it was ended before its last phase, by Ctrl-C or at max_days; outcome: {outcome}"
        )
    else:
        told.verdict = (
            "everything ended at once: no process was left to note an exit code; it was killed as"
            " a whole, or the computer lost power or memory"
        )


def _to_do(told: Ending, folder: Path, grave: list[Event], ends: list[dict[str, Any]]) -> None:
    if told.well:
        return
    advice = {code.code: code.advice for code in codes()}
    faults = dict.fromkeys(e.code for e in reversed(grave) if e.severity >= FAULT)
    told.to_do += [f"{code}: {advice[code]}" for code in faults if advice.get(code)]
    if any(one["code"] == -9 for one in ends):
        told.to_do.append("see `dmesg` and `journalctl -k` for the kernel's out-of-memory killer")
    if any(one["code"] not in (2, -9) for one in ends):
        names = ", ".join(dict.fromkeys(f"{one['process']}.log" for one in ends))
        told.to_do.append(f"read the end of {names}")
    if (folder / WORLD).is_dir():
        told.to_do.append(f"`lupex mission --resume {folder}` goes on with it")
    if (folder / run_files.BAG).is_file() and not (folder / run_files.RESULT).is_file():
        told.to_do.append(f"`lupex report {folder}` makes result and page of what there is")
    if any(run_files.BAG in line for line in told.wrong):
        told.to_do.append(f"`lupex bag recover {folder / run_files.BAG}` writes what can be read")


def _running(folder: Path) -> str:
    """Number of the process that holds the folder; empty: none does."""
    try:
        with (folder / LOCK).open(encoding="ascii", errors="replace") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip()
    except OSError:
        return ""
    return ""


def _read(path: Path, wrong: list[str]) -> dict[str, Any]:
    try:
        found = read_json(path, finite=False)
    except UserError as error:
        wrong.append(str(error))
        return {}
    return found if isinstance(found, dict) else {}


def _line(event: Event) -> str:
    return f"{told_time(event.stamp_ns)} {event.source} {event.code} {event.text}"
