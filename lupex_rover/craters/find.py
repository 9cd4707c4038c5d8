"""Craters in a picture, of any size and under any Sun.

Three steps: circles that look like a lit bowl (`circle_detector`), what a small network says
about each and where it puts the rim (`crater_classifier`), and the ellipse of the rim's edges
(`ellipse_fit`). Of circles that are one crater the surest is kept.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from lupex_rover.core.params import param
from lupex_rover.craters.circle_detector import Circles, detect_circles, grey_of
from lupex_rover.craters.crater_classifier import Light, judge, pyramid
from lupex_rover.craters.ellipse_fit import Crater, fit_ellipses
from lupex_rover.pictures.features import Fields, fields

EDGE_RADIUS_PX = 8.0  # the picture is halved until radii are 1 to 2 times that
ENOUGH = 20  # circles, to tell where the light comes from
RIM_POINTS, RIM_SEEN = 32, 0.75  # where a picture has gaps
LARGE_PX = 18.0  # circles from here on tell it better than many small ones, and get more looks


@dataclass(frozen=True)
class CraterParams:
    """Lengths in px of the picture."""

    least_radius_px: float = param(
        5.0, "smallest crater radius that is looked for", unit="px", low=3, high=1000,
    )  # fmt: skip
    greatest_part: float = param(
        0.25, "largest crater radius that is looked for, over the shorter side of the picture",
        unit="1", low=0.01, high=0.5,
    )  # fmt: skip
    least_score: float = param(
        0.42, "least likeness to a lit bowl for which the classifier is asked",
        unit="1", low=0.2, high=1,
    )  # fmt: skip
    worth_moving: float = param(
        0.003, "least chance of being a crater for which a circle is moved to the rim",
        unit="1", low=0, high=1,
    )  # fmt: skip
    least_confidence: float = param(
        0.01, "least confidence of a crater that is reported", unit="1", low=0, high=1,
    )  # fmt: skip
    ladders: int = param(
        3,
        "number of times that large circles are looked for, each with radii between the last ones",
        low=1, high=8,
    )  # fmt: skip
    moves: int = param(2, "number of times that a circle is moved and judged again", low=0, high=10)
    apart: float = param(
        0.45, "largest distance of two centres that count as one crater, over the larger radius",
        unit="1", low=0, high=2,
    )  # fmt: skip
    same_size: float = param(
        0.6, "least ratio of two radii that count as one crater's", unit="1", low=0, high=1,
    )  # fmt: skip

    @classmethod
    def surer(cls, least_radius_px: float) -> CraterParams:
        """For who does better with fewer false ones than with all true ones; faster."""
        return cls(
            least_radius_px=least_radius_px, worth_moving=0.03, least_confidence=0.05, ladders=1
        )


def find_craters(image: np.ndarray, params: CraterParams | None = None) -> list[Crater]:
    """Craters of a grey picture (rows, cols), surest first; pixel centres at integers.

    NaN is where nothing is seen: a crater with its centre or a quarter of its rim there is not
    told. A collar of NaN is as the end of the picture.
    """
    p = params or CraterParams()
    known = np.isfinite(image)
    if known.all():
        return _find(image, p)
    if not known.any():
        return []
    rows, cols = (slice(i.min(), i.max() + 1) for i in np.nonzero(known))
    inside = known[rows, cols]
    _, nearest = ndimage.distance_transform_edt(~inside, return_indices=True)
    found = [c for c in _find(image[rows, cols][tuple(nearest)], p) if _rim_seen(c, inside)]
    placed = [
        dataclasses.replace(c, x_px=c.x_px + cols.start, y_px=c.y_px + rows.start) for c in found
    ]
    centre = _at(known, *np.array([(c.x_px, c.y_px) for c in placed]).reshape(-1, 2).T)
    return [c for c, seen in zip(placed, centre) if seen]


def _rim_seen(crater: Crater, known: np.ndarray) -> bool:
    """Whether enough of the rim lies where the picture has values, or beyond its end."""
    around = np.linspace(0.0, 2.0 * np.pi, RIM_POINTS, endpoint=False)
    along, across = crater.a_px * np.cos(around), crater.b_px * np.sin(around)
    c, s = np.cos(crater.angle_rad), np.sin(crater.angle_rad)
    rim = _at(known, crater.x_px + c * along - s * across, crater.y_px + s * along + c * across)
    return float(rim.mean()) >= RIM_SEEN


def _at(known: np.ndarray, x_px: np.ndarray, y_px: np.ndarray) -> np.ndarray:
    """(N,) bool of `known` at places; true beyond the picture."""
    return np.asarray(
        ndimage.map_coordinates(known, (y_px, x_px), order=0, mode="constant", cval=True)
    )


def _find(image: np.ndarray, p: CraterParams) -> list[Crater]:
    grey = grey_of(image)
    chance, circles = judged(grey, p)
    order = np.argsort(-chance, kind="stable")
    order = order[chance[order] >= p.least_confidence]
    kept = order[_distinct(circles.part(order), p)]
    return _ellipses(grey, circles.part(kept), chance[kept])


def judged(grey: np.ndarray, p: CraterParams) -> tuple[np.ndarray, Circles]:
    """Chance (n,) and place of every circle worth asking about, moved to its rim.

    The chance is the mean of what the network said on the way: one look that finds a circle sure
    and the next that does not tell less than two that agree.
    """
    votes = _votes(grey, p)
    levels, large = pyramid(grey), votes.radius >= LARGE_PX
    if min(large.sum(), (~large).sum()) < ENOUGH:
        return _moved(levels, votes, p)
    (chance, circles), (others, smaller) = (
        _moved(levels, votes.part(which), p) for which in (large, ~large)
    )
    return np.concatenate((chance, others)), circles.and_more(smaller)


def _votes(grey: np.ndarray, p: CraterParams) -> Circles:
    """Large circles are few, and one missed between two radii or two pixels matters: they are
    looked for on several ladders of radii, each on pictures of its own reduction. One ladder
    is that of the small ones, gone on."""
    greatest = p.greatest_part * min(grey.shape)
    if p.ladders == 1:
        return detect_circles(grey, p.least_radius_px, greatest, p.least_score)
    large = max(p.least_radius_px, LARGE_PX)
    votes = detect_circles(grey, p.least_radius_px, min(large, greatest), p.least_score)
    for k in range(p.ladders):
        start = large * 2.0 ** (k / p.ladders)
        votes = votes.and_more(detect_circles(grey, start, greatest, p.least_score))
    return votes


def _moved(levels: list[np.ndarray], votes: Circles, p: CraterParams) -> tuple[np.ndarray, Circles]:
    """Chance and place of circles of which all tell where the light comes from."""
    if len(votes) < ENOUGH:
        return np.zeros(0), votes.part(np.zeros(0, int))
    light = Light.of(votes)
    chance, moved = judge(levels, votes, light)
    worth = chance >= p.worth_moving
    circles, moved, looks = votes.part(worth), moved.part(worth), [chance[worth]]
    for _ in range(p.moves if worth.any() else 0):
        circles = moved
        chance, moved = judge(levels, circles, light)
        looks.append(chance)
    return np.mean(looks, axis=0), circles


def _distinct(circles: Circles, p: CraterParams) -> np.ndarray:
    """Of circles in order, those that are not the same crater as an earlier one."""
    place = np.column_stack((circles.x, circles.y))
    if not len(place):
        return np.zeros(0, int)
    free = np.ones(len(place), bool)
    tree = cKDTree(place)
    kept = []
    for k in range(len(place)):
        if not free[k]:
            continue
        kept.append(k)
        reach = p.apart * circles.radius[k] / p.same_size
        near = np.array(tree.query_ball_point(place[k], reach))
        larger = np.maximum(circles.radius[near], circles.radius[k])
        smaller = np.minimum(circles.radius[near], circles.radius[k])
        away = np.hypot(*(place[near] - place[k]).T)
        free[near[(away < p.apart * larger) & (smaller > p.same_size * larger)]] = False
    return np.array(kept)


def _ellipses(grey: np.ndarray, circles: Circles, chance: np.ndarray) -> list[Crater]:
    """The rim of each, from a picture so reduced that its radius is about the same in all."""
    halvings = np.round(np.log2(circles.radius / EDGE_RADIUS_PX) - 0.5)
    halvings = np.maximum(halvings, 0).astype(int)
    out: list[tuple[int, Crater]] = []
    for half in np.unique(halvings):
        which, factor = np.nonzero(halvings == half)[0], 2 ** int(half)
        table = np.column_stack((circles.x, circles.y, circles.radius))[which]
        table[:, :2] = (table[:, :2] + 0.5) / factor - 0.5
        table[:, 2] /= factor
        fitted = fit_ellipses(_fields(grey, factor), table, chance[which])
        out += [(int(k), crater.enlarged(factor)) for k, crater in zip(which, fitted)]
    return [crater for _, crater in sorted(out, key=lambda pair: pair[0])]


def _fields(grey: np.ndarray, factor: int) -> Fields:
    rows, cols = (max(8, round(n / factor)) for n in grey.shape)
    if factor == 1:
        return fields(grey)
    return fields(cv2.resize(grey, (cols, rows), interpolation=cv2.INTER_AREA))
