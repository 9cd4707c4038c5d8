"""A picture of one fix: seen, expected, where patches were found, what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import Prior, project
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.image_pyramid import Frame, lay, sheet_over, widest
from lupex_rover.landing.matching.lighting import LightedMap
from lupex_rover.landing.matching.map_sheet import Sheet, on_sheet
from lupex_rover.landing.matching.patch_fit import (
    VERIFY_RADIUS_PX,
    Patches,
    match,
    patch_step,
    seen,
)
from lupex_rover.report.plot_file import ORANGE, SKY, new_figure, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHEET_CELLS = 480  # at most, across the view
OFFSETS = 8.0  # times their length
WIDE_IN, HIGH_IN = 15.0, 4.3
BAR = (1.03, 0.0, 0.04, 1.0)  # left, low, width, height of a scale in shares of its panel
GAMMA = 0.6  # draws what is dark


@dataclass(frozen=True)
class FixView:
    """What a picture of a fix shows; the first row is in the south.

    Attributes
    ----------
    laid, expected : numpy.ndarray
        (H, W) brightness 0 to 1 of the image laid on the map and of the map under the Sun; NaN
        where the image does not reach.
    edges_m : tuple[float, float, float, float]
        x_min, x_max, y_min, y_max from the camera's place, m.
    places_m, offsets_m : numpy.ndarray
        (N, 2) where patches are and how far off they were found, from the camera's place, m.
    agree : numpy.ndarray
        (N,) whether the matcher counts the patch.
    """

    laid: np.ndarray
    expected: np.ndarray
    edges_m: tuple[float, float, float, float]
    places_m: np.ndarray
    offsets_m: np.ndarray
    agree: np.ndarray


def fix_picture(
    image: np.ndarray, camera: Camera, prior: Prior, lighted: LightedMap, pose: Pose, title: str
) -> bytes | None:
    """PNG of four panels, north up; None where the view misses the ground.

    From left to right: the image laid on the map from `pose`; the map under the Sun; the image
    with the offset of each patch, eight times its length; the difference. `lighted` has its Sun
    set.
    """
    view = fix_view(image, camera, prior, lighted, pose)
    return None if view is None else drawn(view, title)


def fix_view(
    image: np.ndarray, camera: Camera, prior: Prior, lighted: LightedMap, pose: Pose
) -> FixView | None:
    """What the picture shows; None where the view misses the ground."""
    frame, p = Frame.of(image, camera, prior), MatcherParams()
    view = seen(camera, lighted, pose)
    if view is None:
        return None
    ground, span = view
    step = max(0.5 * lighted.cell_m, widest(span) / SHEET_CELLS)
    sheet = sheet_over(span, step)
    lit = lighted.whole(lighted.level_for(step))
    gsd = (float(pose.position_m[2]) - ground) / camera.fx
    laid = lay(frame, pose, sheet, on_sheet(lit.heights, lit, sheet), gsd)
    expected = np.where(np.isfinite(laid), on_sheet(lit.brightness, lit, sheet), np.nan)
    finest = patch_step(span, lighted.cell_m, p)
    patches = match(frame, lighted, p, pose, view, finest, VERIFY_RADIUS_PX)
    at, off, agree = _offsets(patches, frame, pose)
    edges = _edges(sheet, laid.shape, pose)
    return FixView(_brightness(laid), _brightness(expected), edges, at, off, agree)


def _offsets(
    patches: Patches | None, frame: Frame, pose: Pose
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if patches is None:
        return np.empty((0, 2)), np.empty((0, 2)), np.empty(0, bool)
    off = (patches.pixels - project(frame.camera, pose, patches.points_m)) * patches.gsd_m
    agree = np.hypot(*off.T) < MatcherParams().inlier_px * patches.step_m
    right, down = pose.matrix[:2, 0], pose.matrix[:2, 1]
    on_ground = off[:, :1] * right + off[:, 1:] * down
    return patches.points_m[:, :2] - pose.position_m[:2], on_ground, agree


def _edges(sheet: Sheet, shape: tuple[int, ...], pose: Pose) -> tuple[float, float, float, float]:
    x = sheet.x0 + sheet.step_m * (np.array([0, shape[1]]) - 0.5) - pose.position_m[0]
    y = sheet.y0 + sheet.step_m * (np.array([0, shape[0]]) - 0.5) - pose.position_m[1]
    return float(x[0]), float(x[1]), float(y[0]), float(y[1])


def _brightness(values: np.ndarray) -> np.ndarray:
    """0 to 1, drawn in dark parts by a gamma; NaN where unknown."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(values.shape, np.nan)
    low, high = np.percentile(values[known], [1.0, 99.5])
    return np.asarray(np.clip((values - low) / max(high - low, 1e-9), 0.0, 1.0) ** GAMMA)


def drawn(view: FixView, title: str) -> bytes:
    """The picture as a PNG."""
    figure = new_figure(WIDE_IN, HIGH_IN)
    axes: list[Axes] = list(figure.subplots(1, 4, sharex=True, sharey=True))
    for axis, values in zip(axes, (view.laid, view.expected, view.laid)):
        grey = axis.imshow(
            values, cmap="gray", vmin=0.0, vmax=1.0, origin="lower", extent=view.edges_m
        )
    left = axes[3].imshow(
        view.laid - view.expected, cmap="PuOr_r", vmin=-0.5, vmax=0.5, origin="lower",
        extent=view.edges_m,
    )  # fmt: skip
    figure.colorbar(grey, cax=axes[2].inset_axes(BAR), label="brightness, its range as 0 to 1")
    figure.colorbar(left, cax=axes[3].inset_axes(BAR), label="image less map, brightness")
    _arrows(axes[2], view)
    names = ("image laid on the map", "map under the Sun", f"offsets of patches, times {OFFSETS:g}",
             "image less map")  # fmt: skip
    for axis, name in zip(axes, names):
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("east of the camera, m")
        axis.locator_params(nbins=5)
        axis.set_facecolor("0.85")
    axes[0].set_ylabel("north of the camera, m")
    figure.suptitle(title, fontsize=11)
    return png(figure)


def _arrows(axis: Axes, view: FixView) -> None:
    limits = axis.get_xlim(), axis.get_ylim()
    for good, colour, name in ((True, SKY, "agrees"), (False, ORANGE, "does not agree")):
        chosen = view.agree == good
        x, y = view.places_m[chosen].T
        axis.plot(x, y, ".", color=colour, markersize=4, label=name)
        ends = view.places_m[chosen] + OFFSETS * view.offsets_m[chosen]
        gap = np.full(x.size, np.nan)  # one line with gaps is drawn much faster than one a patch
        lines = (np.stack([x, ends[:, 0], gap], 1), np.stack([y, ends[:, 1], gap], 1))
        axis.plot(*(line.ravel() for line in lines), color=colour, linewidth=1)
    axis.set_xlim(limits[0])
    axis.set_ylim(limits[1])
    axis.legend(loc="lower left", fontsize=7, framealpha=0.8)
