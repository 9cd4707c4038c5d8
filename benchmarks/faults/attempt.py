"""One mission on the harness with faults, in a process of its own; the truth of its cups is kept.

`python -m benchmarks.faults.attempt SCENARIO SEED FAULTS FOLDER`, or with `--resume FOLDER` alone.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

from lupex_rover.cli.mission import finish
from lupex_rover.runs import fly_harness
from lupex_rover.scenarios import run_files
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.scenarios.injected_fault import read_faults


def main() -> None:
    *given, last = sys.argv[1:]
    folder, resume = Path(last), given == ["--resume"]
    if resume:
        what = run_files.scenario_of(folder)
    else:
        name, seed, faults = given
        read = scenarios.read(name, seed=int(seed))
        what = dataclasses.replace(read, faults=read.faults + read_faults(Path(faults)))
    began = time.monotonic()
    flown = fly_harness.fly(what, folder, resume=resume)
    run_files.write_json(folder / run_files.TRUTH, flown.summary)
    finish(what, folder, flown, time.monotonic() - began)


if __name__ == "__main__":
    main()
