"""`lupex replay [BAG]`: recorded inputs through components, their outputs against the recorded."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError

ALONE = ("power", "health", "landing", "localization", "mapping", "navigator", "drill", "science",
         "executive")  # fmt: skip


def replay(
    bag: Annotated[
        Path | None,
        typer.Argument(
            help="Feed this bag; it lies in its run's folder. Without it: the reference bags."
        ),
    ] = None,
    component: Annotated[
        list[str] | None,
        typer.Option(help="Run this component; you may repeat it. Default: all of them."),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Exit with 1 when an output is not as recorded.")
    ] = False,
    absolute: Annotated[
        float, typer.Option(help="Allow numbers to differ by this, in their unit.")
    ] = 1e-9,
    relative: Annotated[
        float, typer.Option(help="Allow numbers to differ by this share of them.")
    ] = 1e-6,
    cases: Annotated[
        Path | None,
        typer.Option(help="Read the reference cases from here; default test/replay/cases.yaml."),
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(help="Replay this reference bag; you may repeat it.")
    ] = None,
    update: Annotated[
        bool,
        typer.Option("--update", help="Write the reference bags anew; with BAG, cut them from it."),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON; `worst` is null where one of two is no number."),
    ] = False,
    machines: Annotated[
        bool,
        typer.Option("--machines", help="The reference bags on each of test/replay/machines.yaml."),
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Emulate this machine only; may be given again.")
    ] = None,
    first: Annotated[
        int | None, typer.Option(help="Emulate only the first so many machines.")
    ] = None,
    missions: Annotated[
        bool, typer.Option("--missions", help="Fly seeds 1 to 3 on each machine, too (long).")
    ] = False,
) -> None:
    """Feed a bag to components without ROS, as fast as they go, and compare.

    With `--cases` the tolerances of that file hold. Without BAG the command replays the reference
    bags and exits with 1 when one is not as recorded.
    With --machines it does so on each emulated machine.
    """
    from lupex_rover.runs.replay_cases import check_tolerance
    from lupex_rover.runs.replay_compare import Tolerance

    check_tolerance(Tolerance(absolute, relative), "--")
    if machines:
        if bag or update or component:
            raise UserError("--machines compares reference bags: no BAG, --update or --component")
        return _machines(cases, case, only, first, missions, as_json)
    if only or missions or first is not None:
        raise UserError("--only, --first and --missions choose among --machines: give that, too")
    if update:
        return _update(bag, cases, case)
    if bag is None:
        if component:
            raise UserError("--component needs a BAG; of the reference bags choose with --case")
        reports, compare = _references(cases, case, as_json), True
    else:
        reports = _bag(bag, component or list(ALONE), absolute, relative, cases, as_json)
    if as_json:
        from lupex_rover.runs.arithmetic_libraries import libraries

        told = {
            "bag": str(bag) if bag else None, "libraries": libraries(), "components": reports
        }  # fmt: skip
        print(json.dumps(told, indent=1, allow_nan=False))
    problems = dict.fromkeys(text for report in reports for text in report["problems"])
    for text in problems:
        print(f"problem: {text}", file=sys.stderr)
    if problems or (compare and any(report["differences"] for report in reports)):
        raise typer.Exit(1)


def _bag(
    bag: Path, names: list[str], absolute: float, relative: float, cases: Path | None, quiet: bool
) -> list[dict[str, Any]]:
    """Each component alone: what the others said comes from the bag."""
    from lupex_rover.runs import replay_cases
    from lupex_rover.runs.replay_compare import Tolerance, Tolerances
    from lupex_rover.runs.replay_run import one, tell

    if not bag.exists():
        raise UserError(f"{bag}: no such bag")
    fields: dict[str, Tolerance] = {}
    if cases is not None:
        for told in replay_cases.read(cases).cases.values():
            fields.update(told.tolerances)
    reports = []
    for name in names:
        reports.append(one(bag, [name], Tolerances(Tolerance(absolute, relative), fields), quiet))
        if not quiet:
            tell(reports[-1])
    return reports


def _references(path: Path | None, names: list[str] | None, quiet: bool) -> list[dict[str, Any]]:
    from lupex_rover.runs import replay_cases
    from lupex_rover.runs.replay_run import tell

    cases = replay_cases.read(path or replay_cases.DEFAULT)
    reports = []
    for name in cases.pick(names):
        reports.append(replay_cases.run_case(cases, name))
        if not quiet:
            tell(reports[-1])
    return reports


def _machines(
    path: Path | None,
    names: list[str] | None,
    only: list[str] | None,
    first: int | None,
    missions: bool,
    as_json: bool,
) -> None:
    """Exit 1 when one machine gives something else, or none could be emulated."""
    from lupex_rover.runs import replay_cases, replay_machines

    cases = replay_cases.read(path or replay_cases.DEFAULT)
    chosen = replay_machines.read(cases.folder / replay_machines.FILE).pick(only, first)
    arguments = ["--cases", cases.source]
    for name in cases.pick(names):
        arguments += ["--case", name]
    host = replay_machines.read_host()
    if not as_json:
        print(f"host: {host}", flush=True)
    seeds = replay_machines.SEEDS if missions else ()
    verdicts = []
    for verdict in replay_machines.compare(chosen, arguments, seeds, replay_machines.tell_progress):
        verdicts.append(verdict)
        if not as_json:
            print(verdict, flush=True)
    if as_json:
        told = {"host": str(host), "machines": [dataclasses.asdict(v) for v in verdicts]}
        print(json.dumps(told, indent=1, allow_nan=False))
    if all(verdict.outcome == "skipped" for verdict in verdicts):
        print("no machine could be emulated on this host", file=sys.stderr)
        raise typer.Exit(1)
    if any(verdict.bad for verdict in verdicts):
        raise typer.Exit(1)


def _update(bag: Path | None, path: Path | None, names: list[str] | None) -> None:
    from lupex_rover.runs import replay_cases, replay_update

    cases = replay_cases.read(path or replay_cases.DEFAULT)
    chosen = list(cases.pick(names))
    if bag is not None and names:
        raise UserError("--update from a bag is for all cases: they share its plan and map")
    for name, count in replay_update.update(cases, chosen, bag).items():
        size_kb = cases.bag(name).stat().st_size / 1e3
        print(f"{cases.bag(name)}: {count} messages, {size_kb:.0f} kB", flush=True)
