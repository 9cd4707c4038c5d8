"""`lupex up rover` on the boards of `lupex sim --boards`, on the wall clock, as on a real rover."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.record import ROOT
from lupex_rover.core.config_file import to_yaml
from lupex_rover.hosts import beats
from lupex_rover.runs.child_processes import Children, own_domain
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.simulator.site.prepare import prepare, save

UP_S = 240.0  # with code that is compiled on a new machine
PATIENCE_S = 30.0


@dataclass(frozen=True)
class RoverOnBench:
    """It runs.

    Attributes
    ----------
    run : Path
        Folder of `up rover`.
    supervisor, boards : int
        Process ids.
    """

    run: Path
    supervisor: int
    boards: int


@contextlib.contextmanager
def rover_on_bench(place: Path) -> Iterator[RoverOnBench]:
    """The rover in a new folder, up; leaving it ends it as a shutdown does.

    Raises
    ------
    RuntimeError
        It does not come up, or does not end.
    """
    own_domain()
    place.mkdir(parents=True)
    save(prepare(scenarios.read("reference")), place)
    with Children(place) as children:
        boards = children.start("boards", "lupex_rover.cli", "sim", "--boards")
        ports = children.first_line(boards)["boards"]
        config = place / "rover.yaml"
        wanted = {"ports": ports, "plan": "plan.json", "onboard_map": "onboard_map.tif"}
        config.write_text(to_yaml(wanted), encoding="utf-8")
        run = place / "run"
        words = [sys.executable, "-m", "lupex_rover.cli", "up", "rover", "--config", str(config),
                 "--out", str(run)]  # fmt: skip
        with (place / "up.log").open("w") as log:
            up = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait_until_up(up, run)
            yield RoverOnBench(run, up.pid, boards.pid)
        finally:
            up.terminate()  # SIGINT is ignored by what a shell began in the background
            try:
                up.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                up.kill()
                raise RuntimeError(f"the rover does not end; see {place / 'up.log'}") from None


def alive(run: Path, process: str, but: int = 0) -> int | None:
    """Pid of a process whose loop has gone round; None: none, or it is that of `but`."""
    seen = beats.read(run, process)
    if seen is None or seen.pid == but or not seen.loop.count or not beats.alive(seen.pid):
        return None
    return seen.pid


def _wait_until_up(up: subprocess.Popen[bytes], run: Path) -> None:
    end = time.monotonic() + UP_S
    while time.monotonic() < end and up.poll() is None:
        if alive(run, "recorder") and alive(run, "flight"):
            return
        time.sleep(0.2)
    raise RuntimeError(f"the rover does not come up; see {run.parent / 'up.log'}")
