"""How clearly a picture lies at a place, and where exactly the ground at its centre is.

High ground seen from elsewhere is shifted against the rest, so the place that suits the whole
picture is not that of its centre.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from lupex_rover.pictures.features import Fields, Placement
from lupex_rover.pictures.refine import surfaces, vertex

PEAK_PX = 5.0  # beyond it the correlation is no longer that of the true place
CENTRE_PX = 96  # least width of what is looked at to place the centre itself
LOCAL_SHARPNESS = 6.0  # for one window that has only this place to go
# and so much over the place of the whole: 0.5 where light alone differs, 3 and more over relief
LOCAL_LEAD = 1.5


def sharpness(whole: Fields, part: Fields, place: Placement, radius: int) -> float:
    """Height of the peak over the correlation's mean around it, in its standard deviations."""
    found = surfaces(whole, part, place, radius)
    if found is None:
        return 0.0
    away = np.hypot(*np.mgrid[-radius : radius + 1, -radius : radius + 1])
    return _height(found.together(), away <= 2.0, away > PEAK_PX)


def _height(scores: np.ndarray, peak: np.ndarray, around: np.ndarray) -> float:
    return float((scores[peak].max() - scores[around].mean()) / (scores[around].std() + 1e-9))


def at_centre(
    whole: Fields, part: Fields, place: Placement, radius: int, least_px: float, part_wide: float
) -> Placement:
    """`place` with its centre moved to where the ground seen there lies.

    A clear shift of `least_px` to `radius` of its neighbourhood, `part_wide` of the picture, is
    taken, where the neighbourhood does not lie nearly as well without it. Where the centre is
    outside the reference its ground is not seen, and `place` stays.
    """
    if not (0 <= place.x_px < whole.shape[1] and 0 <= place.y_px < whole.shape[0]):
        return place
    found = surfaces(whole, _inner(part, part_wide), place, radius)
    if found is None:
        return place
    scores = found.together()
    i, j = (int(k) for k in np.unravel_index(int(np.argmax(scores)), scores.shape))
    if not (0 < i < 2 * radius and 0 < j < 2 * radius):
        return place
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    away = np.hypot(x - x[0, j], y - y[i, 0])
    here, there = np.hypot(x, y) <= 1.0, away == 0.0
    clear = _height(scores, there, away > PEAK_PX)
    if clear <= LOCAL_SHARPNESS:
        return place
    if not here[i, j] and clear - _height(scores, here, away > PEAK_PX) < LOCAL_LEAD:
        return place
    dx = float(x[0, j] + vertex(*scores[i, j - 1 : j + 2, None])[0])
    dy = float(y[i, 0] + vertex(*scores[i - 1 : i + 2, j, None])[0])
    if math.hypot(dx, dy) <= least_px:
        return place
    return replace(place, x_px=place.x_px + dx, y_px=place.y_px + dy)


def _inner(part: Fields, part_wide: float) -> Fields:
    """The middle of a picture."""
    rows, cols = part.shape
    width = max(CENTRE_PX, round(part_wide * max(rows, cols)))
    r, c = max(0, (rows - width) // 2), max(0, (cols - width) // 2)
    return Fields(
        part.values[:, r : rows - r, c : cols - c], part.known[r : rows - r, c : cols - c]
    )
