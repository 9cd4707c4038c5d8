"""Brightness of lit ground seen from the side.

The map is lit for a camera above each of its places. A wide camera sees most of its ground at a
slant: slopes that lean toward it are then a little darker and those that lean away brighter than
from above, which changes apparent sizes, and so the height told, by some parts in 100 000.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lupex_rover.core.compiled import IN_ORDER
from lupex_rover.landing.matching.lighting import reflected
from lupex_rover.landing.matching.map_sheet import Sheet

ONE = np.float32(1.0)
LEAST_SEEN = np.float32(0.05)  # cosine of the most slanting view


def seen_from(
    brightness: np.ndarray, heights: np.ndarray, sheet: Sheet, position_m: np.ndarray,
    sun: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """`brightness` as the camera sees it, (rows, cols) float32.

    Parameters
    ----------
    brightness, heights : ndarray, shape (rows, cols)
        On `sheet`, lit as `matching.lighting` does: half Lambert's law, half Lommel-Seeliger's, of
        which the latter knows where the camera is.
    position_m : ndarray, shape (3,)
        Of the camera.
    sun : ndarray, shape (3,)
        Unit vector toward it; zeros: the light is not known and stays as it is.
    """
    if not sun.any():
        return brightness
    camera = np.array([position_m[0] - sheet.x0, position_m[1] - sheet.y0, position_m[2]])
    return _seen_from(
        brightness, heights, np.float32(sheet.step_m), camera.astype(np.float32),
        sun.astype(np.float32),
    )  # fmt: skip


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _seen_from(
    brightness: np.ndarray, heights: np.ndarray, step: float, camera: np.ndarray, sun: np.ndarray
) -> np.ndarray:
    rows, cols = heights.shape
    out = brightness.copy()
    over = np.float32(0.5) / step
    sx, sy, sz = sun
    for r in range(1, rows - 1):
        dy = camera[1] - np.float32(r) * step
        for c in range(1, cols - 1):
            gx = (heights[r, c + 1] - heights[r, c - 1]) * over
            gy = (heights[r + 1, c] - heights[r - 1, c]) * over
            dx, dz = camera[0] - np.float32(c) * step, camera[2] - heights[r, c]
            above = ONE / np.sqrt(ONE + gx * gx + gy * gy)  # cosine of a view from above
            incident = max((sz - gx * sx - gy * sy) * above, np.float32(0.0))
            aside = (dz - gx * dx - gy * dy) * above / np.sqrt(dx * dx + dy * dy + dz * dz)
            aside = max(aside, LEAST_SEEN)
            out[r, c] *= reflected(incident, aside) / reflected(incident, above)
    return out
