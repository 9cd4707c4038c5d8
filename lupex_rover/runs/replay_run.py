"""Replays components on the bag of a run and compares: what `lupex replay` and its tests call."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lupex_rover import graph
from lupex_rover.bags.graph_records import graph_records
from lupex_rover.hosts.replay import Publishers, Record, Replay
from lupex_rover.nodes.context import Context
from lupex_rover.runs.replay_compare import Outcome, Tolerances, compare
from lupex_rover.scenarios import run_files

PROGRESS_S = 10.0


def one(
    bag: Path,
    names: Sequence[str],
    tolerances: Tolerances,
    quiet: bool = True,
    run: Path | None = None,
) -> dict[str, Any]:
    """Replay components together; the report.

    Parameters
    ----------
    names : Sequence[str]
        Nodes; what they say to each other is heard anew, all else comes from the bag.
    run : Path or None
        Folder with `flown.yaml` (older: `result.json`), `plan.json`, `onboard_map.tif`; None: the
        bag's.

    Raises
    ------
    UserError
        No such component, one that a bag cannot drive, or a file of the run is missing.
    """
    replay = prepare(names, read_context(run or run_files.run_of(bag)))
    problems: list[str] = []
    span = _Span("+".join(names), quiet)
    started = time.process_time()
    ours, recorded = replay.run(records(bag, problems), span)
    cpu_s = time.process_time() - started
    outcome = Outcome()
    for topic in replay.compared:
        compare(ours[topic], recorded[topic], topic, tolerances, outcome)
    return {
        "component": "+".join(names),
        "recorded_s": round(span.seconds, 2),
        "cpu_s": round(cpu_s, 2),
        "times_faster": round(span.seconds / max(cpu_s, 1e-3), 1),
        "messages": {t: {"replayed": a, "recorded": b} for t, (a, b) in outcome.messages.items()},
        "differences": [
            dataclasses.asdict(d) for d in sorted(outcome.differences, key=lambda d: d.t_ns)
        ],
        "not_compared": replay.unknown,  # who said what is not recorded
        "worst": {  # None: one of two numbers is none
            k: v if math.isfinite(v) else None for k, v in outcome.worst.items() if v > 0.0
        },
        "problems": problems,
    }


def prepare(names: Sequence[str], context: Context) -> Replay:
    """Fresh components, ready to be fed."""
    from lupex_rover.nodes.build import components

    return Replay(components(context, names), Publishers(components(context)))


def records(bag: Path, problems: list[str] | None = None) -> Iterator[Record]:
    """A bag's records without the simulator's truth, which goes on while the computer is off.

    `problems` takes what was wrong with the bag.
    """
    found = graph_records(bag, [] if problems is None else problems)
    return (r for r in found if r[0] != graph.SIM_TRUTH)


def read_context(run: Path) -> Context:
    """What the builders need, from the files of a run.

    Raises
    ------
    UserError
        A file is missing, or none says the scenario.
    """
    from lupex_rover.mission.plan import load_plan
    from lupex_rover.terrain.dem_file import read_dem

    scenario = run_files.scenario_of(run)
    return Context(
        read_dem(run / "onboard_map.tif"), load_plan(run / "plan.json"),
        scenario.vehicle.vehicle(), scenario.seed, scenario.nodes, scenario.phases,
        scenario.where, scenario.extra_nodes, scenario.instruments,
        scenario.boards or (), scenario.extra_phases,
    )  # fmt: skip


class _Span:
    """How much of the bag has been fed; a line now and then."""

    def __init__(self, name: str, quiet: bool) -> None:
        self._name, self._quiet = name, quiet
        self._next = time.monotonic() + 2.0
        self._first_ns = self._last_ns = 0

    @property
    def seconds(self) -> float:
        return (self._last_ns - self._first_ns) / 1e9

    def __call__(self, t_ns: int) -> None:
        self._first_ns = self._first_ns or t_ns
        self._last_ns = t_ns
        if not self._quiet and time.monotonic() > self._next:
            self._next = time.monotonic() + PROGRESS_S
            print(f"{self._name}: {self.seconds:.0f} s of the bag", flush=True)


def tell(report: dict[str, Any]) -> None:
    """Print a report for people: the first difference first."""
    from lupex_rover.core.time import to_iso

    count = sum(c["replayed"] for c in report["messages"].values())
    found = report["differences"]
    print(
        f"{report['component']}: {count} messages, {report['recorded_s']:.1f} s of the bag in"
        f" {report['cpu_s']} s, {'DIFFERENT' if found else 'as recorded'}"
    )
    for d in found:
        print(
            f"  {d['topic']} message {d['index']} at {to_iso(d['t_ns'])} ({d['t_ns']}):"
            f" {d['field']} is {d['ours']}, recorded {d['recorded']}"
        )
