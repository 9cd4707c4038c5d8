"""What `lupex doctor` tries, rather than believes: each does a small thing whose result it knows.

A try returns what it saw; it raises where that is wrong. Libraries are imported within, so that one
that cannot be is a failure of its try alone.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from lupex_rover.core.constants import MOON_RADIUS_M

PATIENCE_S = 10.0  # for a message; discovery takes less than one


class WrongAnswer(Exception):
    """It ran, and the result is not the right one."""


def projection() -> str:
    """A place 0.5 degrees from the pole, on the grid of the maps."""
    from rasterio import warp
    from rasterio.crs import CRS

    grid = f"+proj=stere +lat_0=-90 +lon_0=0 +R={MOON_RADIUS_M} +units=m +no_defs"
    lonlat = CRS.from_proj4(f"+proj=longlat +R={MOON_RADIUS_M} +no_defs")
    (x,), (y,) = warp.transform(lonlat, CRS.from_proj4(grid), [30.0], [-89.5])
    rho = 2.0 * MOON_RADIUS_M * math.tan(math.radians(0.25))  # Snyder 1987, eq. 21-33
    if not math.hypot(x - rho / 2.0, y - rho * math.cos(math.radians(30.0))) < 0.01:
        raise WrongAnswer(f"a place came out at {x:.1f}, {y:.1f} m")
    if CRS.from_epsg(4326).to_epsg() != 4326:  # asks PROJ's database
        raise WrongAnswer("the database of PROJ does not know EPSG:4326")
    return "a place on the grid of the maps is right to 1 cm"


def map_file() -> str:
    """A map written and read."""
    import numpy as np

    from lupex_rover.terrain.dem import Dem
    from lupex_rover.terrain.dem_file import read_dem, write_dem

    heights = np.linspace(-500.0, 500.0, 64, dtype=np.float32).reshape(8, 8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.tif"
        write_dem(Dem(heights, 1000.0, 2000.0, 5.0), path)
        there = read_dem(path)
    if not np.array_equal(there.heights, heights) or there.extent != (1000, 2000, 1035, 2035):
        raise WrongAnswer("a map came back as another")
    return "a map came back as it was written"


def message() -> str:
    """A message of ours sent and received on ROS 2."""
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    from lupex_rover.hosts.ros.qos import ros_class

    kind = ros_class("lupex_rover_interfaces/msg/Event")
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    try:
        node = rclpy.create_node(f"doctor_{os.getpid()}", context=context, enable_rosout=False)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        heard: list[Any] = []
        topic = f"doctor_{os.getpid()}/try"
        node.create_subscription(kind, topic, heard.append, 10)
        sender = node.create_publisher(kind, topic, 10)
        began_s = time.monotonic()
        while not heard and time.monotonic() - began_s < PATIENCE_S:
            sender.publish(kind(code="DOCTOR"))
            executor.spin_once(timeout_sec=0.1)
    finally:
        rclpy.try_shutdown(context=context)
    if not heard or heard[0].code != "DOCTOR":
        raise WrongAnswer(f"a message was not received within {PATIENCE_S:.0f} s")
    return "a message was sent and received"


def compiler() -> str:
    """A loop compiled by numba, anew each time."""
    import numba
    import numpy as np

    @numba.njit
    def squares(values: Any) -> float:
        total = 0.0
        for value in values:
            total += value * value
        return total

    if squares(np.arange(4.0)) != 14.0:
        raise WrongAnswer("a compiled sum is wrong")
    if not squares.signatures:
        raise WrongAnswer("numba compiles nothing (NUMBA_DISABLE_JIT): all takes 100 times as long")
    return "a loop was compiled and is right"


def terminal() -> str:
    """Bytes through a pseudo-terminal, as between a board and its driver."""
    from lupex_rover.transport.pty_port import PtyPort
    from lupex_rover.transport.serial_port import SerialPort

    device = PtyPort()
    port = SerialPort(device.path)
    try:
        port.write(b"\x00\x11\x13\xff")
        began_s, heard = time.monotonic(), b""
        while len(heard) < 4 and time.monotonic() - began_s < PATIENCE_S:
            heard += device.read()
            time.sleep(0.001)
    finally:
        port.close()
        device.close()
    if heard != b"\x00\x11\x13\xff":
        raise WrongAnswer(f"4 bytes came through as {heard!r}")
    return "bytes went through one"


def picture() -> str:
    """A picture coded and decoded."""
    import cv2
    import numpy as np

    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    good, packed = cv2.imencode(".png", pixels)
    there = cv2.imdecode(packed, cv2.IMREAD_UNCHANGED) if good else None
    if there is None or not np.array_equal(there, pixels):
        raise WrongAnswer("a picture came back as another")
    return "a picture was coded and decoded"
