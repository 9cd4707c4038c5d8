"""Comparing image and expectation: local contrast, correlation over a window, patches."""

from __future__ import annotations

import math

import cv2
import numpy as np
import scipy.fft
from numba import njit

LEAST_TEXTURE = 0.05  # of the view's, in a patch that can be placed


def band(values: np.ndarray, fine_px: float, wide_px: float, even: bool = False) -> np.ndarray:
    """Brightness between two scales, with unit spread: what gain, haze and vignetting leave.

    Brightness itself and not its logarithm: on low ground under a low Sun the map's slope errors
    are the same everywhere in it, and the bright slopes that are told best count most.

    Parameters
    ----------
    values : (rows, cols) brightness, NaN where unknown.
    fine_px : smoothed by this; 0 for not at all.
    wide_px : the mean over this is taken off.
    even : draw large values in by the square root, so that one bright wall does not decide.

    Returns
    -------
    (rows, cols) float32, 0 where unknown.
    """
    known = np.isfinite(values)
    weight = known.astype(np.float32)
    filled: np.ndarray = np.where(known, values, 0.0).astype(np.float32)
    if not known.any():
        return filled
    wide = _blur(filled, wide_px) / (_blur(weight, wide_px) + 1e-3)
    if fine_px > 0.0:
        filled = _blur(filled, fine_px) / (_blur(weight, fine_px) + 1e-3)
    high = (filled - wide) * weight
    if even:
        high = np.copysign(np.sqrt(np.abs(high)), high)
    spread = float(np.sqrt(np.vdot(high, high) / weight.sum()))
    return high / np.float32(spread + 1e-9)


def _blur(a: np.ndarray, sigma_px: float) -> np.ndarray:
    size = 2 * math.ceil(2.5 * sigma_px) + 1
    return cv2.GaussianBlur(a, (size, size), sigma_px, borderType=cv2.BORDER_CONSTANT)


def window_scores(
    template: np.ndarray, known: np.ndarray, search: np.ndarray, least: float = 0.4
) -> np.ndarray:
    """Masked normalised cross-correlation of `template` at every place inside `search`.

    Parameters
    ----------
    template, known : (h, w) contrast, and where it is known.
    search : (H, W) contrast, 0 where unknown; H >= h, W >= w.
    least : places where less than this part of the template's energy meets known map score 0.

    Returns
    -------
    (H - h + 1, W - w + 1) scores in -1..1. After Padfield 2012, "Masked object registration in
    the Fourier domain", for fields whose local mean is already zero.
    """
    shape = [scipy.fft.next_fast_len(n, real=True) for n in search.shape]
    rows, cols = (n - m + 1 for n, m in zip(search.shape, template.shape))

    def spectrum(a: np.ndarray) -> np.ndarray:
        return scipy.fft.rfft2(a.astype(np.float32), shape)

    def correlate(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return scipy.fft.irfft2(a * np.conj(b), shape)[:rows, :cols]

    mask = (search != 0.0).astype(np.float32)
    cross = correlate(spectrum(search), spectrum(template * known))
    energy_s = _coarse_sums(search * search, known.astype(np.float32), rows, cols)
    energy_t = _coarse_sums(mask, template * template * known, rows, cols)
    whole = float((template * template * known).sum()) + 1e-9
    scores = cross / np.sqrt(np.maximum(energy_s * energy_t, 1e-6 * whole * whole))
    return np.where(energy_t > least * whole, scores, 0.0)


def _coarse_sums(field: np.ndarray, window: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Sums of `field` under `window` at every place, at a quarter of the size: they are smooth."""
    k = 4
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
    found = found[: h - m + 1, : w - n + 1].astype(np.float32) * (k * k)
    row, col = (np.arange(s, dtype=np.float32) / k for s in (rows, cols))
    return cv2.remap(
        found, *np.meshgrid(col, row), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


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
    image : (rows, cols) of the image on the sheet, float32.
    known : (rows, cols) bool.
    expected : (rows + 2 * radius, cols + 2 * radius) of the map, 0 where unknown, float32.
    patch, stride, radius : px; `patch` is odd.

    Returns
    -------
    (n, 5): row, col of the patch centre on the sheet; row and col offset of the best place,
    sub-pixel by parabola; its score. Offsets at the rim of the window come as NaN.
    """

    def sums(a: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(
            a.astype(np.float32), cv2.CV_32F, (patch, patch), normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        )  # fmt: skip

    return _match(
        np.ascontiguousarray(image), np.ascontiguousarray(expected), sums(known), sums(image),
        sums(image * image), sums(expected),
        sums(expected * expected), patch, stride, radius,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _match(
    image: np.ndarray, expected: np.ndarray, seen: np.ndarray, sa: np.ndarray, saa: np.ndarray,
    sb: np.ndarray, sbb: np.ndarray, patch: int, stride: int, radius: int,
) -> np.ndarray:  # fmt: skip
    rows, cols = image.shape
    half = patch // 2
    out = np.empty((((rows // stride) + 2) * ((cols // stride) + 2), 5))
    n = 0
    size = 2 * radius + 1
    area = float(patch * patch)
    scores = np.empty((size, size))
    first_r = half + ((rows - 1 - 2 * half) % stride) // 2
    first_c = half + ((cols - 1 - 2 * half) % stride) // 2
    for r in range(first_r, rows - half, stride):
        for c in range(first_c, cols - half, stride):
            va = saa[r, c] - sa[r, c] * sa[r, c] / area
            if seen[r, c] < 0.8 * area or va < LEAST_TEXTURE * area:
                continue
            best, bi, bj = -2.0, 0, 0
            for di in range(size):
                for dj in range(size):
                    at_r, at_c = r + di, c + dj  # of the patch's centre, on the sheet with its rim
                    vb = sbb[at_r, at_c] - sb[at_r, at_c] * sb[at_r, at_c] / area
                    s = -1.0
                    if vb > 1e-3 * area:
                        cross = _product(
                            image, r - half, c - half, expected, at_r - half, at_c - half, patch
                        )
                        cross -= sa[r, c] * sb[at_r, at_c] / area
                        s = cross / math.sqrt(va * vb)
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


@njit(cache=True, fastmath=True)
def _product(a: np.ndarray, ar: int, ac: int, b: np.ndarray, br: int, bc: int, size: int) -> float:
    total = np.float32(0.0)
    for i in range(size):
        along, there = a[ar + i, ac : ac + size], b[br + i, bc : bc + size]
        for j in range(size):
            total += along[j] * there[j]
    return total


@njit(cache=True)
def _vertex(before: float, at: float, after: float) -> float:
    """Sub-pixel place of a parabola's top through three points, within half a pixel."""
    curve = before - 2.0 * at + after
    if curve >= -1e-9:
        return 0.0
    return min(max(0.5 * (before - after) / curve, -0.5), 0.5)
