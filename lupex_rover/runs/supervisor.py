"""Watches the processes of a run: one that ends, or in which something hangs, is started again.

Who hangs is seen in the beats (`hosts.beats`); how long each may, and how often, says
`config/supervision.yaml`. Use: `start` each process, then call `look` several times a second, and
`beat` more often: without beats motion ends (`hosts.supervisor_lease`).
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lupex_rover.core.constants import NS
from lupex_rover.core.types import Event
from lupex_rover.drivers.lease import SUPERVISOR
from lupex_rover.hosts import beats
from lupex_rover.hosts.codes import CODES
from lupex_rover.hosts.supervisor_lease import BEAT_S
from lupex_rover.runs import supervision
from lupex_rover.runs.child_processes import BAD_INPUT, Children
from lupex_rover.runs.service_manager import ServiceManager
from lupex_rover.runs.supervision import ProcessRule, Table

HOUR_S = 3600.0
LOOK_S = 0.2
Tell = Callable[[Event], None]


class Starter(Protocol):
    """Begins a process of a run: `Children`, or a supervisor of them."""

    def start(self, name: str, module: str, *arguments: str) -> Any: ...


@dataclass
class _Process:
    """One process under watch."""

    name: str
    command: tuple[str, ...]
    rule: ProcessRule
    child: subprocess.Popen[str] | None
    begun_s: float
    due_s: float | None = None  # when it is started again
    up: bool = False  # this life has beaten
    ever_up: bool = False  # some life has
    away_s: float | None = None  # since when it has been away
    in_a_row: int = 0
    restarts: deque[float] = field(default_factory=deque)


class Supervisor:
    """Of the processes that are started through it.

    Parameters
    ----------
    children : Children
        Makes and ends the processes.
    tell : Tell
        Is given an event on whatever happens to a process.
    stamp : Callable[[], int]
        Time of these events, UTC ns.
    table : Table or None
        The rules; None: those of `config/supervision.yaml`.
    clock : Callable[[], float]
        CLOCK_MONOTONIC, s.
    beat : Callable[[], None]
        Tells the hosts of the processes that it is there: they renew its lease of motion.
    """

    def __init__(
        self,
        children: Children,
        tell: Tell,
        stamp: Callable[[], int] = time.time_ns,
        table: Table | None = None,
        clock: Callable[[], float] = time.monotonic,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._children = children
        self._tell = tell
        self._stamp = stamp
        self._table = table or supervision.read()
        self._clock = clock
        self.beat = beat
        self._processes: list[_Process] = []
        self._manager = ServiceManager()
        self._ready = False

    def start(self, name: str, module: str, *arguments: str) -> subprocess.Popen[str]:
        """Begin `python -m module` and look after it from now on."""
        rule = self._table.process(name)
        child = self._children.start(name, module, *arguments, watched=True)
        command = (module, *arguments)
        self._processes.append(_Process(name, command, rule, child, self._clock()))
        return child

    def look(self, may_end: subprocess.Popen[str] | None = None) -> None:
        """See how each does, and do what follows; `may_end`, not watched, may have ended well.

        Raises
        ------
        UserError
            A process found its input bad before it was up.
        Broken
            A process that the run needs was given up, or one that is not watched has ended.
        KeyboardInterrupt
            A signal came and was swallowed somewhere.
        """
        self.beat()
        now_s = self._clock()
        for one in list(self._processes):
            if one.child is None:
                self._again(one, now_s)
            else:
                self._watch(one, one.child, now_s)
        self._children.check(may_end)
        self._manager.alive()
        if not self._ready and all(one.up for one in self._processes):
            self._ready = True
            self._manager.ready(f"{len(self._processes)} processes are up")

    def rest(self) -> None:
        """Until the next look, beating."""
        for _ in range(round(LOOK_S / BEAT_S)):
            time.sleep(BEAT_S)
            self.beat()

    def stopping(self) -> None:
        """The end has begun: systemd is told."""
        self._manager.stopping()

    # --- one process ----------------------------------------------------------------------------

    def _watch(self, one: _Process, child: subprocess.Popen[str], now_s: float) -> None:
        code = child.poll()
        if code is not None:
            self._ended(one, child, code, now_s)
            return
        seen = beats.read(self._children.folder, one.name) if one.rule.silent_s else None
        fresh = seen if seen is not None and seen.pid == child.pid else None
        if not one.up and (not one.rule.silent_s or (fresh is not None and fresh.loop.count)):
            self._came_up(one, now_s)
        why = self._hangs(one, fresh, now_s)
        if why:
            child.kill()
            child.wait()
            self._lost(one, child, "HST-021", f"{one.name}: {why}", now_s)

    def _hangs(self, one: _Process, seen: beats.Seen | None, now_s: float) -> str:
        """What hangs, in words; empty: nothing does."""
        if one.rule.silent_s is None:
            return ""
        if seen is None or not seen.loop.count:
            began_s = now_s - one.begun_s
            return f"it is not up {began_s:.0f} s after its begin" * (began_s > one.rule.start_s)
        turns = [beat for beat in seen.beats[1:] if beat.in_turn]
        for beat in turns:
            lasts_s = now_s - beat.began_ns / NS
            if lasts_s > self._table.component(beat.name).turn_s:
                return f"component {beat.name} has been in one turn for {lasts_s:.1f} s"
        silent_s = now_s - seen.loop.ended_ns / NS
        if not turns and silent_s > one.rule.silent_s and not _just_ended(seen, now_s, one.rule):
            return f"its loop has been silent for {silent_s:.1f} s"
        return ""

    def _came_up(self, one: _Process, now_s: float) -> None:
        one.up = one.ever_up = True
        if one.away_s is not None:
            self._say("HST-022", f"{one.name} was away for {now_s - one.away_s:.1f} s")
            one.away_s = None

    def _ended(self, one: _Process, child: subprocess.Popen[str], code: int, now_s: float) -> None:
        """It ended by itself, or by somebody's signal."""
        if code == 0 and one.rule.may_end:
            self._children.forget(child)
            self._processes.remove(one)
            return
        if code == BAD_INPUT and not one.ever_up:
            raise self._children.end_of(one.name, code)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        said = "" if code < 0 else f": {self._children.said(one.name)}"
        self._lost(one, child, "HST-020", f"{one.name}: ended with {how}{said}", now_s)

    def _lost(
        self, one: _Process, child: subprocess.Popen[str], code: str, text: str, now_s: float
    ) -> None:
        """A process is gone: told, and made anew later or given up."""
        self._children.forget(child)
        rule = one.rule
        steady = one.up and now_s - one.begun_s >= rule.steady_s
        one.child, one.up = None, False
        one.away_s = now_s if one.away_s is None else one.away_s
        one.in_a_row = 0 if steady else one.in_a_row
        while one.restarts and now_s - one.restarts[0] > HOUR_S:
            one.restarts.popleft()
        if len(one.restarts) >= rule.restarts_per_hour:
            self._say("HST-023", f"{text}; started again {len(one.restarts)} times this hour")
            self._processes.remove(one)
            if rule.needed:
                raise self._children.end_of(one.name, child.returncode)
            return
        wait_s = min(rule.first_wait_s * 2.0 ** min(one.in_a_row, 30), rule.longest_wait_s)
        one.in_a_row += 1
        one.due_s = now_s + wait_s
        meanwhile = f"; meanwhile {rule.meanwhile}" if rule.meanwhile else ""
        self._say(code, f"{text}; started again in {wait_s:.1f} s{meanwhile}")

    def _again(self, one: _Process, now_s: float) -> None:
        if one.due_s is None or now_s < one.due_s:
            return
        one.restarts.append(now_s)
        one.due_s, one.begun_s = None, now_s
        module, *arguments = one.command
        one.child = self._children.start(one.name, module, *arguments, watched=True, again=True)

    def _say(self, code: str, text: str) -> None:
        self._tell(CODES.event(self._stamp(), "supervisor", code, text))


def _just_ended(seen: beats.Seen, now_s: float, rule: ProcessRule) -> bool:
    """A long turn may have ended this moment, and the loop is about to go round."""
    last_s = max((beat.ended_ns / NS for beat in seen.beats), default=0.0)
    return rule.silent_s is not None and now_s - last_s <= rule.silent_s


def print_event(event: Event) -> None:
    """To who looks on: code and text in one line, on standard error."""
    text = CODES[event.code].text
    print(f"{event.code} {event.text} ({text})", file=sys.stderr, flush=True)


@contextlib.contextmanager
def supervised(
    folder: Path, tell: Tell = print_event, stamp: Callable[[], int] = time.time_ns
) -> Iterator[tuple[Children, Supervisor]]:
    """Children of a run in `folder` and their supervisor; leaving it ends all."""
    with beats.kept(folder), Children(folder) as children:
        own = beats.Beats(beats.file_of(folder, SUPERVISOR), ())
        supervisor = Supervisor(children, tell, stamp, beat=own.loop)
        try:
            yield children, supervisor
        finally:
            supervisor.stopping()
