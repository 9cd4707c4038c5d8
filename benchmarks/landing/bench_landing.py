"""`lupex bench landing`: the matcher on made-up scenes, beside what others do with the same map.

The scenes come from a renderer of its own (`landing.render`) or, with `--scenes second`, from one
that shares nothing with it (`landing.second_renderer`). Of every five, one shows ground
that is not on the map: a fix there is a false one, like a fix too far off (easy: 10 px of ground;
else 5 px of the map). Peers get the map lit by the same true Sun, which we count for nobody. In the
set `lost` our prior has a wrong place; the peers are told so, and look on the whole map.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import cv2
import numpy as np
from scipy.stats import chi2

from benchmarks.landing.peers import Peer, features, gradient_correlation, phase_correlation
from benchmarks.landing.scenes import KINDS, Kind, Scene, ground, orbital_map, scene
from benchmarks.landing.second_renderer.scenes import SECOND, second
from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import quat_inverse, quat_multiply, quat_to_rotvec
from lupex_rover.craters.crater_relocalization import RelocalizingMatcher
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.lighting import LightedMap
from lupex_rover.landing.matching.matcher import Match, Matcher
from lupex_rover.terrain.dem import Dem

GROUNDS, ON_MAP, OFF_MAP = 8, 4, 1
# of a kind and a ground's number: its map, one of other ground, scenes by map, seed and decoy
Maker = Callable[[Kind, int], tuple[Dem, Dem, Callable[[Dem, int, bool], Scene]]]
PEERS: dict[str, Peer] = {
    "sift_pnp": features(cv2.SIFT.create, cv2.NORM_L2),
    "orb_pnp": features(lambda: cv2.ORB.create(4000), cv2.NORM_HAMMING),
    "gradient_correlation": gradient_correlation,
    "phase_correlation": phase_correlation,
}
if hasattr(cv2, "AKAZE_create"):  # OpenCV 5 has moved it to its contributed modules
    PEERS["akaze_pnp"] = features(cv2.AKAZE_create, cv2.NORM_HAMMING)


def measure(
    scenes: str = "first",
    only: str | None = None,
    count: int = GROUNDS * ON_MAP,
    peers: int = GROUNDS * ON_MAP,
) -> dict[str, Any]:
    """Per set: ours and each peer; times are process times on one core.

    Ours light the map within their time; peers are given the lit map. `count`: scenes of a set
    on its map, made up to whole grounds of ON_MAP; `peers`: so many of them, the first ones, are
    given to the peers, too; `only`: one set by its name.
    """
    sets: dict[str, tuple[dict[str, Kind], Maker]] = {
        "first": (KINDS, first), "second": (SECOND, second),
    }  # fmt: skip
    if scenes not in sets:
        raise UserError(f"--scenes: {scenes!r} is unknown; known: {', '.join(sets)}")
    if count < 1:
        raise UserError(f"--count: {count} is no number above zero")
    if peers < 1:
        raise UserError(f"--peers: {peers} is no number above zero")
    kinds, maker = sets[scenes]
    if only is not None and only not in kinds:
        raise UserError(f"--only: {only!r} is unknown; known: {', '.join(kinds)}")
    kinds = kinds if only is None else {only: kinds[only]}
    grounds, shared = (math.ceil(n / ON_MAP) for n in (count, peers))
    out: dict[str, Any] = {
        name: _set(kind, maker, grounds, min(shared, grounds)) for name, kind in kinds.items()
    }
    if "akaze_pnp" not in PEERS:
        out["akaze_pnp"] = f"not measured: OpenCV {cv2.__version__} here has no AKAZE"
    return out


def first(kind: Kind, g: int) -> tuple[Dem, Dem, Callable[[Dem, int, bool], Scene]]:
    """As a Maker, of the first renderer."""
    heights, elsewhere = (ground(n + g, kind.cells, kind.relief_m) for n in (9000, 9500))
    dem, other = (
        orbital_map(z, kind.map_factor, kind.map_noise_m, g) for z in (heights, elsewhere)
    )
    return (
        dem,
        other,
        lambda its_map, seed, decoy: scene(replace(kind, decoy=decoy), heights, its_map, seed),
    )


@dataclass(frozen=True)
class Answer:
    """To one scene: `off_m` from the truth, None without a pose; more than `limit_m` is false."""

    decoy: bool
    off_m: float | None
    limit_m: float
    spent_s: float

    @property
    def right(self) -> bool:
        return not self.decoy and self.off_m is not None and self.off_m <= self.limit_m


def _set(kind: Kind, maker: Maker, grounds: int, shared: int) -> dict[str, Any]:
    """One set of `grounds`; the first `shared` of them are the peers', too."""
    answers: dict[str, list[Answer]] = {name: [] for name in ("ours", *PEERS)}
    squared: list[float] = []
    for g in range(grounds):
        print(f"{kind.name}: ground {g + 1} of {grounds}", file=sys.stderr, flush=True)
        dem, other, make = maker(kind, g)
        peers = PEERS if g < shared else {}
        for decoy, its_map, count in ((False, dem, ON_MAP), (True, other, OFF_MAP)):
            ours = Ours.of(its_map, kind)
            for i in range(count):
                s = make(its_map, 1000 * g + 10 * i + decoy, decoy)
                fine = kind.map_factor == 1
                limit_m = 10.0 * s.gsd_m if fine else 5.0 * its_map.resolution_m
                _one(s, limit_m, ours, peers, answers, squared)
    out: dict[str, Any] = {name: _told(given) for name, given in answers.items()}
    out["ours"]["normalised_error_squared_mean_of_6"] = round(float(np.mean(squared)), 2)
    inside = np.array(squared) < float(chi2.ppf(0.95, 6))
    out["ours"]["within_95_percent_bound"] = round(float(inside.mean()), 3)
    out["map_cell_m"] = kind.map_factor * 2.0
    same = _told(answers["ours"][: len(answers["sift_pnp"])])
    out["sift_ms_over_ours"] = round(out["sift_pnp"]["ms_median"] / same["ms_median"], 1)
    return out


@dataclass(frozen=True)
class Ours:
    """The matcher of a map and, where priors are lost, the map's craters, found beforehand."""

    matcher: Matcher
    lost: RelocalizingMatcher | None

    @classmethod
    def of(cls, dem: Dem, kind: Kind) -> Ours:
        """As the set needs it."""
        matcher = Matcher(dem, MatcherParams())
        lost = RelocalizingMatcher(matcher, dem) if kind.lost else None
        if lost is not None:
            lost.index()
        return cls(matcher, lost)

    def match(self, s: Scene) -> Match:
        """As `lupex land` does."""
        given = s.image, s.camera, s.prior, *s.sun_rad
        if self.lost is None:
            return self.matcher.match(*given)
        return self.lost.search(self.matcher, *given)

    def forget(self) -> LightedMap:
        """The map, unlit: to light it is part of the work."""
        self.matcher.map.forget()  # the lost one's, too
        return self.matcher.map


def _one(
    s: Scene, limit_m: float, ours: Ours, peers: dict[str, Peer],
    answers: dict[str, list[Answer]], squared: list[float],
) -> None:  # fmt: skip
    def note(name: str, position_m: np.ndarray | None, spent_s: float) -> None:
        off = None if position_m is None else float(np.linalg.norm(position_m - s.truth.position_m))
        answers[name].append(Answer(s.decoy, off, limit_m, spent_s))

    if not answers["ours"]:
        ours.match(s)  # compiled before it is timed
    fresh = ours.forget()
    match, spent = _timed(lambda: ours.match(s))
    note("ours", match.pose.position_m if match.accepted else None, spent)
    if match.accepted and not s.decoy:
        squared.append(_normalised(match, s))
    if peers:
        fresh.whole(0)
    told = s if ours.lost is None else anywhere(s)
    for name, peer in peers.items():
        position, spent = _timed(partial(peer, told, fresh))
        note(name, position, spent)


def anywhere(s: Scene) -> Scene:
    """The scene with a prior that leaves the whole map open (the peers' windows are 3 sigma)."""
    x0, y0, x1, y1 = s.dem.extent
    wide = max(x1 - x0, y1 - y0) / 3.0
    sigma = np.array([wide, wide, s.prior.position_sigma_m[2]])
    return replace(s, prior=replace(s.prior, position_sigma_m=sigma))


def _timed(job: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    return job(), time.process_time() - start


def _normalised(match: Match, s: Scene) -> float:
    turn = quat_multiply(match.pose.orientation_xyzw, quat_inverse(s.truth.orientation_xyzw))
    error = np.concatenate((match.pose.position_m - s.truth.position_m, quat_to_rotvec(turn)))
    return float(error @ np.linalg.solve(match.covariance, error))


def _told(answers: list[Answer]) -> dict[str, Any]:
    on_map = [a for a in answers if not a.decoy]
    right = [a.off_m for a in answers if a.right and a.off_m is not None]
    return {
        "on_map": len(on_map),
        "off_map": len(answers) - len(on_map),
        "right": len(right),
        "false": sum(a.off_m is not None and not a.right for a in answers),
        "error_m_median": round(float(np.median(right)), 2) if right else None,
        "ms_median": round(1e3 * float(np.median([a.spent_s for a in on_map])), 1),
        "ms_95_percent": round(1e3 * float(np.percentile([a.spent_s for a in on_map], 95)), 1),
        "ms_largest": round(1e3 * max(a.spent_s for a in on_map), 1),
    }
