"""Four Apollo 15 frames in each other, for `lupex bench pictures`: the direct place of a frame's
centre against chains over its neighbours.

- Ground followed: SIFT's displacement of the ground within `NEAR_PX` of the centre, link by link.
- Similarities multiplied: each link's place of the whole frame, SIFT's or ours. Relief moves a
  frame's parts against each other, so that even true ones would not close.
"""

from __future__ import annotations

import math
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.landing.peers import pairs
from lupex_rover.pictures.features import Placement
from lupex_rover.pictures.match import match_pictures

FRAMES = Path("../shared/data/apollo15")
NUMBERS = (295, 296, 297, 298)
TURN_RAD, SCALE = math.radians(15.0), 1.2
NEAR_PX, LEAST_NEAR = 40.0, 8
CLOSE_PX = 2.0
Pair = tuple[int, int]  # reference, image
Points = tuple[np.ndarray, np.ndarray]  # (n, 2) pixels of the image, of the reference


def apollo() -> dict[str, Any] | str:
    """All ordered pairs: accepted by us; direct places against chains."""
    frames = {n: _frame(n) for n in NUMBERS}
    if any(f is None for f in frames.values()):
        return f"not measured: no AS15-M-0295 to 0298 in {FRAMES}"
    shown = {n: np.asarray(f) for n, f in frames.items()}
    places, points = _all_pairs(shown)
    accepted = {p: q for p, q in places.items() if q is not None}
    rows, cols = shown[NUMBERS[0]].shape
    middle = np.array([0.5 * (cols - 1), 0.5 * (rows - 1)])
    followed, unseen = [], 0
    for pair, place in accepted.items():
        ground = follow(points, links(*pair), middle)
        if ground is None:
            unseen += 1
        else:
            followed.append(math.hypot(*(ground - (place.x_px, place.y_px))))
    ours = {p: _square(q.matrix(rows, cols)) for p, q in accepted.items()}
    sift = {p: _square(cv2.estimateAffinePartial2D(*xy)[0]) for p, xy in points.items()}
    return {
        "ordered_pairs": len(places),
        "accepted": len(accepted),
        "ground_followed": _summary(followed) | {"centre_not_on_reference": unseen},
        "our_similarities_multiplied": _summary(closures(ours, middle)),
        "sift_similarities_multiplied": _summary(closures(sift, middle)),
    }


def _frame(number: int) -> np.ndarray | None:
    path = next(iter(FRAMES.glob(f"*AS15-M-0{number}_SML.png")), None)
    return None if path is None else cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)


def _all_pairs(
    frames: dict[int, np.ndarray],
) -> tuple[dict[Pair, Placement | None], dict[Pair, Points]]:
    places: dict[Pair, Placement | None] = {}
    points: dict[Pair, Points] = {}
    for a, b in permutations(frames, 2):
        found = match_pictures(frames[a], frames[b], TURN_RAD, SCALE)
        places[a, b] = found.place if found.accepted else None
        points[a, b] = by_sift(frames[a], frames[b])
        print(f"Apollo frame {b} in {a}", file=sys.stderr)
    return places, points


def by_sift(reference: np.ndarray, image: np.ndarray, features: int = 12000) -> Points:
    """Pixels of both that show the same ground: SIFT, ratio test, one epipolar geometry."""
    src, dst = pairs(cv2.SIFT.create(features), cv2.NORM_L2, image, reference)
    _, good = cv2.findFundamentalMat(src, dst, cv2.USAC_MAGSAC, 2.0)
    kept = good.ravel() > 0
    return src[kept], dst[kept]


def links(reference: int, image: int) -> list[Pair]:
    """From `image` to `reference` by neighbours, in the order followed."""
    step = 1 if reference > image else -1
    return [(n + step, n) for n in range(image, reference, step)]


def follow(points: dict[Pair, Points], way: list[Pair], start: np.ndarray) -> np.ndarray | None:
    """Where the ground at `start` (x, y) is after all links; None where it is lost."""
    at = start
    for pair in way:
        src, dst = points[pair]
        near = np.hypot(*(src - at).T) < NEAR_PX
        if near.sum() < LEAST_NEAR:
            return None
        at = at + np.median((dst - src)[near], axis=0)
    return at


def closures(matrices: dict[Pair, np.ndarray], middle: np.ndarray) -> list[float]:
    """Direct place of the centre against that by multiplied links, px, for all not adjacent."""
    out = []
    for (a, b), direct in matrices.items():
        way = links(a, b)
        if len(way) < 2 or not all(pair in matrices for pair in way):
            continue
        chained = np.eye(3)
        for pair in way:
            chained = matrices[pair] @ chained
        centre = np.array([*middle, 1.0])
        out.append(float(np.linalg.norm((chained @ centre - direct @ centre)[:2])))
    return out


def _square(matrix: np.ndarray) -> np.ndarray:
    return np.vstack((matrix, [0.0, 0.0, 1.0]))


def _summary(apart: list[float]) -> dict[str, Any]:
    if not apart:
        return {"chains": 0}
    return {
        "chains": len(apart), "within_2_px": sum(a <= CLOSE_PX for a in apart),
        "median_px": round(float(np.median(apart)), 2), "largest_px": round(max(apart), 2),
    }  # fmt: skip
