"""How a process of ours begins and ends: signals, its parent's death, rclpy."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Protocol

import rclpy
from rclpy.signals import SignalHandlerOptions

from lupex_rover.core.errors import UserError
from lupex_rover.core.isolation import isolate

BAD_INPUT = 2


class Stoppable(Protocol):
    stopped: bool


class StopRequest:
    """What a signal asks: that what runs ends, and that what is begun later does not.

    Attributes
    ----------
    asked : bool
        A signal came.
    """

    def __init__(self) -> None:
        self.asked = False
        self._running: list[Stoppable] = []

    def add(self, process: Stoppable) -> None:
        """`process` is stopped when asked, at once when that has been."""
        self._running.append(process)
        process.stopped = process.stopped or self.asked

    def ask(self) -> None:
        self.asked = True
        for process in self._running:
            process.stopped = True


def run(main: Callable[[], None], stop: StopRequest) -> int:
    """Run `main` between rclpy's beginning and end; SIGINT, SIGTERM and SIGHUP ask it to stop.

    Returns the exit code: 0, or 2 with one line for bad input.
    """
    isolate(os.environ)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.ask())
    try:
        main()
    except UserError as error:
        print(f"lupex: {error}", file=sys.stderr, flush=True)
        return BAD_INPUT
    finally:
        rclpy.try_shutdown()
    return 0


def leave(code: int) -> None:
    """End at once: libraries that tidy up at exit have nothing of ours left to save."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
