"""Any pyserial URL: `/dev/ttyUSB0`, `/dev/pts/3`, `socket://host:port`, `rfc2217://host:port`."""

from __future__ import annotations

import serial

from lupex_rover.core.errors import UserError

BAUD = 921_600


class SerialPort:
    """A board behind a serial port, held exclusively.

    Raises
    ------
    UserError
        The port is missing, taken, or not a port; the message names it.
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
            taken = "in use" in str(error) or "lock" in str(error) or "busy" in str(error).lower()
            why = "taken by another program" if taken else str(error)
            raise UserError(f"{url}: port cannot be opened ({why})") from None

    def read(self) -> bytes:
        """All bytes that wait; none when the device is gone (the driver will miss them)."""
        try:
            return self._port.read(max(1, self._port.in_waiting))
        except (serial.SerialException, OSError):
            return b""

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
