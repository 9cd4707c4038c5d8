"""Which craters of a catalogue a picture shows, and from where it was taken; or nothing.

For a lander that has lost its place: only the camera, roughly which way is down, and the
catalogue are known. Triangles propose poses, poses that many triangles share are refined with all
craters, and one is believed only when so many agree as chance would not bring about in all that
was tried (Desolneux, Moisan and Morel 2000: number of false alarms).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.params import param
from lupex_rover.core.transforms import Pose, matrix_to_quat
from lupex_rover.craters.catalogue import CraterCatalogue
from lupex_rover.craters.index import CraterIndex, mean_up
from lupex_rover.craters.view import AttitudePrior, CratersInView, fit_pose, seen_by
from lupex_rover.landing.camera_pose import log_chance, project

GATE = 3.0  # sigmas within which a crater agrees
# Mixes the sides of a box into one number; two boxes with one number cost time, not truth.
PRIMES = np.array([73856093, 19349663, 83492791, 49979687, 67867979, 32452843, 15485863])


@dataclass(frozen=True)
class IdentifyParams:
    """How craters are looked for in a catalogue."""

    centre_sigma_px: float = param(
        1.0,
        "error of a found crater's centre, one sigma, the part that does not grow with the radius",
        unit="px", low=0.05, high=20,
    )  # fmt: skip
    centre_sigma_radii: float = param(
        0.03, "error of a found crater's centre, one sigma, over the radius",
        unit="1", low=0, high=0.5,
    )  # fmt: skip
    radius_sigma: float = param(
        0.07, "error of the logarithm of a found crater's radius, one sigma",
        unit="1", low=0.01, high=0.5,
    )  # fmt: skip
    lean_sigma_rad: float = param(
        0.06, "error of the assumed direction of down, one sigma", unit="rad", low=0.001, high=0.5,
    )  # fmt: skip
    neighbours: int = param(
        9, "number of nearest craters that a found crater forms triangles with", low=3, high=40,
    )  # fmt: skip
    most_craters: int = param(
        80, "number of found craters that are used, the surest first", low=6, high=1000,
    )  # fmt: skip
    most_triangles: int = param(
        400000, "number of pairs of triangles that are used, the likeliest first", low=100,
    )  # fmt: skip
    hypotheses: int = param(24, "number of camera poses that are refined", low=1, high=1000)
    least_inliers: int = param(
        6, "least number of agreeing craters that proves a pose", low=4, high=100,
    )  # fmt: skip
    least_share: float = param(
        0.2, "least share of the found or of the expected craters that must agree with a pose",
        unit="1", low=0, high=1,
    )  # fmt: skip
    log_chance: float = param(
        -7.0, "decimal logarithm of the allowed number of false alarms", unit="1", low=-100, high=0,
        source="mirrored and scattered views of the Moon reached -5.2 once in 750",
    )  # fmt: skip


@dataclass(frozen=True)
class FoundCraters:
    """Ellipses in a picture: `pixel` (n, 2) centres, `radius_px` (n,) of the circle of the same
    area, surest first."""

    pixel: np.ndarray
    radius_px: np.ndarray


@dataclass(frozen=True)
class Identification:
    """`pose` : `catalogue_T_camera` (optical axes); `covariance` (6, 6) position m, rotation
    vector rad; `found`, `which` (k,) : the found crater and the catalogue's; `log_false_alarms`."""

    pose: Pose
    covariance: np.ndarray
    found: np.ndarray
    which: np.ndarray
    residual_px: np.ndarray
    log_false_alarms: float


def identify(
    craters: FoundCraters,
    camera: Camera,
    index: CraterIndex,
    down: np.ndarray | None = None,
    altitude_m: tuple[float, float] | None = None,
    params: IdentifyParams | None = None,
) -> Identification | None:
    """The pose from which the catalogue looks like `craters`; None when that is not sure.

    Parameters
    ----------
    craters : FoundCraters
        As found in the picture, false ones among them.
    index : CraterIndex
        Of the catalogue; its frame is the pose's.
    down : ndarray or None, shape (3,)
        The ground's downward normal in camera axes; straight ahead when not given.
    altitude_m : tuple[float, float] or None
        Lowest and highest height over the craters, where it is known.
    """
    p = params or IdentifyParams()
    given = _usable(craters, camera, index.catalogue, altitude_m, p)
    craters = FoundCraters(craters.pixel[given], craters.radius_px[given])
    if len(given) < p.least_inliers or len(index.catalogue) < p.least_inliers:
        return None
    lean = AttitudePrior(
        _unit(down if down is not None else np.array([0.0, 0.0, 1.0])), p.lean_sigma_rad
    )
    level, level_radius, level_R_camera = _levelled(craters, camera, lean)
    triples, triangles = index.same(level, level_radius, p.neighbours, p.most_triangles)
    if not len(triples):
        return None
    position, right, height = _placed(index, level, triples, triangles)
    if altitude_m is not None:
        kept = (height > altitude_m[0]) & (height < altitude_m[1])
        triples, triangles = triples[kept], triangles[kept]
        position, right, height = position[kept], right[kept], height[kept]
    log_tried = math.log10(max(len(triples), 1))
    believed: list[Identification] = []
    for chosen in _shared(position, right, height, p.hypotheses):
        pose, up = _start(index, position, right, triangles, chosen, level_R_camera)
        one = _refined(craters, camera, index, pose, up, lean, log_tried, p)
        if one is not None:
            believed.append(one)
            if one.log_false_alarms < 3.0 * p.log_chance:
                break
    return _only(believed, given)


def _usable(
    craters: FoundCraters, camera: Camera, catalogue: CraterCatalogue,
    altitude_m: tuple[float, float] | None, p: IdentifyParams,
) -> np.ndarray:  # fmt: skip
    """Which found craters to use: where the height is known, those of a size that is listed."""
    use = np.isfinite(craters.radius_px) & (craters.radius_px > 0.0)
    use &= np.isfinite(craters.pixel).all(axis=1)
    if altitude_m is not None and len(catalogue):
        per_metre = math.sqrt(camera.fx * camera.fy)
        slack = 1.0 + 3.0 * p.radius_sigma
        least = catalogue.radius_m.min() * per_metre / altitude_m[1] / slack
        greatest = catalogue.radius_m.max() * per_metre / altitude_m[0] * slack
        use &= (craters.radius_px > least) & (craters.radius_px < greatest)
    return np.nonzero(use)[0][: p.most_craters]


def _unit(v: np.ndarray) -> np.ndarray:
    return np.asarray(v, float) / np.linalg.norm(v)


def _levelled(
    craters: FoundCraters, camera: Camera, lean: AttitudePrior
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Craters as a camera that looks straight down has them: tangents of angles (n, 2), radii
    (n,); and the rotation from the camera's axes to that one's."""
    z = lean.down
    x = _unit(np.array([1.0, 0.0, 0.0]) - z[0] * z)
    level_R_camera = np.stack((x, np.cross(z, x), z))
    tangent = (craters.pixel - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    ray = np.column_stack((tangent, np.ones(len(tangent))))
    turned = ray @ level_R_camera.T
    depth = np.maximum(turned[:, 2], 0.05)
    # a small patch of tangent plane grows by the Jacobian of the projection, 1 / depth^3
    radius = craters.radius_px / math.sqrt(camera.fx * camera.fy) * depth**-1.5
    return turned[:, :2] / depth[:, None], radius, level_R_camera


def _placed(
    index: CraterIndex, level: np.ndarray, triples: np.ndarray, triangles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Camera position (m, 3), direction of its level right (m, 3), height (m,) of each pair.

    The best similarity between the triangles, as complex numbers.
    """
    picture = level[triples]
    middle = picture.mean(axis=1)
    q = (picture - middle[:, None]) @ [1.0, 1j]
    c = index.flat[triangles] @ [1.0, 1j]
    turn = (c * q.conj()).sum(axis=1) / np.maximum((np.abs(q) ** 2).sum(axis=1), 1e-12)
    corners = index.triples[triangles]
    up = mean_up(index.catalogue, corners)
    right, down = index.right[triangles], np.cross(index.right[triangles], up)
    offset = turn * (middle @ [1.0, 1j])
    height = np.abs(turn)
    position = (
        index.catalogue.centre_m[corners].mean(axis=1) + height[:, None] * up
        - offset.real[:, None] * right - offset.imag[:, None] * down
    )  # fmt: skip
    heading = turn / np.maximum(height, 1e-12)
    return position, heading.real[:, None] * right + heading.imag[:, None] * down, height


def _shared(
    position: np.ndarray, right: np.ndarray, height: np.ndarray, most: int
) -> list[np.ndarray]:
    """Pairs that agree about the pose, most numerous first: boxes of log height, place and
    heading, laid twice so that none is cut in both."""
    groups = []
    for shift in (0.0, 0.5):
        size = np.floor(np.log(height) / 0.15 + shift)
        box = (0.16 * np.exp(0.15 * size))[:, None]
        keys = np.column_stack(
            (size, np.floor(position / box + shift), np.floor(right / 0.4 + shift))
        ).astype(np.int64)
        mixed = keys @ PRIMES
        _, inverse, count = np.unique(mixed, return_inverse=True, return_counts=True)
        order = np.argsort(inverse, kind="stable")
        starts = np.concatenate(([0], np.cumsum(count)))
        groups += [order[starts[k] : starts[k + 1]] for k in np.argsort(-count)[:most]]
    return sorted(groups, key=len, reverse=True)[:most]


def _start(
    index: CraterIndex, position: np.ndarray, right: np.ndarray, triangles: np.ndarray,
    chosen: np.ndarray, level_R_camera: np.ndarray,
) -> tuple[Pose, np.ndarray]:  # fmt: skip
    """The middle of a group as a pose, and the ground's normal there."""
    up = _unit(mean_up(index.catalogue, index.triples[triangles[chosen]]).mean(axis=0))
    x = np.median(right[chosen], axis=0)
    x = _unit(x - (x @ up) * up)
    world_R_level = np.column_stack((x, np.cross(-up, x), -up))
    middle = np.median(position[chosen], axis=0)
    return Pose(middle, matrix_to_quat(world_R_level @ level_R_camera)), up


def _refined(
    craters: FoundCraters, camera: Camera, index: CraterIndex, pose: Pose, up: np.ndarray,
    lean: AttitudePrior, log_tried: float, p: IdentifyParams,
) -> Identification | None:  # fmt: skip
    """The pose with all craters that agree; None when they are too few to be sure."""
    sigma = np.hypot(p.centre_sigma_px, p.centre_sigma_radii * craters.radius_px)
    for gate_px in (0.06 * camera.width, 0.03 * camera.width, 0.0, 0.0):
        near = _nearby(index, camera, pose)
        seen = seen_by(camera, pose, near[0])
        gate = np.maximum(gate_px, 4.0 * sigma)
        found, at = _paired(craters, seen, gate, 4.0 * p.radius_sigma)
        if len(found) < 4:
            return None
        rims = near[0].centre_m[seen.which[at]]
        bias = seen.pixel[at] - project(camera, pose, rims)
        pixels = craters.pixel[found] - bias
        pose, covariance = fit_pose(camera, pose, rims, pixels, sigma[found], up, lean)
        if not np.isfinite(pose.position_m).all():
            return None
    seen = seen_by(camera, pose, near[0])
    found, at = _paired(craters, seen, GATE * sigma, GATE * p.radius_sigma)
    score = log_tried + _log_false(craters, camera, seen, GATE * sigma, len(found), p)
    share = len(found) / max(1, min(len(craters.radius_px), len(seen.which)))
    if len(found) < p.least_inliers or share < p.least_share or score > p.log_chance:
        return None
    residual = np.linalg.norm(craters.pixel[found] - seen.pixel[at], axis=1)
    which = near[1][seen.which[at]]
    return Identification(pose, covariance, found, which, residual, score)


def _nearby(index: CraterIndex, camera: Camera, pose: Pose) -> tuple[CraterCatalogue, np.ndarray]:
    """Craters within reach of the camera, and their numbers in the catalogue."""
    nearest = float(index.places.query(pose.position_m)[0])
    wide = math.hypot(camera.width / camera.fx, camera.height / camera.fy)
    which = np.array(index.places.query_ball_point(pose.position_m, nearest * (2.0 + 1.5 * wide)))
    return index.catalogue.part(which), which


def _paired(
    craters: FoundCraters, seen: CratersInView, gate_px: np.ndarray, gate_log: float
) -> tuple[np.ndarray, np.ndarray]:
    """Found craters and the seen ones they go with: nearest both ways, in place and size."""
    if not len(seen.which):
        return np.zeros(0, int), np.zeros(0, int)
    apart = np.linalg.norm(craters.pixel[:, None] - seen.pixel[None], axis=2) / gate_px[:, None]
    size = np.log(craters.radius_px[:, None] / seen.radius_px[None]) / gate_log
    cost = np.where((apart < 1.0) & (np.abs(size) < 1.0), apart**2 + size**2, np.inf)
    at, back = cost.argmin(axis=1), cost.argmin(axis=0)
    found = np.nonzero(np.isfinite(cost.min(axis=1)) & (back[at] == np.arange(len(at))))[0]
    return found, at[found]


def _log_false(
    craters: FoundCraters, camera: Camera, seen: CratersInView, gate_px: np.ndarray, agree: int,
    p: IdentifyParams,
) -> float:  # fmt: skip
    """log10 of the chance that so many agree if the found craters lay anywhere.

    Three of them set the pose and prove nothing.
    """
    size = np.abs(np.log(craters.radius_px[:, None] / seen.radius_px[None]))
    rivals = (size < GATE * p.radius_sigma).sum(axis=1)
    part = np.maximum(rivals, 1) * math.pi * gate_px**2 / (camera.width * camera.height)
    chance = float(np.mean(1.0 - np.exp(-part)))
    return log_chance(agree - 3.0, len(craters.radius_px) - 3.0, chance)


def _only(believed: list[Identification], given: np.ndarray) -> Identification | None:
    """The least likely to be chance, in the caller's numbers of craters; None when another,
    elsewhere, is nearly as good."""
    if not believed:
        return None
    believed = sorted(believed, key=lambda one: one.log_false_alarms)
    best = believed[0]
    for other in believed[1:]:
        shared = len(set(zip(best.found, best.which)) & set(zip(other.found, other.which)))
        if shared < 0.5 * len(other.found) and other.log_false_alarms < 0.6 * best.log_false_alarms:
            return None
    return replace(best, found=given[best.found])
