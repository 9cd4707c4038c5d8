"""Comparing image and expectation: local contrast, correlation over a window, patches."""

from __future__ import annotations

import cv2
import numpy as np
import scipy.fft
from numba import njit


def contrast(values: np.ndarray, radius_px: float, blur_px: float = 0.0) -> np.ndarray:
    """Locally normalised log brightness; what the Sun's strength and the camera's gain leave.

    Parameters
    ----------
    values : (rows, cols) brightness, 0 in full shadow, NaN where unknown.
    radius_px : of the neighbourhood whose mean is taken off and whose spread divides.
    blur_px : first smoothed by this.

    Returns
    -------
    (rows, cols) float32, about unit variance, 0 where unknown.
    """
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(values.shape, np.float32)
    filled = np.where(known, values, 0.0).astype(np.float32)
    weight = known.astype(np.float32)
    if blur_px > 0.0:
        filled = _blur(filled, blur_px) / np.maximum(_blur(weight, blur_px), 1e-3)
    level = float(filled[known].mean()) + 1e-9
    logs = np.log(filled / (0.15 * level) + 1.0) * weight
    norm = np.maximum(_blur(weight, radius_px), 1e-3)
    high = (logs - _blur(logs, radius_px) / norm) * weight
    spread = np.sqrt(_blur(high * high, radius_px) / norm)
    typical = float(np.sqrt((high * high).sum() / weight.sum())) + 1e-9
    return (high / (spread + 0.5 * typical)) * weight


def _blur(a: np.ndarray, sigma_px: float) -> np.ndarray:
    return cv2.GaussianBlur(a, (0, 0), sigma_px, borderType=cv2.BORDER_CONSTANT)


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
    energy_s = correlate(spectrum(search * search), spectrum(known))
    energy_t = correlate(spectrum(mask), spectrum(template * template * known))
    whole = float((template * template * known).sum()) + 1e-9
    scores = cross / np.sqrt(np.maximum(energy_s * energy_t, 1e-6 * whole * whole))
    return np.where(energy_t > least * whole, scores, 0.0)


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


@njit(cache=True)
def match_patches(
    image: np.ndarray, known: np.ndarray, expected: np.ndarray, patch: int, stride: int, radius: int
) -> np.ndarray:
    """Where each patch of `image` lies best in `expected`.

    Parameters
    ----------
    image : (rows, cols) contrast of the image on the sheet.
    known : (rows, cols) bool.
    expected : (rows + 2 * radius, cols + 2 * radius) contrast of the map, 0 where unknown.
    patch, stride, radius : px.

    Returns
    -------
    (n, 5): row, col of the patch centre on the sheet; row and col offset of the best place,
    sub-pixel by parabola; its score. Offsets at the rim of the window come as NaN.
    """
    rows, cols = image.shape
    half = patch // 2
    out = np.empty((((rows // stride) + 2) * ((cols // stride) + 2), 5))
    n = 0
    size = 2 * radius + 1
    scores = np.empty((size, size))
    first_r = half + ((rows - 1 - 2 * half) % stride) // 2
    first_c = half + ((cols - 1 - 2 * half) % stride) // 2
    for r in range(first_r, rows - half, stride):
        for c in range(first_c, cols - half, stride):
            seen, energy = 0, 0.0
            for i in range(r - half, r + half + 1):
                for j in range(c - half, c + half + 1):
                    if known[i, j]:
                        seen += 1
                        energy += image[i, j] * image[i, j]
            if seen < 0.8 * patch * patch or energy < 0.1 * patch * patch:
                continue
            best, bi, bj = -2.0, 0, 0
            for di in range(size):
                for dj in range(size):
                    s = _score(image, expected, r - half, c - half, di, dj, patch)
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


@njit(cache=True)
def _score(
    image: np.ndarray, expected: np.ndarray, r: int, c: int, di: int, dj: int, patch: int
) -> float:
    """Normalised correlation of the patch at (r, c) shifted by (di, dj)."""
    sa = sb = saa = sbb = sab = 0.0
    for i in range(patch):
        for j in range(patch):
            a = image[r + i, c + j]
            b = expected[r + i + di, c + j + dj]
            sa += a
            sb += b
            saa += a * a
            sbb += b * b
            sab += a * b
    n = float(patch * patch)
    va, vb = saa - sa * sa / n, sbb - sb * sb / n
    if va <= 1e-3 * n or vb <= 1e-3 * n:
        return -1.0
    return (sab - sa * sb / n) / np.sqrt(va * vb)


@njit(cache=True)
def _vertex(before: float, at: float, after: float) -> float:
    """Sub-pixel place of a parabola's top through three points, within half a pixel."""
    curve = before - 2.0 * at + after
    if curve >= -1e-9:
        return 0.0
    return min(max(0.5 * (before - after) / curve, -0.5), 0.5)
