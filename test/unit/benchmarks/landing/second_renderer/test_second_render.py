"""The second renderer against geometry that can be said in one line."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from benchmarks.landing.second_renderer.render import (
    LOMMEL_SEELIGER,
    LUNAR_LAMBERT,
    Look,
    expose,
    radiance,
)
from benchmarks.landing.second_renderer.surface import Surface
from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose, matrix_to_quat, quat_multiply, rotvec_to_quat
from lupex_rover.landing.camera_pose import project

CELLS = 256
CAMERA = Camera(128, 128, 150.0, 150.0, 63.5, 63.5)
DOWN = matrix_to_quat(np.diag([1.0, -1.0, -1.0]))
OVER = Pose(np.array([128.0, 128.0, 160.0]), DOWN)


def look(law: int) -> Look:
    return Look(law, 0.0, 0.0, 0.0, 0.5, 0.0, 1e4, 10.0, 0.0, 2.0)


def surface(heights: np.ndarray, log_albedo: np.ndarray | None = None) -> Surface:
    return Surface.of(heights, np.zeros_like(heights) if log_albedo is None else log_albedo, 1.0)


def whole(light: np.ndarray) -> np.ndarray:
    """Half pixels to pixels."""
    return light.reshape(CAMERA.height, 2, CAMERA.width, 2).mean(axis=(1, 3))


@pytest.mark.parametrize("azimuth_deg", [90.0, 270.0])
@pytest.mark.parametrize(("elevation_deg", "tall"), [(2.0, 1.2), (10.0, 6.0)])
def test_shadow_of_a_ridge_goes_from_where_light_grazes_it(azimuth_deg, elevation_deg, tall):
    """Crest h exp(-d^2 / 8), below the camera; light grazes it where it falls by the tangent."""
    away = np.arange(CELLS) - 128.0
    heights = np.tile(tall * np.exp(-(away**2) / 8.0), (CELLS, 1))
    sun = math.radians(azimuth_deg), math.radians(elevation_deg)
    falls = math.tan(sun[1])
    grazed = brentq(lambda d: tall * d / 4.0 * math.exp(-d * d / 8.0) - falls, 1e-6, 2.0)
    wanted = tall * math.exp(-grazed * grazed / 8.0) / falls
    _, lit = radiance(surface(heights), CAMERA, OVER, sun, look(LUNAR_LAMBERT))
    row = lit[100:140].mean(axis=0)
    west, east = np.split(1.0 - row, 2)
    behind, before = (west, east) if azimuth_deg == 90.0 else (east, west)
    assert before.sum() == 0.0
    assert behind.sum() * 160.0 / 150.0 / 2.0 == pytest.approx(wanted, rel=0.01, abs=0.5)


@pytest.mark.parametrize("law", [LOMMEL_SEELIGER, LUNAR_LAMBERT])
def test_flat_ground_is_as_bright_as_its_law_says(law):
    sun = math.radians(30.0), math.radians(10.0)
    light, lit = radiance(surface(np.zeros((CELLS, CELLS))), CAMERA, OVER, sun, look(law))
    assert lit.min() == 1.0
    mu0, phase_deg = math.sin(sun[1]), 80.0
    lommel = mu0 / (mu0 + 1.0)
    part = 1.0 - 0.019 * phase_deg + 0.242e-3 * phase_deg**2 - 1.46e-6 * phase_deg**3
    wanted = lommel if law == LOMMEL_SEELIGER else 2.0 * part * lommel + (1.0 - part) * mu0
    assert light[126:130, 126:130].mean() == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), (0.3, -0.2, 0.0), (0.0, 0.25, 1.0)])
def test_a_bright_spot_is_seen_where_the_pose_projects_it(tilt):
    x = np.arange(CELLS)
    log_albedo = 3.0 * np.exp(-((x[None] - 140.0) ** 2 + (x[:, None] - 117.0) ** 2) / 8.0)
    heights = np.full((CELLS, CELLS), 7.0)
    pose = Pose(OVER.position_m, quat_multiply(rotvec_to_quat(np.array(tilt)), DOWN))
    sun = 0.0, math.radians(20.0)
    light, _ = radiance(surface(heights, log_albedo), CAMERA, pose, sun, look(LOMMEL_SEELIGER))
    seen = whole(light)
    extra = np.clip(seen - 1.5 * np.median(seen), 0.0, None)
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width]
    found = np.array([(u * extra).sum(), (v * extra).sum()]) / extra.sum()
    wanted = project(CAMERA, pose, np.array([[140.0, 117.0, 7.0]]))[0]
    assert found == pytest.approx(wanted, abs=0.25)


def test_a_hundredth_of_the_picture_is_white():
    light = np.random.default_rng(1).random((256, 256))
    image = expose(np.random.default_rng(2), light, CAMERA, look(LOMMEL_SEELIGER))
    assert (image == 255).mean() == pytest.approx(0.01, abs=0.005)
