"""A Gazebo server as a child process: `gz sim -s world.sdf`, paused, without windows.

Its topics stay on this machine (GZ_IP) and apart from other Gazebos (GZ_PARTITION).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from lupex_rover.core.errors import UserError
from lupex_rover.core.parent_death import end_with_parent

STOP_S = 5.0
HELP = (
    "install Gazebo Harmonic (Ubuntu 24.04: ros-jazzy-ros-gz; see docs/gazebo.md) or choose"
    " --physics stand-in"
)


def require_gz() -> str:
    """Path of the command `gz`.

    Raises
    ------
    UserError
        Not on the PATH.
    """
    gz = shutil.which("gz")
    if gz is None:
        raise UserError(f"--physics gazebo: the command gz is not on the PATH; {HELP}")
    return gz


def quiet_network(partition: str) -> None:
    """Set this process and its children to Gazebo's loopback and a partition of their own."""
    os.environ["GZ_IP"] = "127.0.0.1"
    os.environ["GZ_PARTITION"] = partition


class GazeboServer:
    """Runs from construction to `close`; its output goes to `gazebo.log` in the world's folder."""

    def __init__(self, world: Path) -> None:
        self.log = world.parent / "gazebo.log"
        with self.log.open("wb") as out:
            self._process = subprocess.Popen(
                [require_gz(), "sim", "-s", "-v", "3", world.name], cwd=world.parent,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=end_with_parent,
            )  # fmt: skip
        atexit.register(self.close)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def last_lines(self, count: int = 3) -> str:
        """The end of its log, in one line."""
        text = self.log.read_text(encoding="utf-8", errors="replace").strip()
        return " | ".join(text.splitlines()[-count:])

    def close(self) -> None:
        """End the server with all its children, gently first."""
        atexit.unregister(self.close)
        for number in (signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
                return
