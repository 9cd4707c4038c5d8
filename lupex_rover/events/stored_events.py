"""Reads a store of events, also one whose writers were killed; nothing is written to it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lupex_rover.core.errors import UserError
from lupex_rover.core.types import Event
from lupex_rover.events.event_store import NAME

COLUMNS = "number, boot, stamp_ns, severity, source, code, id, text"


@dataclass(frozen=True)
class StoredEvent:
    """One row.

    Attributes
    ----------
    number : int
        Rises over all boots.
    boot : int
        Count of the computer's boots.
    id : int or None
        Number of the code in the dictionary; None: of a code from outside.
    """

    number: int
    boot: int
    stamp_ns: int
    severity: int
    source: str
    code: str
    id: int | None
    text: str

    @property
    def event(self) -> Event:
        return Event(self.stamp_ns, self.severity, self.source, self.code, self.text)


@dataclass
class StoredEvents:
    """Rows in the order of their numbers, and what could not be read."""

    rows: list[StoredEvent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_store(path: Path) -> StoredEvents:
    """Every event of a store.

    A copy is read, with its log, so that the file stays as it was found.

    Raises
    ------
    UserError
        There is none, or it cannot be copied.
    """
    if not path.is_file():
        raise UserError(f"{path}: no store of events; give the folder of a run")
    found = StoredEvents()
    with tempfile.TemporaryDirectory(prefix="lupex-events-") as folder:
        copy = Path(folder) / path.name
        try:
            for end in ("-wal", ""):  # a checkpoint between the two does no harm in this order
                log = Path(f"{path}{end}")
                if log.exists():
                    shutil.copyfile(log, f"{copy}{end}")
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
        base = sqlite3.connect(copy)
        try:
            for row in base.execute(f"SELECT {COLUMNS} FROM events ORDER BY number"):
                found.rows.append(StoredEvent(*row))
        except sqlite3.Error as error:
            found.problems.append(
                f"{path.name}: damaged behind {len(found.rows)} events ({error}); the next start"
                " puts it aside and keeps what can be read"
            )
        finally:
            base.close()
    return found


def merged(recorded: Iterable[Event], stored: Iterable[Event]) -> list[Event]:
    """Events of a bag and of a store, each once, in the order of time.

    The bag lacks what was not written when its writer was killed; the store lacks what others than
    the hosts published.
    """
    every = list(recorded)
    there = Counter(map(_key, every))
    for event in stored:
        if there[_key(event)]:
            there[_key(event)] -= 1
        else:
            every.append(event)
    return sorted(every, key=lambda e: e.stamp_ns)


def with_stored(recorded: Iterable[Event], folder: Path) -> tuple[list[Event], list[str]]:
    """Events of a bag `merged` with those of a run's store, where it has one; what is wrong."""
    path = folder / NAME
    try:
        found = read_store(path) if path.is_file() else StoredEvents()
    except UserError as error:
        found = StoredEvents(problems=[str(error)])
    return merged(recorded, (row.event for row in found.rows)), found.problems


def _key(event: Event) -> tuple[int, str, str, str]:
    return event.stamp_ns, event.source, event.code, event.text
