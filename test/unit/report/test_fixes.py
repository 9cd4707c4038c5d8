"""Pictures of the lander's fixes in the report."""

from __future__ import annotations

import math

import cv2
import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import CameraInfo, Image, LandingFix
from lupex_rover.landing.camera_pose import Camera as LandingCamera
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.landing.matching.lighting import LightedMap
from lupex_rover.report.fix_picture import fix_view
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
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None and pixels.shape[1] > 3 * pixels.shape[0] and pixels.std() > 20.0
    lighted = LightedMap(dem)
    lighted.set_sun(*SUN)
    (image,), (fix,) = story.all("camera/descent/image_raw"), story.all("landing/fix")
    camera = LandingCamera(128, 128, 140.0, 140.0, 63.5, 63.5)
    view = fix_view(image.pixels, camera, Prior(fix.pose, np.ones(3), 0.01), lighted, fix.pose)
    assert view is not None
    both = np.isfinite(view.laid) & np.isfinite(view.expected)
    assert both.mean() > 0.3
    assert np.corrcoef(view.laid[both], view.expected[both])[0, 1] > 0.7
    low_x, high_x, low_y, high_y = view.edges_m  # straight down from 500 m: 0.46 of the height
    assert (
        -300.0 < low_x < -200.0 < 200.0 < high_x < 300.0 and -300.0 < low_y < 0.0 < high_y < 300.0
    )
    assert len(view.places_m) == len(view.offsets_m) == len(view.agree) > 5 and view.agree.any()
    assert np.abs(view.offsets_m[view.agree]).max() < 2.0 * dem.resolution_m


def test_nothing_is_drawn_of_what_was_refused_or_in_the_dark() -> None:
    story, dem = told(accepted=False)
    assert fix_pictures(story, dem, SUN) == []
    story, dem = told(accepted=True)
    assert fix_pictures(story, dem, (1.0, -0.1)) == []
