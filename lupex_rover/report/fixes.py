"""Some of the lander's fixes as pictures: image on the map, what the map shows, what is left."""

from __future__ import annotations

import numpy as np

from lupex_rover import graph
from lupex_rover.core.time import to_iso
from lupex_rover.core.types import LandingFix
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.landing.matching.lighting import LightedMap
from lupex_rover.report.fix_picture import fix_picture
from lupex_rover.report.story import Story
from lupex_rover.terrain.dem import Dem

SHOWN = 4


def fix_pictures(story: Story, onboard: Dem, sun: tuple[float, float]) -> list[bytes]:
    """PNG pictures of accepted fixes spread over the descent, oldest first.

    Parameters
    ----------
    sun : tuple[float, float]
        Azimuth from grid north and elevation during the descent, rad.
    """
    images = {m.stamp_ns: m for m in story.all(graph.CAMERA_DESCENT_IMAGE_RAW)}
    infos = story.all(graph.CAMERA_DESCENT_CAMERA_INFO)
    fixes: list[LandingFix] = [
        m for m in story.all(graph.LANDING_FIX) if m.accepted and m.stamp_ns in images
    ]
    if not fixes or not infos or sun[1] <= 0.0:
        return []
    camera = infos[0].camera
    lighted = LightedMap(onboard)
    lighted.set_sun(*sun)
    drawn = []
    for k in np.unique(np.linspace(0, len(fixes) - 1, SHOWN).round().astype(int)):
        fix = fixes[k]
        sigma = np.sqrt(np.diag(fix.covariance))
        prior = Prior(fix.pose, sigma[:3], float(sigma[3:].max()))
        height = float(fix.pose.position_m[2] - onboard.height(*fix.pose.position_m[:2]))
        title = (
            f"Fix of {to_iso(fix.stamp_ns)[:19].replace('T', ' ')} UTC, {height:.0f} m over the"
            f" ground, {fix.inliers} patches agree"
        )
        picture = fix_picture(images[fix.stamp_ns].pixels, camera, prior, lighted, fix.pose, title)
        if picture is not None:
            drawn.append(picture)
    return drawn
