"""Where one picture lies in another when nobody knows the light of either."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.params import ordered, param
from lupex_rover.pictures.centre import at_centre, sharpness
from lupex_rover.pictures.features import Fields, Placement, fields
from lupex_rover.pictures.refine import climb, polish, surfaces
from lupex_rover.pictures.relief import over_relief
from lupex_rover.pictures.search import search, turns

LEAST_SHIFT_PX = 1.5  # of the centre against the whole; smaller ones are the whole's to tell
FULL_RADIUS_PX = 8
RELIEF_PASSES = 3  # where the centre is not seen and all depends on them


@dataclass(frozen=True)
class PictureParams:
    """Lengths are pixels of the level worked on; the finest has at most `work_px`."""

    work_px: int = param(
        640, "greatest length of the picture's longer side in the fine search",
        unit="px", low=64, high=4096,
    )  # fmt: skip
    coarse_px: int = param(
        64, "greatest length of the picture's longer side in the search everywhere",
        unit="px", low=24, high=256,
    )  # fmt: skip
    guesses: int = param(
        40, "number of places of the coarse search that are looked at", low=1, high=1000,
    )  # fmt: skip
    finalists: int = param(6, "number of places that are looked at in full", low=1, high=100)
    least_overlap: float = param(
        0.3, "least part of the picture that lies on the reference", unit="1", low=0.1, high=1,
    )  # fmt: skip
    sharp_px: int = param(
        14, "radius within which the peak is compared with its surroundings",
        unit="px", low=8, high=40,
    )  # fmt: skip
    least_sharpness: float = param(
        6.5, "least height of the peak over its surroundings, in their spread",
        unit="1", low=3, high=50,
    )  # fmt: skip
    least_lead: float = param(
        1.25, "least score of the best place, over that of the next one", unit="1", low=1, high=10,
    )  # fmt: skip
    least_sureness: float = param(
        12.0, "least product of sharpness and lead", unit="1", low=3, high=100,
        source="80 mirrored WAC chips, which lie nowhere, reached 9.1; true ones mostly 20",
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "coarse_px", "work_px")
        ordered(self, "finalists", "guesses")


@dataclass(frozen=True)
class PictureMatch:
    """`accepted`, or why not. `score` : correlation of the fields, 0 to 1; `lead` : over the
    next best place; `sharpness` : height of the correlation's peak in spreads around it."""

    accepted: bool
    reason: str
    place: Placement | None
    score: float
    lead: float
    sharpness: float


def match_pictures(
    reference: np.ndarray,
    image: np.ndarray,
    max_rotation_rad: float,
    max_scale: float,
    params: PictureParams | None = None,
) -> PictureMatch:
    """Find `image` in `reference`, both grey, (rows, cols), of any light.

    Parameters
    ----------
    max_rotation_rad : float
        The picture is turned by at most this, either way.
    max_scale : float
        Its pixels are at most so many times larger or smaller than the reference's.

    Returns
    -------
    PictureMatch
        PictureMatch; pixels of `reference`. Coarse search over all rotations and scales
        (correlation of `picture_features.fields`), then the best places again in more and more
        detail; what is left must stand out from its surroundings and lead clearly.
    """
    p = params or PictureParams()
    if not _textured(reference) or not _textured(image):
        return PictureMatch(False, "no texture", None, 0.0, 0.0, 0.0)
    work = max(1, math.ceil(max(image.shape) / p.work_px))
    full = fields(reference), fields(image)
    whole, part = (f.reduced(work) for f in full)
    coarse = _coarse_factor(part.shape, p)
    tried = turns(max_rotation_rad, max_scale)
    guesses = search(whole.reduced(coarse), part.reduced(coarse), tried, p.least_overlap, p.guesses)
    middle = max(1, coarse // 2)
    closer = _closer(whole, part, [g.place for g in guesses], coarse, middle)
    finals = _finalists(closer, part.shape, p.finalists)
    best = [b for b in (_finish(whole, part, place, middle) for place in finals) if b is not None]
    if not best:
        return PictureMatch(False, "no place", None, 0.0, 0.0, 0.0)
    score, place = max(best, key=lambda b: b[0])
    rivals = [s for s, q in best if _apart(q, place, part.shape)]
    lead = score / max([*rivals, 0.02])
    sharp = sharpness(whole, part, place, p.sharp_px)
    reason = _doubt(place, lead, sharp, max_rotation_rad, max_scale, p)
    if not reason:
        place = over_relief(whole, part, place, 1 if _on(whole.shape, place) else RELIEF_PASSES)
        place = at_centre(whole, part, place, p.sharp_px, LEAST_SHIFT_PX, 0.2)
    place = place.reduced(1.0 / work)
    if not reason and work > 1 and _on(reference.shape, place):  # the same in full detail
        place = at_centre(*full, place, FULL_RADIUS_PX, 0.0, 0.0)
    return PictureMatch(not reason, reason, place, score, lead, sharp)


def _on(shape: tuple[int, ...], place: Placement) -> bool:
    return 0 <= place.x_px < shape[1] and 0 <= place.y_px < shape[0]


def _doubt(
    place: Placement, lead: float, sharp: float, max_rotation_rad: float, max_scale: float,
    p: PictureParams,
) -> str:  # fmt: skip
    """Why the place is not to be believed; empty when it is."""
    if sharp < p.least_sharpness:
        return "the best place does not stand out"
    if lead < p.least_lead:
        return "another place is as good"
    if sharp * lead < p.least_sureness:
        return "the best place is not sure enough"
    turned = abs(place.rotation_rad) > max_rotation_rad + math.radians(0.5)
    if turned or abs(math.log(place.scale)) > math.log(max_scale) + 0.005:  # errors of the fit
        return "outside the allowed rotation or scale"
    return ""


def _finalists(
    closer: list[tuple[float, Placement]], shape: tuple[int, int], count: int
) -> list[Placement]:
    """The best, at most two of one place, so that the best always meets rivals."""
    kept: list[Placement] = []
    for _, place in closer:
        if len(kept) < count and sum(not _apart(place, k, shape) for k in kept) < 2:
            kept.append(place)
    return kept


def _textured(image: np.ndarray) -> bool:
    known = np.isfinite(image)
    return bool(known.any()) and float(np.ptp(image[known])) > 0.0


def _coarse_factor(shape: tuple[int, int], p: PictureParams) -> int:
    factor = 1
    while max(shape) / (2 * factor) >= p.coarse_px and min(shape) / (2 * factor) >= 16:
        factor *= 2
    return factor


def _closer(
    whole: Fields, part: Fields, places: list[Placement], coarse: int, factor: int
) -> list[tuple[float, Placement]]:
    """Each place climbed at the level `factor`, best first; scores weighted by the overlap."""
    reference, picture = whole.reduced(factor), part.reduced(factor)
    turn, scale = np.radians(np.linspace(-1.5, 1.5, 9)), np.exp(np.linspace(-0.024, 0.024, 9))
    out = []
    for place in places:
        start = place.reduced(factor / coarse)
        found = surfaces(reference, picture, start, _reach(picture.shape, 0.035, 3))
        if found is None:
            continue
        better, score = climb(found, start, turn, scale)
        out.append((score * _overlap(whole, part, better.reduced(1.0 / factor)), better))
    out.sort(key=lambda c: -c[0])
    return [(score, place.reduced(1.0 / factor)) for score, place in out]


def _reach(shape: tuple[int, int], turn: float, free: int) -> int:
    """Patches at the rim move by so many px under a small turn or scale."""
    return math.ceil(0.5 * math.hypot(*shape) * turn) + free


def _overlap(whole: Fields, part: Fields, place: Placement) -> float:
    """Root of the part of the picture that lies on the reference."""
    rows, cols = part.shape
    y, x = np.mgrid[0 : rows - 1 : 8j, 0 : cols - 1 : 8j]
    points = np.column_stack((x.ravel(), y.ravel(), np.ones(x.size)))
    at = points @ place.matrix(rows, cols).T
    on = ((at >= 0) & (at <= np.array(whole.shape[::-1]) - 1)).all(axis=1)
    return math.sqrt(float(on.mean()))


def _finish(
    whole: Fields, part: Fields, place: Placement, factor: int
) -> tuple[float, Placement] | None:
    """Climb at full detail, then least squares; score and place, None if it slips off."""
    turn, scale = np.radians(np.linspace(-0.4, 0.4, 5)), np.exp(np.linspace(-0.006, 0.006, 5))
    score = 0.0
    while factor > 1:
        factor //= 2
        reference, picture = whole.reduced(factor), part.reduced(factor)
        found = surfaces(reference, picture, place.reduced(factor), _reach(picture.shape, 0.009, 3))
        if found is None:
            return None
        better, score = climb(found, place.reduced(factor), turn, scale)
        place = better.reduced(1.0 / factor)
    for spread in (3.0, 1.5):
        found = surfaces(whole, part, place, 5)
        if found is None:
            return None
        place = polish(found, place, spread, 0.7)
    found = surfaces(whole, part, place, 1)
    if found is None:
        return None
    _, score = climb(found, place, np.zeros(1), np.ones(1))
    return score * _overlap(whole, part, place), place


def _apart(a: Placement, b: Placement, shape: tuple[int, int]) -> bool:
    return math.hypot(a.x_px - b.x_px, a.y_px - b.y_px) > 0.1 * max(shape)
