"""A made-up picture of made-up hills, matched once, so that the first real one need not wait.

Much of the matcher is compiled when it is first called: some ten seconds on a new machine, half a
second where that was done before. A lander has neither.
"""

from __future__ import annotations

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.hazards.hazard import hazard_map
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.image_pyramid import sheet_over
from lupex_rover.landing.matching.map_sheet import on_sheet
from lupex_rover.landing.matching.matcher import Match, Matcher, Prior
from lupex_rover.landing.params import HazardParams
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.shadow import lit_map

CELLS, CELL_M, HEIGHT_M, PX = 192, 5.0, 400.0, 128
SUN_RAD = (1.0, 0.15)
STRAIGHT_DOWN = np.array([1.0, 0.0, 0.0, 0.0])  # image right is east, image up is north


def warm_up(params: MatcherParams, hazard: HazardParams) -> Match:
    """The match of a picture from straight above the middle, whose prior is 60 m off; and hazards
    seen from there."""
    dem, middle = hills(), 0.5 * (CELLS - 1) * CELL_M
    matcher = Matcher(dem, params)
    matcher.map.set_sun(*SUN_RAD)
    picture = _picture(matcher, middle)
    camera = Camera(PX, PX, float(PX), float(PX), 0.5 * (PX - 1), 0.5 * (PX - 1))
    pose = Pose(np.array([middle + 50.0, middle - 30.0, HEIGHT_M]), STRAIGHT_DOWN)
    match = matcher.match(
        picture, camera, Prior(pose, np.array([60.0, 60.0, 5.0]), 0.005), *SUN_RAD
    )
    lit = float(lit_map([dem.window(0.0, 0.0, middle, middle), dem], *SUN_RAD).mean())
    hazard_map(dem, picture, camera, match.pose, np.full(2, middle), SUN_RAD, lit > 0.5, hazard)
    return match


def hills() -> Dem:
    """Smooth hills of many sizes, the same every time."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:CELLS, 0:CELLS] * CELL_M
    z = np.zeros((CELLS, CELLS))
    for length in np.geomspace(20.0, 400.0, 60):
        way, phase = rng.uniform(0.0, 2.0 * np.pi, 2)
        along = np.cos(way) * x + np.sin(way) * y
        z += 0.01 * length * np.sin(2.0 * np.pi * along / length + phase)
    return Dem(z, 0.0, 0.0, CELL_M)


def _picture(matcher: Matcher, middle: float) -> np.ndarray:
    """(PX, PX) uint8: the lit hills, as if all lay at height 0, from above their middle."""
    lit = matcher.map.whole(0)
    gsd, half = HEIGHT_M / PX, 0.5 * (PX - 1) * HEIGHT_M / PX
    span = middle - half, middle - half, middle + half, middle + half
    seen = on_sheet(lit.brightness, lit, sheet_over(span, gsd))[PX - 1 :: -1, :PX]
    return np.clip(200.0 * seen / np.nanmax(seen), 0.0, 255.0).astype(np.uint8)
