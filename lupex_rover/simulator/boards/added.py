"""The simulated boards that installed packages add (`protocol.boards`)."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.errors import UserError
from lupex_rover.protocol.declaration import BoardDeclaration
from lupex_rover.simulator.boards.base import Board


@dataclass(frozen=True)
class DeviceContext:
    """What the maker of an added board is given.

    Attributes
    ----------
    seed : int
        Of the run.
    rng : np.random.Generator
        The board's own generator; the same for the same seed, whatever else is simulated.
    t_ns : int
        UTC at the start.
    """

    seed: int
    rng: np.random.Generator
    t_ns: int


def make_added(boards: Iterable[BoardDeclaration], seed: int, t_ns: int) -> dict[str, Board]:
    """The device of each of the added boards, by its name.

    Raises
    ------
    UserError
        A device that is not named, cannot be imported, or is no `Board` of that name; the text
        names it.
    """
    made = {}
    for declared in boards:
        rng = np.random.default_rng([seed, zlib.crc32(declared.name.encode())])
        made[declared.name] = _make(declared.name, declared.device, seed, rng, t_ns)
    return made


def _make(name: str, device: str, seed: int, rng: np.random.Generator, t_ns: int) -> Board:
    where = f"board {name}: device {device}"
    if not device:
        raise UserError(f"board {name}: its declaration names no device to simulate it by")
    module, _, maker = device.partition(":")
    try:
        make = getattr(importlib.import_module(module), maker)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"{where}: cannot be imported ({error})") from None
    board = make(DeviceContext(seed, rng, t_ns))
    if not isinstance(board, Board) or board.name != name:
        raise UserError(f"{where}: makes no simulated board of that name")
    return board
