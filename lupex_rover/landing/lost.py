"""A fix where the prior's place is wrong: craters propose a place, the matcher confirms it or not.

Craters alone give no fix. They say where to look, and what is found there passes every gate of
the matcher, beside them that the heading is the prior's: a star tracker knows it even when the
place is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.params import param
from lupex_rover.core.transforms import Pose, quat_inverse, quat_multiply, quat_to_rotvec
from lupex_rover.landing.crater_catalogue import CraterCatalogue
from lupex_rover.landing.crater_dem import craters_of
from lupex_rover.landing.crater_fix import locate
from lupex_rover.landing.crater_identify import Identification
from lupex_rover.landing.crater_index import CraterIndex
from lupex_rover.landing.matcher import Match, Matcher
from lupex_rover.landing.pose import Camera, Prior
from lupex_rover.landing.refine import ground_seen
from lupex_rover.terrain.dem import Dem

NOT_THERE = ("LND-002", "LND-003", "LND-004", "LND-005")  # nothing fits where the prior points


@dataclass(frozen=True)
class LostParams:
    """When craters are asked, and what is believed of them."""

    most_cell_px: float = param(
        2.0, "map cell over a pixel's ground: coarser maps hold too few craters of a picture's",
        unit="1", low=0.1, high=50,
        source="made-up views: cells of one pixel 10 of 30 places found, of three or six none",
    )  # fmt: skip
    height_sigma: float = param(4.0, "the height lies within, of the prior", unit="1", low=1)
    heading_rad: float = param(0.1, "largest turn against the prior", unit="rad", low=0.01, high=4)
    place_part: float = param(
        0.02, "1 sigma of the place that craters give, over the height", unit="1", low=1e-3, high=1
    )


class LostMatcher:
    """What `matcher` finds where the craters of the map say that the picture is.

    Parameters
    ----------
    matcher : of the map.
    dem : the map; its craters are found when they are first asked for (seconds on a large map).
    catalogue : craters in `map` to be used instead.
    """

    def __init__(
        self, matcher: Matcher, dem: Dem, catalogue: CraterCatalogue | None = None,
        params: LostParams | None = None,
    ) -> None:  # fmt: skip
        self._matcher, self._dem, self._p = matcher, dem, params or LostParams()
        self._index = None if catalogue is None else CraterIndex(catalogue)
        self._given = catalogue is not None
        self._relief_m: float | None = None

    def index(self) -> CraterIndex:
        """Triangles of the map's craters."""
        if self._index is None:
            self._index = CraterIndex(craters_of(self._dem))
        return self._index

    def worth_a_try(self, found: Match, camera: Camera, prior: Prior) -> bool:
        """Whether `found`, from the prior's place, may be a wrong place's, and craters may help."""
        return found.code in NOT_THERE and self.may_help(camera, prior)

    def match(
        self, image: np.ndarray, camera: Camera, prior: Prior, sun_azimuth_rad: float,
        sun_elevation_rad: float,
    ) -> Match | None:  # fmt: skip
        """The match at the place that the craters tell; None where they tell none, or one that
        is turned against the prior. Parameters as for `Matcher.match`."""
        known = locate(image, camera, self.index(), self._down(prior), self._altitude_m(prior))
        if known is None or self._turned(known, prior) > self._p.heading_rad:
            return None
        there = self._from(known, prior)
        return self._matcher.match(image, camera, there, sun_azimuth_rad, sun_elevation_rad)

    def may_help(self, camera: Camera, prior: Prior) -> bool:
        """Whether the map is fine enough, or a catalogue is given."""
        pixel_m = self._above(prior) / math.sqrt(camera.fx * camera.fy)
        return self._given or self._dem.resolution_m <= self._p.most_cell_px * pixel_m

    def _above(self, prior: Prior) -> float:
        ground = ground_seen(self._matcher.map, prior.pose)
        if ground is None:
            ground = float(np.nanmean(self._dem.heights))
        return max(float(prior.pose.position_m[2]) - ground, 1.0)

    def _altitude_m(self, prior: Prior) -> tuple[float, float]:
        """Lowest and highest above the craters of a map whose heights differ."""
        if self._relief_m is None:
            self._relief_m = float(np.ptp(np.nanpercentile(self._dem.heights, [0.0, 99.0])))
        slack = self._p.height_sigma * float(prior.position_sigma_m[2]) + self._relief_m
        above = self._above(prior)
        return max(above - slack, 0.2 * above), above + slack

    @staticmethod
    def _down(prior: Prior) -> np.ndarray:
        return prior.pose.matrix.T @ np.array([0.0, 0.0, -1.0])

    @staticmethod
    def _turned(known: Identification, prior: Prior) -> float:
        """Angle between the attitude from craters and the prior's, rad."""
        turn = quat_multiply(known.pose.orientation_xyzw, quat_inverse(prior.pose.orientation_xyzw))
        return float(np.linalg.norm(quat_to_rotvec(turn)))

    def _from(self, known: Identification, prior: Prior) -> Prior:
        """The prior with the place of the craters."""
        place = np.array([*known.pose.position_m[:2], prior.pose.position_m[2]])
        own = math.sqrt(float(known.covariance[0, 0] + known.covariance[1, 1]))
        sigma = max(own, self._p.place_part * self._above(prior))
        return Prior(
            Pose(place, prior.pose.orientation_xyzw),
            np.array([sigma, sigma, prior.position_sigma_m[2]]), prior.attitude_sigma_rad,
        )  # fmt: skip
