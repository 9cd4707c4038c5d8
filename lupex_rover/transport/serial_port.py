"""Any pyserial URL: `/dev/ttyUSB0`, `/dev/pts/3`, `socket://host:port`, `rfc2217://host:port`."""

from __future__ import annotations

import errno

import serial

from lupex_rover.core.errors import UserError

BAUD = 921_600


CHUNK = 65536
MOST = 1 << 20  # bytes in one read, so that a device that never stops cannot hold the caller


class SerialPort:
    """A board behind a serial port, held exclusively.

    Raises
    ------
    UserError
        The port is missing, in use, or not a port; the message names it.
    """

    def __init__(self, url: str, baud: int = BAUD) -> None:
        self.url = url
        try:
            self._port = serial.serial_for_url(url, do_not_open=True, timeout=0, write_timeout=1.0)
            self._port.baudrate = baud
            if url.startswith("/"):
                self._port.exclusive = True
            self._port.open()
        except (serial.SerialException, ValueError, OSError) as error:
            raise UserError(f"{url}: {_reason(error)}") from None

    def read(self) -> bytes:
        """All bytes that wait; none when the device is gone (the driver will miss them)."""
        data = b""
        try:
            while len(data) < MOST and (part := self._port.read(CHUNK)):
                data += part
        except (serial.SerialException, OSError):
            pass
        return data

    def write(self, data: bytes) -> None:
        """Send; what cannot be sent is lost, and the driver's missing ACK tells."""
        try:
            self._port.write(data)
        except (serial.SerialException, OSError):
            return

    def fileno(self) -> int:
        return self._port.fileno()

    def close(self) -> None:
        self._port.close()


def _reason(error: Exception) -> str:
    """Why a port does not open, in words that lead to the cure."""
    number = getattr(error, "errno", None)
    if number in (errno.EAGAIN, errno.EBUSY) or "exclusively lock" in str(error):
        return "port is in use by another program; stop that one or give another port"
    if number == errno.ENOENT:
        return "port is not there; is the board connected, or the simulator running?"
    if number in (errno.EACCES, errno.EPERM):
        return "port may not be opened by this user; ask for the group that owns it (dialout)"
    return f"port cannot be opened ({error})"
