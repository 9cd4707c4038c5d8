"""Looks for a serial device that went away."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread

from lupex_rover.core.errors import UserError
from lupex_rover.transport.serial_port import SerialPort


class Reopener:
    """Tries to open a port again and again, and never holds its caller.

    A try runs in a thread of its own, because a port on the network may take seconds to answer.

    Parameters
    ----------
    url : str
        Of the port.
    period_s : float
        From one try to the next.
    now_s : float
        The present by a monotonic clock, s; the first try is `period_s` later.
    """

    def __init__(self, url: str, period_s: float, now_s: float) -> None:
        self._url = url
        self._period_s = period_s
        self._next_s = now_s + period_s
        self._try: Thread | None = None
        self._found: SerialPort | None = None

    def poll(self, now_s: float) -> SerialPort | None:
        """The port, once it is open; None before."""
        if self._try is not None and self._try.is_alive():
            return None
        if self._found is None and now_s >= self._next_s:
            self._next_s = now_s + self._period_s
            self._try = Thread(target=self._open, daemon=True)
            self._try.start()
            return None
        found, self._found = self._found, None
        return found

    def _open(self) -> None:
        with suppress(UserError):
            self._found = SerialPort(self._url)
