"""What a lander's camera sees of a `second_surface.Surface` in low Sun.

Each pixel is four view rays; each ray's ground looks at two opposite points of the solar disc
(radius 0.27 degrees), eight to a pixel, four of equal area in the inner half of the disc and four
in the outer. Light that reaches the ground is returned, as the scene has it, by

    Lommel-Seeliger    mu0 / (mu0 + mu) exp(-fall phase)
    lunar-Lambert      2 L mu0 / (mu0 + mu) + (1 - L) mu0, L a cubic of the phase (McEwen 1996)

with `mu0`, `mu` the cosines of incidence and emission. Ground in shadow has a little of the light
around it. Then: point spread, veiling glare, vignetting, exposure, shot and read noise, 8 bits.
Poses are `map_T_camera` in optical axes (x right, y down); pixel centres are integers from 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.ndimage import gaussian_filter

from benchmarks.landing.second_renderer.surface import Surface, gradient_at, meet, sees_sun
from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose, toward

SUN_RADIUS_RAD = math.radians(0.27)
LOMMEL_SEELIGER, LUNAR_LAMBERT = 0, 1
MCEWEN = (-0.019, 0.242e-3, -1.46e-6)  # L's terms in the phase, degrees
SATURATED = 0.01  # part of the picture
# radius over the disc's and angle of a pair's first point; the other lies opposite
PAIRS = ((0.5, 0.3), (0.866, 1.1), (0.5, 1.9), (0.866, 2.7))


@dataclass(frozen=True)
class Look:
    """Light and camera of one picture."""

    law: int
    fall_per_rad: float  # of Lommel-Seeliger's light with the phase
    scattered: float  # part of the light around that reaches all ground
    glare: float  # of the mean light, in the optics
    blur_px: float  # 1 sigma of the point spread
    vignette: float  # exponent of the cosine to the optical axis
    full_well: float  # electrons at white
    read_noise: float  # electrons, 1 sigma
    gain_pattern: float  # 1 sigma of the pixels' gains
    black: float  # grey level without light


def draw_look(rng: np.random.Generator) -> Look:
    return Look(
        law=int(rng.integers(2)),
        fall_per_rad=rng.uniform(0.4, 1.0),
        scattered=rng.uniform(0.003, 0.02),
        glare=rng.uniform(0.0, 0.01),
        blur_px=rng.uniform(0.4, 0.9),
        vignette=rng.uniform(0.0, 4.0),
        full_well=rng.uniform(8e3, 30e3),
        read_noise=rng.uniform(8.0, 30.0),
        gain_pattern=rng.uniform(0.0, 0.01),
        black=rng.uniform(0.0, 6.0),
    )


def radiance(
    surface: Surface, camera: Camera, pose: Pose, sun_rad: tuple[float, float], look: Look
) -> tuple[np.ndarray, np.ndarray]:
    """Light at the lens (2 height, 2 width) on half pixels, and the part of the Sun seen there.

    `pose` is counted from the surface's cell [0, 0]. Row 2 v + a, column 2 u + b lies at
    v + a / 2 - 1 / 4, u + b / 2 - 1 / 4 of the picture. Rays that meet no ground are dark.
    """
    light, lit, matter = (np.zeros((2 * camera.height, 2 * camera.width)) for _ in range(3))
    place, turn = pose.position_m / surface.step_m, pose.matrix
    for k, (part, angle) in enumerate(PAIRS):
        a, b = divmod(k, 2)
        suns = np.array([_on_disc(sun_rad, sign * part, angle) for sign in (1.0, -1.0)])
        _look(
            surface.spline, surface.log_albedo, surface.tops, surface.starts,
            camera.intrinsics, place, turn, suns, 0.5 * b - 0.25, 0.5 * a - 0.25,
            look.law, look.fall_per_rad, np.array(MCEWEN),
            light[a::2, b::2], lit[a::2, b::2], matter[a::2, b::2],
        )  # fmt: skip
    around = gaussian_filter(light, 0.06 * camera.width)
    return light + look.scattered * matter * around, lit


def _on_disc(sun_rad: tuple[float, float], part: float, angle: float) -> np.ndarray:
    """(3,) unit vector to a point of the solar disc, `part` of its radius from the centre."""
    azimuth, elevation = sun_rad
    off = part * SUN_RADIUS_RAD
    up, side = off * math.sin(angle), off * math.cos(angle) / math.cos(elevation)
    return toward(azimuth + side, elevation + up)


@njit(cache=True)
def _look(
    spline: np.ndarray, log_albedo: np.ndarray, tops: np.ndarray, starts: np.ndarray,
    intrinsics: np.ndarray, place: np.ndarray, turn: np.ndarray, suns: np.ndarray, off_u: float,
    off_v: float, law: int, fall: float, cubic: np.ndarray,
    light: np.ndarray, lit: np.ndarray, matter: np.ndarray,
) -> None:  # fmt: skip
    fx, fy, cx, cy = intrinsics
    px, py, pz = place
    top = tops[starts[-2] :].max()
    last = len(spline) - 1
    rise = suns[:, 2] / np.hypot(suns[:, 0], suns[:, 1])
    for v in range(light.shape[0]):
        for u in range(light.shape[1]):
            a, b = (u + off_u - cx) / fx, (v + off_v - cy) / fy
            size = math.sqrt(a * a + b * b + 1.0)
            dx = (turn[0, 0] * a + turn[0, 1] * b + turn[0, 2]) / size
            dy = (turn[1, 0] * a + turn[1, 1] * b + turn[1, 2]) / size
            dz = (turn[2, 0] * a + turn[2, 1] * b + turn[2, 2]) / size
            s = meet(spline, top, px, py, pz, dx, dy, dz)
            if math.isnan(s):
                continue
            x, y, z = px + s * dx, py + s * dy, pz + s * dz
            east, north = gradient_at(spline, x, y)
            up = 1.0 / math.sqrt(1.0 + east * east + north * north)
            mu = max(up * (east * dx + north * dy - dz), 1e-3)
            bright = math.exp(log_albedo[int(round(y)) & last, int(round(x)) & last])
            matter[v, u] = bright
            for k in range(2):
                mu0 = up * (suns[k, 2] - east * suns[k, 0] - north * suns[k, 1])
                if mu0 <= 0.0:
                    continue
                level = math.hypot(suns[k, 0], suns[k, 1])
                if not sees_sun(
                    spline, tops, starts, top, x, y, z,
                    suns[k, 0] / level, suns[k, 1] / level, rise[k],
                ):  # fmt: skip
                    continue
                cosine = -(suns[k, 0] * dx + suns[k, 1] * dy + suns[k, 2] * dz)
                phase = math.acos(min(max(cosine, -1.0), 1.0))
                lit[v, u] += 0.5
                light[v, u] += 0.5 * bright * returned(law, fall, cubic, mu0, mu, phase)


@njit(cache=True)
def returned(
    law: int, fall: float, cubic: np.ndarray, mu0: float, mu: float, phase_rad: float
) -> float:
    """Light returned by ground of albedo 1, by one of the laws."""
    lommel = mu0 / (mu0 + mu)
    if law == LOMMEL_SEELIGER:
        return lommel * math.exp(-fall * phase_rad)
    g = math.degrees(phase_rad)
    part = min(max(1.0 + g * (cubic[0] + g * (cubic[1] + g * cubic[2])), 0.0), 1.0)
    return 2.0 * part * lommel + (1.0 - part) * mu0


def expose(
    rng: np.random.Generator, light: np.ndarray, camera: Camera, look: Look
) -> np.ndarray:  # fmt: skip
    """The picture, (height, width) uint8, of `light` on half pixels; SATURATED of it is white."""
    spread = gaussian_filter(light, 2.0 * look.blur_px)
    signal = spread.reshape(camera.height, 2, camera.width, 2).mean(axis=(1, 3))
    signal += look.glare * signal.mean()
    a = (np.arange(camera.width) - camera.cx) / camera.fx
    b = (np.arange(camera.height) - camera.cy) / camera.fy
    signal *= (1.0 + a[None] ** 2 + b[:, None] ** 2) ** (-0.5 * look.vignette)
    signal *= look.full_well / max(float(np.quantile(signal, 1.0 - SATURATED)), 1e-9)
    signal *= 1.0 + look.gain_pattern * rng.standard_normal(signal.shape)
    electrons = rng.poisson(np.clip(signal, 0.0, 4.0 * look.full_well))
    counted = electrons + look.read_noise * rng.standard_normal(signal.shape)
    grey = look.black + counted * (255.0 - look.black) / look.full_well
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)
