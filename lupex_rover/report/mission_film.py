"""A run as one short moving picture: descent camera, traverse on the map, drill and water."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lupex_rover import graph
from lupex_rover.core.errors import UserError
from lupex_rover.report.figures import shaded, sun_at
from lupex_rover.report.story import Story
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
DPI, SIZE_IN = 100, (9.6, 3.9)
DESCENT, DRIVE, DRILL, HOLD = 22, 22, 18, 6  # frames of each part
LAST_NS = 8_000_000_000  # pictures of the last seconds show a few metres of blurred ground
FRAME_MS, LAST_MS, QUALITY = 180, 2500, 70
PAPER, INK, PATH, MARK, TORQUE = "#10151c", "#d8dee6", "#4dd4e8", "#ffe066", "#ff922b"
LOOK: Any = {
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK,
    "ytick.color": INK, "font.size": 9,
}  # fmt: skip


def check_film(path: Path) -> None:
    """Refuse a film that could not be written.

    Raises
    ------
    UserError
        The suffix is neither .webp nor .gif, or the folder does not exist.
    """
    if path.suffix.lower() not in (".webp", ".gif"):
        raise UserError(f"--film {path}: give a file that ends in .webp or .gif")
    if not path.absolute().parent.is_dir():
        raise UserError(f"--film {path}: the folder does not exist")


def write(path: Path, story: Story, onboard: Dem) -> None:
    """Write the moving picture of a run.

    Raises
    ------
    UserError
        The run has no descent, drive or drilling to show, or the file cannot be written.
    """
    check_film(path)
    frames = draw(story, onboard)
    film = cv2.Animation()
    film.frames = frames
    film.durations = [FRAME_MS] * (len(frames) - 1) + [LAST_MS]
    film.loop_count = 0
    settings = [cv2.IMWRITE_WEBP_QUALITY, QUALITY] if path.suffix.lower() == ".webp" else []
    ok, data = cv2.imencodeanimation(path.suffix.lower(), film, settings)
    if not ok:
        raise UserError(f"--film {path}: the pictures cannot be encoded")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise UserError(f"--film {path}: cannot be written ({error.strerror})") from None


def draw(story: Story, onboard: Dem) -> list[Array]:
    """(H, W, 3) BGR pictures in order of time.

    Raises
    ------
    UserError
        The run has no descent pictures, no drive or no drilling.
    """
    landed = story.landed_ns
    images = [m for m in story.all(graph.CAMERA_DESCENT_IMAGE_RAW) if m.stamp_ns < landed - LAST_NS]
    track = story.truth_track()
    drilled = [m for m in story.all(graph.DRILL_TELEMETRY) if m.depth_m > 0.005 and m.feed_mps > 0]
    if not images or len(track) < 2 or not drilled:
        raise UserError("--film: the run shows no descent, no drive or no drilling")
    with matplotlib.rc_context(LOOK):
        sheet = _Sheet(story, onboard, track, drilled)
        for share in np.linspace(0.0, 1.0, DESCENT):
            sheet.descend(images[round(share * (len(images) - 1))])
        for share in np.linspace(0.0, 1.0, DRIVE):
            sheet.drive(share)
        for share in np.linspace(0.0, 1.0, DRILL):
            sheet.drill(share)
        sheet.assay()
    return sheet.frames


class _Sheet:
    """The three panels and the frames drawn so far."""

    def __init__(self, story: Story, onboard: Dem, track: Array, drilled: Sequence[Any]) -> None:
        self.frames: list[Array] = []
        self._story, self._onboard, self._track, self._drilled = story, onboard, track, drilled
        self._figure = Figure(figsize=SIZE_IN, dpi=DPI, facecolor=PAPER)
        self._canvas = FigureCanvasAgg(self._figure)
        grid = self._figure.add_gridspec(
            1, 3, width_ratios=(1, 1, 0.8), left=0.02, right=0.985, top=0.88, bottom=0.15,
            wspace=0.22,
        )  # fmt: skip
        self._camera, self._map, self._profile = (
            self._figure.add_subplot(grid[0, k], facecolor=PAPER) for k in range(3)
        )
        self._words = self._figure.text(0.5, 0.025, "", ha="center", size=11, color=INK)
        self._begin_camera()
        self._begin_map()
        self._begin_profile()

    def _begin_camera(self) -> None:
        self._camera.set_axis_off()
        self._camera.set_title("Descent camera", color=INK)
        first = self._story.all(graph.CAMERA_DESCENT_IMAGE_RAW)[0].pixels
        self._seen = self._camera.imshow(first, cmap="gray", vmin=0, vmax=255)
        self._height = self._camera.text(
            0.03, 0.04, "", transform=self._camera.transAxes, color=MARK, size=10
        )

    def _begin_map(self) -> None:
        plan = self._story.plan
        places = np.vstack([self._track[:, :2], [plan["drill_target"]], [plan["haven"]]])
        centre = (places.min(axis=0) + places.max(axis=0)) / 2
        half = float(np.ptp(places, axis=0).max()) / 2 + 20.0
        wide = half + 10.0
        window = self._onboard.window(*(centre - wide), *(centre + wide)).resample(1.0)
        box = (centre[0] - half, centre[0] + half, centre[1] - half, centre[1] + half)
        tone = shaded(window, *sun_at(self._story, "traverse"))
        (rows, cols), x0, y0 = tone.shape, window.x0 - 0.5, window.y0 - 0.5
        self._map.imshow(
            tone, cmap="gray", vmin=0, vmax=255, interpolation="bilinear",
            extent=(x0, x0 + cols, y0, y0 + rows),
        )  # fmt: skip
        self._map.set(xlim=box[:2], ylim=box[2:], xticks=[], yticks=[])
        self._map.set_title("Traverse on the orbital map", color=INK)
        for place, shape in ((plan["drill_target"], "x"), (plan["haven"], "s")):
            self._map.plot(*place, shape, color=MARK, ms=8, mfc="none", mew=1.8)
        (self._path,) = self._map.plot([], [], color=PATH, lw=2)
        x, y = box[0] + 0.06 * 2 * half, box[2] + 0.06 * 2 * half
        self._map.plot([x, x + 50], [y, y], color=INK, lw=3)
        self._map.text(x, y + 0.03 * 2 * half, "50 m", color=INK)

    def _begin_profile(self) -> None:
        deepest = max(m.depth_m for m in self._drilled)
        most = max(m.torque_nm for m in self._drilled)
        self._profile.set(xlim=(0, 1.1 * most), ylim=(1.05 * deepest, 0))
        self._profile.set(xlabel="torque, N m", ylabel="depth, m")
        self._profile.set_title("Drill and water", color=INK)
        (self._torque,) = self._profile.plot([], [], ".", color=TORQUE, ms=3)

    def _shoot(self, words: str) -> None:
        self._words.set_text(words)
        self._canvas.draw()
        pixels = np.asarray(self._canvas.buffer_rgba())
        self.frames.append(cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGR))

    def descend(self, image: Any) -> None:
        """One more picture of the descent camera, with the height at its time."""
        self._seen.set_data(image.pixels)
        states = self._story.all(graph.LANDING_STATE)
        nearest = min(states, key=lambda s: abs(s.stamp_ns - image.stamp_ns))
        x, y, z = nearest.pose.position_m
        height = max(float(z - self._onboard.height(x, y)), 0.0)
        self._height.set_text(f"{height:.0f} m over the ground")
        error = self._story.result["landing"]["error_m"]
        said = "" if error is None else f", touchdown {error:.1f} m from the target"
        self._shoot(f"Descent on vision fixes{said}")

    def drive(self, share: float) -> None:
        """The way up to `share` of the track."""
        end = max(2, round(share * len(self._moved())))
        self._path.set_data(self._moved()[:end, 0], self._moved()[:end, 1])
        driven = self._story.result["traverse"]["distance_m"] or 0.0
        self._shoot(f"Traverse to a shadowed drill site ({driven:.0f} m) and on to the haven")

    def _moved(self) -> Array:
        """The track without the places where the rover stood still."""
        step = np.linalg.norm(np.diff(self._track[:, :2], axis=0), axis=1)
        moved: Array = self._track[np.concatenate([[True], step > 0.05])]
        return moved

    def drill(self, share: float) -> None:
        """Torque over depth up to `share` of the telemetry, with the water measured so far."""
        end = max(1, round(share * len(self._drilled)))
        rows = self._drilled[:end]
        self._torque.set_data([m.torque_nm for m in rows], [m.depth_m for m in rows])
        deep = max(m.depth_m for m in rows)
        self._shoot(f"Drilling: {deep:.2f} m")

    def assay(self) -> None:
        """The end: the water of each sample beside its depth."""
        wide = self._profile.get_xlim()[1]
        samples = self._story.result["science"]["samples"]
        for sample in samples:
            label = f"{sample['water_wt_pct']:.1f} % water"
            self._profile.text(0.97 * wide, sample["depth_m"], label, color=PATH, ha="right",
                               va="bottom", weight="bold", backgroundcolor="#10151cb0")  # fmt: skip
            self._profile.axhline(sample["depth_m"], color=PATH, lw=0.8)
        night = self._story.result["power"]["night_h"]
        said = f", {night:.0f} h of night survived" if night else ""
        for _ in range(HOLD):
            self._shoot(f"{len(samples)} samples assayed{said}")
