"""The device side of a pseudo-terminal: a simulated board's serial port."""

from __future__ import annotations

import os
import pty
import tty

CHUNK = 65536


class PtyPort:
    """Opens a raw pseudo-terminal; clients open `path` as they would a serial port.

    The client side is kept open here too, so that a client may come and go. Bytes that no client
    reads fill the terminal's buffer and are then dropped, as on a wire nobody listens to.
    """

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self.lost_bytes = 0

    def fileno(self) -> int:
        return self._master

    def read(self) -> bytes:
        try:
            return os.read(self._master, CHUNK)
        except (BlockingIOError, OSError):
            return b""

    def write(self, data: bytes) -> None:
        sent = 0
        try:
            while sent < len(data):
                sent += os.write(self._master, data[sent:])
        except (BlockingIOError, OSError):
            self.lost_bytes += len(data) - sent

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)
