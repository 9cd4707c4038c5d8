"""Requests to the nodes' services: lifecycle, parameters, goals."""

from __future__ import annotations

from typing import Any

from rclpy.executors import ShutdownException, SingleThreadedExecutor, TimeoutException
from rclpy.node import Node

MOST = 8  # at one time; the rest waits for the next


class Services:
    """Serves what waits, when asked.

    To look whether anything does takes milliseconds, for all services of all nodes are looked at.
    """

    def __init__(self, log: Any) -> None:
        self._executor = SingleThreadedExecutor()
        self._log = log

    def add(self, node: Node) -> None:
        self._executor.add_node(node)

    def one(self) -> bool:
        """Serve one request; False when none waits. A wrong one (a transition that is not possible
        now, for instance) is an exception in rclpy and ends that request alone."""
        try:
            handler, _, _ = self._executor.wait_for_ready_callbacks(timeout_sec=0.0)
            handler()
            handler.result()
        except (TimeoutException, ShutdownException):
            return False
        except Exception as error:
            self._log.error(f"a service request failed: {error}")
        return True

    def all(self) -> None:
        """Serve what waits, at most `MOST`."""
        for _ in range(MOST):
            if not self.one():
                return
