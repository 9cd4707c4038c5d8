"""The simulator process: `python -m lupex_rover.programs.simulator --run FOLDER`.

Reads `run.json` (scenario as chosen, processes to wait for), makes the world, writes
`onboard_map.tif` and `plan.json`, prints one line with the boards' ports, and runs until SIGINT;
then writes `truth.json`. Meanwhile its world is kept in the folder; with --resume it goes on from
there.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from lupex_rover.codec.seal import Seal
from lupex_rover.core.parent_death import end_with_parent
from lupex_rover.hosts import beats
from lupex_rover.hosts.ros.process_main import StopRequest, leave, run
from lupex_rover.hosts.ros.sim_process import SimProcess
from lupex_rover.scenarios import run_file, run_files, run_folder
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.simulator import kept_world
from lupex_rover.simulator.engine import Engine
from lupex_rover.simulator.gazebo.start import maker
from lupex_rover.simulator.site.prepare import prepare, save


def _runs(folder: Path, name: str) -> bool:
    """Whether a process of the run is alive; one that has no beats is taken to be."""
    seen = beats.read(folder, name)
    return seen is None or beats.alive(seen.pid)


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--resume", action="store_true")
    # what ROS launch adds (--ros-args and remappings) is rclpy's
    chosen = parser.parse_known_args()[0]
    folder: Path = chosen.run
    end_with_parent()
    engines: list[Engine] = []
    stop = StopRequest()

    def work() -> None:
        wanted = run_file.read(folder)
        scenario = scenarios.read(
            wanted.scenario, seed=wanted.seed, phases=wanted.phases, faults=wanted.faults
        )
        prepared = prepare(scenario)
        vehicle = scenario.vehicle.vehicle()
        make_rover = None
        if wanted.physics == "gazebo":
            make_rover = maker(scenario, vehicle, folder)
        engine = Engine(scenario, prepared.world, prepared.plan, vehicle, make_rover)
        engines.append(engine)
        ticks = 0
        if chosen.resume:
            kept_world.same_plan(prepared.plan, folder)
            ticks = kept_world.take_up(engine, folder, _log).ticks
        else:
            kept_world.begin(folder, "ros")
            save(prepared, folder)
        if wanted.physics == "stand-in":  # Gazebo's world cannot be saved
            kept_world.keep(engine, folder, ticks, _log)
        process = SimProcess(
            engine, wanted.expect, wanted.speed, partial(_runs, folder), Seal(wanted.token), folder
        )
        stop.add(process)
        run_folder.tell_ports(folder, process.paths)
        print(json.dumps({"boards": process.paths, "start_ns": engine.t_ns}), flush=True)
        if not stop.asked:
            process.run()
        truth = {**engine.summary(), "end_ns": engine.t_ns}
        (folder / run_files.TRUTH).write_text(json.dumps(truth), encoding="utf-8")
        process.close()

    code = run(work, stop)
    for engine in engines:
        engine.close()
    leave(code)


if __name__ == "__main__":
    main()
