"""Any pyserial URL: `/dev/ttyUSB0`, `/dev/pts/3`, `socket://host:port`, `rfc2217://host:port`."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

import serial

from lupex_rover.core.errors import UserError
from lupex_rover.core.foreign import is_ours, reason

BAUD = 921_600  # ICD
CHUNK = 65536
# Bytes in one read, so that a device that never stops holds neither the caller nor the other
# boards: a driver takes in 1.5 MB/s at worst (tiny bad frames). A line gives 5 kB in a tick.
MOST = 1 << 17


class SerialPort:
    """A board behind a serial port, held exclusively.

    Neither `read` nor `write` waits; only a server behind `rfc2217://` that takes no bytes holds
    `write` for as long as pyserial's own 5 s, once: then it counts as lost.

    Attributes
    ----------
    lost : bool
        The device went away, and the port is closed for good; `Reopener` looks for it.
    lost_bytes : int
        Given to `write` and not taken, because the device was gone or its buffer full.

    Raises
    ------
    UserError
        The port is missing, in use, or not a port; the message names it.
    """

    def __init__(self, url: str, baud: int = BAUD) -> None:
        self.url = url
        self.lost = False
        self.lost_bytes = 0
        try:
            self._port = serial.serial_for_url(url, do_not_open=True, timeout=0)
            self._port.baudrate = baud
            if url.startswith("/"):
                self._port.exclusive = True
            self._port.open()
        except Exception as error:  # pyserial's handlers of URLs raise what their imports do
            if is_ours(error):
                raise
            raise UserError(f"{url}: {_unlike_a_port(url, error) or _reason(error)}") from error
        self._number: int | None = None  # of the open file; rfc2217 has none
        with suppress(Exception):
            self._number = self._port.fileno()

    def read(self) -> bytes:
        """All bytes that wait; none when the device is gone (the driver will miss them)."""
        data = b""
        if self.lost:
            return data
        try:
            while len(data) < MOST and (part := self._port.read(min(CHUNK, MOST - len(data)))):
                data += part
        except Exception as error:
            self._lose(error)
        return data

    def write(self, data: bytes) -> None:
        """Send what the device takes now; the rest is lost, and the driver's missing ACK tells.

        A device whose buffer is full has not listened for long. What waits there is thrown away
        as well as the device's driver can: it is old, and the board shall not act on it later.
        """
        if self.lost:
            self.lost_bytes += len(data)
            return
        taken = 0
        try:
            taken = self._write_some(data)
            if taken < len(data):
                self._port.reset_output_buffer()
        except Exception as error:
            self._lose(error)
        self.lost_bytes += len(data) - taken

    def _write_some(self, data: bytes) -> int:
        """Bytes that were taken at once. pyserial's own `write` tries for ever on a full port."""
        if self._number is None:
            self._port.write(data)
            return len(data)
        try:
            return os.write(self._number, data)
        except BlockingIOError:
            return 0

    def fileno(self) -> int:
        return self._port.fileno()

    def close(self) -> None:
        self._port.close()

    def _lose(self, error: Exception) -> None:
        """Whatever a device raises that was there before, it is gone."""
        if is_ours(error):
            raise error
        self.lost = True
        with suppress(Exception):
            self._port.close()


def _unlike_a_port(url: str, error: Exception) -> str:
    """What lies at a path that is no terminal, in words; "" where one lies there, or nothing."""
    try:
        mode = os.stat(url).st_mode
    except (OSError, ValueError):  # also of a URL
        return ""
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISREG, "a file"), (stat.S_ISFIFO, "a pipe"))
    what = next((name for is_it, name in kinds if is_it(mode)), "a device of another kind")
    if stat.S_ISCHR(mode) and os.strerror(errno.ENOTTY) not in str(error):
        return ""
    return f"port is no serial port but {what}; give the board's, such as /dev/ttyUSB0"


def _reason(error: Exception) -> str:
    """Why a port does not open, in words that lead to the cure."""
    number = getattr(error, "errno", None)
    if number in (errno.EAGAIN, errno.EBUSY) or "exclusively lock" in str(error):
        return "port is in use by another program; stop that one or give another port"
    if number == errno.ENOENT:
        return "port is not there; is the board connected, or the simulator running?"
    if number in (errno.EACCES, errno.EPERM):
        return "port may not be opened by this user; ask for the group that owns it (dialout)"
    return f"port cannot be opened ({reason(error)})"
