"""Where a lander is that has lost its place: from a picture's craters and a catalogue alone."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.craters.ellipse_fit import Crater
from lupex_rover.craters.find import CraterParams, find_craters
from lupex_rover.craters.identify import FoundCraters, Identification, IdentifyParams, identify
from lupex_rover.craters.index import CraterIndex

LEAST_PX, MOST_PX = 6.0, 60.0  # smallest craters that are looked for: no finer, no coarser


def locate(
    image: np.ndarray,
    camera: Camera,
    index: CraterIndex,
    down: np.ndarray | None = None,
    altitude_m: tuple[float, float] | None = None,
    params: IdentifyParams | None = None,
) -> Identification | None:
    """Pose in the catalogue's frame with the craters it rests on; None when that is not sure.

    Parameters
    ----------
    image : ndarray, shape (rows, cols)
        Grey, of `camera`.
    index : CraterIndex
        `CraterIndex(read_catalogue(...))`, or of `craters_of(dem)`.
    down : ndarray or None, shape (3,)
        Downward normal of the ground in camera axes; straight ahead when not given. It should be
        right to about 5 degrees.
    altitude_m : tuple[float, float] or None
        Lowest and highest height over the craters, where it is known; it also says which sizes to
        look for.
    """
    least = LEAST_PX
    if altitude_m is not None and len(index.catalogue):
        listed = float(index.catalogue.radius_m.min()) * math.sqrt(camera.fx * camera.fy)
        least = float(np.clip(0.75 * listed / altitude_m[1], LEAST_PX, MOST_PX))
    craters = find_craters(image, CraterParams.surer(least))
    return identify(as_found(craters), camera, index, down, altitude_m, params)


def as_found(craters: list[Crater]) -> FoundCraters:
    """For `identify`, surest first."""
    pixel = np.array([(c.x_px, c.y_px) for c in craters]).reshape(-1, 2)
    return FoundCraters(pixel, np.array([c.radius for c in craters]))
