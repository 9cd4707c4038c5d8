"""Ground that a camera looked at and did not see.

A lip hides the ground behind it. At distance d from a camera of height h the view goes down with
the slope h / d; level ground there would be seen, and what stays hidden falls away more steeply
than that, lies behind a rock, or is dark. Nearer than h / tan(slope limit) hidden ground is thus no
ground to drive on unseen. After Heckman, Lalonde, Vandapel and Hebert 2007, "Potential negative
obstacle detection by occlusion labeling", IROS, reduced to one pair at a time.
"""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import CameraInfo

Array = np.ndarray


def looked_at(
    points_m: Array, map_T_camera: Pose, info: CameraInfo, baseline_m: float, disparities: int,
    margin_px: int, slope_rad: float,
) -> Array:  # fmt: skip
    """(N,) bool: points that a stereo pair would show if nothing hid them.

    Parameters
    ----------
    points_m : ndarray, shape (N, 3)
        Of the ground as it is expected, in `map`.
    map_T_camera : Pose
        Pose of the left optical frame.
    disparities : int
        Search range of the matcher, px; the left edge of the picture is without result over this
        width.
    margin_px : int
        Edge of the picture that is not counted on.
    slope_rad : float
        Only views that go down more steeply count.
    """
    x, y, z = ((points_m - map_T_camera.position_m) @ map_T_camera.matrix).T
    nearest = info.fx * baseline_m / disparities
    depth = np.maximum(z, nearest)
    u, v = info.cx + info.fx * x / depth, info.cy + info.fy * y / depth
    inside = (u >= disparities + margin_px) & (u < info.width - margin_px)
    inside &= (v >= margin_px) & (v < info.height - margin_px)
    off = points_m - map_T_camera.position_m
    down = -off[:, 2] > math.tan(slope_rad) * np.hypot(off[:, 0], off[:, 1])
    return inside & down & (z > nearest)
