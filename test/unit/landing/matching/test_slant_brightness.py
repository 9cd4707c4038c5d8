"""Lit ground seen at a slant: against the law of reflection worked out in angles."""

import math

import numpy as np
import pytest

from lupex_rover.landing.matching.map_sheet import Sheet
from lupex_rover.landing.matching.slant_brightness import seen_from

SHEET = Sheet(100.0, 200.0, 2.0, 41, 51)
SUN = np.array([math.sin(0.7) * math.cos(0.2), math.cos(0.7) * math.cos(0.2), math.sin(0.2)])


def plane(east, north):
    rows, cols = np.mgrid[: SHEET.rows, : SHEET.cols]
    return (5.0 + SHEET.step_m * (east * cols + north * rows)).astype(np.float32)


def law(incident_rad, emitted_rad):
    """Half Lambert's law, half Lommel-Seeliger's."""
    mu0, mu = np.cos(incident_rad), np.cos(emitted_rad)
    return mu0 * (0.5 + 0.5 / (mu0 + mu))


@pytest.mark.parametrize("slopes", [(0.0, 0.0), (0.3, -0.1), (-0.2, 0.25), (-0.4, 0.0)])
def test_a_plane_is_as_bright_as_the_law_says(slopes):
    normal = np.array([-slopes[0], -slopes[1], 1.0])
    normal /= np.linalg.norm(normal)
    camera, r, c = np.array([160.0, 310.0, 250.0]), 12, 40
    heights = plane(*slopes)
    seen = camera - [SHEET.x0 + c * 2.0, SHEET.y0 + r * 2.0, heights[r, c]]
    incident, above = math.acos(normal @ SUN), math.acos(normal[2])
    emitted = math.acos(normal @ seen / np.linalg.norm(seen))
    lit = np.full(heights.shape, law(incident, above), np.float32)
    found = seen_from(lit, heights, SHEET, camera, SUN)
    assert found[r, c] == pytest.approx(law(incident, emitted), rel=1e-5)
    assert abs(law(incident, emitted) / law(incident, above) - 1.0) > 0.003  # it does matter


def test_shadow_stays_dark_and_light_that_is_not_known_as_it_is():
    heights, camera = plane(0.1, 0.0), np.array([150.0, 240.0, 300.0])
    dark = np.zeros(heights.shape, np.float32)
    assert not seen_from(dark, heights, SHEET, camera, SUN).any()
    lit = np.full(heights.shape, 0.3, np.float32)
    assert seen_from(lit, heights, SHEET, camera, np.zeros(3)) is lit


def test_what_is_unknown_stays_so():
    heights, camera = plane(0.1, 0.0), np.array([150.0, 240.0, 300.0])
    heights[20:] = np.nan
    lit = np.full(heights.shape, 0.3, np.float32)
    lit[20:] = np.nan
    found = seen_from(lit, heights, SHEET, camera, SUN)
    assert np.isfinite(found[:19]).all() and np.isnan(found[20:]).all()
