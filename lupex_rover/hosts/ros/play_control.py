"""Pausing what is played: the services of rosbag2's player, and the space bar.

The services have rosbag2's names (`~/pause`, `~/resume`, `~/toggle_paused`, `~/is_paused`) and,
where `rosbag2_interfaces` is installed, its types; else `std_srvs/srv/Trigger`.
"""

from __future__ import annotations

import importlib
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable
from typing import Any

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger

from lupex_rover.bags.playback_pace import PlaybackPace

POLL_S = 0.1


def service_type(name: str) -> Any:
    """rosbag2's type, or Trigger."""
    try:
        return getattr(importlib.import_module("rosbag2_interfaces.srv"), name)
    except (ImportError, AttributeError):
        return Trigger


class PlayControl:
    """Serves a `PlaybackPace` from threads of its own until `close`."""

    def __init__(self, node: Node, pace: PlaybackPace) -> None:
        self._pace = pace
        self._stop = threading.Event()
        for name, kind, act in (
            ("pause", "Pause", pace.paused.set), ("resume", "Resume", pace.paused.clear),
            ("toggle_paused", "TogglePaused", pace.toggle), ("is_paused", "IsPaused", _nothing),
        ):  # fmt: skip
            node.create_service(service_type(kind), f"~/{name}", self._serve(act))
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._threads = [threading.Thread(target=self._spin, daemon=True)]
        if sys.stdin is not None and sys.stdin.isatty():
            self._threads.append(threading.Thread(target=self._keys, daemon=True))
        for thread in self._threads:
            thread.start()

    def _serve(self, act: Callable[[], None]) -> Callable[[Any, Any], Any]:
        def answer(request: Any, response: Any) -> Any:
            act()
            paused = self._pace.paused.is_set()
            if hasattr(response, "paused"):
                response.paused = paused
            if hasattr(response, "success"):  # Trigger: the message says what is
                response.success = True
                response.message = "paused" if paused else "playing"
            return response

        return answer

    def _spin(self) -> None:
        try:
            while not self._stop.is_set():
                self._executor.spin_once(timeout_sec=POLL_S)
        except ExternalShutdownException:
            return

    def _keys(self) -> None:
        """The space bar, as in `ros2 bag play`; the terminal is left as it was."""
        before = termios.tcgetattr(sys.stdin)
        try:
            tty.setcbreak(sys.stdin)
            while not self._stop.is_set():
                if select.select([sys.stdin], [], [], POLL_S)[0] and sys.stdin.read(1) == " ":
                    self._pace.toggle()
                    print("paused" if self._pace.paused.is_set() else "playing", flush=True)
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=2.0)
        self._executor.shutdown(timeout_sec=1.0)


def _nothing() -> None:
    """`is_paused` only asks."""
