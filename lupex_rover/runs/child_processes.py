"""The processes that a command starts: begun in order, watched, ended in order."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from lupex_rover.core.errors import Broken, UserError
from lupex_rover.core.parent_death import end_with_parent
from lupex_rover.runs.run_logs import last_life, note_begin, note_exit, open_log

PATIENCE_S = 20.0
HURRY_S = 2.0  # patience once a second signal has come
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_S = 0.2
BAD_INPUT = 2
DOMAINS = 100  # higher ones reach into the ports that the system hands out
_held: list[IO[str]] = []  # locks of domains, for the life of this process


def own_domain() -> None:
    """A ROS domain of our own unless the user chose one, so that two runs do not meet."""
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    if os.environ.get("LUPEX_DOMAIN_CHOSEN") != "1" and "ROS_DOMAIN_ID" not in os.environ:
        os.environ["ROS_DOMAIN_ID"] = str(_free_domain(1 + os.getpid() % DOMAINS))


def _free_domain(first: int) -> int:
    """A domain that no other run holds, locked until this process ends; `first` where all are."""
    for k in range(DOMAINS):
        domain = 1 + (first - 1 + k) % DOMAINS
        path = Path(tempfile.gettempdir()) / f"lupex-ros-domain-{domain}"
        try:
            lock = path.open("a")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # held by another run, or by another user's
            continue
        _held.append(lock)
        return domain
    return first


def resident_mb(pid: int) -> float:
    """Resident memory of a process, MB; 0 when it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0.0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Children:
    """Use as a context; leaving it ends every child, the last begun first.

    Within it SIGTERM and SIGHUP are taken as Ctrl-C is: as a KeyboardInterrupt, once. One that
    comes while a child is being made waits until the child is known, so that none is lost; one
    that some library swallows is raised again by `check`. A second one makes `stop` impatient.
    SIGINT and SIGHUP stay ignored where they are, under nohup for instance. A child does not
    outlive this process: the kernel sends it SIGTERM, however this process ends.

    Parameters
    ----------
    folder : Path
        Of the run; the children's logs lie there.

    Attributes
    ----------
    asked : bool
        A signal came.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = False
        self._held = self._leaving = self._hurry = False
        self._running: list[tuple[str, subprocess.Popen[str]]] = []
        self._watched: set[int] = set()  # pids whose end another than `check` looks after
        self._before: dict[int, Any] = {}

    def _on_signal(self, *_: object) -> None:
        first, self.asked = not self.asked, True
        self._hurry = self._hurry or not first
        if first and not self._held and not self._leaving:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def _signals_held(self) -> Iterator[None]:
        """A signal that comes within is raised at the end."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        self._raise_asked()

    def _raise_asked(self) -> None:
        if self.asked and not self._leaving:
            raise KeyboardInterrupt

    def start(
        self,
        name: str,
        module: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        watched: bool = False,
        again: bool = False,
    ) -> subprocess.Popen[str]:
        """Begin `python -m module`; its errors are appended to `<name>.log` in the run's folder.

        Its environment is ours unless another is given. `watched`: somebody else looks after its
        end, `check` does not. `again`: its log goes on where an earlier one ended.
        """
        with self._signals_held():
            with open_log(self._log(name)) as log:
                child = subprocess.Popen(
                    [sys.executable, "-m", module, *arguments], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
                    preexec_fn=partial(end_with_parent, os.getpid()), env=environment,
                )  # fmt: skip
            self._running.append((name, child))
            if watched:
                self._watched.add(child.pid)
        return child

    def forget(self, child: subprocess.Popen[str]) -> None:
        """`child` has ended, and was looked after."""
        self._running = [(name, one) for name, one in self._running if one is not child]
        self._watched.discard(child.pid)
        if child.stdout is not None:
            child.stdout.close()

    def said(self, name: str) -> str:
        """The last that a child wrote into its log."""
        said = last_life(self._log(name))
        return said[-1].strip() if said else "it said nothing"

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def first_line(self, child: subprocess.Popen[str]) -> dict[str, Any]:
        """The JSON line a child prints when it is ready.

        Raises
        ------
        UserError, Broken
            The child ended before; as `check` tells it.
        """
        line = child.stdout.readline() if child.stdout else ""
        if not line:
            child.wait()
            self.check()
        return json.loads(line)

    def wait(self, child: subprocess.Popen[str]) -> None:
        """Until `child` has ended well, every other one still running.

        Raises
        ------
        UserError, Broken
            It or another one ended otherwise; as `check` tells it.
        """
        while child.poll() is None:
            self.check(may_end=child)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(LOOK_S)
        self.check(may_end=child)

    def check(self, may_end: subprocess.Popen[str] | None = None) -> None:
        """See that every child still runs; `may_end` may have ended well.

        Raises
        ------
        UserError
            One has ended over bad input; the text is its own.
        Broken
            One has ended otherwise; the text tells which, and the last that it said.
        """
        self._raise_asked()
        for name, child in self._running:
            code = child.poll()
            if code is None or (child is may_end and code == 0) or child.pid in self._watched:
                continue
            raise self.end_of(name, code)

    def end_of(self, name: str, code: int) -> UserError | Broken:
        """What is to be raised over a child that ended with `code`."""
        note_exit(self.folder, name, code)
        last = self.said(name)
        if code == BAD_INPUT:
            return UserError(last.removeprefix("lupex: "))
        return Broken(f"{name} ended with code {code}: {last} (see {self._log(name)})")

    def memory_mb(self) -> float:
        """Resident memory of this process and the children that run, MB."""
        pids = [os.getpid()] + [c.pid for _, c in self._running if c.poll() is None]
        return sum(resident_mb(pid) for pid in pids)

    def stop(self) -> None:
        """SIGINT to each, the last begun first; SIGKILL to what does not end."""
        self._leaving = True
        for _, child in reversed(self._running):
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
                child.send_signal(signal.SIGCONT)  # one that was stopped ends as well
                self._await_end(child)
            if child.poll() is None:
                child.kill()
                child.wait()
        self._running.clear()
        self._watched.clear()

    def _await_end(self, child: subprocess.Popen[str]) -> None:
        begun = time.monotonic()
        while child.poll() is None:
            if time.monotonic() - begun > (HURRY_S if self._hurry else PATIENCE_S):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(LOOK_S)

    def __enter__(self) -> Children:
        note_begin(self.folder)
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if number != signal.SIGTERM and signal.getsignal(number) == signal.SIG_IGN:
                    continue  # as nohup wants it
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            for number, before in self._before.items():
                signal.signal(number, before)
