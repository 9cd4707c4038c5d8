"""`lupex events`: the events of a run, from the store that its processes wrote."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from lupex_rover.core.codes import SEVERITIES
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso, told
from lupex_rover.events.stored_events import StoredEvent, read_store
from lupex_rover.scenarios import run_files

DAMAGED = 1


def events(
    run: Annotated[
        Path, typer.Argument(help="Read the folder of a run, of `up`, or an events.db.")
    ],
    code: Annotated[
        str | None, typer.Option(help="List only this code, or those that begin so.")
    ] = None,
    severity: Annotated[
        str, typer.Option(help="List what is at least so grave: info, warning or fault.")
    ] = "info",
    since: Annotated[
        str | None, typer.Option(help="List what is not older than this UTC time, in ISO 8601.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the events of a run, however it ended: number, boot, time, severity, source, text.

    It exits with 1 where the store is damaged, after what can be read.
    """
    if severity not in SEVERITIES:
        raise UserError(f"--severity: {severity!r} is unknown; choose {', '.join(SEVERITIES)}")
    least = SEVERITIES.index(severity)
    since_ns = None if since is None else from_iso(since, "--since")
    found = read_store(run / run_files.EVENTS if run.is_dir() else run)
    for row in found.rows:
        chosen = (
            row.severity >= least
            and (code is None or row.code.startswith(code.upper()))
            and (since_ns is None or row.stamp_ns >= since_ns)
        )
        if chosen:
            print(_json(row) if as_json else line(row))
    for problem in found.problems:
        print(f"lupex: {problem}", file=sys.stderr)
    if found.problems:
        raise typer.Exit(DAMAGED)


def line(row: StoredEvent) -> str:
    """A row for people."""
    return (
        f"{row.number:>6}  boot {row.boot}  {told(row.stamp_ns)}  {_grave(row):<7}  {row.source}"
        f"  {row.code}  {row.text}"
    )


def _json(row: StoredEvent) -> str:
    return json.dumps(
        {**dataclasses.asdict(row), "utc": told(row.stamp_ns), "severity": _grave(row)}
    )


def _grave(row: StoredEvent) -> str:
    return SEVERITIES[max(0, min(len(SEVERITIES) - 1, row.severity))]
