"""The store of events: SQLite with a write-ahead log, one row an event, never thinned.

Several processes write to one file. Whoever writes is never stopped: what the disk does not take
waits in memory, a damaged file is put aside.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lupex_rover.core.types import Event
from lupex_rover.dictionary.registry_files import event_numbers

NAME = "events.db"
LOCK = ".events.lock"
TABLES = """
CREATE TABLE IF NOT EXISTS boots (boot INTEGER PRIMARY KEY AUTOINCREMENT, identity TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, boot INTEGER NOT NULL, stamp_ns INTEGER NOT NULL,
    severity INTEGER NOT NULL, source TEXT NOT NULL, code TEXT NOT NULL, id INTEGER,
    text TEXT NOT NULL
);
"""
ADD = "INSERT INTO events (boot, stamp_ns, severity, source, code, id, text) VALUES (?,?,?,?,?,?,?)"
BUSY_S = 0.2  # how long another writer may hold the file; boards wait 0.5 s for a command
LOOK_S, POLL_S = 2.0, 0.01  # how long another may look at a file that is opened
AGAIN_S = 1.0  # between two tries to write what waits
REOPEN = 30  # failures in a row after which the file is opened anew
WAITING = 10_000  # events kept in memory while the disk takes none
KERNEL_BOOT = Path("/proc/sys/kernel/random/boot_id")
FAILED = (sqlite3.Error, OSError, OverflowError)

Row = tuple[int, int, int, str, str, "int | None", str]


class EventStore:
    """Adds events to a file.

    Parameters
    ----------
    path : Path or None
        The file; made if it is not there. None: nothing is kept.
    sync : bool
        Each event is on the disk when `add` returns, also should the power go then. Without, it
        outlives the process only.
    boot : int or None
        Count of the computer's boots; None: the store counts the kernel's.
    tell : Callable[[str, str], None]
        Is told a code of the hosts and one line: HST-008 when a damaged file was put aside,
        HST-009 when events cannot be written, once until they can.

    Attributes
    ----------
    boot : int
        Of the events to come.
    lost : int
        Events that found no place in memory either.
    """

    def __init__(
        self,
        path: Path | None,
        sync: bool = True,
        boot: int | None = None,
        tell: Callable[[str, str], None] = lambda code, text: None,
    ) -> None:
        self.boot = 0 if boot is None else boot
        self.lost = 0
        self._keeps = path is not None
        self._path, self._sync, self._tell = path or Path(NAME), sync, tell
        self._kernel_counts = boot is None
        self._numbers = event_numbers()
        self._waiting: deque[Row] = deque()
        self._told = False
        self._failures = 0  # in a row
        self._again = 0.0
        self._base: sqlite3.Connection | None = None
        self._inode = 0
        if self._keeps:
            self._begin()

    def add(self, events: Sequence[Event]) -> None:
        """Write events as one transaction; never raises for what is wrong with the disk."""
        for e in events if self._keeps else ():
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append((
                self.boot, _whole(e.stamp_ns), _whole(e.severity), _text(e.source), _text(e.code),
                self._numbers.get(e.code), _text(e.text),
            ))  # fmt: skip
        self.flush()

    def flush(self) -> None:
        """Write what waits; after a failure at most once a second."""
        if not self._waiting or time.monotonic() < self._again:
            return
        try:
            if self._base is None or _inode(self._path) != self._inode:
                self._open()
            self._write()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # full, locked, not writable
                self._failed(error)
            else:
                self._begin()
        except FAILED as error:
            self._failed(error)

    @property
    def waiting(self) -> int:
        """Events that are not in the file."""
        return len(self._waiting)

    def close(self) -> None:
        """Write what waits, close the file; a second call does nothing."""
        self._again = 0.0
        self.flush()
        self._let_go()

    def _write(self) -> None:
        base = self._base
        if base is None:
            return
        with base:
            base.executemany(ADD, self._waiting)
        self._waiting.clear()
        self._told, self._failures = False, 0

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        if self._failures % REOPEN == 0:  # to open it costs a look at the whole file
            self._let_go()
        self._again = time.monotonic() + AGAIN_S
        if not self._told:
            self._told = True
            self._tell("HST-009", f"{self._path}: {error}")

    def _let_go(self) -> None:
        if self._base is not None:
            with contextlib.suppress(sqlite3.Error):
                self._base.close()
            self._base = None

    def _begin(self) -> None:
        """Open the file, anew where it was open, and write what waits."""
        try:
            self._open()
            self._write()
        except FAILED as error:
            self._failed(error)

    def _open(self) -> None:
        """Open the file; a damaged one is put aside first, its readable rows go to the new one."""
        self._let_go()
        with _locked(self._path.parent):
            aside = None
            if _is_damaged(self._path):
                aside = _put_aside(self._path)
            self._base = base = self._connect()
            if aside is not None:
                saved = _salvage(aside, base)
                self._tell("HST-008", f"{aside.name}, {saved} events of it kept")
            self._inode = _inode(self._path)
        if self._kernel_counts:
            self.boot = self._count_boot(base)

    def _connect(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._path, timeout=BUSY_S, check_same_thread=False)
        base.execute("PRAGMA journal_mode=WAL")
        base.execute(f"PRAGMA synchronous={'FULL' if self._sync else 'NORMAL'}")
        base.executescript(TABLES)
        return base

    def _count_boot(self, base: sqlite3.Connection) -> int:
        """Number of the kernel's present boot, in this store."""
        try:
            identity = KERNEL_BOOT.read_text("ascii").strip()
        except OSError:
            identity = "unknown"
        known = "SELECT boot FROM boots WHERE identity = ?"
        with base:
            if base.execute(known, (identity,)).fetchone() is None:
                base.execute("INSERT OR IGNORE INTO boots (identity) VALUES (?)", (identity,))
        return int(base.execute(known, (identity,)).fetchone()[0])


def _is_damaged(path: Path) -> bool:
    if not path.exists():
        return False
    base = sqlite3.connect(path, timeout=BUSY_S)
    try:
        found = base.execute("PRAGMA quick_check(1)").fetchone()
        base.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        raise  # locked or not readable, not damaged
    except sqlite3.DatabaseError:
        return True
    finally:
        base.close()
    return found is None or found[0] != "ok"


def _put_aside(path: Path) -> Path:
    """Rename the file and its log; the new name."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{end}", f"{aside}{end}")
    return aside


def _salvage(aside: Path, base: sqlite3.Connection) -> int:
    """Copy what can be read, with its numbers; how many events."""
    saved = 0
    old = sqlite3.connect(aside, timeout=BUSY_S)
    with base:
        for table, marks in (("boots", "?,?"), ("events", "?,?,?,?,?,?,?,?")):
            with contextlib.suppress(sqlite3.Error):
                for row in old.execute(f"SELECT * FROM {table}"):
                    base.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
                    saved += table == "events"
    old.close()
    return saved


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time looks whether the file is damaged; OSError: another takes too long."""
    until = time.monotonic() + LOOK_S
    with (folder / LOCK).open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise
            time.sleep(POLL_S)
        yield


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _whole(number: int) -> int:
    """As the column takes it."""
    return max(-(2**63), min(2**63 - 1, int(number)))


def _text(text: str) -> str:
    return str(text).encode("utf-8", "replace").decode("utf-8")
