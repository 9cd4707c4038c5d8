"""`lupex campaign`: many harness runs on all cores or a cluster, a row each, a page of plots."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole

SUCCESS, FAILURES, INTERRUPTED = 0, 1, 130
MAX_RUNS = 1_000_000
MOST_DIGITS = 10  # of a seed
SCHEDULER = re.compile(r"(tcp|tls|ws|wss|ucx)://([^\s:/]+|\[[\da-fA-F:.]+\]):\d{1,5}")


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
        typer.Option(help="Use this dask cluster, tcp://host:port; default: all cores here."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Keep rows and page in this folder; seeds in it are not flown again."),
    ] = None,
) -> None:
    """Fly a scenario with many seeds; write a row of each to runs.csv and plots to campaign.html.

    The exit code is 0 when no seed asked for failed, 1 when some did, 130 when you interrupt it.
    It keeps the rows flown so far; the same command goes on from there.
    """
    from lupex_rover.runs import dispersions as varying
    from lupex_rover.runs.campaign_file import CampaignFolder
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
        interrupted = bool(flights) and _fly_all(flights, folder, len(wanted), scheduler)
    except UserError:
        folder.abandon()
        raise
    bad = _finish(folder, base.name, wanted)
    raise typer.Exit(INTERRUPTED if interrupted else FAILURES if bad else SUCCESS)


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


def _fly_all(flights: list[Any], folder: Any, wanted: int, scheduler: str | None) -> bool:
    """Fly them, keep each row as it comes; True when interrupted."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from lupex_rover.report.campaign_summary import complaint

    columns = ("[progress.description]{task.description}", BarColumn(), MofNCompleteColumn())
    bad = 0
    with Progress(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task("flying", total=wanted, completed=wanted - len(flights))
        try:
            for row in _rows(flights, scheduler):
                folder.add(row)
                why = complaint(row)
                bad += why is not None
                if why:
                    progress.console.print(f"seed {row['seed']}: {why}", highlight=False)
                progress.update(task, advance=1, description=f"flying, {bad} failures")
        except KeyboardInterrupt:
            progress.console.print("interrupted; the same command goes on from here")
            return True
    return False


def _rows(flights: list[Any], scheduler: str | None) -> Iterator[dict[str, Any]]:
    """A row per flight as they end, in any order."""
    from distributed import as_completed

    from lupex_rover.runs.campaign_flight import COLUMNS, FAILED, fly_row

    with _client(scheduler, len(flights)) as client:
        try:
            seed_of = {
                client.submit(fly_row, flight, pure=False, retries=1): flight.seed
                for flight in flights
            }
            for future in as_completed(seed_of, loop=client.loop):
                error = future.exception() if future.status == "error" else None
                if error is None:
                    yield future.result()
                else:  # the worker itself died; a run that merely breaks gives a row
                    lost = {"seed": seed_of[future], "outcome": FAILED, "why": repr(error)}
                    yield {**dict.fromkeys(COLUMNS), **lost}
                future.release()
        except KeyboardInterrupt:
            client.cancel(list(seed_of), force=True)
            raise


def _client(scheduler: str | None, flights: int) -> Any:
    """A dask client of the cluster, or of one worker process for each core of this machine."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UserError("campaign: dask and distributed are missing; run ./lupex doctor") from None
    if scheduler is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        single = {f"{k}_NUM_THREADS": "1" for k in ("NUMBA", "OMP", "OPENBLAS", "MKL")}
        # Ctrl-C reaches every process of the terminal; this one alone is to act on it
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            cluster = LocalCluster(
                n_workers=min(cores or 1, flights), threads_per_worker=1, dashboard_address=None,
                silence_logs=50, env=single,
            )  # fmt: skip
        finally:
            signal.signal(signal.SIGINT, before)
        return Client(cluster, set_as_default=False)
    if not SCHEDULER.fullmatch(scheduler):
        raise UserError(f"--scheduler {scheduler}: is not of the form tcp://host:port")
    try:
        client = Client(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(f"--scheduler {scheduler}: cannot be reached ({error})") from None
    if not client.scheduler_info()["workers"]:
        client.close()
        raise UserError(f"--scheduler {scheduler}: has no workers; start some with dask worker")
    return client


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
