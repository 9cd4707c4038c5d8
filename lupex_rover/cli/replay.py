"""`lupex replay BAG`: recorded inputs through a component, its outputs against the recorded."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError

DEFAULT = ("power", "health", "landing", "localization", "mapping")


def replay(
    bag: Annotated[Path, typer.Argument(help="mission.mcap in the folder of its run.")],
    component: Annotated[
        list[str] | None, typer.Option(help="Which; may be given again. Default: all it can.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Exit 1 when an output is not as recorded.")
    ] = False,
    absolute: Annotated[float, typer.Option(help="Tolerance of numbers, in their unit.")] = 1e-9,
    relative: Annotated[float, typer.Option(help="Tolerance as a share of the number.")] = 1e-6,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Feed a bag to components without ROS, as fast as they go, and compare."""
    from lupex_rover.hosts.replay import Tolerance

    reports = [
        one(bag, name, Tolerance(absolute, relative), quiet=as_json)
        for name in (component or DEFAULT)
    ]
    if as_json:
        print(json.dumps({"bag": str(bag), "components": reports}, indent=1))
    else:
        for report in reports:
            _tell(report)
    if compare and any(report["differences"] for report in reports):
        raise typer.Exit(1)


def one(bag: Path, name: str, tolerance: Any, quiet: bool) -> dict[str, Any]:
    """Replay one component; its report.

    Raises
    ------
    UserError
        No such component, one that a bag cannot drive, or a file of the run is missing.
    """
    from lupex_rover.hosts.bag import BagReader
    from lupex_rover.hosts.replay import Outcome, Publishers, Replay, compare
    from lupex_rover.nodes.build import components

    context = read_context(bag)
    every = components(context)
    publishers = Publishers(every)
    chosen = components(context, [name])[0]
    outcome = Outcome()
    started = time.monotonic()
    stream = _without_truth(BagReader(bag).records())
    ours, recorded = Replay(chosen, publishers).run(stream, _Progress(name, quiet))
    wall_s = time.monotonic() - started
    compared = [topic for topic in sorted(ours) if publishers.known(topic)]
    for topic in compared:
        compare(ours[topic], recorded[topic], topic, tolerance, outcome)
    return {
        "component": name,
        "wall_s": round(wall_s, 2),
        "messages": {t: {"replayed": a, "recorded": b} for t, (a, b) in outcome.messages.items()},
        "differences": [dataclasses.asdict(d) for d in outcome.differences],
        "not_compared": sorted(set(ours) - set(compared)),  # who said what is not recorded
        "worst": {k: v for k, v in outcome.worst.items() if v > 0.0},
    }


def read_context(bag: Path) -> Any:
    """What the builders need, from the files beside the bag."""
    from lupex_rover.core.vehicle import Vehicle, default_path
    from lupex_rover.mission import scenario as scenarios
    from lupex_rover.mission.plan import load_plan
    from lupex_rover.nodes.context import Context
    from lupex_rover.terrain.dem import Dem

    path = bag.parent / "result.json"
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        wanted = str(result["scenario"]), int(result["seed"])
        phases = tuple(p["name"] for p in result["phases"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: says no scenario and seed ({error}); keep it by its bag"
        ) from None
    scenario = scenarios.read(wanted[0], seed=wanted[1])
    return Context(
        Dem.read(bag.parent / "onboard_map.tif"), load_plan(bag.parent / "plan.json"),
        Vehicle.read(default_path()), scenario.seed, scenario.nodes, phases,
    )  # fmt: skip


def _without_truth(records: Iterable[Any]) -> Iterable[Any]:
    """The simulator's own messages are nobody's input."""
    return (r for r in records if not r[0].startswith("sim/"))


class _Progress:
    """A line now and then: how much of the bag has been fed."""

    def __init__(self, name: str, quiet: bool) -> None:
        self._name, self._quiet = name, quiet
        self._next = time.monotonic() + 2.0
        self._first: int | None = None

    def __call__(self, t_ns: int) -> None:
        self._first = self._first if self._first is not None else t_ns
        if self._quiet or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 10.0
        print(f"{self._name}: {(t_ns - self._first) / 1e9:.0f} s of the bag", flush=True)


def _tell(report: dict[str, Any]) -> None:
    counts = report["messages"].values()
    replayed = sum(c["replayed"] for c in counts)
    verdict = "as recorded" if not report["differences"] else "DIFFERENT"
    print(f"{report['component']}: {replayed} messages in {report['wall_s']} s, {verdict}")
    for d in report["differences"]:
        print(f"  {d['topic']} message {d['index']} at {d['t_ns']}: {d['field']} is {d['ours']},"
              f" recorded {d['recorded']}")  # fmt: skip
