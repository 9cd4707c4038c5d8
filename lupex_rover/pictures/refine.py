"""From a rough placement to the exact one, and how many patches confirm it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from lupex_rover.core.compiled import IN_ORDER
from lupex_rover.pictures.features import Fields, Placement, laid

BLOCK_PX, PATCH_BLOCKS = 16, 2  # a patch is 2 x 2 blocks, one starts at each block
LEAST_KNOWN = 0.6  # of a patch


@dataclass(frozen=True)
class Surfaces:
    """Correlation of each patch with the reference around where the placement puts it.

    `offset_px` (n, 2): patch centres from the picture's middle, in the reference's axes;
    `score` (n, 2 R + 1, 2 R + 1) in -1..1 by shift in y and x; `cross`, `met` of the same shape
    and `own` (n,): the sums it is made of.
    """

    offset_px: np.ndarray
    score: np.ndarray
    cross: np.ndarray
    met: np.ndarray
    own: np.ndarray

    @property
    def radius(self) -> int:
        """Largest shift, px."""
        return int(self.score.shape[1] // 2)

    def together(self) -> np.ndarray:
        """(2 R + 1, 2 R + 1) correlation of all patches moved alike."""
        met = np.maximum(self.met.sum(axis=0) * float(self.own.sum()), 1e-6)
        return self.cross.sum(axis=0) / np.sqrt(met)


def surfaces(reference: Fields, picture: Fields, place: Placement, radius: int) -> Surfaces | None:
    """Patch by patch correlation within `radius` px; None where nothing overlaps."""
    box = _box(reference, picture, place)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    sheet = laid(picture, place, (x0, y0), y1 - y0, x1 - x0)
    pad = ((0, 0), (radius, radius), (radius, radius))
    around = np.pad(reference.values, pad)[:, y0 : y1 + 2 * radius, x0 : x1 + 2 * radius]
    over = reference.known[y0:y1, x0:x1]
    known = (sheet.known > 0.5) & (over > 0.5)
    values = np.ascontiguousarray(sheet.values * known)
    cross, met = _blocks(values, known, np.ascontiguousarray(around), radius)
    own = _pooled(_per_block((values**2).sum(axis=0)))
    seen = _pooled(_per_block(known.astype(np.float32)))
    cross, met = _pooled(cross), _pooled(met)
    good = seen > LEAST_KNOWN * (BLOCK_PX * PATCH_BLOCKS) ** 2
    if not good.any():
        return None
    score = cross / np.sqrt(np.maximum(met * own[..., None, None], 1e-6))
    rows, cols = np.nonzero(good)
    half = 0.5 * BLOCK_PX * PATCH_BLOCKS - 0.5
    x, y = x0 + cols * BLOCK_PX + half - place.x_px, y0 + rows * BLOCK_PX + half - place.y_px
    return Surfaces(np.column_stack((x, y)), score[good], cross[good], met[good], own[good])


def _box(reference: Fields, picture: Fields, place: Placement) -> tuple[int, int, int, int] | None:
    """x0, y0, x1, y1 of the picture in the reference, whole blocks."""
    rows, cols = picture.shape
    corners = np.array([[0, 0, 1], [cols - 1, 0, 1], [0, rows - 1, 1], [cols - 1, rows - 1, 1.0]])
    at = corners @ place.matrix(rows, cols).T
    low = np.maximum(np.floor(at.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(at.max(axis=0)).astype(int) + 1, reference.shape[::-1])
    size = (high - low) // BLOCK_PX * BLOCK_PX
    if (size < BLOCK_PX * PATCH_BLOCKS).any():
        return None
    low = low + (high - low - size) // 2
    return int(low[0]), int(low[1]), int(low[0] + size[0]), int(low[1] + size[1])


def _per_block(a: np.ndarray) -> np.ndarray:
    rows, cols = (n // BLOCK_PX for n in a.shape)
    return a.reshape(rows, BLOCK_PX, cols, BLOCK_PX).sum(axis=(1, 3))


def _pooled(blocks: np.ndarray) -> np.ndarray:
    """Sums over 2 x 2 neighbouring blocks (first two axes)."""
    tall = blocks[:-1] + blocks[1:]
    return tall[:, :-1] + tall[:, 1:]


@njit(cache=True, fastmath=IN_ORDER)
def _blocks(
    values: np.ndarray, known: np.ndarray, around: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cross product and the reference's energy of each block at each shift."""
    fields, rows, cols = values.shape
    size = 2 * radius + 1
    down, across = rows // BLOCK_PX, cols // BLOCK_PX
    cross = np.zeros((down, across, size, size), np.float32)
    met = np.zeros((down, across, size, size), np.float32)
    for b in range(down):
        for a in range(across):
            for dy in range(size):
                for dx in range(size):
                    s, e = np.float32(0.0), np.float32(0.0)
                    for f in range(fields):
                        for r in range(b * BLOCK_PX, (b + 1) * BLOCK_PX):
                            for c in range(a * BLOCK_PX, (a + 1) * BLOCK_PX):
                                v = around[f, r + dy, c + dx]
                                s += values[f, r, c] * v
                                e += v * v if known[r, c] else np.float32(0.0)
                    cross[b, a, dy, dx] = s
                    met[b, a, dy, dx] = e
    return cross, met


def climb(
    found: Surfaces, place: Placement, turns_rad: np.ndarray, scales: np.ndarray
) -> tuple[Placement, float]:
    """Best small turn, scale and shift of `place`, by the sum of all patches, and its score.

    A turn or scale moves each patch by a shift of its own; its surface is read there.
    """
    x, y = found.offset_px.T
    best, better = -2.0, place
    size = 2 * found.radius + 1
    own = float(found.own.sum())
    rows, cols = np.arange(size), np.arange(size)
    for turn in turns_rad:
        for scale in scales:
            c, s = scale * math.cos(turn) - 1.0, scale * math.sin(turn)
            dx, dy = np.rint(c * x - s * y).astype(int), np.rint(s * x + c * y).astype(int)
            most = int(max(np.abs(dx).max(), np.abs(dy).max()))
            free = found.radius - most
            if free < 1:
                continue
            keep = slice(found.radius - free, found.radius + free + 1)
            r = rows[keep][None, :, None] + dy[:, None, None]
            k = cols[keep][None, None, :] + dx[:, None, None]
            n = np.arange(len(x))[:, None, None]
            scores = found.cross[n, r, k].sum(axis=0) / np.sqrt(
                np.maximum(found.met[n, r, k].sum(axis=0) * own, 1e-6)
            )
            i, j = np.unravel_index(int(np.argmax(scores)), scores.shape)
            if scores[i, j] > best:
                best = float(scores[i, j])
                better = Placement(
                    place.x_px + j - free, place.y_px + i - free,
                    place.rotation_rad + turn, place.scale * scale,
                )  # fmt: skip
    return better, best


def offsets(found: Surfaces) -> tuple[np.ndarray, np.ndarray]:
    """Best shift (n, 2) of each patch, x and y, by parabola; NaN at the rim; and its score (n,)."""
    n, size, _ = found.score.shape
    flat = found.score.reshape(n, -1).argmax(axis=1)
    i, j = flat // size, flat % size
    k = np.arange(n)
    inner = (i > 0) & (i < size - 1) & (j > 0) & (j < size - 1)
    i0, j0 = np.clip(i, 1, size - 2), np.clip(j, 1, size - 2)
    s = found.score
    top = s[k, i0, j0]
    dy = vertex(s[k, i0 - 1, j0], top, s[k, i0 + 1, j0])
    dx = vertex(s[k, i0, j0 - 1], top, s[k, i0, j0 + 1])
    at = np.column_stack((j0 + dx, i0 + dy)) - found.radius
    at[~inner] = np.nan
    return at, s.reshape(n, -1)[k, flat]


def vertex(before: np.ndarray, at: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where the parabola through three neighbours is highest, from the middle one."""
    curve = before - 2.0 * at + after
    safe = np.where(curve < -1e-9, curve, -1.0)
    return np.where(curve < -1e-9, np.clip(0.5 * (before - after) / safe, -0.5, 0.5), 0.0)


def polish(found: Surfaces, place: Placement, spread_px: float, least_px: float) -> Placement:
    """`place` moved so that most patches agree: least squares with Cauchy weights narrowing."""
    at, score = offsets(found)
    good = np.isfinite(at[:, 0]) & (score > 0.0)
    if good.sum() < 4:
        return place
    (x, y), (dx, dy), weight0 = found.offset_px[good].T, at[good].T, score[good]
    zero, one = np.zeros_like(x), np.ones_like(x)
    design = np.concatenate(
        (np.column_stack((x, -y, one, zero)), np.column_stack((y, x, zero, one)))
    )
    shift = np.concatenate((dx, dy))
    model, width = np.zeros(4), spread_px
    for _ in range(12):
        left = shift - design @ model
        size2 = left[: len(x)] ** 2 + left[len(x) :] ** 2
        weight = np.sqrt(np.tile(weight0 / (1.0 + size2 / width**2), 2))
        keep = np.diag([1e-3 * len(x), 1e-3 * len(x), 1e-6, 1e-6])  # few patches: hardly turn
        a = design * weight[:, None]
        model = np.linalg.solve(a.T @ a + keep, a.T @ (shift * weight))
        width = max(0.7 * width, least_px)
    return moved(place, model)


def moved(place: Placement, model: np.ndarray) -> Placement:
    """`place` after a small similarity (4,) about its middle: shift = (a x - b y + x0, ...)."""
    a, b, x_px, y_px = (float(v) for v in model)
    return Placement(
        place.x_px + x_px, place.y_px + y_px,
        place.rotation_rad + math.atan2(b, 1.0 + a), place.scale * math.hypot(1.0 + a, b),
    )  # fmt: skip
