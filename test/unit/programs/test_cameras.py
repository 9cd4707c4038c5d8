"""A camera that is missing is told once and taken in when it comes; a file ends for good."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")

from lupex_rover.core.errors import UserError
from lupex_rover.drivers.camera import CameraSource
from lupex_rover.programs.cameras import Eye, publish


class Camera(CameraSource):
    def __init__(self, pictures, comes_back=True):
        config: Any = SimpleNamespace(rate_hz=100.0)
        self.config, self.comes_back = config, comes_back
        self.pictures = iter(pictures)

    def grab(self):
        return next(self.pictures, False)

    def read(self, t_ns):
        return t_ns, "info"

    def close(self):
        pass


def test_one_camera_missing_holds_up_no_other_and_comes_back_twice():
    missing, told, said = [True] * 2, [], []
    stop: Any = SimpleNamespace(asked=False)

    def late():
        if missing:
            missing.pop()
            raise UserError("left: cannot be opened")
        return Camera([True] * 3)

    def out(topic, message):
        said.append(topic)
        stop.asked = said.count("left/image_raw") > 5

    tell = lambda code, text: told.append((code, text))  # noqa: E731
    eyes = [Eye("left", late, 0.05, tell), Eye("right", lambda: Camera([True] * 500), 0.05, tell)]
    beats = []
    end = time.monotonic() + 10

    def beat():
        beats.append(1)
        assert time.monotonic() < end

    publish(eyes, stop, out, lambda: 7, beat)
    assert [code for code, _ in told] == ["HST-024", "HST-025", "HST-024", "HST-025"]
    assert told[0][1] == "camera left: left: cannot be opened; it is looked for"
    assert "gives no picture any more" in told[2][1]
    assert said.count("right/camera_info") > 5 and beats


def test_files_that_end_end_the_program_and_are_no_fault():
    told = []
    eye = Eye("left", lambda: Camera([True] * 2, comes_back=False), 0.05, lambda *e: told.append(e))
    said = []
    stop: Any = SimpleNamespace(asked=False)
    publish([eye], stop, lambda *m: said.append(m), lambda: 7)
    assert eye.ended and not told
    assert said == [("left/image_raw", 7), ("left/camera_info", "info")] * 2
