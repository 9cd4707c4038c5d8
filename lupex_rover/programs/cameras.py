"""The cameras of the rover: `lupex_cameras --run FOLDER` publishes those that run.json names.

Cameras that are due together have one stamp, so that a stereo pair is a pair.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from lupex_rover.codec.conversion import encode
from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.core.parent_death import end_with_parent
from lupex_rover.drivers.camera import CameraConfig, CameraSource
from lupex_rover.hosts.beats import Beats, file_of
from lupex_rover.hosts.ros.process_main import StopRequest, leave, run
from lupex_rover.scenarios import run_file

NAP_S = 0.02


def open_all(folder: Path) -> list[CameraSource]:
    """Every camera of a run, open.

    Raises
    ------
    UserError
        One is missing or wrong; it is named.
    """
    told = run_file.read(folder)
    base = Path(told.base) if told.base else folder
    return [
        CameraSource(name, params.load(CameraConfig, values, f"cameras.{name}"), base)
        for name, values in told.cameras.items()
    ]


def publish(
    cameras: list[CameraSource], stop: StopRequest, beat: Callable[[], None] = lambda: None
) -> None:
    """Until told to stop, or no camera gives pictures any more (files end).

    A camera that fails is named and left; the others go on.

    Raises
    ------
    UserError
        None is left, and the last failed.
    """
    from rclpy.node import Node

    from lupex_rover.hosts.monotonic_utc import MonotonicUtc
    from lupex_rover.hosts.ros.qos import raw_publisher

    node = Node("cameras", enable_rosout=False)
    parts = ("image_raw", "camera_info")
    out = {c.name: [raw_publisher(node, f"{c.name}/{part}") for part in parts] for c in cameras}
    due_s = dict.fromkeys(out, time.monotonic())
    left = list(cameras)
    clock = MonotonicUtc(lambda text: print(f"clock {text}", file=sys.stderr, flush=True))
    while left and not stop.asked:
        beat()
        now_s = time.monotonic()
        ready = [c for c in left if now_s >= due_s[c.name]]
        ended = {c.name: why for c in ready if (why := _grab(c)) is not None}
        stamp_ns = clock.now()
        for camera in [c for c in ready if c.name not in ended]:
            try:
                messages = camera.read(stamp_ns)
            except UserError as error:
                ended[camera.name] = str(error)
                continue
            for part, publisher, message in zip(parts, out[camera.name], messages):
                publisher.publish(encode(f"{camera.name}/{part}", message))
            due_s[camera.name] += 1.0 / camera.config.rate_hz
        left = [c for c in left if c.name not in ended]
        for name, why in ended.items():
            if why and not left:
                raise UserError(why)
            told = why or f"camera {name} gives no picture any more"
            print(told, file=sys.stderr, flush=True)
        time.sleep(NAP_S)


def _grab(camera: CameraSource) -> str | None:
    """Take the present picture: None, or why there is none; empty where the file ended."""
    try:
        return None if camera.grab() else ""
    except UserError as error:
        return str(error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    options, _ = parser.parse_known_args()
    end_with_parent()
    stop = StopRequest()

    def work() -> None:
        cameras = open_all(options.run)
        try:
            publish(cameras, stop, Beats(file_of(options.run, "cameras"), ()).loop)
        finally:
            for camera in cameras:
                camera.close()

    leave(run(work, stop))


if __name__ == "__main__":
    main()
