"""The ellipse of a crater's rim, from the edges near a first circle."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from lupex_rover.landing.picture_features import COSINE, SINE, STRENGTH, Fields

POINTS = 48  # of the rim
FLATTEST = 0.6  # least ratio of the radii
_AROUND = np.arange(POINTS) * 2.0 * math.pi / POINTS


@dataclass(frozen=True)
class Crater:
    """A rim: centre and radii in px (pixel centres at integers); `angle_rad` of the longer one
    from the picture's right, clockwise as seen. `confidence` : 0 to 1, correlation with a ring;
    `around` : part of the rim where edges lie along it."""

    x_px: float
    y_px: float
    a_px: float
    b_px: float
    angle_rad: float
    confidence: float
    around: float

    @property
    def radius(self) -> float:
        """Of the circle of the same area, px."""
        return math.sqrt(self.a_px * self.b_px)

    def enlarged(self, factor: float) -> Crater:
        """The same in a picture `factor` times as large."""
        x, y = ((v + 0.5) * factor - 0.5 for v in (self.x_px, self.y_px))
        return replace(self, x_px=x, y_px=y, a_px=self.a_px * factor, b_px=self.b_px * factor)


def fit_ellipse(level: Fields, x: float, y: float, radius: float, score: float) -> Crater | None:
    """The rim near a circle: a climb over centre, radii and angle; None at the border."""
    # centre; log of the mean radius; flattening along two axes at 45 degrees to each other
    state = np.array([x, y, math.log(radius), 0.0, 0.0])
    step = np.array([0.08 * radius, 0.08 * radius, 0.08, 0.06, 0.06])
    best = float(_agreement(level, state).mean())
    for _ in range(3):
        for k in range(5):
            for sign in (-1.0, 1.0):
                trial = state.copy()
                trial[k] += sign * step[k]
                value = float(_agreement(level, trial).mean())
                if value > best and math.hypot(trial[3], trial[4]) < -0.5 * math.log(FLATTEST):
                    best, state = value, trial
        step = 0.6 * step
    rows, cols = level.shape
    if not (0 <= state[0] <= cols - 1 and 0 <= state[1] <= rows - 1):
        return None
    around = float((_agreement(level, state) > 0.0).mean())
    flat = math.hypot(state[3], state[4])
    mean = math.exp(state[2])
    return Crater(
        float(state[0]), float(state[1]), mean * math.exp(flat), mean * math.exp(-flat),
        0.5 * math.atan2(state[4], state[3]), min(1.0, score), around,
    )  # fmt: skip


def _agreement(level: Fields, state: np.ndarray) -> np.ndarray:
    """(POINTS,) how much of an edge along the rim each of its points is; 0 outside."""
    flat, angle = math.hypot(state[3], state[4]), 0.5 * math.atan2(state[4], state[3])
    a, b = math.exp(state[2] + flat), math.exp(state[2] - flat)
    u, v = a * np.cos(_AROUND), b * np.sin(_AROUND)
    normal = np.arctan2(np.sin(_AROUND) / b, np.cos(_AROUND) / a) + angle
    c, s = math.cos(angle), math.sin(angle)
    x = (state[0] + c * u - s * v).astype(np.float32)[None]
    y = (state[1] + s * u + c * v).astype(np.float32)[None]
    strength, cosine, sine = (
        cv2.remap(level.values[k], x, y, cv2.INTER_LINEAR)[0] for k in (STRENGTH, COSINE, SINE)
    )
    return 0.3 * strength + cosine * np.cos(2.0 * normal) + sine * np.sin(2.0 * normal)
