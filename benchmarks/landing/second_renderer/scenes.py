"""Scenes of a second renderer: nothing of the first one's ground, light or camera is in them.

Dispersions are those of the first's sets (`landing.scenes.KINDS`), so that figures compare. The
picture shows ground of 1 m; the map of `easy` is its mean over 2 m. In `exact` the ground is that
map itself, smooth between its cells, and all else is as in `easy`: what differs is due to detail
that the map averages.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.landing.scenes import KINDS, Kind, Scene
from benchmarks.landing.second_renderer.ground import Ground, coarsened, make_ground, map_of
from benchmarks.landing.second_renderer.render import draw_look, expose, radiance
from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose, matrix_to_quat, quat_multiply, rotvec_to_quat
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.terrain.dem import Dem

SECOND = {
    "easy": KINDS["easy"],
    "exact": replace(KINDS["easy"], name="exact"),
    "polar": KINDS["polar"],
    "hard": KINDS["hard"],
}
FINEST_CELL_M = 2.0  # of a map whose `map_factor` is 1
PIXELS = 512
FOCAL_PX = (520.0, 760.0)
CENTRE_OFF_PX = 6.0
EDGE_M = 1000.0  # the ground looked at is so far inside the map
PRIOR_SIGMA = 0.6  # of the largest offset
NOISE_SPREAD = (0.6, 1.4)  # of a kind's map error
MIN_LIT = 0.15  # of the picture; a lander does not descend into the dark
TRIES = 12


def second(kind: Kind, g: int) -> tuple[Dem, Dem, Callable[[Dem, int, bool], Scene]]:
    """Of ground number `g`: its map, one of other ground, and scenes by map, seed and decoy."""
    ground = second_ground(kind, g)
    dem, other = second_map(kind, ground, g), second_map(kind, second_ground(kind, g + 2), g)
    return dem, other, lambda its_map, seed, decoy: second_scene(kind, ground, its_map, seed, decoy)


def second_ground(kind: Kind, g: int) -> Ground:
    """What the picture shows; numbers two apart are of the same steepness."""
    ground = make_ground(g)
    return coarsened(ground, FINEST_CELL_M) if kind.name == "exact" else ground


def second_map(kind: Kind, ground: Ground, seed: int) -> Dem:
    """The map of `ground` a lander of this kind has."""
    rng = np.random.default_rng((seed, kind.map_factor, 0x9015E))
    noise_m = kind.map_noise_m * rng.uniform(*NOISE_SPREAD)
    return map_of(ground, FINEST_CELL_M * kind.map_factor, noise_m, seed)


def second_scene(kind: Kind, ground: Ground, dem: Dem, seed: int, decoy: bool = False) -> Scene:
    """One scene; `dem` is of other ground if `decoy`, and the heights told are then above it."""
    rng = np.random.default_rng((seed, kind.map_factor, 0x5CE2E))
    for _ in range(TRIES):
        camera = _camera(rng)
        sun = rng.uniform(0.0, 2.0 * math.pi), math.radians(rng.uniform(*kind.sun_deg))
        gsd_m = rng.uniform(*kind.gsd_m)
        local = _pose(rng, kind, ground, gsd_m * camera.fx)
        look = draw_look(rng)
        light, lit = radiance(ground.surface, camera, local, sun, look)
        if lit.mean() > MIN_LIT:
            break
    image = expose(rng, light, camera, look)
    if decoy:
        x, y, z = local.position_m
        half = 0.5 * (dem.resolution_m - ground.step_m)
        lift = dem.height(dem.x0 - half + x, dem.y0 - half + y) - ground.surface.height_m(x, y)
        at = np.array([dem.x0 - half + x, dem.y0 - half + y, z + lift])
    else:
        at = local.position_m + [ground.x0, ground.y0, 0.0]
    truth = Pose(at, local.orientation_xyzw)
    prior = _prior(rng, kind, truth, gsd_m * camera.fx)
    return Scene(image, camera, prior, sun, truth, gsd_m, dem, decoy)


def _camera(rng: np.random.Generator) -> Camera:
    focal = rng.uniform(*FOCAL_PX)
    middle = 0.5 * (PIXELS - 1) + rng.uniform(-CENTRE_OFF_PX, CENTRE_OFF_PX, 2)
    return Camera(PIXELS, PIXELS, focal, focal, float(middle[0]), float(middle[1]))


def _pose(rng: np.random.Generator, kind: Kind, ground: Ground, distance_m: float) -> Pose:
    """Looks at ground well inside the map from `distance_m`; counted from the ground's corner."""
    x, y = rng.uniform(EDGE_M, ground.side_m - EDGE_M, 2)
    yaw, toward_rad = rng.uniform(0.0, 2.0 * math.pi, 2)
    tilt = math.radians(rng.uniform(0.0, kind.tilt_max_deg))
    c, s = math.cos(yaw), math.sin(yaw)
    down = matrix_to_quat(np.array([[c, s, 0.0], [s, -c, 0.0], [0.0, 0.0, -1.0]]))
    axis = np.array([math.cos(toward_rad), math.sin(toward_rad), 0.0])
    pose = Pose(np.zeros(3), quat_multiply(rotvec_to_quat(tilt * axis), down))
    aim = np.array([x, y, ground.surface.height_m(x, y)])
    return Pose(aim - distance_m * pose.matrix[:, 2], pose.orientation_xyzw)


def _prior(rng: np.random.Generator, kind: Kind, truth: Pose, height_m: float) -> Prior:
    """Off anywhere in a disc; height and attitude normally, by what is stated."""
    off = kind.offset_max_m * math.sqrt(rng.random())
    bearing = rng.uniform(0.0, 2.0 * math.pi)
    sigma_z, sigma_r = kind.altitude_sigma * height_m, math.radians(kind.attitude_sigma_deg)
    error = np.array([off * math.cos(bearing), off * math.sin(bearing), 0.0])
    error[2] = sigma_z * rng.standard_normal()
    turn = rotvec_to_quat(sigma_r * rng.standard_normal(3))
    pose = Pose(truth.position_m + error, quat_multiply(turn, truth.orientation_xyzw))
    sigma = PRIOR_SIGMA * kind.offset_max_m
    return Prior(pose, np.array([sigma, sigma, sigma_z]), sigma_r)
