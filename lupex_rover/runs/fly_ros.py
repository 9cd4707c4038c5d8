"""Flies a scenario on the ROS graph: simulator and flight processes, and this one records."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lupex_rover import graph
from lupex_rover.bags.lasting_bag import LastingBag
from lupex_rover.codec.seal import Seal
from lupex_rover.core.constants import NS
from lupex_rover.core.errors import Broken
from lupex_rover.core.types import Event
from lupex_rover.events.event_store import EventStore
from lupex_rover.graph import flight_processes
from lupex_rover.mission.plan import load_plan
from lupex_rover.nodes.extra import load_outside
from lupex_rover.report.log import TOPICS, MissionLog
from lupex_rover.runs import kept_run
from lupex_rover.runs.child_processes import Children, own_domain
from lupex_rover.runs.early_checks import check_parameters
from lupex_rover.runs.flight_outcome import FlightOutcome
from lupex_rover.runs.out_folder import claim
from lupex_rover.runs.progress_line import ProgressLine
from lupex_rover.runs.supervisor import LOOK_S, Starter, Supervisor, print_event, supervised
from lupex_rover.scenarios import run_file, run_files, run_folder
from lupex_rover.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from lupex_rover.hosts.ros.recorder import Recorder

CHECK_S = 1.0


def fly(
    scenario: Scenario,
    folder: Path,
    speed: float = 0.0,
    physics: str = "stand-in",
    composed: bool = True,
    resume: bool = False,
) -> FlightOutcome:
    """Start the processes, record until the mission is done, end them; Ctrl-C ends it early.

    `resume` goes on with the run that `folder` keeps (`kept_run`).
    """
    check_parameters(scenario)
    # the recorder knows their topics, too
    load_outside(scenario.extra_nodes, scenario.instruments, scenario.where, scenario.boards or ())
    own_domain()
    if not resume:
        kept_run.begin(folder)
    print(f"making the world of seed {scenario.seed} and the plan", flush=True)
    said: list[Event] = []  # of the supervisor, not yet recorded

    def tell(event: Event) -> None:
        print_event(event)
        said.append(event)

    with supervised(folder, tell) as (children, supervisor):
        expect = [*flight_processes(composed, True, scenario.outside), "recorder"]
        ready = start_simulator(children, scenario, folder, speed, expect, physics, resume)
        old = kept_run.set_aside(folder) if resume else None
        if not resume:
            run_files.clear(folder)
            run_files.keep_scenario(scenario, folder)
        start_flight(supervisor, folder, composed, True)
        log = MissionLog()
        interrupted, wall_s, end_ns, peak_mb, broke = _record(
            children, supervisor, said, log, folder, scenario, ready["start_ns"], old
        )
    summary = run_files.truth_of(folder)
    factor = (end_ns - ready["start_ns"]) / NS / max(wall_s, 1e-3)
    plan = load_plan(folder / "plan.json")
    return FlightOutcome(
        plan, log, summary, round(factor, 1), interrupted, round(peak_mb, 1), broke
    )


def start_simulator(
    children: Children, scenario: Scenario, folder: Path, speed: float, expect: list[str],
    physics: str = "stand-in", resume: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Begin the simulator; it tells its ports in `run.json`."""
    run_folder.for_simulation(folder, scenario, speed, expect, physics)
    options = ["--run", str(folder), *(["--resume"] if resume else [])]
    child = children.start("simulator", "lupex_rover.programs.simulator", *options)
    return children.first_line(child)


def start_flight(starter: Starter, folder: Path, composed: bool, simulated: bool) -> None:
    """Begin the processes of the graph's nodes."""
    extra = run_folder.extra_nodes(folder)
    start_processes(starter, folder, flight_processes(composed, simulated, extra))


def start_processes(starter: Starter, folder: Path, processes: dict[str, list[str]]) -> None:
    """Begin flight processes with the nodes of each."""
    for process, nodes in processes.items():
        starter.start(
            process, "lupex_rover.programs.flight", "--run", str(folder),
            "--name", process, "--nodes", ",".join(nodes),
        )  # fmt: skip


def _record(
    children: Children,
    supervisor: Supervisor,
    said: list[Event],
    log: MissionLog,
    folder: Path,
    scenario: Scenario,
    start_ns: int,
    old: Path | None = None,
) -> tuple[bool, float, int, float, Broken | None]:
    """Record until done.

    Whether interrupted, wall seconds, last simulated time, peak MB, and what broke. What the
    supervisor says in `said` is recorded at the simulated time that it is. The bag begins with
    `old`, of the run that goes on.
    """
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    from lupex_rover.hosts.ros.recorder import Recorder

    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    started = checked = looked = time.monotonic()
    end_ns = start_ns + int(scenario.max_days * 86400 * NS)
    interrupted, peak_mb = False, 0.0
    broke: Broken | None = None
    with (
        contextlib.closing(EventStore(folder / run_files.EVENTS, False, 0)) as events,
        LastingBag(folder / run_files.BAG, scenario.recorder) as bag,
        ProgressLine(log, start_ns) as progress,
    ):
        if old is not None:
            kept_run.copy_bag(old, bag, log, start_ns)
        seal = Seal(run_file.read(folder).token)
        recorder = Recorder(bag, TOPICS, log.take, events=events, seal=seal)
        try:
            while not log.done and recorder.t_ns <= end_ns:
                supervisor.beat()
                recorder.spin()
                progress.update(recorder.t_ns or start_ns)
                if time.monotonic() - looked > LOOK_S:
                    looked = time.monotonic()
                    supervisor.look()
                    _record_said(said, recorder, start_ns)
                if time.monotonic() - checked > CHECK_S:
                    checked = time.monotonic()
                    peak_mb = max(peak_mb, children.memory_mb())
        except KeyboardInterrupt:
            interrupted = True
        except Broken as error:  # a process died: what there is makes a result and a page
            broke = error
        wall_s = time.monotonic() - started
        children.stop()
        _record_said(said, recorder, start_ns)  # why it ended
        recorder.close()
    rclpy.try_shutdown()
    return interrupted, wall_s, recorder.t_ns, peak_mb, broke


def _record_said(said: list[Event], recorder: Recorder, start_ns: int) -> None:
    """Record what the supervisor said, at the simulated time that it is."""
    for event in said:
        stamped = dataclasses.replace(event, stamp_ns=recorder.t_ns or start_ns)
        recorder.add(graph.MISSION_EVENT, stamped)
    said.clear()


def simulate(
    scenario: str,
    seed: int | None,
    speed: float,
    folder: Path,
    flight: bool = False,
    composed: bool = True,
    physics: str = "stand-in",
) -> None:
    """The simulator, with or without the flight nodes, until Ctrl-C."""
    from lupex_rover.scenarios import scenario as scenarios

    chosen = scenarios.read(scenario, seed=seed)
    own_domain()
    with claim(folder), supervised(folder) as (children, supervisor):
        kept_run.begin(folder)  # the world begins anew, and so does flight
        extra = chosen.outside
        expect = list(flight_processes(composed, True, extra)) if flight else []
        ready = start_simulator(children, chosen, folder, speed, expect, physics)
        if flight:
            start_flight(supervisor, folder, composed, True)
        domain = int(os.environ.get("ROS_DOMAIN_ID", "0"))
        print(json.dumps({"boards": ready["boards"], "ros_domain_id": domain}), flush=True)
        while True:
            supervisor.rest()
            supervisor.look()
