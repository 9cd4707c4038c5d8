"""A file whose writer is never stopped: what the disk does not take waits in memory, in order."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class PatientFile:
    """Bytes appended to a new file.

    Attributes
    ----------
    waiting : int
        Bytes that the disk has not taken.
    why : str
        Why not; empty while all is well.
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._held = bytearray()
        self._at = 0
        self.why = ""

    @property
    def waiting(self) -> int:
        return len(self._held)

    def tell(self) -> int:
        """Where the next byte will stand."""
        return self._at

    def write(self, data: bytes) -> int:
        """Append; never raises for what is wrong with the disk."""
        self._at += len(data)
        self._held += data
        self.flush()
        return len(data)

    def flush(self) -> None:
        """Hand to the system what waits, as far as it takes it."""
        try:
            while self._held:
                taken = os.write(self._fd, self._held)
                del self._held[:taken]
            self.why = ""
        except OSError as error:
            self.why = str(error.strerror)

    def sync(self) -> None:
        """As `flush`, and see that it is on the disk."""
        self.flush()
        try:
            os.fsync(self._fd)
        except OSError as error:
            self.why = str(error.strerror)

    def close(self) -> None:
        """Close; what waits and is not taken now is lost, at the end of the file."""
        self.sync()
        with contextlib.suppress(OSError):
            os.close(self._fd)
