"""Where the camera is, from one image and the onboard map: right, or silent.

The image is laid on the map with the prior pose and compared, as local contrast, with the map
under the predicted Sun: first the whole image over the window of the prior, then patches, from
whose offsets the pose is solved. A fix is given only when so many patches, each searched on its
own, agree with one pose that chance cannot explain it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.correlate import contrast, peaks, window_scores
from lupex_rover.landing.expectation import LitMap, light, on_sheet
from lupex_rover.landing.frame import Frame, footprint, lay, map_for, sheet_over
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.pose import Camera, Prior, prior_deviation
from lupex_rover.landing.refine import BLUR_PX, CONTRAST_PX, Refined, ground_seen, refine
from lupex_rover.terrain.dem import Dem

__all__ = ["Camera", "Match", "Matcher", "Prior"]

SUN_MOVE_RAD = math.radians(0.1)  # light the map again when the Sun has moved this far
MAP_LEVELS = 5


@dataclass(frozen=True)
class Match:
    """`pose` is `map_T_camera`; where not accepted it is the best guess and `code` says why."""

    accepted: bool
    code: str
    pose: Pose
    covariance: np.ndarray  # (6, 6) position m, rotation vector rad, in `map`
    inliers: int
    score: float


class Matcher:
    """Holds the onboard map under the present Sun."""

    def __init__(self, dem: Dem, params: MatcherParams) -> None:
        self._dem = dem
        self._p = params
        self._sun = (math.inf, math.inf)
        self._maps: list[LitMap] = []

    def match(
        self,
        image: np.ndarray,
        camera: Camera,
        prior: Prior,
        sun_azimuth_rad: float,
        sun_elevation_rad: float,
    ) -> Match:
        """One try.

        Parameters
        ----------
        image : (H, W) grey.
        camera : pinhole of the image.
        prior : pose and its sigmas.
        sun_azimuth_rad : from grid north, clockwise.
        sun_elevation_rad : above the horizontal of `map`.
        """
        if sun_elevation_rad <= 0.0:
            return self._none("LND-008", prior)
        self._light(sun_azimuth_rad, sun_elevation_rad)
        frame = Frame.of(image, camera, prior)
        if frame.lit_part() < self._p.min_lit:
            return self._none("LND-001", prior)
        reach = self._p.window_sigma * float(prior.position_sigma_m[:2].max())
        ground = ground_seen(self._maps, prior.pose)
        span = None if ground is None else footprint(camera, prior.pose, ground)
        if ground is None or span is None or self._covered(span, reach) < self._p.min_covered:
            return self._none("LND-002", prior)
        cell = self._maps[0].cell_m
        if min(span[2] - span[0], span[3] - span[1]) < self._p.min_footprint_cells * cell:
            return self._none("LND-006", prior)
        starts, off_m = self._coarse(frame, ground, span)
        log_tests = min(max(2.0 * math.log10(reach / cell + 1.0), 1.0), 3.0)
        best = self._none("LND-003", prior)
        for start in starts:
            refined = refine(frame, self._maps, self._p, start, off_m, log_tests)
            if refined is None:
                continue
            found = self._judge(frame, refined, ground)
            if found.accepted:
                return found
            best = max(best, found, key=lambda m: m.inliers)
        return best

    def _covered(self, span: tuple[float, float, float, float], reach_m: float) -> float:
        """Part of the view's area that the map may cover, wherever within reach the camera is."""
        lit = self._maps[0]
        rows, cols = lit.heights.shape
        x_min, y_min, x_max, y_max = span
        ends = lit.x0 + cols * lit.cell_m, lit.y0 + rows * lit.cell_m
        wide = min(x_max + reach_m, ends[0]) - max(x_min - reach_m, lit.x0)
        high = min(y_max + reach_m, ends[1]) - max(y_min - reach_m, lit.y0)
        return max(wide, 0.0) * max(high, 0.0) / ((x_max - x_min) * (y_max - y_min))

    def _light(self, azimuth_rad: float, elevation_rad: float) -> None:
        moved = max(abs(azimuth_rad - self._sun[0]), abs(elevation_rad - self._sun[1]))
        if moved < SUN_MOVE_RAD:
            return
        self._sun = (azimuth_rad, elevation_rad)
        maps = [light(self._dem, azimuth_rad, elevation_rad)]
        while len(maps) < MAP_LEVELS and min(maps[-1].heights.shape) >= 64:
            maps.append(maps[-1].halved())
        self._maps = maps

    def _coarse(
        self, frame: Frame, ground: float, span: tuple[float, float, float, float]
    ) -> tuple[list[Pose], float]:
        """Poses at the peaks of the whole image's correlation, and how far off they may be, m."""
        p, prior = self._p, frame.prior
        cell = self._maps[0].cell_m
        wide = max(span[2] - span[0], span[3] - span[1])
        height = float(prior.pose.position_m[2]) - ground
        stretch = (
            0.5 * wide * (float(prior.position_sigma_m[2]) / height + prior.attitude_sigma_rad)
            + height * prior.attitude_sigma_rad
        )
        reach = p.window_sigma * float(prior.position_sigma_m[:2].max()) + 2.5 * stretch
        step = max(cell, wide / p.coarse_px)
        window = math.ceil(reach / step)
        if window <= 4:
            return [prior.pose], reach
        sheet = sheet_over(span, step)
        flat = np.full((sheet.rows, sheet.cols), ground, np.float32)
        laid = lay(frame, prior.pose, sheet, flat, height / frame.camera.fx)
        around = sheet.grown(window)
        lit = map_for(self._maps, step)
        expected = contrast(on_sheet(lit.brightness, lit, around), CONTRAST_PX)
        image = contrast(laid, CONTRAST_PX, BLUR_PX)
        scores = window_scores(image, np.isfinite(laid), expected)
        starts = []
        for r, c, _ in peaks(scores, p.tries, 4):
            shift = np.array([c - window, r - window, 0.0]) * step
            starts.append(Pose(prior.pose.position_m + shift, prior.pose.orientation_xyzw))
        return starts, 2.0 * step + 2.5 * stretch

    def _judge(self, frame: Frame, found: Refined, ground: float) -> Match:
        p = self._p
        pose = found.solution.pose
        part = found.inliers / max(found.tried, 1)
        code = "LND-000"
        if (
            found.inliers < p.min_inliers
            or part < p.min_inlier_part
            or found.log_nfa > p.max_log_nfa
        ):
            code = "LND-004"
        elif prior_deviation(pose, frame.prior) > p.prior_gate_sigma:
            code = "LND-005"
        covariance = found.solution.covariance * p.covariance_scale
        floor = (p.floor_cell * self._maps[0].cell_m) ** 2
        covariance[:3, :3] += floor * np.eye(3)
        return Match(code == "LND-000", code, pose, covariance, found.inliers, found.score)

    @staticmethod
    def _none(code: str, prior: Prior) -> Match:
        sigma = [*np.asarray(prior.position_sigma_m, float), *[prior.attitude_sigma_rad] * 3]
        return Match(False, code, prior.pose, np.diag(np.square(sigma)), 0, 0.0)
