"""`GazeboLink` over gz-transport: set points out, joint states, pose and IMU in, step by step.

Gazebo stays paused; the service /world/<name>/control runs a number of steps, and a step is over
when the joint state and the IMU sample of its last instant have come. While paused, Gazebo repeats
the last joint state; a repetition carries the old time and is passed over.
Set points are said again with each step: what is lost while publishers and subscribers find each
other is made good by the next.
"""

from __future__ import annotations

import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.core.errors import Fault, UserError
from lupex_rover.core.types import WHEELS
from lupex_rover.simulator.gazebo.link import Array, GazeboState
from lupex_rover.simulator.gazebo.model import NAME
from lupex_rover.simulator.gazebo.params import GazeboParams
from lupex_rover.simulator.gazebo.server import HELP, GazeboServer
from lupex_rover.simulator.gazebo.world_file import WORLD

SYSTEM_PACKAGES = Path("/usr/lib/python3/dist-packages")  # where Debian and Ubuntu put gz.*
TOPICS = f"/model/{NAME}"
POLL_S = 0.2


def bindings(name: str) -> Any:
    """The module gz.`name`, from the environment or from the system's packages.

    Raises
    ------
    UserError
        Found in neither.
    """
    if SYSTEM_PACKAGES.is_dir() and str(SYSTEM_PACKAGES) not in sys.path:
        sys.path.append(str(SYSTEM_PACKAGES))  # last: the environment's own libraries go first
    try:
        return import_module(f"gz.{name}")
    except ImportError as error:
        raise UserError(
            f"--physics gazebo: Python cannot import gz.{name} ({error}); packages"
            f" python3-gz-transport13 and python3-gz-msgs10; {HELP}"
        ) from None


class GazeboTransport:
    """A running server's rover; satisfies `link.GazeboLink`."""

    def __init__(self, server: GazeboServer, params: GazeboParams) -> None:
        self._server = server
        self._p = params
        self._transport = bindings("transport13")
        self._double = bindings("msgs10.double_pb2").Double
        self._control = bindings("msgs10.world_control_pb2").WorldControl
        self._boolean = bindings("msgs10.boolean_pb2").Boolean
        self._node = self._transport.Node()
        self._tracks = self._publishers("link/{}_crawler/track_cmd_vel")
        self._sprockets = self._publishers("joint/{}_drive_joint/cmd_vel")
        self._steers = self._publishers("joint/{}_steer_joint/0/cmd_pos")
        self._news = threading.Condition()
        self._joints: Any = None
        self._joints_ns = self._imu_ns = -1
        self._samples: list[tuple[float, ...]] = []
        self._still = np.zeros(4)
        self._set = (self._still, self._still, self._still)
        self._done_ns = 0
        self._step_ns = round(params.step_s * NS)
        self._listen()
        self._wait_for_start()

    # --- out ------------------------------------------------------------------------------------

    def _publishers(self, form: str) -> list[Any]:
        topics = [f"{TOPICS}/{form.format(wheel)}" for wheel in WHEELS]
        return [self._node.advertise(topic, self._double) for topic in topics]

    def command(self, track_mps: Array, sprocket_rps: Array, steer_rad: Array) -> None:
        self._set = (track_mps.copy(), sprocket_rps.copy(), steer_rad.copy())

    def _say_set_points(self) -> None:
        for publishers, values in zip((self._tracks, self._sprockets, self._steers), self._set):
            for publisher, value in zip(publishers, values):
                publisher.publish(self._double(data=float(value)))

    def step(self, count: int) -> GazeboState:
        self._say_set_points()
        with self._news:
            self._samples = []
        due = self._done_ns + count * self._step_ns
        self._request(self._control(pause=True, multi_step=count))
        self._wait(due)
        self._done_ns = due
        with self._news:
            return self._state()

    def _request(self, control: Any) -> None:
        """Ask without waiting for the answer: the states that come are the answer.

        The bindings hold Python's lock while they wait for a service, and subscribers that need it
        then keep the answer from being read.
        """
        service = f"/world/{WORLD}/control"
        self._node.request(service, control, self._control, self._boolean, 0)

    # --- in -------------------------------------------------------------------------------------

    def _listen(self) -> None:
        model = bindings("msgs10.model_pb2").Model
        imu = bindings("msgs10.imu_pb2").IMU
        for kind, topic, heard in (
            (model, f"{TOPICS}/joint_state", self._on_joints),
            (imu, f"{TOPICS}/imu", self._on_imu),
        ):
            if not self._node.subscribe(kind, topic, heard):
                raise Fault("SIM-003", f"cannot subscribe to {topic}")

    def _on_joints(self, message: Any) -> None:
        stamp = _stamp_ns(message)
        with self._news:
            if stamp > self._joints_ns:
                self._joints, self._joints_ns = message, stamp
                self._news.notify()

    def _on_imu(self, message: Any) -> None:
        rate, force = message.angular_velocity, message.linear_acceleration
        with self._news:
            self._imu_ns = _stamp_ns(message)
            self._samples.append((rate.x, rate.y, rate.z, force.x, force.y, force.z))
            self._news.notify()

    def _wait_for_start(self) -> None:
        """Until the paused server repeats its joint state, then one step for the IMU."""
        end = time.monotonic() + self._p.start_s
        with self._news:
            while self._joints is None:
                self._news.wait(POLL_S)
                self._alive(end)
            self._done_ns = self._joints_ns

    def _wait(self, due_ns: int) -> None:
        end = time.monotonic() + self._p.answer_s
        with self._news:
            while self._joints_ns < due_ns or self._imu_ns < due_ns:
                self._news.wait(POLL_S)
                self._alive(end)

    def _alive(self, end: float) -> None:
        if not self._server.running:
            raise Fault("SIM-003", f"it has ended: {self._server.last_lines()}")
        if time.monotonic() > end:
            raise Fault("SIM-003", f"nothing came in time: {self._server.last_lines()}")

    def _state(self) -> GazeboState:
        p, q = self._joints.pose.position, self._joints.pose.orientation
        axis = {joint.name: joint.axis1 for joint in self._joints.joint}
        drive = [axis[f"{wheel}_drive_joint"] for wheel in WHEELS]
        steer = [axis[f"{wheel}_steer_joint"] for wheel in WHEELS]
        felt = np.array(self._samples).mean(axis=0)
        return GazeboState(
            t_s=self._joints_ns / NS,
            position_m=np.array([p.x, p.y, p.z]),
            orientation_xyzw=np.array([q.x, q.y, q.z, q.w]),
            drive_rad=np.array([a.position for a in drive]),
            drive_rps=np.array([a.velocity for a in drive]),
            steer_rad=np.array([a.position for a in steer]),
            steer_rps=np.array([a.velocity for a in steer]),
            angular_rps=felt[:3],
            specific_force=felt[3:],
        )

    def close(self) -> None:
        self._server.close()


def _stamp_ns(message: Any) -> int:
    stamp = message.header.stamp
    return int(stamp.sec) * NS + int(stamp.nsec)
