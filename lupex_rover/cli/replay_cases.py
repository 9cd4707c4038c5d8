"""Reference bags: `test/replay/cases.yaml` says which, `lupex replay` compares and updates them."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.core.time import from_iso
from lupex_rover.graph import TOPICS
from lupex_rover.hosts.bag import BagWriter
from lupex_rover.hosts.codec import encode
from lupex_rover.hosts.compare import Tolerance, Tolerances
from lupex_rover.hosts.replay import RANK, Record, Tick

DEFAULT = Path("test/replay/cases.yaml")


@dataclass(frozen=True)
class Case:
    """One reference bag and the components that are replayed on it, together."""

    components: tuple[str, ...] = field(metadata={"description": "nodes"})
    phase: str = param("descent", "of the mission; its start is second 0 of the cut")
    from_s: float = param(0.0, "first second of the cut", unit="s")
    to_s: float = param(60.0, "last second of the cut", unit="s")
    carry: tuple[str, ...] = field(
        default=(), metadata={"description": "topics whose last message before the cut is kept"}
    )
    keep_every: dict[str, int] = param({}, "topic -> keep each n-th message only")
    tolerances: dict[str, Tolerance] = param({}, "topic or topic.field -> tolerance")


@dataclass(frozen=True)
class Cases:
    """What stands in `cases.yaml`."""

    cases: dict[str, Case] = field(metadata={"description": "name, also of the .mcap, -> case"})
    run: str = param("run", "folder with result.json, plan.json and onboard_map.tif")
    map_m: tuple[float, float] = param((1000.0, 1000.0), "of the map kept round the target")
    tolerance: Tolerance = field(default=Tolerance(), metadata={"description": "of all others"})
    source: str = param("", "file it was read from; set by `read`")

    @property
    def folder(self) -> Path:
        return Path(self.source).parent

    def bag(self, name: str) -> Path:
        return self.folder / f"{name}.mcap"

    def pick(self, names: list[str] | None) -> dict[str, Case]:
        """The cases of these names, or all.

        Raises
        ------
        UserError
            No such case.
        """
        for name in names or ():
            if name not in self.cases:
                raise UserError(f"{self.source}: no case {name!r}; has {', '.join(self.cases)}")
        return {name: self.cases[name] for name in names or self.cases}


def read(path: Path) -> Cases:
    """The cases in `path`.

    Raises
    ------
    UserError
        Missing, not yaml, or a wrong key, topic or component.
    """
    cases = params.load(Cases, {**params.read_yaml(path), "source": str(path)}, str(path))
    for name, case in cases.cases.items():
        where = f"{path}.cases.{name}"
        for node in [n for n in case.components if n not in RANK]:
            raise UserError(f"{where}.components: {node!r} is no node")
        topics = {*case.carry, *case.keep_every, *(t.split(".")[0] for t in case.tolerances)}
        for topic in sorted(topics - set(TOPICS)):
            raise UserError(f"{where}: topic {topic!r} is not in the graph")
    return cases


def run_case(cases: Cases, name: str, quiet: bool = True) -> dict[str, Any]:
    """Compare one reference bag; the report of `replay_run.one`, with the case's name."""
    from lupex_rover.cli.replay_run import one

    case = cases.cases[name]
    tolerances = Tolerances(cases.tolerance, case.tolerances)
    bag, run = cases.bag(name), cases.folder / cases.run
    return {"case": name, **one(bag, case.components, tolerances, quiet, run)}


# --- update ---------------------------------------------------------------------------------------


def cut_run(cases: Cases, mission: Path) -> None:
    """Plan, result and the map's part of a mission to the cases' run folder."""
    from lupex_rover.mission.plan import load_plan
    from lupex_rover.terrain.dem import Dem

    source, run = mission.parent, cases.folder / cases.run
    run.mkdir(parents=True, exist_ok=True)
    for name in ("result.json", "plan.json"):
        if not (source / name).is_file():
            raise UserError(f"{source / name}: missing; cut from the bag in the folder of its run")
        shutil.copyfile(source / name, run / name)
    x, y = load_plan(run / "plan.json").landing_target
    below, above = cases.map_m
    whole = Dem.read(source / "onboard_map.tif")
    x0, y0, x1, y1 = whole.extent
    part = whole.window(
        max(x0, x - below), max(y0, y - below), min(x1, x + above), min(y1, y + above)
    )
    part.write(run / "onboard_map.tif")


def update(cases: Cases, name: str, mission: Path | None) -> int:
    """Write a case's bag anew: its inputs, and what the components say now; messages written.

    Parameters
    ----------
    mission : bag to cut the inputs from; None: those of the present bag.
    """
    from lupex_rover.cli.replay_run import prepare, read_context, records

    case = cases.cases[name]
    replay = prepare(case.components, read_context(cases.folder / cases.run))
    heard = records(mission) if mission else records(cases.bag(name))
    wanted = set(replay.compared).union(*(c.inputs for c in replay.components))
    stream = _cut(heard, case, phase_ns(mission, case.phase)) if mission else heard
    new = cases.bag(name).with_suffix(".new")
    count = 0
    with BagWriter(new) as bag:
        recorded: Any = {topic: [] for topic in replay.compared}
        for tick in replay.steps((r for r in stream if r[0] in wanted), recorded):
            for topic, data in in_order(tick, replay.publishers):
                bag.write(topic, data, tick.t_ns)
                count += 1
    new.replace(cases.bag(name))
    return count


def in_order(tick: Tick, publishers: Any) -> Iterator[tuple[str, bytes]]:
    """A tick's messages as a host would have written them: sayers in the graph's order."""
    said = [
        (RANK.get(publishers.of(topic, message) or "", len(RANK)), topic, encode(topic, message))
        for topic, message in tick.said
    ]
    others = [(rank, topic, data) for rank, (topic, data, _) in tick.others]
    for _, topic, data in sorted([*others, *said], key=lambda item: item[0]):
        yield topic, data
    for topic, data, _ in tick.late:
        yield topic, data


def phase_ns(mission: Path, phase: str) -> int:
    """When a phase began, from the mission's `result.json`."""
    path = mission.parent / "result.json"
    for told in json.loads(path.read_text(encoding="utf-8"))["phases"]:
        if told["name"] == phase:
            return from_iso(told["start_utc"], f"{path}: start_utc")
    raise UserError(f"{path}: has no phase {phase!r}")


def _cut(stream: Iterator[Record], case: Case, zero_ns: int) -> Iterator[Record]:
    """The case's span of a mission, some topics thinned, some carried into it."""
    carried: dict[str, bytes] = {}
    seen: Counter[str] = Counter()
    for topic, data, t_ns in stream:
        at_s = (t_ns - zero_ns) / 1e9
        if at_s < case.from_s:
            if topic in case.carry:
                carried[topic] = bytes(data)
            continue
        if at_s > case.to_s:
            return
        for name, last in carried.items():
            yield name, last, t_ns
        carried = {}
        seen[topic] += 1
        if (seen[topic] - 1) % case.keep_every.get(topic, 1) == 0:
            yield topic, data, t_ns
