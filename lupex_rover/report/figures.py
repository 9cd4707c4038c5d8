"""The figures of the report, with plotly."""

from __future__ import annotations

import base64
import math
from typing import Any

import cv2
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lupex_rover import graph
from lupex_rover.core.transforms import toward
from lupex_rover.mission.steps import phase_of
from lupex_rover.report.plot_file import BLUE, RED
from lupex_rover.report.story import Story
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.shadow import lit_map

Box = tuple[float, float, float, float]  # x_min, y_min, x_max, y_max

INK, TRUE, BELIEVED, WARM, COLD = "#1f2933", BLUE, RED, RED, BLUE
LAYOUT: dict[str, Any] = {
    "template": "plotly_white", "font": {"family": "system-ui, sans-serif", "color": INK},
    "margin": {"l": 60, "r": 30, "t": 40, "b": 50}, "legend": {"orientation": "h", "y": 1.08},
    "hovermode": "closest",
}  # fmt: skip
HEIGHTS, TINT = "cividis", 0.35  # colours of heights over the relief, and how much they cover
_ROUND = [digit * 10.0**power for power in range(-4, 7) for digit in (1, 2, 5)]
# An axis by powers of ten, its ticks at 1, 2, 5.
LOG: dict[str, Any] = {"type": "log", "tickvals": _ROUND, "ticktext": [f"{v:g}" for v in _ROUND]}


def png_uri(pixels: np.ndarray) -> str:
    """A (H, W) or (H, W, 3) uint8 picture as a data URI."""
    ok, data = cv2.imencode(".png", pixels)
    if not ok:
        raise ValueError("picture cannot be encoded")
    return data_uri(data.tobytes())


def data_uri(png: bytes) -> str:
    """A PNG as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def shaded(dem: Dem, sun_azimuth_rad: float, sun_elevation_rad: float) -> np.ndarray:
    """(H, W) uint8, north up: relief under the Sun with cast shadows."""
    gy, gx = np.gradient(dem.heights.astype(float), dem.resolution_m)
    el = max(sun_elevation_rad, math.radians(1.0))
    sun = toward(sun_azimuth_rad, el)
    cosine = (-gx * sun[0] - gy * sun[1] + sun[2]) / np.sqrt(1 + gx**2 + gy**2)
    lit = np.asarray(lit_map(dem, sun_azimuth_rad, sun_elevation_rad), float)
    relief = 0.5 - 1.2 * (gx * 0.7 - gy * 0.7)  # faint side light, so that shadows keep shape
    tone = 60 + 45 * np.clip(relief, 0, 1) + lit * np.clip(cosine / 0.12, 0, 1) * 140
    return np.clip(tone, 0, 255).astype(np.uint8)[::-1]


def _underlay(figure: go.Figure, dem: Dem, sun: tuple[float, float], box: Box) -> None:
    """The relief under the Sun, tinted by height; the colours span the heights within `box`."""
    half = dem.resolution_m / 2
    rows, cols = dem.heights.shape
    figure.add_layout_image(
        source=png_uri(shaded(dem, *sun)), xref="x", yref="y", layer="below", sizing="stretch",
        x=dem.x0 - half, y=dem.y0 - half + rows * dem.resolution_m,
        sizex=cols * dem.resolution_m, sizey=rows * dem.resolution_m,
    )  # fmt: skip
    shown = dem.window(*box).heights
    figure.add_heatmap(
        z=dem.heights.astype(np.float32),
        x0=dem.x0, dx=dem.resolution_m, y0=dem.y0, dy=dem.resolution_m,
        zmin=float(shown.min()), zmax=float(shown.max()), colorscale=HEIGHTS, opacity=TINT,
        colorbar={"title": {"text": "height, m", "side": "right"}, "tickformat": ".0f"},
        hovertemplate="%{z:.1f} m<extra></extra>",
    )  # fmt: skip


def _square(figure: go.Figure, box: Box) -> None:
    figure.update_xaxes(
        title="grid east, m",
        range=[box[0], box[2]],
        showgrid=False,
        constrain="domain",
        tickformat=".0f",
    )
    figure.update_yaxes(
        title="grid north, m", range=[box[1], box[3]], scaleanchor="x", showgrid=False,
        constrain="domain", tickformat=".0f",
    )  # fmt: skip
    figure.update_layout(**LAYOUT, height=640)


def _window(onboard: Dem, points: np.ndarray, margin_m: float) -> tuple[Dem, Box]:
    low, high = points.min(axis=0)[:2] - margin_m, points.max(axis=0)[:2] + margin_m
    centre, half = (low + high) / 2, float((high - low).max()) / 2
    (x_min, y_min), (x_max, y_max) = centre - half, centre + half
    box = (x_min, y_min, x_max, y_max)
    return onboard.window(*(box[0] - 10, box[1] - 10, box[2] + 10, box[3] + 10)), box


def sun_at(story: Story, phase: str) -> tuple[float, float]:
    """Azimuth from grid north and elevation of the Sun when a phase began, rad."""
    told = story.all(graph.MISSION_STATE)
    start = next((m.stamp_ns for m in told if phase_of(m.phase) == phase), 0)
    truth = next((m for m in story.all(graph.SIM_TRUTH) if m.stamp_ns >= start), None)
    if truth is None:
        return 0.0, math.radians(1.5)
    return math.radians(truth.sun_azimuth_deg), math.radians(truth.sun_elevation_deg)


def traverse_map(story: Story, onboard: Dem) -> go.Figure | None:
    """The rover's path, true and believed, over the orbital map under the Sun of the drive."""
    track = story.truth_track()
    if not len(track):
        return None
    target, haven = story.plan["drill_target"], story.plan["haven"]
    points = np.vstack([track[:, :2], [target], [haven], [story.plan["landing_target"]]])
    dem, box = _window(onboard, points, 25.0)
    figure = go.Figure()
    _underlay(figure, dem.resample(1.0), sun_at(story, "traverse"), box)
    believed = story.estimated_track()
    figure.add_scatter(x=track[:, 0], y=track[:, 1], mode="lines", name="path (truth)",
                       line={"color": "#4dd4e8", "width": 3})  # fmt: skip
    figure.add_scatter(x=believed[:, 0], y=believed[:, 1], mode="lines", name="path (localization)",
                       line={"color": "#ff922b", "width": 1.5, "dash": "dot"})  # fmt: skip
    for name, place, symbol in (
        ("landing target", story.plan["landing_target"], "circle-open"),
        ("touchdown", track[0, :2], "triangle-up"), ("drill target", target, "x"),
        ("haven", haven, "square-open"),
    ):  # fmt: skip
        figure.add_scatter(x=[place[0]], y=[place[1]], mode="markers", name=name,
                           marker={"size": 12, "symbol": symbol, "color": "#ffe066",
                                   "line": {"width": 2, "color": "#ffe066"}})  # fmt: skip
    _square(figure, box)
    return figure


def landing_map(story: Story, onboard: Dem) -> go.Figure | None:
    """The descent over the orbital map with each fix and its error."""
    errors = story.fix_errors()
    if not story.truth_descent:
        return None
    track = np.array([m.pose.position_m for m in story.truth_descent])
    dem, box = _window(onboard, track, 200.0)
    figure = go.Figure()
    _underlay(figure, dem, sun_at(story, "descent"), box)
    figure.add_scatter(x=track[:, 0], y=track[:, 1], mode="lines", name="descent (truth)",
                       line={"color": "#4dd4e8", "width": 3})  # fmt: skip
    for accepted, name, colour, symbol in (
        (True, "fix", "#ffe066", "circle-open"), (False, "refused", "#ff6b6b", "x-thin"),
    ):  # fmt: skip
        rows = [(f, e) for f, e in errors if f.accepted is accepted]
        figure.add_scatter(
            x=[f.pose.position_m[0] for f, _ in rows], y=[f.pose.position_m[1] for f, _ in rows],
            mode="markers", name=name,
            text=[f"{e:.1f} m, {f.inliers} inliers {f.code}" for f, e in rows],
            marker={"size": 11, "symbol": symbol, "color": colour,
                    "line": {"width": 2, "color": colour}},
        )  # fmt: skip
    place = story.plan["landing_target"]
    figure.add_scatter(x=[place[0]], y=[place[1]], mode="markers", name="target",
                       marker={"size": 14, "symbol": "cross", "color": "#ffe066"})  # fmt: skip
    _square(figure, box)
    return figure


def landing_errors(story: Story) -> go.Figure | None:
    """Error of each fix and of the landing filter against altitude."""
    altitude, error = story.estimate_errors()
    if not len(altitude):
        return None
    figure = go.Figure()
    figure.add_scatter(x=altitude, y=error, mode="lines", name="landing filter",
                       line={"color": BELIEVED})  # fmt: skip
    ground = story.truth_descent[-1].pose.position_m[2]
    rows = [(f.pose.position_m[2] - ground, e) for f, e in story.fix_errors() if f.accepted]
    figure.add_scatter(x=[r[0] for r in rows], y=[r[1] for r in rows], mode="markers", name="fix",
                       marker={"color": TRUE, "size": 8})  # fmt: skip
    figure.update_xaxes(title="altitude over the landing place, m", autorange="reversed")
    figure.update_yaxes(title="position error, m", **LOG)
    figure.update_layout(**LAYOUT, height=360)
    return figure


def drill_profile(story: Story) -> go.Figure | None:
    """Torque, weight on bit and bit temperature over depth, with samples and their water."""
    rows = [m for m in story.all(graph.DRILL_TELEMETRY) if m.depth_m > 0.005 and m.feed_mps > 0]
    if not rows:
        return None
    depth = [m.depth_m for m in rows]
    figure = make_subplots(1, 4, shared_yaxes=True, horizontal_spacing=0.03)
    for column, (title, values) in enumerate(
        (
            ("torque, N m", [m.torque_nm for m in rows]),
            ("weight on bit, N", [m.wob_n for m in rows]),
            ("bit, degC", [m.bit_degc for m in rows]),
        ),
        start=1,
    ):
        figure.add_scatter(x=values, y=depth, mode="markers", row=1, col=column, showlegend=False,
                           marker={"size": 3, "color": TRUE, "opacity": 0.6})  # fmt: skip
        figure.update_xaxes(title=title, row=1, col=column)
    _water_column(figure, story)
    figure.update_yaxes(autorange="reversed")
    figure.update_yaxes(title="depth, m", row=1, col=1)
    figure.update_layout(**LAYOUT, height=520)
    return figure


def _water_column(figure: go.Figure, story: Story) -> None:
    water = story.result["science"]["samples"]
    depth = [w["depth_m"] for w in water]
    figure.add_scatter(
        x=[w["water_wt_pct"] for w in water], y=depth, mode="markers", name="measured",
        row=1, col=4,
        error_x={"array": [2 * (w["sigma_wt_pct"] or 0.0) for w in water]},
        marker={"color": BELIEVED, "size": 9},
    )  # fmt: skip
    figure.add_scatter(x=[w["truth_wt_pct"] for w in water], y=depth, mode="markers", name="truth",
                       row=1, col=4, marker={"color": TRUE, "size": 10, "symbol": "line-ns-open",
                                             "line": {"width": 3}})  # fmt: skip
    figure.update_xaxes(title="water, wt% (bars: 2 sigma)", row=1, col=4, rangemode="tozero")
