"""Light and Earth over a span of time: means, longest darkness, and the best places to stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover.core.constants import EARTH_RADIUS_M
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.lit_map import seen_map, sun_map

Array = np.ndarray
DARK = 0.005  # share of the disc that gives no usable power
EDGE_PART = 0.1  # of the map's shorter side: beyond the edge no ground is known to hide light


@dataclass(frozen=True)
class Span:
    """Maps (rows, cols) float32: mean share of Sun and Earth, longest darkness in h."""

    light: Array
    earth: Array
    longest_dark_h: Array


def over(
    masks: Array,
    eyes: Dem,
    bodies: Array,
    step_h: float,
    tell: Callable[[float], None] = lambda share: None,
) -> Span:
    """Maps over the instants of `bodies` (N, 6), `step_h` apart: Sun and Earth, m, Moon-fixed.

    The Sun behind Earth gives no light.
    """
    x, y = eyes.grid()
    shape = eyes.heights.shape
    light, earth = np.zeros(shape), np.zeros(shape)
    run, longest = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    out = np.empty(shape, np.float32)
    for i, both in enumerate(bodies):
        sun_map(masks, x, y, both, out)
        light += out
        run += step_h
        run[out > DARK] = 0.0
        np.maximum(longest, run, out=longest)
        seen_map(masks, x, y, np.ascontiguousarray(both[3:]), EARTH_RADIUS_M, out)
        earth += out
        tell((i + 1) / len(bodies))
    n = len(bodies)
    return Span((light / n).astype(np.float32), (earth / n).astype(np.float32), longest)


def edge_m(eyes: Dem) -> float:
    """How far havens stay from the edge of the map, m."""
    return EDGE_PART * (min(eyes.heights.shape) - 1) * eyes.resolution_m


def havens(
    span: Span, eyes: Dem, slope_rad: Array, most: int = 10, slope_max_deg: float = 10.0
) -> list[dict[str, Any]]:
    """The best places: shortest longest darkness first, then most light; not too steep.

    Places keep a twentieth of the map apart, so the list is not ten cells of one rim, and `edge_m`
    from its edge, beyond which no ground hides the Sun.
    """
    x, y = eyes.grid()
    good = np.degrees(slope_rad) <= slope_max_deg
    near, edge = 1e-6 * eyes.resolution_m, edge_m(eyes)
    inside = [(a >= a[0] + edge - near) & (a <= a[-1] - edge + near) for a in (x, y)]
    good &= inside[1][:, None] & inside[0]
    order = np.lexsort((-span.light.ravel(), span.longest_dark_h.ravel()))
    order = order[good.ravel()[order]]
    apart = max(eyes.heights.shape) * eyes.resolution_m / 20.0
    chosen: list[tuple[float, float]] = []
    found: list[dict[str, Any]] = []
    for i in order.tolist():
        r, c = divmod(i, x.size)
        if any(np.hypot(x[c] - a, y[r] - b) < apart for a, b in chosen):
            continue
        chosen.append((float(x[c]), float(y[r])))
        found.append({
            "rank": len(found) + 1, "x_m": float(x[c]), "y_m": float(y[r]),
            "longest_dark_h": round(float(span.longest_dark_h[r, c]), 2),
            "mean_light": round(float(span.light[r, c]), 4),
            "mean_earth": round(float(span.earth[r, c]), 4),
            "slope_deg": round(float(np.degrees(slope_rad[r, c])), 2),
        })  # fmt: skip
        if len(found) == most:
            break
    return found
