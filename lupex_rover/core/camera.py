"""The pinhole that landing, the simulator and the tools have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
    def intrinsics(self) -> np.ndarray:
        """fx, fy, cx, cy."""
        return np.array([self.fx, self.fy, self.cx, self.cy])

    @property
    def matrix(self) -> np.ndarray:
        """(3, 3) K."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])
