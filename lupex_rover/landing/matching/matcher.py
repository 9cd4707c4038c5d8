"""Where the camera is, from one image and the onboard map: right, or silent.

The image is laid on the map with the prior pose and compared with the map under the predicted
Sun: the whole image over the window of the prior, then patches, from whose offsets the pose is
solved, then every cell of the view at once. A fix is given only when so many patches, each
searched anew around the pose, find themselves in place that chance cannot explain it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import Camera, Prior, prior_deviation
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.coarse_search import coarse
from lupex_rover.landing.matching.full_view_fit import FullViewFit, exact, settle, spread_m
from lupex_rover.landing.matching.image_pyramid import Frame
from lupex_rover.landing.matching.lighting import LightedMap, Span
from lupex_rover.landing.matching.ortho import OrthoMap
from lupex_rover.landing.matching.patch_fit import RoughFit, Support, begin, finish, seen, support
from lupex_rover.terrain.dem import Dem

__all__ = ["Camera", "Match", "Matcher", "Prior"]

NOT_THERE = ("LND-003", "LND-004", "LND-005")  # nothing fits where the prior points


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
    """Holds the onboard map under the present Sun, and an orthoimage of it where there is one."""

    def __init__(self, dem: Dem, params: MatcherParams, ortho: np.ndarray | None = None) -> None:
        self._p = params
        self.map = LightedMap(dem)
        self._ortho = None if ortho is None else OrthoMap(dem, ortho)

    def match(
        self,
        image: np.ndarray,
        camera: Camera,
        prior: Prior,
        sun_azimuth_rad: float,
        sun_elevation_rad: float,
        elsewhere: Callable[[], Match | None] | None = None,
    ) -> Match:
        """One try.

        Parameters
        ----------
        image : ndarray, shape (H, W)
            grey.
        camera : Camera
            Pinhole of the image.
        prior : Prior
            Pose and its sigmas.
        sun_azimuth_rad : float
            From grid north, clockwise.
        sun_elevation_rad : float
            Above the horizontal of `map`.
        elsewhere : Callable[[], Match | None] or None
            Asked for a fix where the first look finds none, before the second.
        """
        if sun_elevation_rad <= 0.0:
            return self._none("LND-008", prior)
        self.map.set_sun(sun_azimuth_rad, sun_elevation_rad)
        if self._ortho is not None:  # one under another Sun will not agree
            self._ortho.set_sun(sun_azimuth_rad, sun_elevation_rad)
        frame = Frame.of(image, camera, prior)
        if frame.lit_part() < self._p.min_lit:
            return self._none("LND-001", prior)
        reach = self._p.window_sigma * float(prior.position_sigma_m[:2].max())
        view = seen(camera, self.map, prior.pose)
        if view is None or self._covered(view[1], reach) < self._p.min_covered:
            return self._none("LND-002", prior)
        ground, span = view
        cell = self.map.cell_m
        if min(span[2] - span[0], span[3] - span[1]) < self._p.min_footprint_cells * cell:
            return self._none("LND-006", prior)
        starts, off_m = coarse(frame, self.map, self._p, ground, span)
        log_tests = min(max(2.0 * math.log10(reach / cell + 1.0), 1.0), 3.0)
        later: list[RoughFit] = []
        best = self._none("LND-003", prior)
        best = self._best(frame, best, self._first(frame, starts, off_m, later), log_tests, False)
        if elsewhere is not None and best.code in NOT_THERE:
            best = elsewhere() or best
        if not best.accepted:
            best = self._best(frame, best, self._second(frame, starts, later), log_tests, True)
        return best

    def _best(
        self, frame: Frame, best: Match, poses: Iterator[Pose], log_tests: float, late: bool
    ) -> Match:
        """The first of `poses` that is accepted, or what most patches agree on."""
        for pose in poses:
            found = self._exact(frame, pose)
            if found is None:
                continue
            agree = support(frame, self.map, self._p, found.pose, log_tests)
            match = self._judge(frame, found, agree, late)
            if match.accepted:
                return match
            best = max(best, match, key=lambda m: m.inliers)
        return best

    def by_photograph(self) -> Matcher | None:
        """One that looks for the orthoimage instead of the lit map; None without an orthoimage."""
        if self._ortho is None:
            return None
        other = copy(self)
        other.map, other._ortho = self._ortho, None
        return other

    def hasty(self) -> Matcher:
        """One without the second look, for many places of which most are wrong."""
        other = copy(self)
        other._p = replace(self._p, settled=0, followed_late=0)
        return other

    def _exact(self, frame: Frame, pose: Pose) -> FullViewFit | None:
        """The last step, by the orthoimage where that agrees better than the lit map."""
        found = exact(frame, self.map, self._p, pose)
        if found is None or self._ortho is None:
            return found
        other = exact(frame, self._ortho, self._p, pose)
        if other is None or other.correlation <= found.correlation:
            return found
        return other if spread_m(other.covariance) < spread_m(found.covariance) else found

    def _first(
        self, frame: Frame, starts: list[Pose], off_m: float, later: list[RoughFit]
    ) -> Iterator[Pose]:
        """Poses to be made exact, likeliest first; `later` gets what was begun and is not clear."""
        p = self._p
        for start in starts:
            begun = begin(frame, self.map, p, start, off_m)
            if begun is not None and begun.log_chance <= p.clear_log_chance:
                yield from finish(frame, self.map, p, begun, p.clear_rounds)
            elif begun is not None and begun.log_chance <= p.maybe_log_chance:
                later.append(begun)
        later.sort(key=lambda b: b.log_chance)
        yield from self._finished(frame, later[: p.followed])

    def _second(self, frame: Frame, starts: list[Pose], later: list[RoughFit]) -> Iterator[Pose]:
        """The whole view settled at the first peaks, then more of what was begun."""
        p = self._p
        views = (settle(frame, self.map, p, start) for start in starts[: p.settled])
        settled = [view for view in views if view is not None and view[0] > p.settled_correlation]
        for _, pose in sorted(settled, key=lambda v: -v[0])[: p.settled_followed]:
            yield pose
        yield from self._finished(frame, later[p.followed : p.followed + p.followed_late])

    def _finished(self, frame: Frame, begun: list[RoughFit]) -> Iterator[Pose]:
        for one in begun:
            yield from finish(frame, self.map, self._p, one)

    def _covered(self, span: Span, reach_m: float) -> float:
        """Part of the view's area whose heights the map may have, wherever within reach the
        camera is."""
        x0, y0, x1, y1 = self.map.extent
        x_min, y_min, x_max, y_max = span
        around = x_min - reach_m, y_min - reach_m, x_max + reach_m, y_max + reach_m
        wide = min(around[2], x1) - max(around[0], x0)
        high = min(around[3], y1) - max(around[1], y0)
        known = max(wide, 0.0) * max(high, 0.0) * self.map.known_share(around)
        return known / ((x_max - x_min) * (y_max - y_min))

    def _judge(self, frame: Frame, found: FullViewFit, agree: Support, late: bool) -> Match:
        """`late` : of the second look, which tries more places: it must know the pose well."""
        p = self._p
        part = agree.inliers / max(agree.tried, 1)
        spread_cells = spread_m(found.covariance) / self.map.cell_m
        known = found.correlation >= p.known_correlation and spread_cells <= p.known_sigma_cell
        if known or found.correlation >= p.sure_correlation:  # no other ground has come near it
            least, most, drift = p.sure_inlier_part, p.sure_max_log_nfa, p.sure_max_drift_px
        else:
            least, most, drift = p.min_inlier_part, p.max_log_nfa, p.max_drift_px
        certain = found.correlation >= p.certain_correlation
        code = "LND-000"
        if (
            agree.inliers < p.min_inliers
            or (found.correlation < p.min_correlation and not known)
            or part < least
            or agree.log_nfa > most
            or agree.drift_px > drift
            or (late and not known)
        ):
            code = "LND-004"
        elif prior_deviation(found.pose, frame.prior) > p.prior_gate_sigma:
            code = "LND-005"
        elif spread_cells > (p.certain_sigma_cell if certain else p.max_sigma_cell):
            code = "LND-013"
        return Match(
            code == "LND-000", code, found.pose, found.covariance, agree.inliers, agree.score
        )

    @staticmethod
    def _none(code: str, prior: Prior) -> Match:
        sigma = [*np.asarray(prior.position_sigma_m, float), *[prior.attitude_sigma_rad] * 3]
        return Match(False, code, prior.pose, np.diag(np.square(sigma)), 0, 0.0)
