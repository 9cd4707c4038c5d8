"""Benchmark scenes for the landing matcher: made-up ground, its orbital map, pictures, priors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from benchmarks.landing.render import Optics, picture
from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import (
    Pose,
    matrix_to_quat,
    quat_multiply,
    quat_to_matrix,
    rotvec_to_quat,
)
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.terrain.dem import Dem

GROUND_CELL_M = 2.0
GROUND_CELLS = 1536
PICTURE_PX = 512
ROUGH_M = (15.0, 24.0)  # spread of heights; see `ground`
SMOOTH_M = (7.0, 14.0)
LEAST_LIT = 0.2  # part of the picture
LOST_M, LOST_SIGMA_M = 1000.0, 100.0  # a lost prior is off by at least the first, states the other
FOCAL_PX = 618.0
CAMERA = Camera(PICTURE_PX, PICTURE_PX, FOCAL_PX, FOCAL_PX, 255.5, 255.5)


@dataclass(frozen=True)
class Kind:
    """How a set of scenes is dispersed; `*_max` bound the prior's error, `*_sigma` are 1 sigma."""

    name: str
    sun_deg: tuple[float, float]
    map_factor: int
    map_noise_m: float
    offset_max_m: float
    attitude_sigma_deg: float
    altitude_sigma: float
    tilt_max_deg: float
    gsd_m: tuple[float, float] = (0.8, 1.8)
    relief_m: tuple[float, float] = ROUGH_M
    cells: int = GROUND_CELLS
    decoy: bool = False
    lost: bool = False  # the prior has a place anywhere else on the map, and does not know


KINDS = {
    "easy": Kind("easy", (3.0, 20.0), 1, 0.0, 400.0, 0.3, 0.01, 5.0),
    "polar": Kind("polar", (1.0, 5.0), 3, 0.5, 400.0, 0.3, 0.01, 5.0),
    "hard": Kind("hard", (1.0, 20.0), 6, 1.0, 1000.0, 1.0, 0.05, 25.0),
    "smooth": Kind("smooth", (1.0, 20.0), 6, 1.0, 1000.0, 1.0, 0.05, 25.0, relief_m=SMOOTH_M),
    "far": Kind("far", (1.0, 5.0), 3, 0.5, 3000.0, 0.3, 0.01, 5.0, cells=4096),
    "lost": Kind("lost", (3.0, 20.0), 1, 0.0, 400.0, 0.3, 0.01, 5.0, cells=2048, lost=True),
}


@dataclass(frozen=True)
class Scene:
    """One picture with what a lander knows and the truth."""

    image: np.ndarray
    camera: Camera
    prior: Prior
    sun_rad: tuple[float, float]
    truth: Pose
    gsd_m: float
    dem: Dem
    decoy: bool


def fractal(rng: np.random.Generator, cells: int, steepness: float) -> np.ndarray:
    """(cells, cells) self-affine relief; amplitudes fall with wave number to the `steepness`."""
    k = np.hypot(np.fft.fftfreq(cells)[:, None], np.fft.rfftfreq(cells)[None])
    k = np.maximum(k, 1.0 / cells)
    noise = np.fft.rfft2(rng.standard_normal((cells, cells)))
    return np.fft.irfft2(noise * k**-steepness, (cells, cells))


def dig(heights: np.ndarray, x: float, y: float, radius: float, depth: float) -> None:
    """A bowl at column `x`, row `y`, `radius` in cells, its rim a fifth of its depth high."""
    reach = int(3 * radius) + 2
    at = tuple(slice(max(int(c) - reach, 0), int(c) + reach + 1) for c in (y, x))
    rows, cols = (np.arange(*s.indices(n)) for s, n in zip(at, heights.shape))
    r = np.hypot(cols[None] - x, rows[:, None] - y) / radius
    rim = 0.2 * depth
    shape = np.where(r < 1, (depth + rim) * r**2 - depth, rim * np.maximum(r, 1) ** -3)
    heights[at] += shape * np.clip(2.8 - r, 0, 1)


def ground(
    seed: int, cells: int = GROUND_CELLS, relief_m: tuple[float, float] = ROUGH_M
) -> np.ndarray:
    """(cells, cells) m: self-affine relief with craters between 3 and 250 cells wide.

    `relief_m` bounds the spread (1 sigma) of the relief's heights over 3 km. Between places 18 m
    apart the slope has a median of 2.4 degrees with ROUGH_M and 1.3 with SMOOTH_M; the Moon's has
    7.5 in the highlands and 2.0 in the maria at 17 m (Rosenburg et al. 2011). Smooth ground is the
    harder: the errors of the map are as large as what it shows.
    """
    rng = np.random.default_rng(seed)
    steepness = rng.uniform(1.8, 2.2)
    z = fractal(rng, cells, steepness)
    part = z[:GROUND_CELLS, :GROUND_CELLS]
    z *= rng.uniform(*relief_m) / part.std()
    count = int(rng.uniform(1200, 2500) * (cells / GROUND_CELLS) ** 2)
    for diameter in np.sort(np.clip(3.0 / np.sqrt(rng.random(count)), 3.0, 250.0))[::-1]:
        depth = GROUND_CELL_M * diameter * rng.uniform(0.03, 0.2)
        x, y = rng.uniform(0, cells, 2)
        dig(z, x, y, diameter / 2, depth)
    return z.astype(np.float32)


def orbital_map(heights: np.ndarray, factor: int, noise_m: float, seed: int) -> Dem:
    """Means of `factor` x `factor` cells with height errors that neighbours share."""
    n = len(heights) // factor
    cells = heights[: n * factor, : n * factor].reshape(n, factor, n, factor).mean((1, 3))
    if noise_m > 0.0:
        rng = np.random.default_rng(seed)
        error = ndimage.gaussian_filter(rng.standard_normal(cells.shape), 2.0)
        cells = cells + noise_m * error / error.std()
    first = 0.5 * (factor - 1) * GROUND_CELL_M
    return Dem(cells, first, first, factor * GROUND_CELL_M)


def scene(kind: Kind, heights: np.ndarray, dem: Dem, seed: int) -> Scene:
    """One scene over `heights`; `dem` is of other ground when the kind is a decoy.

    Views with less than `LEAST_LIT` of the picture in the Sun are drawn anew.
    """
    rng = np.random.default_rng(seed)
    while True:
        found = _try(kind, heights, dem, rng)
        if found is not None:
            return astray(found, rng) if kind.lost else found


def astray(s: Scene, rng: np.random.Generator) -> Scene:
    """The scene with its prior's place drawn anew, where the view lies on the map."""
    x0, y0, x1, y1 = s.dem.extent
    half = 0.6 * PICTURE_PX * s.gsd_m
    while True:
        xy = rng.uniform([x0 + half, y0 + half], [x1 - half, y1 - half])
        if np.linalg.norm(xy - s.truth.position_m[:2]) >= LOST_M:
            break
    p = s.prior
    pose = Pose(np.array([*xy, p.pose.position_m[2]]), p.pose.orientation_xyzw)
    sigma = np.array([LOST_SIGMA_M, LOST_SIGMA_M, p.position_sigma_m[2]])
    return replace(s, prior=replace(p, pose=pose, position_sigma_m=sigma))


def _try(kind: Kind, heights: np.ndarray, dem: Dem, rng: np.random.Generator) -> Scene | None:
    gsd = rng.uniform(*kind.gsd_m)
    altitude = gsd * FOCAL_PX
    tilt = math.radians(kind.tilt_max_deg) * math.sqrt(rng.random())
    heading, roll = rng.uniform(0, 2 * math.pi, 2)
    turn = _nadir(heading) @ _about(0, tilt) @ _about(2, roll)
    wide = len(heights) * GROUND_CELL_M
    reach = 0.5 * PICTURE_PX * gsd * (1.0 + 2.0 * math.tan(tilt))
    margin = min(reach + 20.0, 0.45 * wide)
    looks = altitude * turn[:2, 2] / -turn[2, 2]
    target = rng.uniform(margin, wide - margin, 2)
    xy = target - looks
    col, row = (target / GROUND_CELL_M).astype(int)
    position = np.array([*xy, float(heights[row, col]) + altitude])
    truth = Pose(position, matrix_to_quat(turn))
    sun = rng.uniform(0, 2 * math.pi), math.radians(rng.uniform(*kind.sun_deg))
    optics = Optics(
        rng.uniform(0, 1), int(rng.choice([1, 5])), rng.uniform(0.3, 1.2), rng.uniform(60, 240),
        rng.uniform(1.0, 3.0), rng.uniform(0.0, 0.3),
    )  # fmt: skip
    image, lit = picture(
        heights, GROUND_CELL_M, CAMERA.intrinsics, turn, position, sun, optics, rng, PICTURE_PX
    )
    if lit < LEAST_LIT:
        return None
    return Scene(
        image, CAMERA, _prior(kind, truth, altitude, rng), sun, truth, gsd, dem, kind.decoy
    )


def _prior(kind: Kind, truth: Pose, altitude: float, rng: np.random.Generator) -> Prior:
    off = kind.offset_max_m * math.sqrt(rng.random())
    way = rng.uniform(0, 2 * math.pi)
    rise = altitude * kind.altitude_sigma * float(np.clip(rng.normal(), -2.0, 2.0))
    turn = rotvec_to_quat(
        np.clip(rng.normal(size=3), -2, 2) * math.radians(kind.attitude_sigma_deg)
    )
    pose = Pose(
        truth.position_m + [off * math.cos(way), off * math.sin(way), rise],
        quat_multiply(turn, truth.orientation_xyzw),
    )
    sigma = 0.6 * kind.offset_max_m
    return Prior(
        pose, np.array([sigma, sigma, kind.altitude_sigma * altitude]),
        math.radians(kind.attitude_sigma_deg),
    )  # fmt: skip


def _nadir(heading: float) -> np.ndarray:
    c, s = math.cos(heading), math.sin(heading)
    return np.array([[c, s, 0.0], [s, -c, 0.0], [0.0, 0.0, -1.0]])


def _about(axis: int, angle: float) -> np.ndarray:
    return quat_to_matrix(rotvec_to_quat(angle * np.eye(3)[axis]))
