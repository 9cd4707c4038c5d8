"""The recorder of the rover: `lupex_recorder --run FOLDER` writes the graph to FOLDER/bags/NUMBER.

Each life of the process has a bag of its own, split into files. It may end or be killed at any
instant: what it wrote stays, its supervisor starts it again, and nobody waits for it.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

from lupex_rover.bags.split_bag import SplitBag, next_folder
from lupex_rover.core.errors import UserError
from lupex_rover.core.parent_death import end_with_parent
from lupex_rover.events.event_store import NAME, EventStore
from lupex_rover.hosts.beats import Beats, file_of
from lupex_rover.hosts.monotonic_utc import MonotonicUtc
from lupex_rover.hosts.ros.process_main import StopRequest, leave, run
from lupex_rover.hosts.ros.recorder import Recorder
from lupex_rover.nodes.extra import load_outside
from lupex_rover.scenarios import run_file

BAGS = "bags"
TURN_S = 0.02


def record(folder: Path, stop: StopRequest) -> None:
    """Record until told to stop.

    Raises
    ------
    UserError
        `run.json` is wrong or wants no recorder, or no bag can be made.
    """
    told = run_file.read(folder)
    if told.recorder is None:
        raise UserError(f"{folder / run_file.NAME}: recorder: there is to be none")
    load_outside(told.extra_nodes, told.instruments, str(folder / run_file.NAME), told.boards)
    clock = MonotonicUtc(_log)
    with (
        contextlib.closing(EventStore(folder / NAME)) as events,
        contextlib.closing(SplitBag(next_folder(folder / BAGS), told.recorder)) as bag,
    ):
        recorder = Recorder(bag, events=events)
        beats = Beats(file_of(folder, "recorder"), ())
        while not stop.asked:
            beats.loop()
            recorder.record(clock.now())
            time.sleep(TURN_S)
        recorder.close()


def _log(text: str) -> None:
    print(f"clock {text}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    # what ROS launch adds (--ros-args and remappings) is rclpy's
    folder: Path = parser.parse_known_args()[0].run
    end_with_parent()
    stop = StopRequest()
    leave(run(lambda: record(folder, stop), stop))


if __name__ == "__main__":
    main()
