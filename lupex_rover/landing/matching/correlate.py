"""Comparing image and expectation: local contrast, correlation over a window, patches."""

from __future__ import annotations

import math

import cv2
import numpy as np
import scipy.fft
from numba import njit

from lupex_rover.core.compiled import IN_ORDER
from lupex_rover.terrain.dem import bilinear_at

COARSER = 4  # the energies under a window, which are smooth, are summed at every fourth place
LEAST_TEXTURE = 0.05  # of the view's, in a patch that can be placed


def band(values: np.ndarray, fine_px: float, wide_px: float, even: bool = False) -> np.ndarray:
    """Brightness between two scales, with unit spread: what gain, haze and vignetting leave.

    Brightness itself and not its logarithm: on low ground under a low Sun the map's slope errors
    are the same everywhere in it, and the bright slopes that are told best count most.

    Parameters
    ----------
    values : ndarray, shape (rows, cols)
        Brightness, NaN where unknown.
    fine_px : float
        Smoothed by this; 0 for not at all.
    wide_px : float
        The mean over this is taken off.
    even : bool
        Draw large values in by the square root, so that one bright wall does not decide.

    Returns
    -------
    ndarray, shape (rows, cols)
        float32, 0 where unknown.
    """
    filled, weight = _known(values)
    return _between(filled, weight, _blur(weight, wide_px), fine_px, wide_px, even)


def bands(
    image: np.ndarray, expected: np.ndarray, fine_px: float, wide_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """`band` of two that are known in the same cells; only `image` is smoothed by `fine_px`."""
    filled, weight = _known(image)
    wide = _blur(weight, wide_px)
    of_image = _between(filled, weight, wide, fine_px, wide_px, False)
    return of_image, _between(_known(expected)[0], weight, wide, 0.0, wide_px, False)


def _between(
    filled: np.ndarray, weight: np.ndarray, weight_wide: np.ndarray, fine_px: float,
    wide_px: float, even: bool,
) -> np.ndarray:  # fmt: skip
    wide, fine, weight_fine = _blur(filled, wide_px), filled, weight
    if fine_px > 0.0:
        fine, weight_fine = _blur(filled, fine_px), _blur(weight, fine_px)
    return _even_spread(fine, weight_fine, wide, weight_wide, weight, even)


@njit(cache=True)
def _known(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`values` with 0 where unknown, and 1 where known, both float32."""
    filled, weight = np.zeros(values.shape, np.float32), np.zeros(values.shape, np.float32)
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            if np.isfinite(values[r, c]):
                filled[r, c], weight[r, c] = values[r, c], 1.0
    return filled, weight


@njit(cache=True, error_model="numpy")
def _even_spread(
    fine: np.ndarray, weight_fine: np.ndarray, wide: np.ndarray, weight_wide: np.ndarray,
    weight: np.ndarray, even: bool,
) -> np.ndarray:  # fmt: skip
    """Difference of two weighted means where `weight` is 1, with unit spread."""
    rows, cols = fine.shape
    out = np.zeros((rows, cols), np.float32)
    little = np.float32(1e-3)
    square, known = 0.0, 0
    for r in range(rows):
        for c in range(cols):
            if weight[r, c] > 0.0:
                high = fine[r, c] / (weight_fine[r, c] + little)
                high -= wide[r, c] / (weight_wide[r, c] + little)
                if even:
                    high = np.copysign(np.sqrt(abs(high)), high)
                out[r, c] = high
                square += high * high
                known += 1
    return out / np.float32(math.sqrt(square / max(known, 1)) + 1e-9)


def _blur(a: np.ndarray, sigma_px: float) -> np.ndarray:
    size = 2 * math.ceil(2.5 * sigma_px) + 1
    return cv2.GaussianBlur(a, (size, size), sigma_px, borderType=cv2.BORDER_CONSTANT)


def window_scores(
    template: np.ndarray, known: np.ndarray, search: np.ndarray, least: float = 0.4
) -> np.ndarray:
    """Masked normalised cross-correlation of `template` at every place inside `search`.

    Parameters
    ----------
    template, known : ndarray, shape (h, w)
        Contrast, and where it is known.
    search : ndarray, shape (H, W)
        Contrast, 0 where unknown; H >= h, W >= w.
    least : float
        Places where less than this part of the template's energy meets known map score 0.

    Returns
    -------
    ndarray, shape (H - h + 1, W - w + 1)
        Scores in -1..1. After Padfield 2012, "Masked object registration in the Fourier domain",
        for fields whose local mean is already zero.
    """
    shape = [scipy.fft.next_fast_len(n, real=True) for n in search.shape]
    rows, cols = (n - m + 1 for n, m in zip(search.shape, template.shape))

    def spectrum(a: np.ndarray) -> np.ndarray:
        return scipy.fft.rfft2(a.astype(np.float32), shape)

    seen = template * known
    cross = scipy.fft.irfft2(spectrum(search) * np.conj(spectrum(seen)), shape)[:rows, :cols]
    energy_s = _coarse_sums(search * search, known.astype(np.float32))
    energy_t = _coarse_sums((search != 0.0).astype(np.float32), seen * seen)
    whole = float(np.vdot(seen, seen)) + 1e-9
    return _scores(np.ascontiguousarray(cross), energy_s, energy_t, whole, least)


def _coarse_sums(field: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Sums of `field` under `window` at every `COARSER`th place: they are smooth."""
    k = COARSER
    h, w = (math.ceil(n / k) for n in field.shape)
    big = np.zeros((h * k, w * k), np.float32)
    big[: field.shape[0], : field.shape[1]] = field
    m, n = (math.ceil(n / k) for n in window.shape)
    small = np.zeros((m * k, n * k), np.float32)
    small[: window.shape[0], : window.shape[1]] = window
    a = cv2.resize(big, (w, h), interpolation=cv2.INTER_AREA)
    b = cv2.resize(small, (n, m), interpolation=cv2.INTER_AREA)
    shape = [scipy.fft.next_fast_len(s, real=True) for s in a.shape]
    found = scipy.fft.irfft2(scipy.fft.rfft2(a, shape) * np.conj(scipy.fft.rfft2(b, shape)), shape)
    return np.ascontiguousarray(found[: h - m + 1, : w - n + 1], np.float32) * np.float32(k * k)


@njit(cache=True, error_model="numpy")
def _scores(
    cross: np.ndarray, energy_s: np.ndarray, energy_t: np.ndarray, whole: float, least: float
) -> np.ndarray:
    """Correlation from its parts; the energies are known at every `COARSER`th place."""
    rows, cols = cross.shape
    out = np.zeros((rows, cols), np.float32)
    for r in range(rows):
        for c in range(cols):
            t = bilinear_at(energy_t, c / COARSER, r / COARSER)
            if t > least * whole:
                s = bilinear_at(energy_s, c / COARSER, r / COARSER)
                out[r, c] = cross[r, c] / math.sqrt(max(s * t, 1e-6 * whole * whole))
    return out


def peaks(scores: np.ndarray, count: int, apart_px: int) -> list[tuple[int, int, float]]:
    """The `count` highest places (row, col, score), at least `apart_px` from each other."""
    left = scores.copy()
    found = []
    for _ in range(count):
        r, c = np.unravel_index(int(np.argmax(left)), left.shape)
        if left[r, c] <= 0.0:
            break
        found.append((int(r), int(c), float(left[r, c])))
        left[
            max(r - apart_px, 0) : r + apart_px + 1, max(c - apart_px, 0) : c + apart_px + 1
        ] = -1.0
    return found


def match_patches(
    image: np.ndarray, known: np.ndarray, expected: np.ndarray, patch: int, stride: int, radius: int
) -> np.ndarray:
    """Where each patch of `image` lies best in `expected`.

    Parameters
    ----------
    image : ndarray, shape (rows, cols)
        Of the image on the sheet, float32.
    known : ndarray, shape (rows, cols)
        bool.
    expected : ndarray, shape (rows + 2 * radius, cols + 2 * radius)
        Of the map, 0 where unknown, float32.
    patch, stride, radius : int
        px; `patch` is odd.

    Returns
    -------
    ndarray, shape (n, 5)
        Row, col of the patch centre on the sheet; row and col offset of the best place, sub-pixel
        by parabola; its score. Offsets at the rim of the window come as NaN.
    """

    def sums(a: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(
            a.astype(np.float32), cv2.CV_32F, (patch, patch), normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        )  # fmt: skip

    beyond = np.pad(np.asarray(expected, np.float32), ((0, 0), (0, 3)))  # as `_products` asks
    return _match(
        np.ascontiguousarray(image), beyond, sums(known), sums(image),
        sums(image * image), sums(expected),
        sums(expected * expected), patch, stride, radius,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _match(
    image: np.ndarray, beyond: np.ndarray, seen: np.ndarray, sa: np.ndarray, saa: np.ndarray,
    sb: np.ndarray, sbb: np.ndarray, patch: int, stride: int, radius: int,
) -> np.ndarray:  # fmt: skip
    rows, cols = image.shape
    half = patch // 2
    out = np.empty((((rows // stride) + 2) * ((cols // stride) + 2), 5))
    n = 0
    size = 2 * radius + 1
    area = float(patch * patch)
    scores, cross = np.empty((size, size)), np.empty(size, np.float32)
    first_r = half + ((rows - 1 - 2 * half) % stride) // 2
    first_c = half + ((cols - 1 - 2 * half) % stride) // 2
    for r in range(first_r, rows - half, stride):
        for c in range(first_c, cols - half, stride):
            va = saa[r, c] - sa[r, c] * sa[r, c] / area
            if seen[r, c] < 0.8 * area or va < LEAST_TEXTURE * area:
                continue
            best, bi, bj = -2.0, 0, 0
            for di in range(size):
                _products(image, r - half, c - half, beyond, r + di - half, patch, cross)
                for dj in range(size):
                    at_r, at_c = r + di, c + dj  # of the patch's centre, on the sheet with its rim
                    vb = sbb[at_r, at_c] - sb[at_r, at_c] * sb[at_r, at_c] / area
                    s = -1.0
                    if vb > 1e-3 * area:
                        s = (cross[dj] - sa[r, c] * sb[at_r, at_c] / area) / math.sqrt(va * vb)
                    scores[di, dj] = s
                    if s > best:
                        best, bi, bj = s, di, dj
            out[n, 0], out[n, 1], out[n, 4] = r, c, best
            if 0 < bi < size - 1 and 0 < bj < size - 1:
                out[n, 2] = bi - radius + _vertex(scores[bi - 1, bj], best, scores[bi + 1, bj])
                out[n, 3] = bj - radius + _vertex(scores[bi, bj - 1], best, scores[bi, bj + 1])
            else:
                out[n, 2] = out[n, 3] = np.nan
            n += 1
    return out[:n]


@njit(cache=True, fastmath=IN_ORDER)
def _products(
    a: np.ndarray, ar: int, ac: int, b: np.ndarray, br: int, patch: int, out: np.ndarray
) -> None:
    """Sums of the patch of `a` at (ar, ac) times those of `b` at (br, ac), (br, ac + 1), ...

    Four at a time, which share what they load: `b` has three columns to spare.
    """
    zero = np.float32(0.0)
    for k in range(0, len(out), 4):
        s0, s1, s2, s3 = zero, zero, zero, zero
        for i in range(patch):
            along = a[ar + i, ac : ac + patch]
            there = b[br + i, ac + k : ac + k + patch + 3]
            for j in range(patch):
                value = along[j]
                s0 += value * there[j]
                s1 += value * there[j + 1]
                s2 += value * there[j + 2]
                s3 += value * there[j + 3]
        sums = (s0, s1, s2, s3)
        for n in range(min(4, len(out) - k)):
            out[k + n] = sums[n]


@njit(cache=True)
def _vertex(before: float, at: float, after: float) -> float:
    """Sub-pixel place of a parabola's top through three points, within half a pixel."""
    curve = before - 2.0 * at + after
    if curve >= -1e-9:
        return 0.0
    return min(max(0.5 * (before - after) / curve, -0.5), 0.5)
