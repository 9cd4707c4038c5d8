"""Heights above the Moon's sphere of what an elevation map's file holds.

Numbers may be heights or radii, in metres or kilometres, with or without a unit. What cannot be
ground of the Moon is no height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.core.errors import UserError
from lupex_rover.terrain.raster_bands import filler_of

Array = np.ndarray
METRES = {
    "m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0,
    "km": 1e3, "kilometre": 1e3, "kilometer": 1e3, "kilometres": 1e3, "kilometers": 1e3,
    "dm": 0.1, "decimetre": 0.1, "decimeter": 0.1, "decimetres": 0.1, "decimeters": 0.1,
    "cm": 0.01, "centimetre": 0.01, "centimeter": 0.01, "centimetres": 0.01, "centimeters": 0.01,
    "mm": 1e-3, "millimetre": 1e-3, "millimeter": 1e-3, "millimetres": 1e-3, "millimeters": 1e-3,
}  # fmt: skip
# LOLA finds -9.1 to 10.8 km (Smith et al. 2010); the rest is margin.
LOWEST_M, HIGHEST_M = -9_400.0, 11_000.0
MOST_RELIEF_M = 30_000.0  # of the median of radii from the sphere's
FLAT = 1e-3  # relief over a map's shorter side: hardly any ground of the Moon is so even
LEAST_BLOCK = 16  # cells of exactly zero side by side
CLIFF = 3.0  # the step to such a block, over one that 9 in 10 elsewhere are below


@dataclass(frozen=True)
class Coding:
    """How a band's numbers stand for heights.

    Attributes
    ----------
    scale, offset : float
        Height or radius = scale number + offset, in `unit`.
    unit : str
        As the file tells it, in small letters; empty where it does not.
    side_m : float
        The map's shorter side.
    """

    scale: float
    offset: float
    unit: str
    side_m: float


def heights_of(numbers: Array, valid: Array, coding: Coding) -> tuple[Array, list[str]]:
    """Heights above the sphere of 1737.4 km, m, and words on what was guessed or left out.

    Parameters
    ----------
    numbers, valid : ndarray, shape (rows, cols)
        Of `raster_bands.read_band`.

    Returns
    -------
    tuple[ndarray, list[str]], shape (rows, cols)
        float64, NaN where none is; words without the file's name.

    Raises
    ------
    UserError
        The unit is no length that is known, or most heights are not the Moon's; the text lacks the
        file's name.
    """
    words: list[str] = []
    filler = filler_of(numbers, valid)
    if filler is not None:
        valid = valid & (numbers != filler)
        words.append(f"{filler:g} stands in it as a filler, untagged; cells with it hold no height")
    values = np.where(valid, numbers, np.nan).astype(np.float64, copy=False)
    values = values * coding.scale + coding.offset
    heights, said = _above_sphere(values, coding)
    words += said
    wrong = (heights < LOWEST_M) | (heights > HIGHEST_M)
    if wrong.any():
        low, high = np.min(heights[wrong]), np.max(heights[wrong])
        told = (
            f"{np.count_nonzero(wrong)} cells lie {low:.0f} .. {high:.0f} m above the sphere, where"
            f" the Moon has no ground ({LOWEST_M:.0f} .. {HIGHEST_M:.0f} m)"
        )
        if 2 * np.count_nonzero(wrong) > np.count_nonzero(np.isfinite(heights)):
            raise UserError(f"{told}; is it a map of the Moon, and its unit the one it tells?")
        words.append(f"{told}; they hold no height")
        heights[wrong] = np.nan
    if not np.isfinite(heights).any():
        raise UserError("none of its cells holds a height")
    block = _blocks_of_zero(numbers, heights)
    if block is not None:
        heights[block] = np.nan
        words.append(
            f"{np.count_nonzero(block)} cells side by side are exactly 0 and no ground goes on from"
            " them; they hold no height (tag nodata to say otherwise)"
        )
    return heights, words


def _above_sphere(values: Array, coding: Coding) -> tuple[Array, list[str]]:
    """Heights, m, and words on what was guessed."""
    unit = METRES.get(coding.unit)
    if coding.unit and unit is None:
        raise UserError(
            f"its heights are in {coding.unit!r}; metres and kilometres are read: convert it with"
            " gdal_calc.py, or set the true unit with gdal_edit.py -units m"
        )
    if abs(coding.offset * 1e3 - MOON_RADIUS_M) < 1.0:  # as labels of LOLA's products give it
        unit = 1e3
    words: list[str] = []
    heights = values * (unit or 1.0)
    if unit is None:
        in_km = _may_be_km(heights, coding.side_m)
        if in_km == "radii":
            heights = heights * 1e3
            words.append("its values are radii in km without a unit, read as such")
        elif in_km == "heights":
            words.append(_even_words(heights))
    known = heights[np.isfinite(heights)]
    if known.size and abs(float(np.median(known)) - MOON_RADIUS_M) < MOST_RELIEF_M:
        heights = heights - MOON_RADIUS_M
    return np.asarray(heights), words


def _may_be_km(values: Array, side_m: float) -> str:
    """ "radii" or "heights" where values without a unit would make metres too even; else empty.

    Radii in km look like a flat plain 1.7 km up, heights in km like one at zero.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return ""
    middle = float(np.median(known))
    radius_km, spread_km = MOON_RADIUS_M / 1e3, MOST_RELIEF_M / 1e3
    if abs(middle - radius_km) < spread_km:
        near = known[np.abs(known - radius_km) < spread_km]
        return "radii" if np.ptp(near) < FLAT * side_m else ""
    near = known[(known > LOWEST_M / 1e3) & (known < HIGHEST_M / 1e3)]
    if 2 * near.size > known.size and 0.0 < np.ptp(near) < FLAT * side_m:
        return "heights"
    return ""


def _even_words(heights: Array) -> str:
    low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
    return (
        f"its heights span {low:.3g} .. {high:.3g} m, hardly any relief, and no unit is told; if"
        " they are kilometres, set it with gdal_edit.py -units km"
    )


def _blocks_of_zero(numbers: Array, heights: Array) -> Array | None:
    """(rows, cols) bool of cells that are zero for want of a value, as round a turned map.

    They are many side by side, and a cliff stands where the other cells begin: none of the steps
    between other cells is usually so high.
    """
    known = np.isfinite(heights)
    zero = known & (numbers == 0)
    if np.count_nonzero(zero) < LEAST_BLOCK:
        return None
    labels, count = ndimage.label(zero)
    large = np.bincount(labels.ravel(), minlength=count + 1) >= LEAST_BLOCK
    large[0] = False
    block = large[labels]
    ground = known & ~block
    edges, elsewhere = [], []
    for a, b in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        step = np.abs(heights[a] - heights[b])
        edges.append(step[(block[a] & ground[b]) | (ground[a] & block[b])])
        elsewhere.append(step[ground[a] & ground[b]])
    edge, other = np.concatenate(edges), np.concatenate(elsewhere)
    if not edge.size or not other.size:
        return None
    usual = float(np.percentile(other, 90.0))
    return block if usual > 0.0 and float(np.median(edge)) > CLIFF * usual else None
