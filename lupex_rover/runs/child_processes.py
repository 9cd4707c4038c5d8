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
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from lupex_rover.core.errors import Broken, UserError
from lupex_rover.core.parent_death import end_with_parent
from lupex_rover.runs.run_logs import last_life, note_begin, note_exit, open_log

PATIENCE_S = 20.0
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


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


class Children:
    """Use as a context; leaving it ends every child, the last begun first.

    Within it SIGTERM is taken as Ctrl-C is. A child does not outlive this process: the kernel sends
    it SIGTERM, however this process ends.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[tuple[str, subprocess.Popen[str]]] = []
        self._on_term: Any = None

    def start(
        self,
        name: str,
        module: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        """Begin `python -m module`; its errors are appended to `<name>.log` in the run's folder.

        Its environment is ours unless another is given.
        """
        with open_log(self._log(name)) as log:
            child = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
                preexec_fn=partial(end_with_parent, os.getpid()), env=environment,
            )  # fmt: skip
        self._running.append((name, child))
        return child

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
        for name, child in self._running:
            code = child.poll()
            if code is None or (child is may_end and code == 0):
                continue
            note_exit(self.folder, name, code)
            said = last_life(self._log(name))
            last = said[-1].strip() if said else "it said nothing"
            if code == BAD_INPUT:
                raise UserError(last.removeprefix("lupex: "))
            raise Broken(f"{name} ended with code {code}: {last} (see {self._log(name)})")

    def memory_mb(self) -> float:
        """Resident memory of this process and the children that run, MB."""
        pids = [os.getpid()] + [c.pid for _, c in self._running if c.poll() is None]
        return sum(resident_mb(pid) for pid in pids)

    def stop(self) -> None:
        """SIGINT to each, the last begun first; SIGKILL to what does not end."""
        for _, child in reversed(self._running):
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(PATIENCE_S)
            if child.poll() is None:
                child.kill()
                child.wait()
        self._running.clear()

    def __enter__(self) -> Children:
        note_begin(self.folder)
        if threading.current_thread() is threading.main_thread():
            self._on_term = signal.signal(signal.SIGTERM, _interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            if self._on_term is not None:
                signal.signal(signal.SIGTERM, self._on_term)
