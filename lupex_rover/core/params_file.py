"""The file of `--params`: parameters of the class that a command works with."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from lupex_rover.core import params
from lupex_rover.core.config_file import read_yaml

T = TypeVar("T")


def read_params(cls: type[T], path: Path | None) -> T:
    """What the yaml file `path` sets of `cls`; its defaults where there is no file.

    Raises
    ------
    UserError
        The file, a key or a value is wrong; it is named.
    """
    return params.load(cls, read_yaml(path) if path is not None else None, str(path))
