"""The device side of a pseudo-terminal: a simulated board's serial port."""

from __future__ import annotations

import os
import pty
import tty

CHUNK = 65536


class PtyPort:
    """Opens a raw pseudo-terminal; clients open `path` as they would a serial port.

    The client side is kept open here too, so that a client may come and go. The terminal holds
    about 20 kB that nobody has read yet.

    Parameters
    ----------
    keep_bytes : how much more waits here for the terminal; what is beyond is lost, as on a wire
        that nobody listens to. 0 for a board that should not talk of the past.

    Attributes
    ----------
    path : what a client opens.
    lost_bytes : that nobody read in time.
    """

    def __init__(self, keep_bytes: int = 0) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self.lost_bytes = 0
        self._keep_bytes = keep_bytes
        self._waiting = b""

    def fileno(self) -> int:
        return self._master

    @property
    def waiting_bytes(self) -> int:
        """How many bytes the terminal has not taken yet."""
        return len(self._waiting)

    def read(self) -> bytes:
        """All bytes that wait, none where there are none."""
        parts = []
        try:
            while part := os.read(self._master, CHUNK):
                parts.append(part)
        except OSError:  # nothing more waits
            pass
        return b"".join(parts)

    def write(self, data: bytes = b"") -> None:
        """Send what waits and then `data`; never waits itself."""
        self._waiting += data
        try:
            while self._waiting:
                self._waiting = self._waiting[os.write(self._master, self._waiting) :]
        except OSError:  # the terminal is full
            pass
        over = len(self._waiting) - self._keep_bytes
        if over > 0:
            self.lost_bytes += over
            self._waiting = self._waiting[: self._keep_bytes]

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)
