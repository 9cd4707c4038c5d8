"""The pinhole that landing, the simulator and the tools have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_PX, MOST_PX = 1.0, 1e6  # of a focal length; no camera is beyond (assumed)


@dataclass(frozen=True)
class Camera:
    """A pinhole without distortion; pixel centres are integers from 0."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @property
    def can_be(self) -> bool:
        """A camera has such numbers: a picture, a focal length, a middle that is not far off."""
        pixels = min(self.width, self.height)
        lens = LEAST_PX <= self.fx <= MOST_PX and LEAST_PX <= self.fy <= MOST_PX
        middle = abs(self.cx) <= MOST_PX and abs(self.cy) <= MOST_PX
        return bool(pixels >= 1 and lens and middle)

    @property
    def intrinsics(self) -> np.ndarray:
        """fx, fy, cx, cy."""
        return np.array([self.fx, self.fy, self.cx, self.cy])

    @property
    def matrix(self) -> np.ndarray:
        """(3, 3) K."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])
