"""How much of a disc stands above a skyline that is not level across it.

The disc is cut into upright strips, each with the horizon of its own azimuth: Gauss-Chebyshev
quadrature of the second kind (Abramowitz and Stegun 1964, 25.4.40), exact for smooth skylines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
STRIPS = 9
STEEP = 0.02  # cosine of the elevation beyond which a strip's azimuth means nothing


def strips(count: int = STRIPS) -> tuple[Array, Array, Array]:
    """Offset of each strip, half its length (both of the radius), and its share of the area."""
    angle = np.pi * np.arange(1, count + 1) / (count + 1)
    return np.cos(angle), np.sin(angle), 2.0 / (count + 1) * np.sin(angle) ** 2


def disc_share(
    azimuth_rad: Any, elevation_rad: Any, radius_rad: Any, horizon: Callable[[Array], Array],
    count: int = STRIPS,
) -> Array:  # fmt: skip
    """Share of a disc's area above the skyline, 0..1.

    Parameters
    ----------
    azimuth_rad, elevation_rad : Any
        (N,) of the disc's centre.
    radius_rad : Any
        (N,) angular radius.
    horizon : Callable[[ndarray], ndarray]
        Azimuths (M,) -> elevation of the horizon, rad.
    """
    at, half, weight = strips(count)
    azimuth, elevation = np.atleast_1d(azimuth_rad), np.atleast_1d(elevation_rad)
    radius = np.atleast_1d(radius_rad)
    wide = radius / np.maximum(np.cos(elevation), STEEP)
    around = azimuth[:, None] + wide[:, None] * at
    chord = radius[:, None] * half
    top = elevation[:, None] + chord - horizon(around.ravel()).reshape(around.shape)
    seen = np.clip(top / (2.0 * chord), 0.0, 1.0)
    return np.asarray(seen @ weight)
