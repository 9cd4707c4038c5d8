"""Persisted state of components in files: what survives the loss of the computer's power."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
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
    next one; `tell` is told once, until writing works again.
    """

    def __init__(
        self, folder: Path, sync: bool = True, tell: Callable[[str], None] = lambda text: None
    ) -> None:
        super().__init__()
        self._folder = folder
        self._sync = sync
        self._tell = tell
        self._told = False
        self._written: dict[str, str] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob("*.json")):
                super().__setitem__(path.stem, read_json(path, finite=False))
                self._written[path.stem] = path.read_text("utf-8", errors="replace")
        except (OSError, UserError) as error:
            raise UserError(f"{folder}: persisted state cannot be used ({error})") from None

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
        part.replace(self._folder / f"{name}.json")
