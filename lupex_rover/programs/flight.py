"""A flight process: `lupex_node --run FOLDER [--nodes a,b] [--name flight]`.

`FOLDER/run.json` says which scenario (its node parameters) and which ports; `plan.json` and
`onboard_map.tif` stand beside it. Without a simulator (`"simulated": false`) it runs on the wall
clock and the real ports.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lupex_rover.codec.seal import Seal
from lupex_rover.core import params
from lupex_rover.core.component import Component
from lupex_rover.core.parent_death import end_with_parent
from lupex_rover.events import event_store
from lupex_rover.graph import NODES
from lupex_rover.hosts.beats import Beats, file_of
from lupex_rover.hosts.ros.hangs import Hangs
from lupex_rover.hosts.ros.host_params import HostParams
from lupex_rover.hosts.ros.node import Declare
from lupex_rover.hosts.ros.ports import Ports
from lupex_rover.hosts.ros.process import FlightProcess
from lupex_rover.hosts.ros.process_main import StopRequest, leave, run
from lupex_rover.hosts.state_file import Owner, plan_id
from lupex_rover.hosts.supervisor_lease import SupervisorLease
from lupex_rover.mission.plan import load_plan
from lupex_rover.nodes.build import components
from lupex_rover.nodes.context import Context
from lupex_rover.scenarios import run_folder
from lupex_rover.scenarios.run_file import RunFile
from lupex_rover.terrain.dem_file import read_dem


@dataclasses.dataclass(frozen=True)
class RosContext(Context):
    """A context whose parameters are declared on the ROS node as they are read."""

    declare: Declare | None = None

    def params(self, node: str, cls: type) -> Any:
        made: Any = super().params(node, cls)  # what the file has wrong is told before ROS sees it
        if self.declare is None:
            return made
        return params.load(cls, self.declare(cls, self.config.get(node)), self.where(node))


def read_context(folder: Path, wanted: RunFile) -> RosContext:
    """What the builders need, from the files of a run."""
    return RosContext(
        read_dem(folder / "onboard_map.tif"),
        load_plan(folder / "plan.json"),
        wanted.vehicle.vehicle(),
        wanted.seed,
        wanted.nodes,
        wanted.phases,
        wanted.scenario,
        wanted.extra_nodes,
        wanted.instruments,
        wanted.boards,
        wanted.extra_phases,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--nodes", default="", help="comma separated; default: all of the graph")
    parser.add_argument("--name", default="flight")
    # what ROS launch adds (--ros-args and remappings) is rclpy's
    options, _ = parser.parse_known_args()
    end_with_parent()
    stop = StopRequest()

    def work() -> None:
        process = make(options.run, options.name, options.nodes, lambda: stop.asked)
        stop.add(process)
        process.configure()
        process.activate()
        process.run()

    leave(run(work, stop))


def make(
    folder: Path, name: str, nodes: str, stopped: Callable[[], bool] = lambda: False
) -> FlightProcess:
    """The process with its nodes, not yet configured.

    Raises
    ------
    UserError
        A file of the run is missing or wrong, or a node is unknown.
    """
    wanted = run_folder.read_with_ports(folder, stopped)
    names = [n for n in nodes.split(",") if n] or [n.name for n in NODES]
    supervisor = SupervisorLease.of_parent(folder)
    ctx = dataclasses.replace(read_context(folder, wanted), supervised=supervisor is not None)
    if not nodes:
        names += ctx.outside

    def build(node: str, declare: Declare) -> Component:
        return components(dataclasses.replace(ctx, declare=declare), [node])[0]

    beats = Beats(file_of(folder, name), names)
    ports = Ports(wanted.ports or {}, wanted.reopen_s)
    host = params.load(HostParams, wanted.host, f"{folder / 'run.json'}.host")
    return FlightProcess(
        name, names, build, ports, folder / "state", wanted.simulated,
        wanted.played, host, tuple(ctx.outside), beats,
        None if wanted.played else folder / event_store.NAME,
        Owner(wanted.world, plan_id(ctx.plan)), supervisor, Seal(wanted.token),
        Hangs(folder) if any(fault.kind == "hang" for fault in wanted.faults) else None,
    )  # fmt: skip


if __name__ == "__main__":
    main()
