"""Pictures of the lander's fixes in the report."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import CameraInfo, Image, LandingFix
from lupex_rover.report.fixes import fix_pictures
from lupex_rover.report.story import Story
from lupex_rover.simulator.sensors.cameras import render
from lupex_rover.terrain.dem import Dem

SUN = (1.0, math.radians(10.0))


def told(accepted: bool) -> tuple[Story, Dem]:
    rng = np.random.default_rng(5)
    heights = 3.0 * np.cumsum(rng.normal(size=(200, 200)), axis=0) / 14.0
    dem = Dem(heights, -400.0, -400.0, 4.0)
    down = np.array([1.0, 0.0, 0.0, 0.0])  # optical axis down, x east
    pose = Pose(np.array([0.0, 0.0, 500.0]), down)
    camera = Camera(128, 128, 140.0, 140.0, 63.5, 63.5)
    pixels = render([dem], camera, pose.matrix, pose.position_m, *SUN, rng)
    story = Story({}, {})
    story.messages["camera/descent/image_raw"] = [Image(7, "descent", pixels)]
    story.messages["camera/descent/camera_info"] = [
        CameraInfo(7, "descent", 128, 128, 140.0, 140.0, 63.5, 63.5)
    ]
    story.messages["landing/fix"] = [
        LandingFix(7, accepted, pose, 1e-4 * np.eye(6), 20, 0.9, "LND-000", 0.0)
    ]
    return story, dem


def test_an_accepted_fix_is_drawn_and_the_map_looks_like_the_picture() -> None:
    story, dem = told(accepted=True)
    (picture,) = fix_pictures(story, dem, SUN)
    seen, expected = picture[24:, :480, 0].astype(float), picture[24:, 480:960, 0].astype(float)
    both = (seen > 0) & (expected > 0)
    assert both.mean() > 0.3
    assert np.corrcoef(seen[both], expected[both])[0, 1] > 0.7


def test_nothing_is_drawn_of_what_was_refused_or_in_the_dark() -> None:
    story, dem = told(accepted=False)
    assert fix_pictures(story, dem, SUN) == []
    story, dem = told(accepted=True)
    assert fix_pictures(story, dem, (1.0, -0.1)) == []
