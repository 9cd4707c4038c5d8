"""The simulator process: `python -m lupex_rover.programs.simulator --run FOLDER`.

Reads `run.json` (scenario as chosen, processes to wait for), makes the world, writes
`onboard_map.tif` and `plan.json`, prints one line with the boards' ports, and runs until SIGINT;
then writes `truth.json`.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

from lupex_rover.core.parent_death import end_with_parent
from lupex_rover.hosts import beats
from lupex_rover.hosts.ros.process_main import StopRequest, leave, run
from lupex_rover.hosts.ros.sim_process import SimProcess
from lupex_rover.scenarios import run_file, run_folder
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.simulator.engine import Engine
from lupex_rover.simulator.gazebo.start import maker
from lupex_rover.simulator.site.prepare import prepare, save


def _runs(folder: Path, name: str) -> bool:
    """Whether a process of the run is alive; one that has no beats is taken to be."""
    seen = beats.read(folder, name)
    return seen is None or beats.alive(seen.pid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    # what ROS launch adds (--ros-args and remappings) is rclpy's
    folder: Path = parser.parse_known_args()[0].run
    end_with_parent()
    engines: list[Engine] = []
    stop = StopRequest()

    def work() -> None:
        wanted = run_file.read(folder)
        scenario = scenarios.read(wanted.scenario, seed=wanted.seed, phases=wanted.phases)
        prepared = prepare(scenario)
        vehicle = scenario.vehicle.vehicle()
        make_rover = None
        if wanted.physics == "gazebo":
            make_rover = maker(scenario, vehicle, folder)
        engine = Engine(scenario, prepared.world, prepared.plan, vehicle, make_rover)
        engines.append(engine)
        save(prepared, folder)
        process = SimProcess(engine, wanted.expect, wanted.speed, partial(_runs, folder))
        stop.add(process)
        run_folder.tell_ports(folder, process.paths)
        print(json.dumps({"boards": process.paths, "start_ns": engine.t_ns}), flush=True)
        if not stop.asked:
            process.run()
        truth = {**engine.summary(), "end_ns": engine.t_ns}
        (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
        process.close()

    code = run(work, stop)
    for engine in engines:
        engine.close()
    leave(code)


if __name__ == "__main__":
    main()
