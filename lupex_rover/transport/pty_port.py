"""The device side of a pseudo-terminal: a simulated board's serial port."""

from __future__ import annotations

import os
import pty
import tty

# Bytes in one read, so that a client that never stops holds neither the physics nor other boards.
# A line of 921600 baud gives 1 kB in a step of the server.
MOST = 1 << 14


class PtyPort:
    """Opens a raw pseudo-terminal; clients open `path` as they would a serial port.

    The client side is kept open here too, so that a client may come and go. The terminal holds
    about 20 kB that nobody has read yet.

    Attributes
    ----------
    path : str
        What a client opens.
    lost_bytes : int
        Given to `write` while the terminal was full, as on a wire nobody listens to.
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
        """The bytes that wait, at most `MOST` at once; none where there are none."""
        data = b""
        try:
            while len(data) < MOST and (part := os.read(self._master, MOST - len(data))):
                data += part
        except OSError:  # nothing more waits
            pass
        return data

    def write(self, data: bytes) -> None:
        """Send; what the terminal does not take now is lost."""
        self.lost_bytes += len(data) - self.write_some(data)

    def write_some(self, data: bytes) -> int:
        """Send as much as the terminal takes now; returns how many bytes that is."""
        sent = 0
        try:
            while sent < len(data):
                sent += os.write(self._master, data[sent:])
        except OSError:  # the terminal is full
            pass
        return sent

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)
