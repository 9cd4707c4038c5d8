"""What others would do with the same picture and the same lit map, for `lupex bench landing`.

SIFT, ORB and AKAZE of OpenCV with its PnP in RANSAC, and two whole-image correlations with the
prior's attitude and height: of gradient magnitude, and by phase.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.landing.scenes import Scene
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.matching.image_pyramid import Frame, lay, sheet_over
from lupex_rover.landing.matching.lighting import LightedMap, LitMap
from lupex_rover.landing.matching.map_sheet import on_sheet
from lupex_rover.landing.matching.patch_fit import seen
from lupex_rover.terrain.dem import bilinear_at

RATIO = 0.8  # Lowe 2004
LEAST_INLIERS = 12
REPROJECTION_PX = 4.0
WINDOW_SIGMA = 3.0
Peer = Callable[[Scene, LightedMap], np.ndarray | None]


def features(make: Callable[[], cv2.Feature2D], norm: int) -> Peer:
    """Keypoints of the picture against those of the map's window, pose by PnP in RANSAC."""

    def peer(scene: Scene, lighted: LightedMap) -> np.ndarray | None:
        lit, row, col, grey = _window(scene, lighted)
        pixels, at = pairs(make(), norm, _stretched(scene.image), grey)
        if len(pixels) < LEAST_INLIERS:
            return None
        at = np.column_stack((at[:, 0] + col, row + len(grey) - 1 - at[:, 1]))
        z = [bilinear_at(lit.heights, c, r) for c, r in at]
        ground = np.column_stack(
            (lit.x0 + at[:, 0] * lit.cell_m, lit.y0 + at[:, 1] * lit.cell_m, z)
        )
        return _pnp(scene, ground, pixels)

    return peer


def pairs(
    detector: cv2.Feature2D, norm: int, image: np.ndarray, reference: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) pixels of two 8 bit pictures whose keypoints look alike: nearest word, ratio test."""
    points, words = detector.detectAndCompute(image, None)
    there, their_words = detector.detectAndCompute(reference, None)
    if words is None or their_words is None or len(their_words) < 2:
        return np.zeros((0, 2)), np.zeros((0, 2))
    near = cv2.BFMatcher(norm).knnMatch(words, their_words, k=2)
    good = [p[0] for p in near if len(p) == 2 and p[0].distance < RATIO * p[1].distance]
    src = np.array([points[m.queryIdx].pt for m in good])
    dst = np.array([there[m.trainIdx].pt for m in good])
    return src.reshape(-1, 2), dst.reshape(-1, 2)


def _pnp(scene: Scene, ground: np.ndarray, pixels: np.ndarray) -> np.ndarray | None:
    middle = ground.mean(axis=0)
    done, turn, shift, inliers = cv2.solvePnPRansac(
        ground - middle, pixels, scene.camera.matrix, None, reprojectionError=REPROJECTION_PX,
        iterationsCount=2000,
    )  # fmt: skip
    if not done or inliers is None or len(inliers) < LEAST_INLIERS:
        return None
    return middle - (cv2.Rodrigues(turn)[0].T @ shift).ravel()


def gradient_correlation(scene: Scene, lighted: LightedMap) -> np.ndarray | None:
    """Normalised correlation of gradient magnitude over the prior's window."""
    laid, around, step, window = _laid(scene, lighted)
    scores = cv2.matchTemplate(gradient(around), gradient(laid), cv2.TM_CCOEFF_NORMED)
    _, _, _, (col, row) = cv2.minMaxLoc(scores)
    return scene.prior.pose.position_m + np.array([col - window, row - window, 0.0]) * step


def phase_correlation(scene: Scene, lighted: LightedMap) -> np.ndarray | None:
    """`cv2.phaseCorrelate` of the picture, in a frame of zeros, with the window."""
    laid, around, step, window = _laid(scene, lighted)
    framed = np.zeros_like(around)
    framed[window : window + laid.shape[0], window : window + laid.shape[1]] = laid - laid.mean()
    shift, _ = cv2.phaseCorrelate(framed, around - around.mean())
    return scene.prior.pose.position_m + np.array([*shift, 0.0]) * step


def gradient(a: np.ndarray) -> np.ndarray:
    """Its magnitude."""
    return cv2.magnitude(cv2.Sobel(a, cv2.CV_32F, 1, 0), cv2.Sobel(a, cv2.CV_32F, 0, 1))


def _stretched(image: np.ndarray) -> np.ndarray:
    """8 bits, the top percent white: what a feature detector wants of a dark picture."""
    top = max(float(np.percentile(image, 99.0)), 1e-9)
    return np.clip(image * (255.0 / top), 0, 255).astype(np.uint8)


def _window(scene: Scene, lighted: LightedMap) -> tuple[LitMap, int, int, np.ndarray]:
    """The map's cells that the picture may show: the map, first row and column, 8 bit picture.

    Rows are turned so that the ground is seen from above, as the camera sees it.
    """
    lit = lighted.whole(0)
    view = seen(scene.camera, lighted, scene.prior.pose)
    assert view is not None
    reach = WINDOW_SIGMA * float(scene.prior.position_sigma_m[0])
    x0, y0, x1, y1 = view[1]
    col, row = (max(int((v - o - reach) / lit.cell_m), 0) for v, o in ((x0, lit.x0), (y0, lit.y0)))
    end_c, end_r = (int((v - o + reach) / lit.cell_m) + 1 for v, o in ((x1, lit.x0), (y1, lit.y0)))
    window = np.ascontiguousarray(lit.brightness[row:end_r, col:end_c][::-1])
    return lit, row, col, _stretched(window)


def _laid(scene: Scene, lighted: LightedMap) -> tuple[np.ndarray, np.ndarray, float, int]:
    """The picture on flat ground by the prior, and the lit map a window wider on every side."""
    frame = Frame.of(scene.image, scene.camera, scene.prior)
    pose: Pose = scene.prior.pose
    view = seen(scene.camera, lighted, pose)
    assert view is not None
    ground, span = view
    step = max(lighted.cell_m, (span[2] - span[0]) / 160.0)
    window = int(np.ceil(WINDOW_SIGMA * float(scene.prior.position_sigma_m[0]) / step))
    sheet = sheet_over(span, step)
    flat = np.full((sheet.rows, sheet.cols), ground, np.float32)
    gsd = (float(pose.position_m[2]) - ground) / scene.camera.fx
    lit = lighted.whole(lighted.level_for(step))
    laid = np.nan_to_num(lay(frame, pose, sheet, flat, gsd))
    around = np.nan_to_num(on_sheet(lit.brightness, lit, sheet.grown(window)))
    return laid.astype(np.float32), around.astype(np.float32), step, window
