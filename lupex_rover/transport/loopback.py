"""Two ends in one process, for tests and the harness."""

from __future__ import annotations


class Loopback:
    """One end; what is written to it is read at `other`."""

    def __init__(self) -> None:
        self._waiting = b""
        self.other: Loopback = self

    @classmethod
    def pair(cls) -> tuple[Loopback, Loopback]:
        a, b = cls(), cls()
        a.other, b.other = b, a
        return a, b

    def read(self) -> bytes:
        data, self._waiting = self._waiting, b""
        return data

    def write(self, data: bytes) -> None:
        self.other._waiting += data

    def close(self) -> None:
        self._waiting = b""
