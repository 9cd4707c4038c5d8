"""`lupex bench pictures`: one picture found in another, beside OpenCV's features and correlation.

WAC chips: parts of the LROC WAC mosaic of the south, turned by up to 10 degrees, scaled by up to a
tenth, brought to 800 m/px, looked for in the LOLA hillshade, whose light is another. Right: within
3 px. Each chip mirrored lies nowhere and must not be found. Apollo frames: `picture_chains`. Needs
the maps of the lunar-toolkit package and the frames in `../shared/data`; what is absent is said.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from benchmarks.landing.peers import LEAST_INLIERS, gradient, pairs
from benchmarks.pictures.chains import apollo
from lupex_rover.pictures.features import Placement
from lupex_rover.pictures.match import match_pictures
from lupex_rover.terrain.base_map import default_map_path

TURN_DEG, SCALE = 10.0, 1.1  # of the chips
ASKED_TURN_DEG, ASKED_SCALE = 15.0, 1.2  # what is searched, the command's defaults
RIGHT_PX = 3.0
RIM_PX = 20  # of the hillshade left free round each chip
SEED = 31
Place = tuple[float, float]
Peer = Callable[[np.ndarray, np.ndarray], Place | None]


def measure(count: int = 40) -> dict[str, Any]:
    """Chips of 256 and 128 px, `count` each, and the Apollo frames; process times, one core."""
    cv2.setNumThreads(1)
    maps = default_map_path().parent
    photo, shade = (
        cv2.imread(str(maps / name), cv2.IMREAD_GRAYSCALE)
        for name in ("wac_south.jpg", "lola_shade_south.jpg")
    )
    out: dict[str, Any] = {"right": f"within {RIGHT_PX:g} px"}
    if photo is None or shade is None:
        out["wac"] = f"not measured: no WAC mosaic or hillshade in {maps}"
    else:
        mosaic = cv2.resize(photo, shade.shape[::-1], interpolation=cv2.INTER_AREA)
        for size in (256, 128):
            out[f"wac_{size}"] = _chips(np.asarray(mosaic), np.asarray(shade), size, count)
    out["apollo"] = apollo()
    return out


def chip(mosaic: np.ndarray, rng: np.random.Generator, size: int) -> tuple[np.ndarray, Placement]:
    """A (size, size) part of the mosaic and where it lies; it lies on the mosaic whole."""
    turn = math.radians(rng.uniform(-TURN_DEG, TURN_DEG))
    scale = math.exp(rng.uniform(-1.0, 1.0) * math.log(SCALE))
    reach = 0.5 * size * scale * (abs(math.sin(turn)) + math.cos(turn)) + RIM_PX
    x, y = (rng.uniform(reach, n - 1 - reach) for n in mosaic.shape[::-1])
    place = Placement(x, y, turn, scale)
    image = cv2.warpAffine(
        mosaic, place.matrix(size, size), (size, size),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
    )  # fmt: skip
    return np.asarray(image), place


def _chips(mosaic: np.ndarray, shade: np.ndarray, size: int, count: int) -> dict[str, Any]:
    rng = np.random.default_rng(SEED + size)
    rows: dict[str, list[tuple[float | None, float]]] = {name: [] for name in ("ours", *PEERS)}
    mirrored = 0
    for number in range(count):
        image, true = chip(mosaic, rng, size)
        for name, peer in (("ours", _ours), *PEERS.items()):
            start = time.process_time()
            found = peer(shade, image)
            spent = time.process_time() - start
            off = None if found is None else math.hypot(found[0] - true.x_px, found[1] - true.y_px)
            rows[name].append((off, spent))
        mirrored += _ours(shade, np.ascontiguousarray(image[:, ::-1])) is not None
        print(f"chips of {size} px: {number + 1} of {count}", file=sys.stderr)
    told = {name: counted(r) for name, r in rows.items()}
    return {"chips": count, **told, "mirrored_chips_found": mirrored}


def counted(rows: list[tuple[float | None, float]]) -> dict[str, Any]:
    """Of errors (px, None where nothing is said) and times: how many are right, wrong, unsaid."""
    said = [off for off, _ in rows if off is not None]
    right = [off for off in said if off <= RIGHT_PX]
    return {
        "right": len(right),
        "wrong": len(said) - len(right),
        "no_match": len(rows) - len(said),
        "median_px": round(float(np.median(right)), 3) if right else None,
        "median_s": round(float(np.median([spent for _, spent in rows])), 3),
    }


def _ours(reference: np.ndarray, image: np.ndarray) -> Place | None:
    found = match_pictures(reference, image, math.radians(ASKED_TURN_DEG), ASKED_SCALE)
    return (found.place.x_px, found.place.y_px) if found.accepted and found.place else None


def _features(make: Callable[[], cv2.Feature2D], norm: int) -> Peer:
    """Keypoints, ratio test, similarity in RANSAC; believed with `LEAST_INLIERS`."""

    def peer(reference: np.ndarray, image: np.ndarray) -> Place | None:
        src, dst = pairs(make(), norm, image, reference)
        if len(src) < 3:
            return None
        matrix, inliers = cv2.estimateAffinePartial2D(src, dst, ransacReprojThreshold=3.0)
        if matrix is None or int(inliers.sum()) < LEAST_INLIERS:
            return None
        x, y = matrix @ np.array([*(0.5 * (n - 1) for n in image.shape[::-1]), 1.0])
        return float(x), float(y)

    return peer


def _correlation(reference: np.ndarray, image: np.ndarray) -> Place | None:
    """Normalised correlation of gradient magnitude, unturned; always says a place."""
    scores = cv2.matchTemplate(gradient(reference), gradient(image), cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(scores)
    return x + 0.5 * (image.shape[1] - 1), y + 0.5 * (image.shape[0] - 1)


PEERS: dict[str, Peer] = {
    "sift_ransac": _features(lambda: cv2.SIFT.create(), cv2.NORM_L2),
    "orb_ransac": _features(lambda: cv2.ORB.create(5000), cv2.NORM_HAMMING),
    "gradient_correlation": _correlation,
}
