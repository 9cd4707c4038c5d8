"""Logs of a run's processes, appended and rotated, and the note of how each process ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any

from lupex_rover.scenarios.run_files import EXITS

BEGUN = "=== begun "  # a line before what each life of a process says
MOST_BYTES = 5_000_000  # of a log, above which the next life begins a new file
KEPT = 3  # older files of a log: NAME.log.1 is the latest of them
TAIL = 64 * 1024


def open_log(path: Path) -> IO[str]:
    """A log to append to, with a line that says when; a long one is renamed first."""
    with contextlib.suppress(OSError):  # whatever stands in the way, the process is begun
        if path.stat().st_size > MOST_BYTES:
            for number in range(KEPT, 0, -1):
                older = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
                if older.exists():
                    older.replace(path.with_name(f"{path.name}.{number}"))
    log = path.open("a", encoding="utf-8")
    with contextlib.suppress(OSError):
        log.write(f"{BEGUN}{_now()}\n")
        log.flush()
    return log


def last_life(path: Path) -> list[str]:
    """What the last life of a process said, at most the end of it, without empty lines."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(BEGUN):
            lines.clear()
        elif line.strip():
            lines.append(line.rstrip())
    return lines


def note_begin(folder: Path) -> None:
    """Processes are begun anew: what was noted before is of an earlier life."""
    if (folder / EXITS).exists():
        _note(folder, {"utc": _now(), "begun": True})


def note_exit(folder: Path, name: str, code: int) -> None:
    """Keep that a process ended that nobody had ended."""
    told = {"utc": _now(), "process": name, "code": code, "meaning": meaning(code)}
    _note(folder, told)


def _note(folder: Path, told: dict[str, Any]) -> None:
    with contextlib.suppress(OSError), (folder / EXITS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")


def exits(folder: Path) -> list[dict[str, Any]]:
    """What `note_exit` kept since the last beginning; a line cut short is passed over."""
    found: list[dict[str, Any]] = []
    with contextlib.suppress(OSError):
        for line in (folder / EXITS).read_text("utf-8", "replace").splitlines():
            with contextlib.suppress(ValueError):
                one = json.loads(line)
                if isinstance(one, dict) and "begun" in one:
                    found.clear()
                elif isinstance(one, dict) and {"process", "code", "meaning"} <= one.keys():
                    found.append(one)
    return found


def meaning(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        more = {
            "SIGKILL": ", from outside or because the system was out of memory",
            "SIGSEGV": ", a fault in a library",
            "SIGABRT": ", a library gave up",
        }
        return f"killed by {name}{more.get(name, '')}"
    known = {0: "ended by itself", 1: "something of ours broke", 2: "bad input"}
    return known.get(code, "ended otherwise")


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
