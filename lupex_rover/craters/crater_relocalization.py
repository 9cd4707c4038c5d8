"""A lander whose prior has the wrong place: craters say where to look, the matcher confirms.

Height and attitude of the prior are known, so each pair of a found crater and a catalogued one of
the same size says where the camera would be; where many say the same, the matcher looks again
(Hough's vote, as Cheng and Ansar 2005 for craters). Craters alone never give a fix: the matcher's
own gates decide on the picture.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.params import param
from lupex_rover.core.transforms import Pose
from lupex_rover.craters.catalogue import CraterCatalogue
from lupex_rover.craters.dem_craters import DemCraterParams, craters_of
from lupex_rover.craters.ellipse_fit import Crater
from lupex_rover.craters.find import CraterParams, find_craters
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.matcher import Match, Matcher
from lupex_rover.landing.matching.patch_fit import ground_seen
from lupex_rover.terrain.dem import Dem

OFF_MAP = "LND-002"
FOUND = "LND-014"
MOST_CELLS = 4e6  # of a larger map only larger craters are listed: that takes 5 to 10 s


@dataclass(frozen=True)
class RelocalizationParams:
    """How craters vote."""

    map_craters: DemCraterParams = field(default_factory=DemCraterParams)
    least_radius_px: float = param(
        9.0,
        "smallest crater radius that is looked for in the picture; half of it takes twice the time",
        unit="px", low=3, high=100,
    )  # fmt: skip
    most_cell_px: float = param(
        4.0, "largest map cell, over a pixel's ground, with which craters are compared; coarser"
        " maps hold too few craters of a picture's", unit="1", low=0.1, high=50,
        source="made-up views: 8 of 12 found at 2.4, 15 of 18 at 1.2",
    )  # fmt: skip
    least_found: int = param(
        5, "least number of craters in the picture from which a place is voted for",
        low=2, high=100,
    )  # fmt: skip
    same_size: float = param(
        0.3, "largest difference of the logarithms of two radii that count as one crater's",
        unit="1", low=0.05, high=1,
    )  # fmt: skip
    centre_px: float = param(
        4.0, "error of a crater's centre in picture and map, one sigma", unit="px", low=0.5,
    )  # fmt: skip
    places: int = param(
        3, "number of places with the most votes that the matcher looks at", low=1, high=20,
    )  # fmt: skip
    least_share: float = param(
        0.6, "least votes of a place that is looked at, over those of the first place",
        unit="1", low=0, high=1,
    )  # fmt: skip


@dataclass(frozen=True)
class FixParams:
    """Of a fix that may begin at a wrong place: matcher and relocalization."""

    matcher: MatcherParams = field(default_factory=MatcherParams)
    relocalization: RelocalizationParams = field(default_factory=RelocalizationParams)


class CraterPlaces:
    """The map's craters, made ready once.

    Parameters
    ----------
    dem : Dem
        The onboard map.
    catalogue : CraterCatalogue or None
        Craters in `map`; those of `dem` itself when not given.
    """

    def __init__(
        self,
        dem: Dem,
        catalogue: CraterCatalogue | None = None,
        params: RelocalizationParams | None = None,
    ) -> None:
        self._p = params or RelocalizationParams()
        self._catalogue = _listed(dem, self._p.map_craters) if catalogue is None else catalogue
        self._extent, self._cell_m = dem.extent, dem.resolution_m

    def priors(self, image: np.ndarray, camera: Camera, prior: Prior) -> list[Prior]:
        """`prior` moved to each place the picture's craters vote for, most votes first.

        Parameters
        ----------
        image : ndarray, shape (H, W)
            grey.
        prior : Prior
            Height and attitude right within their sigmas; the place counts for nothing.
        """
        p = self._p
        found = find_craters(image, CraterParams.surer(p.least_radius_px))
        if len(found) < p.least_found or not len(self._catalogue):
            return []
        x0, y0, x1, y1 = self._extent
        above = float(prior.pose.position_m[2]) - float(np.median(self._catalogue.centre_m[:, 2]))
        sigma = self._sigma(camera, prior, above)
        at, weight = self._votes(found, camera, prior, math.pi * (2.0 * sigma) ** 2)
        step = 0.5 * sigma
        cols, rows = (int(round(n / step)) + 1 for n in (x1 - x0, y1 - y0))
        edges = ((-0.5, rows - 0.5), (-0.5, cols - 0.5))
        cells = ((at[:, 1] - y0) / step, (at[:, 0] - x0) / step)
        sums = np.histogram2d(*cells, bins=(rows, cols), range=edges, weights=weight)[0]
        peaks = self._peaks(cv2.GaussianBlur(sums.astype(np.float32), (0, 0), 2.0))
        leaning = above * prior.attitude_sigma_rad  # moves all votes alike
        wide = math.hypot(sigma, leaning)
        return [_moved(prior, x0 + c * step, y0 + r * step, wide) for r, c in peaks]

    def _sigma(self, camera: Camera, prior: Prior, above_m: float) -> float:
        """Spread of the votes of one place, m."""
        per_px = above_m / math.sqrt(camera.fx * camera.fy)
        aside = 0.25 * math.hypot(camera.width, camera.height) / camera.fx
        height = float(prior.position_sigma_m[2]) * aside
        return float(np.linalg.norm([self._p.centre_px * per_px, height, self._cell_m]))

    def _votes(
        self, found: list[Crater], camera: Camera, prior: Prior, agree_m2: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Camera places (n, 2) and weights (n,): a size that few have says more."""
        c, turn = self._catalogue, prior.pose.matrix
        pixel = np.array([(f.x_px, f.y_px) for f in found])
        tangent = (pixel - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
        ray = np.column_stack((tangent, np.ones(len(found)))) @ turn.T
        ray /= np.maximum(-ray[:, 2:], 0.05)  # per metre of height
        height = prior.pose.position_m[2] - c.centre_m[:, 2]
        # along the optical axis, 1 px at depth d spans d / f
        depth = (ray @ turn[:, 2])[:, None] * height
        radius_px = np.array([f.radius for f in found])[:, None]
        radius_m = np.maximum(radius_px * depth / math.sqrt(camera.fx * camera.fy), 1e-6)
        which, known = np.nonzero(np.abs(np.log(radius_m / c.radius_m)) < self._p.same_size)
        at = c.centre_m[known, :2] - height[known, None] * ray[which, :2]
        x0, y0, x1, y1 = self._extent
        rivals = np.bincount(which, minlength=len(found)) * agree_m2 / ((x1 - x0) * (y1 - y0))
        told = np.log(1.0 / np.clip(rivals, 1e-6, 0.99))
        sure = np.sqrt([f.confidence for f in found])
        return at, (sure * told)[which]

    def _peaks(self, sums: np.ndarray) -> np.ndarray:
        """(n, 2) rows and columns, most votes first."""
        top = cv2.dilate(sums, np.ones((13, 13), np.uint8))
        peaks = np.argwhere((sums >= top) & (sums > self._p.least_share * float(sums.max())))
        order = np.argsort(-sums[peaks[:, 0], peaks[:, 1]], kind="stable")
        return peaks[order[: self._p.places]]


def _listed(dem: Dem, plain: DemCraterParams) -> CraterCatalogue:
    coarser = max(1.0, math.sqrt(dem.heights.size / MOST_CELLS))
    return craters_of(dem, replace(plain, least_radius=coarser * plain.least_radius))


def _moved(prior: Prior, x_m: float, y_m: float, sigma_m: float) -> Prior:
    z, z_sigma = prior.pose.position_m[2], prior.position_sigma_m[2]
    pose = Pose(np.array([x_m, y_m, z]), prior.pose.orientation_xyzw)
    return replace(prior, pose=pose, position_sigma_m=np.array([sigma_m, sigma_m, z_sigma]))


class RelocalizingMatcher:
    """What `matcher` finds where the craters of the map say that the picture is.

    Parameters
    ----------
    matcher : Matcher
        Of the map.
    dem : Dem
        The map; its craters are found when they are first asked for (seconds on a large map).
    catalogue : CraterCatalogue or None
        Craters in `map` to be used instead.
    """

    def __init__(
        self, matcher: Matcher, dem: Dem, catalogue: CraterCatalogue | None = None,
        params: RelocalizationParams | None = None,
    ) -> None:  # fmt: skip
        self._matcher, self._dem, self._p = matcher.hasty(), dem, params or RelocalizationParams()
        self._catalogue = catalogue
        self._places: CraterPlaces | None = None
        self.index_s = 0.0

    def index(self) -> CraterPlaces:
        """The map's craters; `index_s` is how long it took to find them."""
        if self._places is None:
            start = time.perf_counter()
            self._places = CraterPlaces(self._dem, self._catalogue, self._p)
            self.index_s = time.perf_counter() - start
        return self._places

    def may_help(self, camera: Camera, prior: Prior) -> bool:
        """Whether the map is fine enough, or a catalogue is given."""
        ground = ground_seen(self._matcher.map, prior.pose)
        if ground is None:
            ground = float(np.nanmean(self._dem.heights))
        above = max(float(prior.pose.position_m[2]) - ground, 1.0)
        pixel_m = above / math.sqrt(camera.fx * camera.fy)
        fine = self._dem.resolution_m <= self._p.most_cell_px * pixel_m
        return self._catalogue is not None or fine

    def search(
        self, matcher: Matcher, image: np.ndarray, camera: Camera, prior: Prior,
        sun_azimuth_rad: float, sun_elevation_rad: float,
    ) -> Match:  # fmt: skip
        """What `matcher` finds at the prior's place or, between its first look and its slow second
        one, where the craters say. Parameters as for `Matcher.match`."""
        given = image, camera, prior, sun_azimuth_rad, sun_elevation_rad
        if not self.may_help(camera, prior):
            return matcher.match(*given)
        found = matcher.match(*given, elsewhere=lambda: self.match(*given))
        if found.code == OFF_MAP:  # there was nothing to look at, and no one was asked
            found = self.match(*given) or found
        return found

    def match(
        self, image: np.ndarray, camera: Camera, prior: Prior, sun_azimuth_rad: float,
        sun_elevation_rad: float,
    ) -> Match | None:  # fmt: skip
        """The fix at a place that the craters tell; None where there is none. Parameters as for
        `Matcher.match`."""
        for moved in self.index().priors(image, camera, prior):
            found = self._matcher.match(image, camera, moved, sun_azimuth_rad, sun_elevation_rad)
            if found.accepted:
                return replace(found, code=FOUND)
        return None
