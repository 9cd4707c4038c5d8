"""Persisted state of components in files: what survives the loss of the computer's power."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be persisted")


class FileStore(dict[str, dict[str, Any]]):
    """A mapping from component name to its state; each is a json file, replaced as a whole.

    Where a file cannot be written (disk full) the state is kept in memory and written with the
    next one; `tell` is told once, until writing works again. The one before stays as
    `NAME.json.old` and is used where the newest cannot be read. What cannot is renamed `.bad`, and
    `aside` is told. Only the files of components `names` are looked at; None: all.
    """

    def __init__(
        self,
        folder: Path,
        sync: bool = True,
        tell: Callable[[str], None] = lambda text: None,
        aside: Callable[[str], None] = lambda text: None,
        names: Collection[str] | None = None,
    ) -> None:
        super().__init__()
        self._folder = folder
        self._sync = sync
        self._tell = tell
        self._aside = aside
        self._told = False
        self._written: dict[str, str] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in sorted({path.name.partition(".")[0] for path in folder.glob("*.json*")}):
                if names is None or name in names:
                    self._take(name)
        except OSError as error:
            raise UserError(f"{folder}: persisted state cannot be used ({error})") from None

    def _take(self, name: str) -> None:
        """The newest state of component `name` that can be read; what cannot is put aside."""
        for path in (self._folder / f"{name}.json", self._folder / f"{name}.json.old"):
            if not path.exists():
                continue
            try:
                state = read_json(path, finite=False)
            except UserError as error:
                self._put_aside(path, str(error))
                continue
            super().__setitem__(name, state)
            if path.suffix == ".json":
                self._written[name] = path.read_text("utf-8", errors="replace")
            return

    def put_aside(self, name: str, why: str) -> None:
        """Forget the state of component `name`, which cannot use it."""
        self.pop(name, None)
        self._written.pop(name, None)
        self._put_aside(self._folder / f"{name}.json", why)

    def _put_aside(self, path: Path, why: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            path.replace(path.with_name(f"{path.name}.bad"))
        self._aside(f"{why}; now {path.name}.bad")

    def __setitem__(self, name: str, state: dict[str, Any]) -> None:
        text = json.dumps(state, default=_plain)
        super().__setitem__(name, json.loads(text))
        if self._written.get(name) == text:
            return
        try:
            self._write(name, text)
        except OSError as error:
            if not self._told:
                self._tell(f"{self._folder / name}.json: {error}")
            self._told = True
        else:
            self._told = False
            self._written[name] = text

    def _write(self, name: str, text: str) -> None:
        part = self._folder / f"{name}.part"
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            if self._sync:
                file.flush()
                os.fsync(file.fileno())
        whole = self._folder / f"{name}.json"
        with contextlib.suppress(FileNotFoundError):
            whole.replace(self._folder / f"{name}.json.old")
        part.replace(whole)
