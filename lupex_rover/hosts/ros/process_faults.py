"""Injected faults that are done to the processes of a simulated run, by the simulator's process."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
from pathlib import Path

import numpy as np

from lupex_rover.hosts import beats
from lupex_rover.hosts.beats import FOLDER
from lupex_rover.hosts.ros.hangs import hang_file
from lupex_rover.simulator.faults.injector import HostFault
from lupex_rover.simulator.faults.spoilt_wire import drawn

PERIOD_S = 0.1  # of a starved process, of which it may run some
LEAST_SHARE = 0.05
SPOILT = 0.05  # share of a file's bytes at severity 1
STATE = "state"


class ProcessFaults:
    """Does what the host is to do of the injected faults.

    Processes are found by their beats. One that is killed, or in which something hangs, is
    begun anew by the supervisor, whenever its table says: `for_s` has no part in that.

    Parameters
    ----------
    run : Path
        Folder of the run.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._pids: dict[int, int] = {}  # of what a fault was done to, by the fault's number
        self._starving: dict[int, threading.Event] = {}

    def do(self, change: HostFault) -> None:
        """Begin or end a fault; what is not there any more is told in the log alone."""
        try:
            (self._begin if change.begins else self._end)(change)
        except (OSError, ValueError) as error:
            print(f"lupex: fault {change.number}: {error}", file=sys.stderr, flush=True)

    def _begin(self, change: HostFault) -> None:
        fault = change.fault
        if fault.kind == "corrupt":
            self._corrupt(fault.target, fault.severity)
            return
        pid = self._pid(fault.target, component=fault.kind == "hang")
        self._pids[change.number] = pid
        if fault.kind == "kill":
            os.kill(pid, signal.SIGKILL)
        elif fault.kind == "stop":
            os.kill(pid, signal.SIGSTOP)
        elif fault.kind == "hang":
            hang_file(self._run, fault.target).write_text(str(pid), encoding="ascii")
        elif fault.kind == "starve":
            ended = self._starving[change.number] = threading.Event()
            runs_s = PERIOD_S * max(1.0 - fault.severity, LEAST_SHARE)
            threading.Thread(target=_starve, args=(pid, runs_s, ended), daemon=True).start()
        elif fault.kind == "fill":
            _limit_files(pid, 0)

    def _end(self, change: HostFault) -> None:
        fault, pid = change.fault, self._pids.pop(change.number, None)
        if pid is None:
            return
        if fault.kind == "stop":
            os.kill(pid, signal.SIGCONT)
        elif fault.kind == "hang":
            hang_file(self._run, fault.target).unlink(missing_ok=True)
        elif fault.kind == "starve":
            self._starving.pop(change.number).set()
        elif fault.kind == "fill":
            _limit_files(pid, None)

    def close(self) -> None:
        """End all that lasts."""
        for ended in self._starving.values():
            ended.set()

    def _pid(self, target: str, component: bool) -> int:
        """Process of that name, or the one that runs the component.

        Raises
        ------
        ValueError
            None does.
        """
        names = [target]
        if component:
            with contextlib.suppress(OSError):
                names = sorted(os.listdir(self._run / FOLDER))
        for name in names:
            seen = beats.read(self._run, name)
            if seen is not None and (not component or _runs(seen, target)):
                return seen.pid
        raise ValueError(f"no process runs {target}")

    def _corrupt(self, component: str, severity: float) -> None:
        """Spoil the newest file of what a component had persisted."""
        files = [p for p in (self._run / STATE).glob(f"{component}.*") if p.suffix != ".bad"]
        if not files:
            raise ValueError(f"{component} has persisted nothing")
        path = max(files, key=lambda p: p.stat().st_mtime_ns)
        data = np.frombuffer(path.read_bytes(), np.uint8).copy()
        hit = drawn(len(data), 0, len(data)) < SPOILT * severity
        hit[:1] = True
        data[hit] ^= 0xA5
        path.write_bytes(data.tobytes())


def _runs(seen: beats.Seen, component: str) -> bool:
    return any(beat.name == component for beat in seen.beats[1:])


def _starve(pid: int, runs_s: float, ended: threading.Event) -> None:
    with contextlib.suppress(OSError):  # it is gone
        while not ended.is_set():
            os.kill(pid, signal.SIGSTOP)
            ended.wait(PERIOD_S - runs_s)
            os.kill(pid, signal.SIGCONT)
            ended.wait(runs_s)


def _limit_files(pid: int, largest: int | None) -> None:
    """Let a process write no file beyond so many bytes; None: as many as it may."""
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if largest is None else largest, hard))
