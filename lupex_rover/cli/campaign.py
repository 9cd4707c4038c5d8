"""`lupex campaign`: many harness runs on all cores or a cluster, a row each, a page of plots."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import Broken, UserError
from lupex_rover.core.files import write_whole

SUCCESS, FAILURES, INTERRUPTED = 0, 1, 130
MAX_RUNS = 1_000_000
MOST_DIGITS = 10  # of a seed
PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}


def campaign(
    scenario: Annotated[
        str, typer.Argument(help="Fly this: a name in config/scenarios, or a yaml file.")
    ],
    seeds: Annotated[str, typer.Option(help="Fly these: 0..199, or 1,2,5, or 7, or a mixture.")],
    phases: Annotated[
        str | None, typer.Option(help="Fly only these, in order, with commas between.")
    ] = None,
    vary: Annotated[
        Path | None,
        typer.Option(help="Disperse the parameters of this yaml file; see config/campaigns."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Use this dask cluster, tls://host:port; default: all cores here."),
    ] = None,
    trusted_network: Annotated[
        bool,
        typer.Option(
            "--trusted-network",
            help="Take a scheduler without TLS, too: who reaches it runs programs on its workers"
            " and here.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Keep rows and page in this folder; seeds in it are not flown again."),
    ] = None,
) -> None:
    """Fly a scenario with many seeds; write a row of each to runs.csv and plots to campaign.html.

    The exit code is 0 when no seed asked for failed, 1 when some did or could not be flown, 130
    when you interrupt it. It keeps the rows flown so far; the same command goes on from there.
    """
    from lupex_rover.runs import dispersions as varying
    from lupex_rover.runs.campaign_file import CampaignFolder
    from lupex_rover.runs.cluster import rows
    from lupex_rover.scenarios import scenario as scenarios

    wanted = seeds_of(seeds)
    chosen = tuple(p.strip() for p in phases.split(",")) if phases is not None else None
    base = scenarios.read(scenario, phases=chosen)
    varied = varying.read(vary) if vary else []
    folder = CampaignFolder(out or Path("runs") / f"campaign-{base.name}", base, varied)
    done = {row["seed"] for row in folder.rows}
    flights = [varying.apply(base, varied, seed) for seed in wanted if seed not in done]
    for flight in flights:
        folder.keep(flight)
    try:
        fly = partial(rows, scheduler=scheduler, trusted=trusted_network)
        flown = _fly_all(flights, folder, len(wanted), fly) if flights else Flown(0, False)
    except (UserError, Broken):
        folder.abandon()
        raise
    bad = _finish(folder, base.name, wanted) + flown.lost
    raise typer.Exit(INTERRUPTED if flown.interrupted else FAILURES if bad else SUCCESS)


@dataclass(frozen=True)
class Flown:
    """How the flying ended: seeds without a row, and whether it was interrupted."""

    lost: int
    interrupted: bool


def seeds_of(text: str) -> list[int]:
    """The seeds that `0..199`, `1,2,5`, `7` or a mixture names, each once, in that order.

    Raises
    ------
    UserError
        Not of that form, out of range, or more than a million.
    """
    found: dict[int, None] = {}
    for part in text.split(","):
        first, dots, last = part.strip().partition("..")
        known = part.isascii() and first.isdecimal() and (not dots or last.isdecimal())
        if not known or max(len(first), len(last)) > MOST_DIGITS:
            raise UserError(f"--seeds: {part.strip()!r} is not a seed; give 0..199, 1,2,5 or 7")
        low, high = int(first), int(last or first)
        if high < low or high >= 2**31 or high - low >= MAX_RUNS:
            raise UserError(f"--seeds: {part.strip()!r} is empty, too long or beyond 2147483647")
        found.update(dict.fromkeys(range(low, high + 1)))
    return list(found)


def _fly_all(flights: list[Any], folder: Any, wanted: int, fly: Callable[..., Any]) -> Flown:
    """Fly them with `fly`, keep each row as it comes.

    Raises
    ------
    Broken
        Not one was flown: the machinery lost them all.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from lupex_rover.report.campaign_summary import complaint
    from lupex_rover.runs.cluster import NotFlown

    columns = ("[progress.description]{task.description}", BarColumn(), MofNCompleteColumn())
    bad, lost = 0, []
    with Progress(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task("flying", total=wanted, completed=wanted - len(flights))
        try:
            for row in fly(flights):
                if isinstance(row, NotFlown):
                    lost.append(row)
                    progress.console.print(f"seed {row.seed}: not flown: {row.why}", **PLAIN)
                    continue
                folder.add(row)
                why = complaint(row)
                bad += why is not None
                if why:
                    progress.console.print(f"seed {row['seed']}: {why}", **PLAIN)
                progress.update(task, advance=1, description=f"flying, {bad} failures")
        except KeyboardInterrupt:
            progress.console.print("interrupted; the same command goes on from here")
            return Flown(len(lost), True)
    if len(lost) == len(flights):
        raise Broken(f"campaign: no seed was flown; seed {lost[0].seed}: {lost[0].why}")
    if lost:
        count = "1 seed was" if len(lost) == 1 else f"{len(lost)} seeds were"
        Console().print(f"{count} not flown; the same command flies what is left", **PLAIN)
    return Flown(len(lost), False)


def _finish(folder: Any, name: str, wanted: list[int]) -> int:
    """Write page and summary, tell them; the number of failures among the seeds asked for."""
    from rich.console import Console

    from lupex_rover.report import campaign_page
    from lupex_rover.report import campaign_summary as told

    commands = {row["seed"]: folder.command(row["seed"]) for row in folder.rows}
    figures = told.summary(folder.rows)
    write_whole(folder.path / "summary.json", json.dumps(figures, indent=1) + "\n")
    page = campaign_page.write(folder.path, f"Campaign {name}", folder.rows, commands)
    console = Console(highlight=False, soft_wrap=True)
    for key, value in figures.items():
        console.print(f"{key:22} {value}")
    failed = [row for row in folder.rows if row["seed"] in set(wanted) and told.complaint(row)]
    for row in sorted(failed, key=lambda r: r["seed"]):
        console.print(f"seed {row['seed']}: {told.complaint(row)}\n  {commands[row['seed']]}")
    console.print(f"see {page}")
    return len(failed)
