"""The ellipse of a crater's rim, from the edges near a first circle."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from lupex_rover.pictures.features import COSINE, SINE, STRENGTH, Fields

POINTS = 48  # of the rim
FLATTEST = 0.6  # least ratio of the radii
CHUNK = 20000  # cv2.remap takes pictures of up to 32767 rows
_AROUND = np.arange(POINTS) * 2.0 * math.pi / POINTS


@dataclass(frozen=True)
class Crater:
    """A rim: centre and radii in px (pixel centres at integers); `angle_rad` of the longer one
    from the picture's right, clockwise as seen. `confidence` : 0 to 1, that it is a crater;
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


def fit_ellipses(level: Fields, circles: np.ndarray, confidence: np.ndarray) -> list[Crater]:
    """The rims near circles: a climb over centre, radii and angle, all circles at once.

    Parameters
    ----------
    level : Fields
        Edges of the picture.
    circles : ndarray, shape (n, 3)
        x, y, radius in px of `level`.
    confidence : ndarray, shape (n,)
        Handed through.
    """
    edges = np.ascontiguousarray(np.moveaxis(level.values, 0, 2))
    out: list[Crater] = []
    for start in range(0, len(circles), CHUNK):
        part = slice(start, start + CHUNK)
        state = _climbed(edges, circles[part])
        around = (_agreement(edges, state) > 0.0).mean(axis=1)
        out += [_crater(s, float(c), float(a)) for s, c, a in zip(state, confidence[part], around)]
    return out


def _climbed(edges: np.ndarray, circles: np.ndarray) -> np.ndarray:
    """(n, 5) centre; log of the mean radius; flattening along two axes at 45 degrees."""
    n = len(circles)
    state = np.column_stack((circles[:, :2], np.log(circles[:, 2]), np.zeros((n, 2))))
    step = np.tile([0.04, 0.04, 0.04, 0.06, 0.06], (n, 1))
    step[:, :2] *= circles[:, 2:]
    best = _agreement(edges, state).mean(axis=1)
    for _ in range(3):
        for k in range(5):
            for sign in (-1.0, 1.0):
                trial = state.copy()
                trial[:, k] += sign * step[:, k]
                value = _agreement(edges, trial).mean(axis=1)
                round_ = np.hypot(trial[:, 3], trial[:, 4]) < -0.5 * math.log(FLATTEST)
                better = (value > best) & round_
                state[better], best[better] = trial[better], value[better]
        step *= 0.6
    return state


def _crater(state: np.ndarray, confidence: float, around: float) -> Crater:
    flat, mean = math.hypot(state[3], state[4]), math.exp(state[2])
    return Crater(
        float(state[0]), float(state[1]), mean * math.exp(flat), mean * math.exp(-flat),
        0.5 * math.atan2(state[4], state[3]), confidence, around,
    )  # fmt: skip


def _agreement(edges: np.ndarray, state: np.ndarray) -> np.ndarray:
    """(n, POINTS) how much of an edge along the rim each of its points is; 0 outside."""
    flat = np.hypot(state[:, 3], state[:, 4])[:, None]
    angle = 0.5 * np.arctan2(state[:, 4], state[:, 3])[:, None]
    a, b = np.exp(state[:, 2:3] + flat), np.exp(state[:, 2:3] - flat)
    u, v = a * np.cos(_AROUND), b * np.sin(_AROUND)
    normal = np.arctan2(np.sin(_AROUND) / b, np.cos(_AROUND) / a) + angle
    c, s = np.cos(angle), np.sin(angle)
    x = (state[:, :1] + c * u - s * v).astype(np.float32)
    y = (state[:, 1:2] + s * u + c * v).astype(np.float32)
    seen = cv2.remap(edges, x, y, cv2.INTER_LINEAR)
    along = seen[..., COSINE] * np.cos(2.0 * normal) + seen[..., SINE] * np.sin(2.0 * normal)
    return 0.3 * seen[..., STRENGTH] + along
