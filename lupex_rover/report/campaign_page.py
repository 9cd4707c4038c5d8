"""`campaign.html`: the landings of a campaign on one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lupex_rover.core.files import write_whole
from lupex_rover.report.campaign_summary import Row, complaint, summary
from lupex_rover.report.figures import BELIEVED, LAYOUT, LOG, TRUE, WARM
from lupex_rover.report.page import document, plotted, section, text

ELLIPSE_CHI2 = 9.2103  # 99 % of two dimensions, chi-square
HEIGHT = "navigation_at_"


def write(folder: Path, title: str, rows: list[Row], commands: dict[int, str]) -> Path:
    """Make `campaign.html` in `folder`; `commands` flies the run of a seed again."""
    path = folder / "campaign.html"
    write_whole(path, render(title, rows, commands))
    return path


def render(title: str, rows: list[Row], commands: dict[int, str]) -> str:
    """The page as text."""
    plots = (
        ("Where they landed, from where they aimed", landing_ellipse(rows)),
        ("Error against Sun elevation", against(rows, "sun_elevation_deg", "Sun elevation, deg")),
        ("Error against Sun azimuth", against(rows, "sun_azimuth_deg", "Sun azimuth, deg")),
        ("Navigation error against height", against_height(rows)),
        ("Error against the camera's picture width", against(rows, "camera_px", "width, px")),
        ("Error against the camera's view", against(rows, "camera_fov_deg", "field of view, deg")),
        ("Slope and rock under the vehicle", ground(rows)),
    )
    sections = [plotted(name, figure) for name, figure in plots]
    return document(
        title,
        f"<h1>{text(title)}</h1><p class='note'>Flown in the stand-in simulator, host"
        " harness; errors are against its truth.</p>"
        f"{_tiles(summary(rows))}{_failures(rows, commands)}{''.join(sections)}",
    )


def ellipse(east: np.ndarray, north: np.ndarray, points: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """The 99 % ellipse of a normal law with the mean and covariance of the points, m."""
    xy = np.stack((east, north))
    values, axes = np.linalg.eigh(np.cov(xy))
    turn = np.linspace(0.0, 2.0 * np.pi, points)
    circle = np.stack((np.cos(turn), np.sin(turn)))
    size = np.sqrt(ELLIPSE_CHI2 * np.maximum(values, 0.0))[:, None]
    x, y = xy.mean(axis=1)[:, None] + axes @ (size * circle)
    return x, y


def landing_ellipse(rows: list[Row]) -> go.Figure:
    """Touchdowns about the target each of them aimed at, with the 99 % ellipse."""
    down = _with(rows, "east_m", "north_m")
    figure = _figure("east of the target, m", "north of the target, m")
    east, north = (np.array([r[k] for r in down], float) for k in ("east_m", "north_m"))
    _points(figure, down, east, north)
    if len(down) > 2:
        x, y = ellipse(east, north)
        figure.add_scatter(x=x, y=y, mode="lines", name="99 % ellipse", line={"color": BELIEVED})
    figure.add_scatter(
        x=[0.0], y=[0.0], mode="markers", name="target",
        marker={"symbol": "cross-thin-open", "size": 14, "color": WARM},
    )  # fmt: skip
    figure.update_yaxes(scaleanchor="x")
    figure.update_layout(height=620)
    return figure


def against(rows: list[Row], name: str, title: str) -> go.Figure:
    """Landing error over one column."""
    both = _with(rows, "error_m", name)
    figure = _figure(title, "landing error, m")
    _points(figure, both, [r[name] for r in both], [r["error_m"] for r in both])
    return figure


def against_height(rows: list[Row]) -> go.Figure:
    """Spread of the filter's horizontal error when passing some heights."""
    figure = _figure("height over the target, m", "filter's horizontal error, m")
    names = [name for name in (rows[0] if rows else {}) if name.startswith(HEIGHT)]
    for name in names:
        values = [row[name] for row in _with(rows, name)]
        label = name.removeprefix(HEIGHT).removesuffix("_m")
        figure.add_box(
            y=values, name=label, boxpoints="all", marker={"color": TRUE, "size": 4},
            showlegend=False,
        )  # fmt: skip
    figure.update_xaxes(type="category")
    figure.update_yaxes(**LOG)
    return figure


def ground(rows: list[Row]) -> go.Figure:
    """Rock over slope at each touchdown."""
    down = _with(rows, "slope_deg", "rock_m")
    figure = _figure("slope, deg", "highest rock, m")
    _points(figure, down, [r["slope_deg"] for r in down], [r["rock_m"] for r in down])
    return figure


def _points(figure: go.Figure, rows: list[Row], x: Any, y: Any) -> None:
    bad = [bool(complaint(row)) for row in rows]
    colours, symbols = [WARM if b else TRUE for b in bad], ["x" if b else "circle" for b in bad]
    names = [text(f"seed {row['seed']}") for row in rows]
    figure.add_scatter(
        x=x, y=y, mode="markers", text=names, name="runs (cross: a failure)",
        marker={"color": colours, "symbol": symbols, "size": 7},
    )  # fmt: skip


def _figure(x: str, y: str) -> go.Figure:
    figure = go.Figure(layout=LAYOUT)
    figure.update_xaxes(title=x)
    figure.update_yaxes(title=y)
    return figure


def _with(rows: list[Row], *names: str) -> list[Row]:
    return [row for row in rows if all(row.get(name) is not None for name in names)]


def _tiles(figures: dict[str, Any]) -> str:
    tiles = "".join(
        f"<div class='tile'>{text(key.replace('_', ' '))}"
        f"<b>{'–' if value is None else text(value)}</b></div>"
        for key, value in figures.items()
    )
    return f"<section><div class='tiles'>{tiles}</div></section>"


def _failures(rows: list[Row], commands: dict[int, str]) -> str:
    lines = "".join(
        f"<tr><td>{text(row['seed'])}</td><td>{text(why)}</td>"
        f"<td><code>{text(commands[row['seed']])}</code></td></tr>"
        for row in sorted(rows, key=lambda r: r["seed"])
        if (why := complaint(row))
    )
    head = "<tr><th>seed</th><th>why</th><th>fly it again</th></tr>"
    body = f"<table>{head}{lines}</table>" if lines else "<p>None.</p>"
    return section("Failures", body)
