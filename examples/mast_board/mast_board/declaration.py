"""The mast's messages. Imports nothing but what declares, as the protocol itself reads it."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from lupex_rover.protocol.declaration import BoardDeclaration, Telecommand, Telemetry
from lupex_rover.protocol.fields import f32, flag


class Point(NamedTuple):
    pan_rad: Annotated[float, f32("rad", low=-3.0, high=3.0, about="left positive")]
    tilt_rad: Annotated[float, f32("rad", low=-0.5, high=1.2, about="up positive")]


class Latch(NamedTuple):
    closed: Annotated[int, flag("1: held, 0: free to move")]


class MastState(NamedTuple):
    pan_rad: Annotated[float, f32("rad", about="left positive")]
    tilt_rad: Annotated[float, f32("rad", about="up positive")]
    latched: Annotated[int, flag()]


MAST = BoardDeclaration(
    name="MAST",
    apid=0x120,
    about="pan-tilt mast",
    telecommands=(
        Telecommand(Point, 0x10, "turn to these angles", repeat_hz=5.0),
        Telecommand(Latch, 0x11, "launch latch"),
    ),
    telemetry=(Telemetry(MastState, 0x20, "where it points", rate_hz=10.0),),
    device="mast_board.device:make",
    driver="mast_board.driver:NODE",
    load="spare_12",
    power_w=6.0,
)
