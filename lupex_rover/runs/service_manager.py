"""Tells systemd how a service of `Type=notify` does (`sd_notify`); nothing without systemd."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

SHARE = 3  # a sign of life this many times within the watchdog's time
MICRO = 1e-6


class ServiceManager:
    """The service manager that started this process, if one did.

    Parameters
    ----------
    environment : Mapping[str, str] or None
        Of the process; None: its own.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        env = os.environ if environment is None else environment
        self._address = env.get("NOTIFY_SOCKET", "")
        self._next_s = 0.0
        mine = env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        wanted = env.get("WATCHDOG_USEC", "") if mine else ""
        self._period_s = int(wanted) * MICRO / SHARE if wanted.isdigit() else None

    def say(self, text: str) -> None:
        """Send `text`, lines of NAME=value; a manager that does not listen is left alone."""
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):  # in the abstract name space
            address = "\0" + address[1:]
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(text.encode(), address)

    def ready(self, status: str) -> None:
        """What was to be started is up."""
        self.say(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        """The watchdog is fed, if there is one and it is time; call it often."""
        now_s = time.monotonic()
        if self._period_s is not None and now_s >= self._next_s:
            self._next_s = now_s + self._period_s
            self.say("WATCHDOG=1")

    def stopping(self) -> None:
        """The end has begun."""
        self.say("STOPPING=1")
