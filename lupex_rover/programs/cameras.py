"""The cameras of the rover: `lupex_cameras --run FOLDER` publishes those that run.json names.

Cameras that are due together have one stamp, so that a stereo pair is a pair. One that is missing
is told and looked for; the others go on.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from lupex_rover import graph
from lupex_rover.codec.conversion import encode
from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.core.parent_death import end_with_parent
from lupex_rover.drivers.camera import CameraConfig, CameraSource
from lupex_rover.events.event_store import NAME, EventStore
from lupex_rover.hosts.beats import Beats, file_of
from lupex_rover.hosts.codes import CODES
from lupex_rover.hosts.monotonic_utc import MonotonicUtc
from lupex_rover.hosts.ros.process_main import StopRequest, leave, run
from lupex_rover.scenarios import run_file

NAP_S = 0.02
REOPEN_S = 3.0  # where the run says nothing
PARTS = ("image_raw", "camera_info")


class Eye:
    """A camera that is there or is looked for; a try to open it runs in a thread of its own.

    Parameters
    ----------
    make : Callable[[], CameraSource]
        Opens it; a UserError where that cannot be.
    period_s : float
        From one try to the next, s.
    tell : Callable[[str, str], None]
        Is given code and text when it is missing, and when it is there again.

    Attributes
    ----------
    ended : bool
        It was a file and has no more pictures.
    """

    def __init__(
        self, name: str, make: Callable[[], CameraSource], period_s: float,
        tell: Callable[[str, str], None],
    ) -> None:  # fmt: skip
        self.name, self.ended = name, False
        self.source: CameraSource | None = None
        self._make, self._period_s, self._tell = make, period_s, tell
        self._missing = False
        self._try: Thread | None = None
        self._found: CameraSource | str | None = None
        self.next_s = 0.0  # when it is due: a picture, or a try to open it

    def due(self, now_s: float) -> CameraSource | None:
        """The camera, where its next picture is due; one that is not open is looked for."""
        if self.ended or now_s < self.next_s:
            return None
        if self.source is None:
            self._look(now_s)
        return self.source

    def _look(self, now_s: float) -> None:
        if self._try is None:
            self._try = Thread(target=self._open, daemon=True)
            self._try.start()
        elif not self._try.is_alive():
            self._try, found = None, self._found
            if isinstance(found, CameraSource):
                self.source, self.next_s = found, now_s
                if self._missing:
                    self._tell("HST-025", f"camera {self.name}")
                self._missing = False
            else:
                self.lose(str(found), now_s)

    def _open(self) -> None:
        try:
            self._found = self._make()
        except UserError as error:
            self._found = str(error)

    def lose(self, why: str, now_s: float) -> None:
        """It is gone, and told once; it is looked for from now on."""
        self.close()
        self.next_s = now_s + self._period_s
        if not self._missing:
            self._tell("HST-024", f"camera {self.name}: {why}; it is looked for")
        self._missing = True

    def grab(self, now_s: float) -> bool:
        """Take the present picture; False where there is none."""
        assert self.source is not None
        try:
            if self.source.grab():
                self.next_s += 1.0 / self.source.config.rate_hz
                return True
            if self.source.comes_back:
                self.lose("gives no picture any more", now_s)
            else:
                self.ended = True
                print(f"camera {self.name} gives no picture any more", file=sys.stderr, flush=True)
        except UserError as error:
            self.lose(str(error), now_s)
        return False

    def close(self) -> None:
        """Let the device go."""
        if self.source is not None:
            self.source.close()
            self.source = None


def eyes(folder: Path, tell: Callable[[str, str], None]) -> list[Eye]:
    """Every camera of a run, not yet open.

    Raises
    ------
    UserError
        A value of one is wrong; it is named.
    """
    told = run_file.read(folder)
    base = Path(told.base) if told.base else folder
    return [
        Eye(name, partial(CameraSource, name, params.load(CameraConfig, values, f"cameras.{name}"),
                          base), told.reopen_s or REOPEN_S, tell)
        for name, values in told.cameras.items()
    ]  # fmt: skip


def publish(
    cameras: list[Eye],
    stop: StopRequest,
    out: Callable[[str, Any], None],
    now: Callable[[], int],
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Until told to stop, or every camera is a file that ended.

    Parameters
    ----------
    out : Callable[[str, Any], None]
        Publishes a message on a topic.
    now : Callable[[], int]
        UTC ns.
    """
    while not stop.asked and not all(eye.ended for eye in cameras):
        beat()
        now_s = time.monotonic()
        grabbed = [eye for eye in cameras if eye.due(now_s) and eye.grab(now_s)]
        stamp_ns = now()
        for eye in grabbed:
            assert eye.source is not None
            try:
                messages = eye.source.read(stamp_ns)
            except UserError as error:
                eye.lose(str(error), now_s)
                continue
            for part, message in zip(PARTS, messages):
                out(f"{eye.name}/{part}", message)
        time.sleep(NAP_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    options, _ = parser.parse_known_args()
    end_with_parent()
    stop = StopRequest()

    def work() -> None:
        from rclpy.node import Node

        from lupex_rover.hosts.ros.qos import raw_publisher

        node = Node("cameras", enable_rosout=False)
        publishers: dict[str, Any] = {}
        clock = MonotonicUtc(lambda text: print(f"clock {text}", file=sys.stderr, flush=True))

        def out(topic: str, message: Any) -> None:
            if topic not in publishers:
                publishers[topic] = raw_publisher(node, topic)
            publishers[topic].publish(encode(topic, message))

        def tell(code: str, text: str) -> None:
            print(f"{code} {text}", file=sys.stderr, flush=True)
            event = CODES.event(clock.now(), "cameras", code, text)
            events.add([event])
            out(graph.MISSION_EVENT, event)

        with contextlib.closing(EventStore(options.run / NAME)) as events:
            cameras = eyes(options.run, tell)
            try:
                beats = Beats(file_of(options.run, "cameras"), ())
                publish(cameras, stop, out, clock.now, beats.loop)
            finally:
                for eye in cameras:
                    eye.close()

    leave(run(work, stop))


if __name__ == "__main__":
    main()
