"""The onboard map under the predicted Sun: all of it coarsely, and the window that is seen finely.

The Sun is a disc: low over the horizon its lower part sets first behind every crest, which moves
shadow edges by tens of metres. It is taken as three lamps, one over the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from lupex_rover.core.compiled import IN_ORDER
from lupex_rover.core.constants import AU_M, SUN_RADIUS_M
from lupex_rover.landing.matching.half_cell_spline import halve_cells
from lupex_rover.terrain.dem import Dem

LAMP_RAD = 0.7 * SUN_RADIUS_M / AU_M  # of the outer lamps: middle of a third of the disc
SOFT_CELLS = 0.7  # a shadow's edge falls anywhere within a cell
FINER_SOFT_CELLS = 0.4  # where it is lit between the cells of the map
LEAST_CELLS = 4  # on a side of a part
SUN_MOVE_RAD = math.radians(0.1)  # light the map again when the Sun has moved this far
ROOM = 2  # cells lit round a view, so that the next one near by is lit already
TILE = 8  # cells: what is lit begins and ends at such borders, not wherever a view does
FINER = -1  # level of what is lit between the map's cells
LEVELS = 6
SHARE_CELLS = 64  # on a side, of which it is counted how many are known
UNSHADED = np.float32(-1e9)
EMPTY = np.zeros((3, 2, 2), np.float32)
Array = np.ndarray
Span = tuple[float, float, float, float]  # x_min, y_min, x_max, y_max, m
Cells = tuple[int, int, int, int]  # first and last row, first and last column; last ones excluded


@dataclass(frozen=True)
class LitMap:
    """Heights and brightness under one Sun; (rows, cols) float32, row 0 at low y."""

    heights: Array
    brightness: Array
    x0: float
    y0: float
    cell_m: float


class LightedMap:
    """A map at several sizes of cell, each twice the one before, lit when it is asked for."""

    def __init__(self, dem: Dem) -> None:
        heights = np.ascontiguousarray(dem.heights, np.float32)
        known = np.isfinite(heights)
        if not known.all():
            heights = np.where(known, heights, np.min(heights[known]))
        unknown = ~known if dem.void is None else ~known | dem.void
        self._unknown = [unknown] if unknown.any() else []  # by level; none: all is known
        self.cell_m = float(dem.resolution_m)
        self._origin = [(float(dem.x0), float(dem.y0))]
        self._heights = [heights]
        while len(self._heights) < LEVELS and min(self._heights[-1].shape) >= 64:
            shift = 0.5 * self.cell_m * 2 ** (len(self._heights) - 1)
            x0, y0 = self._origin[-1]
            self._origin.append((x0 + shift, y0 + shift))
            self._heights.append(_halved(self._heights[-1]))
            if self._unknown:
                self._unknown.append(_halved(self._unknown[-1].astype(np.float32)) > 0.0)
        self._sun = (math.inf, math.inf)
        self._whole: dict[int, tuple[LitMap, Array]] = {}
        self._last: dict[int, tuple[Cells, LitMap]] = {}  # the part last lit, by level

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """x_min, y_min, x_max, y_max of the cells' outer edges, m."""
        rows, cols = self._heights[0].shape
        x0, y0 = (o - 0.5 * self.cell_m for o in self._origin[0])
        return x0, y0, x0 + cols * self.cell_m, y0 + rows * self.cell_m

    def set_sun(self, azimuth_rad: float, elevation_rad: float) -> None:
        """Azimuth from grid north, clockwise; elevation of the Sun's centre in `map`.

        Parts lit for the picture before are let go: which cells a part had decides where its
        shadows from outside begin, and no fix may hang on the one before it.
        """
        moved = max(abs(azimuth_rad - self._sun[0]), abs(elevation_rad - self._sun[1]))
        if not moved < SUN_MOVE_RAD:
            self._sun = (azimuth_rad, elevation_rad)
            self._whole = {}
        self._last = {}

    def sun(self) -> Array:
        """(3,) unit vector toward the Sun in `map`; zeros where no Sun is foretold."""
        azimuth, elevation = self._sun
        if not math.isfinite(azimuth):
            return np.zeros(3)
        flat = math.cos(elevation)
        return np.array([math.sin(azimuth) * flat, math.cos(azimuth) * flat, math.sin(elevation)])

    def toward_sun(self) -> Array:
        """(2,) unit vector on the ground toward the Sun; zeros where no Sun is foretold."""
        flat = self.sun()[:2]
        return flat / max(float(np.hypot(*flat)), 1e-12)

    def light_from(self, azimuth_rad: float, elevation_rad: float) -> None:
        """As `set_sun`, but no light is kept of a Sun that stood anywhere else."""
        if (azimuth_rad, elevation_rad) != self._sun:
            self.forget()
        self.set_sun(azimuth_rad, elevation_rad)

    def forget(self) -> None:
        """Let go of the light: what is asked next is lit anew."""
        self._sun, self._whole, self._last = (math.inf, math.inf), {}, {}

    def level_for(self, step_m: float) -> int:
        """The coarsest level that serves a sheet of this step."""
        level = math.floor(math.log2(max(1.3 * step_m / self.cell_m, 1.0)))
        return min(level, len(self._heights) - 1)

    def heights(self, level: int = 0) -> tuple[Array, float, float, float]:
        """Heights of a level with x0, y0 and cell."""
        return self._heights[level], *self._origin[level], self.cell_m * 2**level

    @property
    def has_void(self) -> bool:
        """Whether there are cells without a height."""
        return bool(self._unknown)

    def known_share(self, span: Span) -> float:
        """Part of the cells under `span` whose height the map has; 0 beyond the map."""
        level = self.level_for(max(span[2] - span[0], span[3] - span[1]) / SHARE_CELLS)
        r0, r1, c0, c1 = self._cells(span, level)
        if r1 <= r0 or c1 <= c0:
            return 0.0
        return 1.0 - float(self._unknown[level][r0:r1, c0:c1].mean()) if self._unknown else 1.0

    def whole(self, level: int) -> LitMap:
        """The whole map at `level`; brightness is NaN where heights are unknown."""
        return self._lit(level)[0]

    def window(self, span: Span, level: int) -> LitMap:
        """The part over `span`, shadows from outside included.

        These come from the whole map four times coarser.
        """
        wanted = r0, r1, c0, c1 = self._cells(span, level)
        most = (r1 - r0) * (c1 - c0) > 0.5 * self._heights[level].size
        if most or level == len(self._heights) - 1 or _small(*wanted):
            return self.whole(level)
        return self._part(span, wanted, level)

    def finer(self, span: Span) -> LitMap:
        """As `window`, of the map as it is, lit between its cells: in cells half as wide."""
        wanted = self._cells(span, 0)
        return self.whole(0) if _small(*wanted) else self._part(span, wanted, FINER)

    def _part(self, span: Span, wanted: Cells, level: int) -> LitMap:
        """The cells `wanted` under `span`: of the part lit last, or lit now with room for more."""
        last = self._last.get(level)
        if last is None or not _within(wanted, last[0]):
            cells = self._tiles(self._cells(span, max(level, 0), ROOM), max(level, 0))
            last = self._last[level] = cells, self._lit_part(cells, level)
        return last[1]

    def _cells(self, span: Span, level: int, room: int = 0) -> Cells:
        """The cells of `level` under `span` and `room` more on every side."""
        heights, x0, y0, cell = self.heights(level)
        c0, r0 = (max(int((span[k] - o) / cell) - 2 - room, 0) for k, o in ((0, x0), (1, y0)))
        r1, c1 = (
            min(int((span[k] - o) / cell) + 4 + room, n)
            for k, o, n in zip((3, 2), (y0, x0), heights.shape)
        )
        return r0, r1, c0, c1

    def _tiles(self, cells: Cells, level: int) -> Cells:
        """`cells` and those up to the next borders of tiles, where the map has them."""
        r0, r1, c0, c1 = cells
        rows, cols = self._heights[level].shape
        ends = (min(-(-end // TILE) * TILE, most) for end, most in ((r1, rows), (c1, cols)))
        return r0 // TILE * TILE, next(ends), c0 // TILE * TILE, next(ends)

    def _lit_part(self, cells: Cells, level: int) -> LitMap:
        """Part of the ground, shaded from outside by the whole map two levels over `level`."""
        base = max(level, 0)
        heights, x, y, cell = self.heights(base)
        r0, r1, c0, c1 = cells
        x, y, soft_cells = x + c0 * cell, y + r0 * cell, SOFT_CELLS
        if level == FINER:
            part, cell, soft_cells = halve_cells(heights, *cells), 0.5 * cell, FINER_SOFT_CELLS
            x, y = x - 0.5 * cell, y - 0.5 * cell
        else:
            part = np.ascontiguousarray(heights[r0:r1, c0:c1])
        lit, shadows = self._lit(min(base + 2, len(self._heights) - 1))
        at = np.array([x - lit.x0, y - lit.y0, cell]) / lit.cell_m
        near = _under(shadows, at, part.shape)
        brightness, _ = _light(part, cell, self._sun, *near, soft_cells)
        self._forget_unknown(brightness, base, cells)
        return LitMap(part, brightness, x, y, cell)

    def _forget_unknown(self, brightness: Array, level: int, cells: Cells) -> None:
        """NaN into `brightness` of `cells` (or cells half as wide) that hang on unknown heights."""
        if not self._unknown:
            return
        r0, r1, c0, c1 = cells
        top, left = max(r0 - 1, 0), max(c0 - 1, 0)
        around = self._unknown[level][top : r1 + 1, left : c1 + 1].astype(np.uint8)
        near = cv2.dilate(around, np.ones((3, 3), np.uint8), borderValue=0)  # slopes span two cells
        near = near[r0 - top : r1 - top, c0 - left : c1 - left]
        finer = brightness.shape[0] // near.shape[0]
        brightness[near.repeat(finer, 0).repeat(finer, 1) > 0] = np.nan

    def _lit(self, level: int) -> tuple[LitMap, Array]:
        if level not in self._whole:
            heights, x0, y0, cell = self.heights(level)
            brightness, shadows = _light(heights, cell, self._sun, EMPTY, np.zeros(3), SOFT_CELLS)
            self._forget_unknown(brightness, level, (0, heights.shape[0], 0, heights.shape[1]))
            self._whole[level] = LitMap(heights, brightness, x0, y0, cell), shadows
        return self._whole[level]


def light(dem: Dem, sun_azimuth_rad: float, sun_elevation_rad: float) -> LitMap:
    """The whole map lit at its own cell."""
    lit = LightedMap(dem)
    lit.set_sun(sun_azimuth_rad, sun_elevation_rad)
    return lit.whole(0)


def _small(r0: int, r1: int, c0: int, c1: int) -> bool:
    return min(r1 - r0, c1 - c0) < LEAST_CELLS


def _within(inner: Cells, outer: Cells) -> bool:
    return (
        inner[0] >= outer[0] and inner[1] <= outer[1]
        and inner[2] >= outer[2] and inner[3] <= outer[3]
    )  # fmt: skip


def _under(shadows: Array, at: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """The cells of `shadows` round a part of `shape`, and `at`, where that lies, among them.

    Parameters
    ----------
    at : ndarray
        Column and row of the part's cell [0, 0], and size of its cells, in cells of `shadows`.
    """
    col, row = (
        max(min(int(at[k]) - 1, n - 2), 0)
        for k, n in ((0, shadows.shape[2]), (1, shadows.shape[1]))
    )
    end_row, end_col = (int(at[k] + n * at[2]) + 3 for k, n in ((1, shape[0]), (0, shape[1])))
    near = shadows[:, row : max(end_row, row + 2), col : max(end_col, col + 2)]
    return near, at - [col, row, 0.0]


def _halved(a: Array) -> Array:
    rows, cols = (n // 2 * 2 for n in a.shape)
    return cv2.resize(a[:rows, :cols], (cols // 2, rows // 2), interpolation=cv2.INTER_AREA)


def _light(
    heights: Array, cell_m: float, sun_rad: tuple[float, float], outside: Array, at: Array,
    soft_cells: float,
) -> tuple[Array, Array]:  # fmt: skip
    """Brightness (rows, cols) and shadow heights (3, rows, cols) for the three lamps.

    Where there are `outside` ones the latter are two lines only.
    """
    azimuth, elevation = sun_rad
    east, north = math.sin(azimuth), math.cos(azimuth)
    lamps = np.tan(np.clip(elevation + LAMP_RAD * np.array([-1.0, 0.0, 1.0]), 1e-9, 1.55))
    share = (elevation + LAMP_RAD * np.array([-1.0, 0.0, 1.0]) > 0.0) / 3.0
    along_x = abs(east) >= abs(north)
    if along_x:
        heights = heights.T
        outside = outside.transpose(0, 2, 1)
        at = at[[1, 0, 2]]
        east, north = north, east
    heights, outside = np.ascontiguousarray(heights), np.ascontiguousarray(outside)
    flat = math.cos(elevation)
    sun = np.array([east * flat, north * flat, math.sin(elevation)])
    bright, shadows = _sweep(heights, cell_m, sun, lamps, share, outside, at)
    if along_x:
        bright, shadows = bright.T, shadows.transpose(0, 2, 1)
    soft = cv2.GaussianBlur(np.ascontiguousarray(bright), (0, 0), soft_cells)
    return soft, shadows


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _sweep(
    heights: Array, cell: float, sun: Array, lamps: Array, share: Array, outside: Array, at: Array
) -> tuple[Array, Array]:
    """One pass by rows away from a Sun that stands more north or south than east or west.

    The shadow over a cell is what its neighbour towards the Sun, or that neighbour's own shadow,
    throws on it (Dozier, Bruno and Downey 1981, by lines). `outside` (3, rows, cols) are shadow
    heights of a wider map; cell [0, 0] lies at its column at[0], row at[1], one cell is at[2].
    Brightness is that of a camera above: half Lambert's law, half Lommel-Seeliger's. Shadows
    of a part, which nobody asks for, are kept for two lines only.
    """
    rows, cols = heights.shape
    lines = 2 if at[2] > 0.0 else rows
    shadows = np.full((3, lines, cols), UNSHADED, np.float32)
    bright = np.zeros((rows, cols), np.float32)
    step = 1 if sun[1] > 0.0 else -1
    lateral = sun[0] / abs(sun[1])
    aside = math.floor(lateral)  # column of the neighbour towards the Sun, and how far beyond
    part = np.float32(lateral - aside)
    drops = (cell * math.sqrt(1.0 + lateral * lateral) * lamps).astype(np.float32)
    first = rows - 1 if step > 0 else 0
    begin, end = max(-aside, 0), min(cols - aside - 1, cols)
    for n in range(rows):
        r = first - step * n
        line, before = r % lines, (r + step) % lines
        for k in range(3):
            if n > 0:
                _cast(
                    heights[r + step], shadows[k, before], shadows[k, line], begin, end, aside,
                    part, drops[k],
                )  # fmt: skip
            if at[2] > 0.0:
                inner = (begin, end) if n > 0 else (0, 0)  # the rest is shaded from outside only
                for c in range(inner[0]):
                    shadows[k, line, c] = _sample(outside[k], at[1] + r * at[2], at[0] + c * at[2])
                for c in range(inner[1], cols):
                    shadows[k, line, c] = _sample(outside[k], at[1] + r * at[2], at[0] + c * at[2])
        above, below = heights[min(r + 1, rows - 1)], heights[max(r - 1, 0)]
        tall = np.float32(cell * (min(r + 1, rows - 1) - max(r - 1, 0)))
        _shade(
            heights[r], above, below, tall, np.float32(cell), shadows[0, line], shadows[1, line],
            shadows[2, line], share, sun, bright[r],
        )  # fmt: skip
    return bright, shadows


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _cast(
    heights: Array, shadow: Array, out: Array, begin: int, end: int, aside: int, part: float,
    drop: float,
) -> None:  # fmt: skip
    """One line's shadow from the line before it."""
    size = end - begin
    za, zb = heights[begin + aside : end + aside], heights[begin + aside + 1 : end + aside + 1]
    sa, sb = shadow[begin + aside : end + aside], shadow[begin + aside + 1 : end + aside + 1]
    to = out[begin:end]
    for c in range(size):
        a, b = max(za[c], sa[c]), max(zb[c], sb[c])
        to[c] = a + part * (b - a) - drop


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def reflected(mu0: float, mu: float) -> float:
    """Brightness over `mu0`, the cosine of incidence; `mu` of emission: half Lambert's law, half
    Lommel-Seeliger's."""
    half = np.float32(0.5)
    return half + half / (mu0 + mu)


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _shade(
    here: Array, above: Array, below: Array, tall: float, cell: float, low: Array, mid: Array,
    high: Array, share: Array, sun: Array, out: Array,
) -> None:  # fmt: skip
    """Brightness of one line from its shadows' heights for the low, middle and high lamp."""
    cols = len(here)
    sx, sy, sz = np.float32(sun[0]), np.float32(sun[1]), np.float32(sun[2])
    one, zero = np.float32(1.0), np.float32(0.0)
    s0, s1, s2 = np.float32(share[0]), np.float32(share[1]), np.float32(share[2])
    across = np.empty(cols, np.float32)  # slope along the line
    across[0], across[-1] = (here[1] - here[0]) / cell, (here[-1] - here[-2]) / cell
    over_two = one / (np.float32(2.0) * cell)
    for c in range(1, cols - 1):
        across[c] = (here[c + 1] - here[c - 1]) * over_two
    for c in range(cols):
        z = here[c]
        lit = (s0 if z >= low[c] else zero) + (s1 if z >= mid[c] else zero)
        lit += s2 if z >= high[c] else zero
        gx, gy = across[c], (above[c] - below[c]) / tall
        mu = one / np.sqrt(one + gx * gx + gy * gy)
        mu0 = max((sz - gx * sx - gy * sy) * mu, zero)
        out[c] = lit * mu0 * reflected(mu0, mu)


@njit(cache=True, error_model="numpy")
def _sample(grid: Array, row: float, col: float) -> float:
    """Bilinear, held at the border; UNSHADED next to a cell that nothing shades."""
    rows, cols = grid.shape
    row, col = min(max(row, 0.0), rows - 1.001), min(max(col, 0.0), cols - 1.001)
    i, j = int(row), int(col)
    a, b, c, d = grid[i, j], grid[i, j + 1], grid[i + 1, j], grid[i + 1, j + 1]
    if min(min(a, b), min(c, d)) < -1e8:
        return UNSHADED
    u, v = row - i, col - j
    return (a * (1 - v) + b * v) * (1 - u) + (c * (1 - v) + d * v) * u
