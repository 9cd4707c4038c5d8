"""Two discs in the sky: how far apart they stand, and how much of one the other leaves uncovered.

The one place where Earth's disc is laid over the Sun's. Earth is its solid body, a sphere of the
equatorial radius in `constants`. Of its air nothing is counted: it bends less than 1e-4 of the
sunlight into the umbra, and the 1 % by which almanacs enlarge the shadow (Danjon) is no property
of the geometry. Earth is 21 km flatter at the poles, which makes at most 0.008 of the Sun's disc.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

Array = np.ndarray


class Disc(NamedTuple):
    """A body's disc: centre and angular radius, rad; numbers, or arrays of one shape."""

    azimuth_rad: Any
    elevation_rad: Any
    radius_rad: Any


def offset(
    azimuth: float, elevation: float, other_az: float, other_el: float
) -> tuple[float, float]:
    """Where the other centre stands from the first: to the right and up, rad on a great circle."""
    turn = other_az - azimuth
    sin_a, cos_a = math.sin(elevation), math.cos(elevation)
    sin_b, cos_b = math.sin(other_el), math.cos(other_el)
    right = cos_b * math.sin(turn)
    up = cos_a * sin_b - sin_a * cos_b * math.cos(turn)
    sine = math.hypot(right, up)
    if sine == 0.0:
        return 0.0, 0.0
    angle = math.atan2(sine, sin_a * sin_b + cos_a * cos_b * math.cos(turn))
    return right * angle / sine, up * angle / sine


def uncovered(apart: float, radius: float, other: float) -> float:
    """Share of a disc's area, 0..1, that a nearer disc leaves uncovered: exact for flat discs.

    Parameters
    ----------
    apart : float
        Between the centres, rad.
    radius, other : float
        Of the disc, and of the one in front of it, rad.
    """
    if apart >= radius + other:
        return 1.0
    if apart <= other - radius:
        return 0.0
    if apart <= radius - other:
        return 1.0 - (other / radius) ** 2
    # the lens: two segments, each by half the angle of the common chord from its centre
    a = (apart * apart + radius * radius - other * other) / (2.0 * apart * radius)
    b = (apart * apart + other * other - radius * radius) / (2.0 * apart * other)
    a, b = math.acos(min(max(a, -1.0), 1.0)), math.acos(min(max(b, -1.0), 1.0))
    lens = radius * radius * (a - 0.5 * math.sin(2.0 * a))
    lens += other * other * (b - 0.5 * math.sin(2.0 * b))
    return min(max(1.0 - lens / (math.pi * radius * radius), 0.0), 1.0)


offset_compiled = njit(cache=True)(offset)
uncovered_compiled = njit(cache=True)(uncovered)


def share_uncovered(disc: Disc, front: Disc) -> Any:
    """Share of `disc` that `front` leaves uncovered, 0..1; a float, or (N,) for (N,) discs."""
    if isinstance(disc.azimuth_rad, float):  # quick: asked for at every step of the simulator
        if abs(disc.elevation_rad - front.elevation_rad) >= disc.radius_rad + front.radius_rad:
            return 1.0
        apart = math.hypot(*offset(*disc[:2], *front[:2]))
        return uncovered(apart, disc.radius_rad, front.radius_rad)
    columns = (np.ascontiguousarray(v, dtype=np.float64).ravel() for v in (*disc, *front))
    return _many(*columns).reshape(np.shape(disc.azimuth_rad))


@njit(cache=True)
def _many(
    az: Array, el: Array, r: Array, other_az: Array, other_el: Array, other_r: Array
) -> Array:
    out = np.ones(az.size)
    for i in range(az.size):
        if abs(el[i] - other_el[i]) < r[i] + other_r[i]:
            right, up = offset_compiled(az[i], el[i], other_az[i], other_el[i])
            out[i] = uncovered_compiled(math.hypot(right, up), r[i], other_r[i])
    return out
