"""An image matcher in a hundred lines: gradients of the picture against those of the lit map.

The picture is laid on the map with the prior pose. Its brightness gradients are correlated with
those of the map under the Sun, over the window of the prior. The highest peak gives the camera's
horizontal place; height and attitude stay the prior's. It finds no rotation, corrects no height,
and knows no chance of error but the peak's lead over the next one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

from lupex_rover.core.params import param
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import Camera, Prior, project
from lupex_rover.landing.matching.interface import MatcherPlugin
from lupex_rover.landing.matching.matcher import Match
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.shadow import lit_map

Array = np.ndarray


@dataclass(frozen=True)
class GradientParams:
    """`image_matcher_params` of node `landing`."""

    window_sigma: float = param(3.0, "half the searched window, in sigmas", low=1, high=6)
    min_cells: int = param(1000, "map cells that the picture shows, at least", low=64, high=10**6)
    min_score: float = param(0.3, "least correlation at the peak", low=0, high=1)
    min_lead: float = param(1.15, "peak over the best one elsewhere, at least", low=1, high=10)
    sigma_cells: float = param(0.5, "error of the place, in map cells", low=0.01, high=10)


class GradientMatcher:
    """Keeps the lit map and its gradients for the last Sun."""

    def __init__(self, dem: Dem, params: GradientParams) -> None:
        self._dem, self._p = dem, params
        self._sun = (math.nan, math.nan)
        self._map: np.ndarray = np.zeros(dem.heights.shape, complex)

    def match(
        self,
        image: Array,
        camera: Camera,
        prior: Prior,
        sun_azimuth_rad: float,
        sun_elevation_rad: float,
    ) -> Match:
        if sun_elevation_rad <= 0.0:
            return _none("LND-008", prior)
        self._set_sun(sun_azimuth_rad, sun_elevation_rad)
        step = self._dem.resolution_m
        reach = math.ceil(self._p.window_sigma * prior.position_sigma_m[:2].max() / step)
        box = self._view(camera, prior.pose)
        if box is None or min(box) - reach < 0:
            return _none("LND-002", prior)
        r0, r1, c0, c1 = box
        rows, cols = self._map.shape
        if r1 + reach > rows or c1 + reach > cols:
            return _none("LND-002", prior)
        if min(r1 - r0, c1 - c0) ** 2 < self._p.min_cells:
            return _none("LND-006", prior)
        seen = self._laid(image, camera, prior.pose, box)
        cells = int(np.count_nonzero(seen))
        if cells < self._p.min_cells:
            return _none("LND-006", prior)
        around = self._map[r0 - reach : r1 + reach, c0 - reach : c1 + reach]
        score = _correlation(seen, around)
        return self._judge(score, reach, prior, cells)

    def _set_sun(self, azimuth: float, elevation: float) -> None:
        """Lambert's law times the share of the Sun that each cell sees."""
        if (azimuth, elevation) == self._sun:
            return
        self._sun = (azimuth, elevation)
        dy, dx = np.gradient(self._dem.heights.astype(float), self._dem.resolution_m)
        toward = -dx * math.sin(azimuth) - dy * math.cos(azimuth)
        light = np.sin(elevation) + np.cos(elevation) * toward
        light = np.clip(light, 0.0, None) / np.sqrt(1.0 + dx**2 + dy**2)
        self._map = _gradient(light * lit_map([self._dem], azimuth, elevation))

    def _view(self, camera: Camera, pose: Pose) -> tuple[int, int, int, int] | None:
        """First and last row and column of the cells that the picture may show."""
        x, y, z = pose.position_m
        if not self._dem.contains(x, y):
            return None
        height = z - self._dem.height(float(x), float(y))
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [camera.width, camera.height]
        rays = np.column_stack(
            ((corners - [camera.cx, camera.cy]) / [camera.fx, camera.fy], np.ones(4))
        )
        rays = rays @ pose.matrix.T
        if (rays[:, 2] > -0.1).any():  # looks at the horizon
            return None
        ground = pose.position_m[:2] + rays[:, :2] * (height / -rays[:, 2:])
        step, corner = self._dem.resolution_m, [self._dem.x0, self._dem.y0]
        c0, r0 = np.ceil((ground.min(axis=0) - corner) / step).astype(int)
        c1, r1 = np.floor((ground.max(axis=0) - corner) / step).astype(int)
        return int(r0), int(r1), int(c0), int(c1)

    def _laid(
        self, image: Array, camera: Camera, pose: Pose, box: tuple[int, int, int, int]
    ) -> Array:
        """Gradients of the picture's brightness at the cells of the box; 0 beyond the picture."""
        r0, r1, c0, c1 = box
        step = self._dem.resolution_m
        x, y = np.meshgrid(
            self._dem.x0 + step * np.arange(c0, c1), self._dem.y0 + step * np.arange(r0, r1)
        )
        points = np.column_stack((x.ravel(), y.ravel(), self._dem.height(x, y).ravel()))
        uv = project(camera, pose, points)
        height = pose.position_m[2] - points[:, 2].mean()
        smooth = ndimage.gaussian_filter(image.astype(float), 0.5 * step * camera.fx / height)
        grey = ndimage.map_coordinates(smooth, uv.T[::-1], order=1, mode="nearest")
        inside = ((uv >= 0) & (uv <= [camera.width - 1, camera.height - 1])).all(axis=1)
        inside = ndimage.binary_erosion(inside.reshape(x.shape), iterations=3)
        return np.where(inside, _gradient(grey.reshape(x.shape)), 0.0)

    def _judge(self, score: Array, reach: int, prior: Prior, cells: int) -> Match:
        row, col = np.unravel_index(np.argmax(score), score.shape)
        peak = float(score[row, col])
        rows, cols = np.ogrid[: score.shape[0], : score.shape[1]]
        elsewhere = score[np.hypot(rows - row, cols - col) > 4.0]
        lead = peak / max(float(elsewhere.max(initial=0.0)), 1e-6)
        if peak < self._p.min_score or lead < self._p.min_lead:
            return _none("LND-003", prior)
        step = self._dem.resolution_m
        off = np.array([_top(score[row], col), _top(score[:, col], row)]) - reach
        position = prior.pose.position_m + [*(step * off), 0.0]
        sigma = [self._p.sigma_cells * step] * 2 + [float(prior.position_sigma_m[2])]
        covariance = np.diag(np.square([*sigma, *[prior.attitude_sigma_rad] * 3]))
        pose = Pose(position, prior.pose.orientation_xyzw)
        return Match(True, "LND-000", pose, covariance, max(1, cells // 400), peak)


def _gradient(brightness: Array) -> Array:
    """East and north gradient as one complex number, of unit size where there is any contrast."""
    dy, dx = np.gradient(ndimage.gaussian_filter(np.asarray(brightness, float), 1.0))
    gradient = dx + 1j * dy
    size = np.abs(gradient)
    return gradient / (size + np.median(size) + 1e-12)


def _correlation(seen: Array, around: Array) -> Array:
    """Normalized correlation for every shift of `seen` within `around`, -1..1."""
    same = signal.correlate(around, seen, mode="valid", method="fft").real
    shown = (seen != 0.0).astype(float)
    power = signal.correlate(np.abs(around) ** 2, shown, mode="valid", method="fft")
    return same / np.sqrt(np.maximum(power, 1e-9) * (np.abs(seen) ** 2).sum())


def _top(line: Array, at: np.intp) -> float:
    """Place of the top of a parabola through the peak and its neighbours."""
    if not 0 < at < line.size - 1:
        return float(at)
    left, middle, right = line[at - 1 : at + 2]
    return float(at) + 0.5 * (left - right) / (left - 2.0 * middle + right - 1e-12)


def _none(code: str, prior: Prior) -> Match:
    sigma = [*np.asarray(prior.position_sigma_m, float), *[prior.attitude_sigma_rad] * 3]
    return Match(False, code, prior.pose, np.diag(np.square(sigma)), 0, 0.0)


MATCHER = MatcherPlugin(GradientMatcher, GradientParams)
