"""`lupex replay --update`: reference bags made anew beside the old ones, then put in place."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lupex_rover.bags.own_bag import BagWriter
from lupex_rover.codec.conversion import encode
from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso
from lupex_rover.hosts.replay import RANK, Record, Tick
from lupex_rover.runs.replay_cases import Case, Cases
from lupex_rover.scenarios import run_files

RUN = ("onboard_map.tif", "plan.json", run_files.RESULT, run_files.FLOWN)
MAY_LACK = run_files.FLOWN  # runs from before it was kept


def update(cases: Cases, names: list[str], mission: Path | None) -> dict[str, int]:
    """Write the bags of these cases anew; messages written by name.

    Nothing is replaced before everything has been read, said and written.

    Parameters
    ----------
    mission : Path or None
        Bag to cut inputs, plan and map from; None: the inputs of the present bags.

    Raises
    ------
    UserError
        A file is missing, wrong or cannot be written, or holds nothing of a case; the references
        are as they were.
    """
    zeros = {n: phase_ns(mission, cases.cases[n].phase) for n in names} if mission else {}
    try:
        with tempfile.TemporaryDirectory(prefix=".update-", dir=cases.folder) as made:
            new = Path(made)
            run = cases.folder / cases.run
            if mission:
                run = new / "run"
                cut_run(cases, run_files.run_of(mission), run)
            counts = {n: _write(cases, n, mission, zeros.get(n), run, new) for n in names}
            if mission:
                _put_run(run, cases.folder / cases.run)
            for name in names:
                (new / cases.bag(name).name).replace(cases.bag(name))
    except OSError as error:
        raise UserError(f"{cases.folder}: cannot be written ({error.strerror or error})") from None
    return counts


def _put_run(new: Path, run: Path) -> None:
    run.mkdir(parents=True, exist_ok=True)
    for name in RUN:
        if (new / name).is_file():
            (new / name).replace(run / name)
        else:
            (run / name).unlink(missing_ok=True)


def cut_run(cases: Cases, source: Path, run: Path) -> None:
    """Scenario, plan, result and the map's part of the mission in `source` to the folder `run`."""
    from lupex_rover.mission.plan import load_plan
    from lupex_rover.terrain.dem_file import read_dem, write_dem

    run.mkdir()
    for name in RUN:
        if (source / name).is_file():
            shutil.copyfile(source / name, run / name)
        elif name != MAY_LACK:
            raise UserError(f"{source / name}: missing; cut from the bag in the folder of its run")
    x, y = load_plan(source / "plan.json").landing_target
    below, above = cases.map_m
    whole = read_dem(source / "onboard_map.tif")
    x0, y0, x1, y1 = whole.extent
    part = whole.window(
        max(x0, x - below), max(y0, y - below), min(x1, x + above), min(y1, y + above)
    )
    write_dem(part, run / "onboard_map.tif")


def _write(
    cases: Cases, name: str, mission: Path | None, zero_ns: int | None, run: Path, folder: Path
) -> int:
    """Write a case's bag to `folder`: its inputs, and what the components say now; messages."""
    from lupex_rover.runs.replay_run import prepare, read_context, records

    case = cases.cases[name]
    source = mission or cases.bag(name)
    replay = prepare(case.components, read_context(run))
    wanted = set(replay.compared).union(*(c.inputs for c in replay.components))
    problems: list[str] = []
    heard = records(source, problems)
    stream = heard if zero_ns is None else _cut(heard, case, zero_ns)
    count = 0
    with BagWriter(folder / cases.bag(name).name) as bag:
        recorded: Any = {topic: [] for topic in replay.compared}
        for tick in replay.steps((r for r in stream if r[0] in wanted), recorded):
            for topic, data in in_order(tick, replay.publishers):
                bag.write(topic, data, tick.t_ns)
                count += 1
    if problems:
        raise UserError(f"{source}: {problems[0]}; a reference is made of a whole bag alone")
    if not count:
        raise UserError(f"{source}: has no message of case {name} (phase and seconds it names)")
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
    """When a phase began, from the mission's `result.json`.

    Raises
    ------
    UserError
        The file is missing, or does not say.
    """
    path = run_files.run_of(mission) / run_files.RESULT
    try:
        told = read_json(path)["phases"]
        starts = {p["name"]: from_iso(p["start_utc"], f"{path}: start_utc") for p in told[::-1]}
    except (UserError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: says no phases and their start ({error})") from None
    if phase not in starts:
        raise UserError(f"{path}: has no phase {phase!r}")
    return starts[phase]


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
