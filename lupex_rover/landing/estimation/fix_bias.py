"""What fixes of about the same view have in common: the error that does not average out.

Two parts, horizontal, each L u: u has two components of variance one, each a Gauss-Markov process
of first order along the way flown, measured in heights h over the ground (Gelb 1974, "Applied
optimal estimation", ch. 3.8), and L is its size:

- of the map and the mounting. Onboard maps are smoother than the ground. Their crests are too low,
  so the shadows they predict are too short, and the picture fits where the camera stands nearer to
  the Sun than it does. A camera that is mounted a little off adds a part of h. It changes slowly.
- of a view that shows little. Where few patches agree they lie on one or two edges, whose errors
  are theirs alone: its size goes with 1 / patches. It changes as the view does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lupex_rover.landing.params import FilterParams

LEAST_HEIGHT_M = 10.0  # from here down no view changes faster


@dataclass(frozen=True)
class FixBias:
    """Size and reach of both parts.

    Attributes
    ----------
    axes : ndarray, shape (2, 2)
        Columns in x, y of `map`: along the Sun's azimuth and across it.
    map_m : ndarray, shape (2,)
        1 sigma of the map's part along these.
    tilt_rad : float
        1 sigma of what is added to it for each metre of height, each axis.
    patch_m : float
        1 sigma of a view's own part where one patch agrees, each axis.
    reach_heights, view_heights : float
        Way over height in which the first and the second u fade to 1/e.
    """

    axes: np.ndarray
    map_m: np.ndarray
    tilt_rad: float
    patch_m: float
    reach_heights: float
    view_heights: float

    @classmethod
    def of(cls, p: FilterParams, cell_m: float, sun_azimuth_rad: float) -> FixBias:
        """On a map of cells of `cell_m`; the azimuth is from grid north, clockwise."""
        sine, cosine = math.sin(sun_azimuth_rad), math.cos(sun_azimuth_rad)
        axes = np.array([[sine, cosine], [cosine, -sine]])
        cells = np.array([p.bias_sun_cell, p.bias_across_cell])
        return cls(
            axes, cells * cell_m, p.bias_tilt_rad, p.bias_patch_cell * cell_m, p.bias_heights,
            p.bias_view_heights,
        )  # fmt: skip

    def spread(self, height_m: float, patches: float) -> np.ndarray:
        """[L1 L2] (2, 4) in x, y, m, at a height over the ground with so many patches agreeing."""
        grown = self.tilt_rad * max(height_m, LEAST_HEIGHT_M)
        first = self.axes * np.hypot(self.map_m, grown) @ self.axes.T
        return np.hstack((first, self.patch_m / max(patches, 1.0) * np.eye(2)))

    def stays(self, way_m: float, height_m: float) -> np.ndarray:
        """(4,) what part of both u is left after `way_m` at that height."""
        heights = way_m / max(height_m, LEAST_HEIGHT_M)
        reach = np.repeat([self.reach_heights, self.view_heights], 2)
        return np.asarray(np.exp(-heights / reach))
