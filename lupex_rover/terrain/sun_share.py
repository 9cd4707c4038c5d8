"""How much of a disc is seen over the ground and past a nearer disc: the Sun, a skyline, Earth.

Where only one of the two hides something the answer is that of `disc_share` or `disc_fraction`, or
the exact lens of two circles. Where both do, the disc is cut into `FINE` upright strips, and from
what stands above the skyline in each the part behind the nearer disc is taken: with a straight
skyline within 0.001 of the exact area.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numba import njit

from lupex_rover.core.discs import Disc, offset, share_uncovered
from lupex_rover.terrain.disc import STEEP, disc_share, strips
from lupex_rover.terrain.horizon import disc_fraction

Array = np.ndarray
FINE = 63  # strips of a disc that ground and disc hide together
WHOLE = 1.0 - 1e-9
AT, HALF, WEIGHT = strips(FINE)


@njit(cache=True)
def strips_seen(
    above: Array, radius: float, right: float, up: float, other: float, at: Array, half: Array,
    weight: Array,
) -> float:  # fmt: skip
    """Share of a disc above the skyline and beside a nearer disc.

    Parameters
    ----------
    above : ndarray, shape (N,)
        Skyline over the disc's centre, strip by strip, rad.
    radius, other : float
        Of the two discs, rad.
    right, up : float
        Where the nearer one stands from the disc, rad.
    at, half, weight : ndarray, shape (N,)
        Of `terrain.disc.strips`.
    """
    total = 0.0
    for i in range(at.size):
        chord = radius * half[i]
        low = min(max(above[i], -chord), chord)
        seen = chord - low
        gap = other * other - (radius * at[i] - right) ** 2
        if gap > 0.0:
            reach = math.sqrt(gap)
            seen -= max(min(chord, up + reach) - max(low, up - reach), 0.0)
        total += weight[i] * seen / (2.0 * chord)
    return min(max(total, 0.0), 1.0)


def share_past(disc: Disc, front: Disc, horizon: Callable[[Array], Array]) -> Array:
    """(N,) share of a disc above the skyline and not behind `front`, 0..1.

    Parameters
    ----------
    disc, front : Disc
        (N,) the Sun, and Earth before it.
    horizon : Callable[[ndarray], ndarray]
        Azimuths (M,) in the discs' convention -> elevation of the horizon, rad.
    """
    return _both(disc, front, disc_share(*disc, horizon), lambda i, azimuths: horizon(azimuths))


def share_past_level(disc: Disc, front: Disc, horizon_rad: Any) -> Any:
    """The same over a horizon that is level across the disc; floats, or (N,) arrays."""
    share = disc_fraction(disc.elevation_rad, horizon_rad, disc.radius_rad)
    if np.ndim(share) == 0:
        left = share_uncovered(disc, front)
        if left >= 1.0:
            return float(share)
        return _one(disc, front, left, share, lambda azimuths: np.full(azimuths.size, horizon_rad))
    levels = np.broadcast_to(np.asarray(horizon_rad), np.shape(share))
    return _both(disc, front, share, lambda i, azimuths: np.full(azimuths.size, levels[i]))


def _both(
    disc: Disc, front: Disc, share: Array, skyline: Callable[[int, Array], Array]
) -> Array:  # fmt: skip
    left = share_uncovered(disc, front)
    for i in np.flatnonzero((left < 1.0) & (share > 0.0)).tolist():
        one, two = (Disc(*(float(v[i]) for v in d)) for d in (disc, front))
        share[i] = _one(one, two, left[i], share[i], partial(skyline, i))
    return share


def _one(
    disc: Disc, front: Disc, left: float, share: float, skyline: Callable[[Array], Array]
) -> float:
    """`left` beside the nearer disc, `share` above the skyline: the share that is both."""
    if left <= 0.0 or share <= 0.0:
        return 0.0
    if share >= WHOLE:
        return float(left)
    wide = disc.radius_rad / max(math.cos(disc.elevation_rad), STEEP)
    above = skyline(disc.azimuth_rad + wide * AT) - disc.elevation_rad
    right, up = offset(*disc[:2], *front[:2])
    return float(strips_seen(above, disc.radius_rad, right, up, front.radius_rad, AT, HALF, WEIGHT))
