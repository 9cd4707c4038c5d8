"""`lupex bench landing`: the matcher on made-up scenes, beside what others do with the same map.

The scenes come from a renderer of its own (`cli.landing_render`). Of every five, one shows ground
that is not on the map: a fix there is a false one, like a fix too far off (easy: 10 px of ground;
else 5 px of the map). Peers get the map lit by the same true Sun, which we count for nobody.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from lupex_rover.cli.landing_peers import (
    Peer,
    features,
    gradient_correlation,
    phase_correlation,
)
from lupex_rover.cli.landing_scenes import KINDS, Kind, Scene, ground, orbital_map, scene
from lupex_rover.core.transforms import quat_inverse, quat_multiply, quat_to_rotvec
from lupex_rover.landing.lighting import LightedMap
from lupex_rover.landing.matcher import Match, Matcher
from lupex_rover.landing.matcher_params import MatcherParams

GROUNDS, ON_MAP, OFF_MAP = 5, 4, 1
PEERS: dict[str, Peer] = {
    "sift_pnp": features(cv2.SIFT_create, cv2.NORM_L2),
    "orb_pnp": features(lambda: cv2.ORB_create(4000), cv2.NORM_HAMMING),
    "gradient_correlation": gradient_correlation,
    "phase_correlation": phase_correlation,
}
if hasattr(cv2, "AKAZE_create"):  # OpenCV 5 has moved it to its contributed modules
    PEERS["akaze_pnp"] = features(cv2.AKAZE_create, cv2.NORM_HAMMING)


def measure() -> dict[str, Any]:
    """Per set: ours and each peer; times are process times on one core, lighting of the map apart.

    Ours is told with lighting as well: `ms_median` includes it, peers are given it.
    """
    out: dict[str, Any] = {name: _set(kind) for name, kind in KINDS.items()}
    if "akaze_pnp" not in PEERS:
        out["akaze_pnp"] = f"not measured: OpenCV {cv2.__version__} here has no AKAZE"
    return out


def _set(kind: Kind) -> dict[str, Any]:
    rows: dict[str, list[tuple[bool, float | None, float]]] = {"ours": []}
    rows.update({name: [] for name in PEERS})
    squared: list[float] = []
    limit_m = 0.0
    for g in range(GROUNDS):
        print(f"{kind.name}: ground {g + 1} of {GROUNDS}", file=sys.stderr, flush=True)
        heights = ground(9000 + g)
        dem = orbital_map(heights, kind.map_factor, kind.map_noise_m, g)
        other = orbital_map(ground(9500 + g), kind.map_factor, kind.map_noise_m, g)
        for decoy, its_map, count in ((False, dem, ON_MAP), (True, other, OFF_MAP)):
            matcher = Matcher(its_map, MatcherParams())
            for i in range(count):
                s = scene(replace(kind, decoy=decoy), heights, its_map, 1000 * g + 10 * i + decoy)
                limit_m = 10.0 * s.gsd_m if kind.name == "easy" else 5.0 * its_map.resolution_m
                _one(s, matcher, rows, squared)
    out: dict[str, Any] = {n: _told(r, limit_m) for n, r in rows.items()}
    out["ours"]["normalised_error_squared_mean_of_6"] = round(float(np.mean(squared)), 2)
    out["map_cell_m"] = kind.map_factor * 2.0
    out["sift_ms_over_ours"] = round(out["sift_pnp"]["ms_median"] / out["ours"]["ms_median"], 1)
    return out


def _one(
    s: Scene, matcher: Matcher, rows: dict[str, list[tuple[bool, float | None, float]]],
    squared: list[float],
) -> None:  # fmt: skip
    if not rows["ours"]:
        matcher.match(s.image, s.camera, s.prior, *s.sun_rad)  # compiled before it is timed
    fresh = LightedMap(s.dem)
    matcher.map = fresh
    match, spent = _timed(lambda: matcher.match(s.image, s.camera, s.prior, *s.sun_rad))
    rows["ours"].append(
        (s.decoy, _off(match.pose.position_m, s) if match.accepted else None, spent)
    )
    if match.accepted and not s.decoy:
        squared.append(_normalised(match, s))
    fresh.whole(0)
    for name, peer in PEERS.items():
        position, spent = _timed(lambda peer=peer: peer(s, fresh))
        rows[name].append((s.decoy, None if position is None else _off(position, s), spent))


def _timed(job: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    return job(), time.process_time() - start


def _off(position_m: np.ndarray, s: Scene) -> float:
    return float(np.linalg.norm(position_m - s.truth.position_m))


def _normalised(match: Match, s: Scene) -> float:
    turn = quat_multiply(match.pose.orientation_xyzw, quat_inverse(s.truth.orientation_xyzw))
    error = np.concatenate((match.pose.position_m - s.truth.position_m, quat_to_rotvec(turn)))
    return float(error @ np.linalg.solve(match.covariance, error))


def _told(rows: list[tuple[bool, float | None, float]], limit_m: float) -> dict[str, Any]:
    on_map = [r for r in rows if not r[0]]
    right = [r[1] for r in on_map if r[1] is not None and r[1] <= limit_m]
    wrong = sum(r[1] is not None and (r[0] or r[1] > limit_m) for r in rows)
    return {
        "on_map": len(on_map),
        "off_map": len(rows) - len(on_map),
        "right": len(right),
        "false": wrong,
        "error_m_median": round(float(np.median(right)), 2) if right else None,
        "ms_median": round(1e3 * float(np.median([r[2] for r in on_map])), 1),
    }
