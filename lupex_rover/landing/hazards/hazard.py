"""Where to stand: ground that the picture shows lit and smooth and the map shows flat.

The picture is laid on a grid of the map. Under a low Sun brightness tells the slope toward the
Sun: a crater has a dark and a bright side whatever its axis, and a rock has a shadow longer than
itself. What is much darker or more tilted than level ground, what is not seen, and what the map
shows steep is hazardous; the place wanted is the nearest one that is far from all of that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import project
from lupex_rover.landing.params import HazardParams
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
CELL_M = 0.25  # of the grid
SMOOTH_M = 1.0  # brightness is averaged over a disc of this radius
SHADOW_PERCENT = 2.0  # percentile of the picture that is taken for the level of shadows
SHADOW_LEVEL = 4.0  # grey levels; a darker picture has no such level
SHADOW_LIGHT = 0.02  # of full sunlight, at most, is what lit slopes send into shadows (assumed)
BRIGHT_PERCENT = 98.0
UNIFORM = 2.2  # a picture whose bright ground is no brighter than so many times its darkest
DIMMEST = 0.4  # of the brightness of level ground: shadow in a picture that shows none
LIT = 2.0  # ground brighter than so many shadow levels is lit; a sixth of a shadow reaches 1.5
LEAST_LIT = 0.005  # with a smaller part of it lit the picture says nothing
ROCK_M = 0.3  # a rock this high is a hazard
STREAK_M = (0.3, 4.0)  # its shadow is looked for from here to there, or to its end
BESIDE_M = 1.25  # and must be darker than the ground on both sides of it
STREAK_DARK = 0.5  # by this factor
NEARER = 0.05  # m of clearance that a metre of way is worth


@dataclass(frozen=True)
class HazardMap:
    """A square grid about `centre_xy`; row is y, column is x, cells of `CELL_M`.

    `hazardous` (n, n) bool; `clearance_m` (n, n) from each cell to the nearest hazardous one;
    `map_slope_deg` (n, n) what the map says of each.
    """

    centre_xy: Array
    hazardous: Array
    clearance_m: Array
    map_slope_deg: Array

    def axis(self, which: int) -> Array:
        """(n,) coordinates of the columns (0) or rows (1), m in `map`."""
        n = len(self.hazardous)
        return self.centre_xy[which] + CELL_M * (np.arange(n) - n // 2)

    def cell(self, xy: Array) -> tuple[int, int]:
        """Row and column of a place, held at the border."""
        n = len(self.hazardous)
        col, row = np.rint((xy - self.centre_xy) / CELL_M).astype(int) + n // 2
        return min(max(int(row), 0), n - 1), min(max(int(col), 0), n - 1)

    def clearance_at(self, xy: Array) -> float:
        """Clearance of the cell that holds a place, m."""
        return float(self.clearance_m[self.cell(xy)])


def hazard_map(
    dem: Dem,
    image: Array,
    camera: Camera,
    map_T_camera: Pose,
    centre_xy: Array,
    sun: tuple[float, float],
    map_lit: bool,
    params: HazardParams,
) -> HazardMap:
    """The hazards within `divert_m` and a margin of `centre_xy`.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        grey.
    sun : tuple[float, float]
        Azimuth from grid north and elevation, rad.
    map_lit : bool
        Most of the ground there is in the Sun by the map; it is asked only for a picture that has
        no contrast, which is all light or all shadow.
    """
    reach = math.ceil((params.divert_m + params.clearance_m) / CELL_M)
    u = CELL_M * np.arange(-reach, reach + 1)
    x, y = np.meshgrid(centre_xy[0] + u, centre_xy[1] + u)
    gx, gy = dem.gradient(x, y)
    slope_deg = np.degrees(np.arctan(np.hypot(gx, gy)))
    value, seen = _laid(dem, image, camera, map_T_camera, x, y)
    toward = -(gx * math.sin(sun[0]) + gy * math.cos(sun[0]))  # tangent of the map's tilt to it
    shadow = shadow_level(image, sun[1], map_lit)
    looks_bad = _looks_bad(value, seen, np.arctan(toward), shadow, sun, params)
    hazardous = (slope_deg > params.slope_deg) | ~seen | looks_bad
    clearance = CELL_M * ndimage.distance_transform_edt(~hazardous)
    return HazardMap(np.asarray(centre_xy, float), hazardous, clearance, slope_deg)


def shadow_level(image: Array, sun_elevation_rad: float, map_lit: bool) -> float:
    """Grey level of what lies in shadow; infinite when all of the picture does."""
    dark, bright = np.percentile(image, (SHADOW_PERCENT, BRIGHT_PERCENT))
    if bright < UNIFORM * dark:
        if not map_lit:
            return math.inf
        dark = DIMMEST * dark
    # a high Sun leaves shadows much darker than lit ground: then the darkest need not be shadow
    dark = min(dark, bright * SHADOW_LIGHT / math.sin(sun_elevation_rad))
    return max(float(dark), SHADOW_LEVEL)


def _laid(
    dem: Dem, image: Array, camera: Camera, pose: Pose, x: Array, y: Array
) -> tuple[Array, Array]:
    """Brightness at the grid, averaged where pixels are finer than cells, and what is seen."""
    points = np.stack((x, y, dem.height(x, y)), axis=-1).reshape(-1, 3)
    pixels = project(camera, pose, points).reshape(*x.shape, 2).astype(np.float32)
    distance = float(pose.position_m[2] - points[len(points) // 2, 2])
    width = max(1, round(CELL_M * camera.fx / max(distance, 1.0)))
    picture: Array = image.astype(np.float32)
    if width > 1:
        picture = cv2.blur(picture, (width, width))
    value = cv2.remap(
        picture, pixels[..., 0], pixels[..., 1], cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=-1.0,
    )  # fmt: skip
    return value, value >= 0.0


def _looks_bad(
    value: Array, seen: Array, map_tilt: Array, shadow: float, sun: tuple[float, float],
    params: HazardParams,
) -> Array:  # fmt: skip
    """(n, n) bool: darker than level ground, or tilted to the Sun, over a disc; or a rock.

    Brightness over the shadow's is taken as proportional to the sine of the Sun's height over
    the ground (Lambert's law; the Moon's own law differs by a tenth up to 20 degrees). The scale
    is such that the lit ground has in the middle the tilt that the map gives it.
    """
    lit = seen & (value > LIT * shadow)
    if lit.mean() < LEAST_LIT:
        return np.ones(value.shape, bool)
    light = np.maximum(value - shadow, 0.0)
    low = math.sin(sun[1])
    height = max(math.sin(sun[1] + float(np.median(map_tilt[lit]))), low)
    sine = light * (height / float(np.median(light[lit])))  # of the Sun over the ground there
    tilt = np.arcsin(np.minimum(sine, 1.0)) - sun[1]
    disc = _disc(SMOOTH_M)
    dark = cv2.filter2D(sine, -1, disc) < params.dark * low
    steep = cv2.filter2D(tilt, -1, disc) > math.radians(params.tilt_deg)
    return dark | steep | _behind_is_a_streak(sine, sun, low)


def _behind_is_a_streak(sine: Array, sun: tuple[float, float], level: float) -> Array:
    """(n, n) bool: a rock stands there, for a narrow shadow begins, with light on both sides."""
    end = min(max(ROCK_M / math.tan(sun[1]), 2.0 * STREAK_M[0]), STREAK_M[1])
    line, left, right = (
        cv2.filter2D(sine, -1, _streak(sun[0], end, beside))
        for beside in (0.0, BESIDE_M, -BESIDE_M)
    )
    lit = np.minimum(left, right)
    return (line < STREAK_DARK * lit) & (lit > 0.25 * level)


def _streak(azimuth_rad: float, end_m: float, beside_m: float) -> Array:
    """Kernel of the mean along a line away from the Sun, moved sideways by `beside_m`."""
    n = math.ceil((end_m + abs(beside_m)) / CELL_M) + 1
    away = -np.array([math.sin(azimuth_rad), math.cos(azimuth_rad)])
    along = np.arange(STREAK_M[0], end_m, 0.5 * CELL_M)
    x, y = (along[:, None] * away + beside_m * np.array([away[1], -away[0]])).T / CELL_M + n
    kernel = np.zeros((2 * n + 1, 2 * n + 1), np.float32)
    col, row = np.floor(x).astype(int), np.floor(y).astype(int)
    for i, share_x in ((0, 1.0 - (x - col)), (1, x - col)):
        for j, share_y in ((0, 1.0 - (y - row)), (1, y - row)):
            np.add.at(kernel, (row + j, col + i), share_x * share_y)
    return kernel / kernel.sum()


def _disc(radius_m: float) -> Array:
    n = int(radius_m / CELL_M)
    u = CELL_M * np.arange(-n, n + 1)
    inside = np.hypot(*np.meshgrid(u, u)) <= radius_m
    return (inside / inside.sum()).astype(np.float32)


def halt_at(xy: Array, velocity_mps: Array, braking_mps2: float) -> Array:
    """Where a lander at `xy` would stand that braked sideways from now on, (2,) m."""
    return xy + velocity_mps * float(np.hypot(*velocity_mps)) / (2.0 * braking_mps2)


def safer_place(
    hazards: HazardMap,
    from_xy: Array,
    present_xy: Array,
    reach_m: float,
    params: HazardParams,
    move_m: float = math.inf,
) -> Array | None:
    """Where to aim, (2,) in `map`; None to stay with `present_xy`.

    The present aim stays while its clearance is at least `keep_m`. Else the place is taken that
    has the most clearance (more than `clearance_m` is worth nothing), less a little for the way,
    within `reach_m` of `from_xy`, where the lander would stop, `move_m` of the present aim, to
    which it is on its way, and `divert_m` of the map's centre; but only for a gain of `gain_m`.
    Where all is hazardous, the ground that the map shows flattest is taken if it is flatter than
    the present by `gain_deg`.
    """
    present = hazards.clearance_at(present_xy)
    if present >= params.keep_m:
        return None
    x, y = np.meshgrid(hazards.axis(0), hazards.axis(1))
    allowed = np.hypot(x - from_xy[0], y - from_xy[1]) <= reach_m
    allowed &= np.hypot(*(np.stack((x, y)) - hazards.centre_xy[:, None, None])) <= params.divert_m
    way = np.hypot(x - present_xy[0], y - present_xy[1])
    allowed &= way <= move_m
    if not allowed.any():
        return None
    worth = np.minimum(hazards.clearance_m, params.clearance_m) - NEARER * way
    best = np.unravel_index(int(np.argmax(np.where(allowed, worth, -math.inf))), worth.shape)
    if hazards.clearance_m[best] >= present + params.gain_m:
        return np.array([x[best], y[best]])
    slope = np.where(allowed, hazards.map_slope_deg, math.inf)
    flattest = np.unravel_index(int(np.argmin(slope)), slope.shape)
    flatter_deg = hazards.map_slope_deg[hazards.cell(present_xy)] - slope[flattest]
    if present > 0.0 or flatter_deg < params.gain_deg:
        return None
    return np.array([x[flattest], y[flattest]])
