"""Polar ground for tests: fractal relief with craters, its orbital map, and pictures of it."""

import math

import numpy as np
from scipy import ndimage

from benchmarks.landing.scenes import dig, fractal
from lupex_rover.core.camera import Camera
from lupex_rover.simulator.sensors.cameras import render
from lupex_rover.terrain.dem import Dem

SIZE = 1200
PINHOLE = (512, 512, 575.0, 575.0, 255.5, 255.5)


def ground(seed):
    """1200 x 1200 m at 1 m."""
    rng = np.random.default_rng(seed)
    z = fractal(rng, SIZE, 2.0)
    z *= 5.0 / z.std()
    for diameter in np.clip(6.0 / np.sqrt(rng.random(900)), 6.0, 250.0):
        depth = diameter * rng.uniform(0.04, 0.15)
        x, y = rng.uniform(0, SIZE, 2)
        dig(z, x, y, diameter / 2, depth)
    return Dem(z, 0.0, 0.0, 1.0)


def orbital(dem, seed, noise_m=0.5):
    """5 m cells with correlated error."""
    cells = dem.heights.reshape(SIZE // 5, 5, SIZE // 5, 5).mean((1, 3))
    error = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(cells.shape), 3.0)
    return Dem(cells + noise_m * error / error.std(), 2.0, 2.0, 5.0)


def picture(dem, attitude, position, azimuth, elevation, seed):
    return render(
        [dem], Camera(*PINHOLE), attitude, position, azimuth, elevation, np.random.default_rng(seed)
    )


def nadir(heading, tilt=0.0):
    """`map_R_camera` looking down, the picture's right at `heading`, tilted about it."""
    c, s = math.cos(heading), math.sin(heading)
    level = np.array([[c, s, 0], [s, -c, 0], [0, 0, -1.0]])
    ct, st = math.cos(tilt), math.sin(tilt)
    return level @ np.array([[1, 0, 0], [0, ct, -st], [0, st, ct]])
