"""Moves bytes: serial port, pseudo-terminal, in memory, and a faulty wire for tests."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """A byte stream to one board. `read` never waits."""

    def read(self) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
