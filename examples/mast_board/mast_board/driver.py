"""The host's side of the mast: `mast/command` is POINT, MAST_STATE is `mast/state`."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.component import Outbox
from lupex_rover.drivers.board_driver import COMMON_INPUTS, COMMON_OUTPUTS, MotionDriver
from lupex_rover.graph import json_topic
from lupex_rover.nodes.context import Context
from lupex_rover.nodes.extra import ExtraNode
from mast_board.declaration import MastState, Point


@dataclass(frozen=True)
class MastCommand:
    stamp_ns: int
    pan_rad: float
    tilt_rad: float


@dataclass(frozen=True)
class MastAngles:
    stamp_ns: int
    pan_rad: float
    tilt_rad: float
    latched: bool


COMMAND = json_topic("mast/command", MastCommand, 5.0, "command")
STATE = json_topic("mast/state", MastAngles, 10.0)


class MastDriver(MotionDriver):
    name = "mast_driver"
    board = serial = "MAST"
    inputs = (*COMMON_INPUTS, COMMAND)
    outputs = (*COMMON_OUTPUTS, STATE)

    def __init__(self) -> None:
        super().__init__()
        self.takes(COMMAND, self._point)
        self.telemetry = {MastState: self._state}

    def _point(self, command: MastCommand) -> Point:
        return Point(command.pan_rad, command.tilt_rad)

    def _state(self, payload: MastState, stamp_ns: int, out: Outbox) -> None:
        angles = MastAngles(stamp_ns, payload.pan_rad, payload.tilt_rad, bool(payload.latched))
        out.publish(STATE, angles)


def build(ctx: Context) -> MastDriver:
    return MastDriver()


NODE = ExtraNode(build, (COMMAND, STATE))
