"""Flies a scenario on the harness host."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from lupex_rover.bags.lasting_bag import AT_ONCE
from lupex_rover.bags.own_bag import BagWriter
from lupex_rover.core.constants import NS
from lupex_rover.core.time import ns, seconds
from lupex_rover.events.event_store import EventStore
from lupex_rover.graph import TOPICS
from lupex_rover.hosts.harness import Harness
from lupex_rover.hosts.ros.store import FileStore
from lupex_rover.hosts.state_file import Owner, plan_id
from lupex_rover.nodes.build import components
from lupex_rover.report.log import MissionLog
from lupex_rover.runs import kept_run
from lupex_rover.runs.flight_outcome import FlightOutcome
from lupex_rover.runs.harness_setup import set_up_harness
from lupex_rover.runs.progress_line import ProgressLine
from lupex_rover.scenarios import run_files
from lupex_rover.scenarios.run_world import world_of
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator import kept_world
from lupex_rover.simulator.gazebo.start import maker
from lupex_rover.simulator.site.prepare import save

CHUNK_S = 60.0  # of simulated time, after which a chunk of the bag is closed


def fly(
    scenario: Scenario,
    folder: Path,
    speed: float = 0.0,
    physics: str = "stand-in",
    resume: bool = False,
) -> FlightOutcome:
    """Prepare, fly to the end of the last phase, close the bag; Ctrl-C ends it early.

    `resume` goes on with the run that `folder` keeps (`kept_run`).

    The real-time factor is left out of the result. Two runs of a seed are the same to the last
    digit on one machine with one set of libraries, the first run (which compiles) or a later one.
    Other processors and libraries round otherwise: there the last digits differ.
    """
    print(f"making the world of seed {scenario.seed} and the plan", flush=True)
    vehicle = scenario.vehicle.vehicle()
    make_rover = maker(scenario, vehicle, folder) if physics == "gazebo" else None
    made = set_up_harness(scenario, vehicle, make_rover)
    prepared, engine, ctx = made.prepared, made.engine, made.context
    components(ctx)  # what is wrong with a parameter shows before anything is written
    log = MissionLog()
    interrupted = False
    old = None
    if resume:
        kept_world.same_plan(prepared.plan, folder)
        ticks = kept_world.take_up(engine, folder, lambda text: print(text, flush=True)).ticks
        old = kept_run.set_aside(folder)
    else:
        ticks = 0
        run_files.clear(folder)
        kept_run.begin(folder)
        kept_world.begin(folder, "harness")
        save(prepared, folder)
        run_files.keep_scenario(scenario, folder)
    if physics == "stand-in":  # Gazebo keeps its own world, which cannot be saved
        kept_world.keep(engine, folder, ticks, kept_run.warn)
    news: list[tuple[str, str]] = []  # of what was kept, until there is a host to tell it
    owner = Owner(world_of(scenario), plan_id(prepared.plan))
    files = FileStore(
        folder / kept_run.STATE, False, lambda code, text: news.append((code, text)), owner=owner
    )
    store = kept_run.KeptStore(files)
    with (
        BagWriter(folder / run_files.BAG, alone=True) as bag,
        ProgressLine(log, engine.t_ns) as progress,
    ):
        kept = _KeptBag(bag)

        def on_publish(topic: str, message: Any, t_ns: int) -> None:
            log.take(topic, message)
            if TOPICS[topic].record:
                bag.write_message(topic, message, t_ns)
                kept.wrote(topic, t_ns)

        events = EventStore(folder / run_files.EVENTS, False, 0, _tell)
        if old is not None:
            kept_run.copy_bag(old, bag, log, engine.t_ns)
        harness = Harness(engine, lambda: components(ctx), on_publish, store, events, news)
        try:
            _run(harness, log, scenario, progress, speed)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            engine.close()
            events.close()
    return FlightOutcome(prepared.plan, log, engine.summary(), None, interrupted)


class _KeptBag:
    """Closes the bag's chunks by simulated time, and at once behind what must not be lost.

    The wall clock has no say here: the same run gives the same bytes.
    """

    def __init__(self, bag: BagWriter) -> None:
        self._bag = bag
        self._closed_ns = 0

    def wrote(self, topic: str, t_ns: int) -> None:
        """A message of `topic` was written to the bag."""
        if topic in AT_ONCE or t_ns - self._closed_ns > ns(CHUNK_S):
            self._bag.flush()
            self._closed_ns = t_ns


def _tell(code: str, text: str) -> None:
    """What the store of events has to say: to who flies, the bag is the flight's alone."""
    print(f"lupex: {code} {text}", file=sys.stderr, flush=True)


def _run(
    harness: Harness, log: MissionLog, scenario: Scenario, progress: ProgressLine, speed: float
) -> None:
    start_ns = harness.engine.t_ns
    end_ns = start_ns + int(scenario.max_days * 86400 * NS)
    started = time.monotonic()
    while not log.done:
        t_ns = harness.step()
        progress.update(t_ns)
        if speed > 0:
            ahead_s = seconds(t_ns, start_ns) / speed - (time.monotonic() - started)
            time.sleep(max(0.0, ahead_s))
        if t_ns > end_ns + ns(1.0):
            break
