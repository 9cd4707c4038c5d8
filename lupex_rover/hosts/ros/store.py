"""Persisted state of components in files: what survives the loss of the computer's power."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from lupex_rover.core.errors import UserError
from lupex_rover.hosts.state_file import Owner, StateFile, pack, read, text_of

LOST, BEFORE, OTHER, UNWRITTEN = "HST-026", "HST-030", "HST-031", "HST-004"
NOBODY = Owner()
MOST_ASIDE = 9  # files put aside of one name; then the last is written over


class FileStore(dict[str, dict[str, Any]]):
    """A mapping from component name to its state; each is a file (`state_file`).

    A state is written whole before it counts; the one before stays as `NAME.json.old`. Of the two
    the newest generation that is whole and of this world and plan is taken. What is damaged, or
    of another world or plan, is renamed `.bad` and told. Where a file cannot be written (disk
    full) the state is kept in memory and written with the next one; that is told once, until
    writing works again.

    Parameters
    ----------
    sync : bool
        Wait until the disk has it.
    tell : Callable[[str, str], None]
        Is given code and text.
    names : Collection[str] or None
        Only the files of these components are looked at; None: all.
    owner : Owner
        World and plan of this run.

    Raises
    ------
    UserError
        The folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        sync: bool = True,
        tell: Callable[[str, str], None] = lambda code, text: None,
        names: Collection[str] | None = None,
        owner: Owner = NOBODY,
    ) -> None:
        super().__init__()
        self._folder = folder
        self._owner = owner
        self._sync = sync
        self._tell = tell
        self._told = False
        self._written: dict[str, str] = {}
        self._generation: dict[str, int] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in sorted({path.name.partition(".")[0] for path in folder.glob("*.json*")}):
                if names is None or name in names:
                    self._take(name)
        except OSError as error:
            raise UserError(f"{folder}: persisted state cannot be used ({error})") from None

    # --- taken back -----------------------------------------------------------------------------

    def _take(self, name: str) -> None:
        """The newest state of component `name` that is whole and ours; the others put aside."""
        newest, before = self._places(name)
        good: list[StateFile] = []
        wrong: list[tuple[str, str]] = []
        for path in (newest, before):
            if not path.exists():
                continue
            try:
                found = read(path)
            except UserError as error:
                wrong.append((LOST, f"{error}; now {self._aside(path)}"))
                continue
            self._generation[name] = max(self._generation.get(name, 0), found.generation)
            if found.owner == self._owner:
                good.append(found)
            else:
                text = f"{path}: is of {_words(found.owner)}, this is {_words(self._owner)}"
                wrong.append((OTHER, f"{text}; now {self._aside(path)}"))
        if not newest.exists() and good and not wrong:
            wrong.append((LOST, f"{newest}: is missing"))
        last = max(good, key=lambda found: found.generation, default=None)
        for code, text in wrong:
            used = "" if last is None else f"; generation {last.generation} is used"
            self._tell(BEFORE if used and code == LOST else code, text + used)
        if last is not None:
            super().__setitem__(name, last.state)
            if not wrong:
                self._written[name] = text_of(last.state)

    def _places(self, name: str) -> tuple[Path, Path]:
        """Where the newest state and the one before are."""
        whole = self._folder / f"{name}.json"
        return whole, whole.with_name(f"{whole.name}.old")

    def put_aside(self, name: str, why: str) -> None:
        """Forget the state of component `name`, which cannot use it."""
        self.pop(name, None)
        self._written.pop(name, None)
        places = [self._aside(path) for path in self._places(name) if path.exists()]
        self._tell(LOST, f"{why}; now {', '.join(places)}")

    def _aside(self, path: Path) -> str:
        """Rename it; its new name."""
        names = [f"{path.name}.bad", *(f"{path.name}.bad{k}" for k in range(2, MOST_ASIDE + 1))]
        free = next((name for name in names if not path.with_name(name).exists()), names[-1])
        with contextlib.suppress(FileNotFoundError):
            path.replace(path.with_name(free))
        return free

    # --- kept -----------------------------------------------------------------------------------

    def __setitem__(self, name: str, state: dict[str, Any]) -> None:
        text = text_of(state)
        super().__setitem__(name, json.loads(text))
        if self._written.get(name) == text:
            return
        generation = self._generation.get(name, 0) + 1
        try:
            self._write(name, pack(generation, self._owner, text))
        except OSError as error:
            if not self._told:
                self._tell(UNWRITTEN, f"{self._folder / name}.json: {error}")
            self._told = True
        else:
            self._told = False
            self._written[name], self._generation[name] = text, generation

    def _write(self, name: str, data: bytes) -> None:
        whole, before = self._places(name)
        part = self._folder / f"{name}.part"
        with part.open("wb") as file:
            file.write(data)
            if self._sync:
                file.flush()
                os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            whole.replace(before)
        part.replace(whole)
        if self._sync:
            place = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(place)  # the names, too
            finally:
                os.close(place)


def _words(owner: Owner) -> str:
    return f"world {owner.world!r}, plan {owner.plan}"
