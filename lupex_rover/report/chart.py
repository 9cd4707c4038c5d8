"""Plain charts for commands: HTML by plotly, PNG by OpenCV; the suffix of the file chooses."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lupex_rover.core.errors import UserError

Array = np.ndarray
COLOURS = ((40, 140, 250), (200, 110, 30), (60, 160, 60), (160, 60, 160), (90, 90, 90))  # BGR
WIDE, PANEL, LEFT, RIGHT, HEAD = 1000, 240, 70, 20, 34
FONT = cv2.FONT_HERSHEY_SIMPLEX


def check_picture(path: Path | None) -> None:
    """Refuse, before any work, a picture that could not be written.

    Raises
    ------
    UserError
        Suffix other than .png or .html, or no such folder.
    """
    if path is None:
        return
    if path.suffix.lower() not in (".png", ".html"):
        raise UserError(f"--draw {path}: give a file that ends in .png or .html")
    if not path.absolute().parent.is_dir():
        raise UserError(f"--draw {path}: the folder does not exist")
    if path.is_dir():
        raise UserError(f"--draw {path}: is a folder")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise UserError(f"--draw {path}: cannot be written")


def save(path: Path, pixels: Callable[[], Array], page: Callable[[], str]) -> None:
    """Write the PNG of `pixels()` (BGR) or the text of `page()`."""
    try:
        if path.suffix.lower() == ".html":
            path.write_text(page(), encoding="utf-8")
        else:
            path.write_bytes(cv2.imencode(".png", pixels())[1].tobytes())
    except OSError as error:
        raise UserError(f"--draw {path}: cannot be written ({error.strerror})") from None


def curves(
    path: Path,
    title: str,
    times: Sequence[str],
    panels: Mapping[str, Mapping[str, Array]],
    moments: Mapping[str, str] | None = None,
) -> None:
    """Curves over time.

    Parameters
    ----------
    times : N ISO texts.
    panels : axis title -> legend -> (N,) values.
    moments : name -> ISO text of what is marked by an upright line; those outside are left out.
    """
    inside = {k: t for k, t in (moments or {}).items() if times[0] <= t <= times[-1]}
    save(
        path,
        lambda: _pixels(title, times, panels, inside),
        lambda: _page(title, times, panels, inside),
    )


def _page(
    title: str, times: Sequence[str], panels: Mapping[str, Mapping[str, Array]],
    moments: Mapping[str, str],
) -> str:  # fmt: skip
    from plotly.subplots import make_subplots

    mode = "lines" if len(times) > 1 else "markers"
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True)
    for row, (axis, lines) in enumerate(panels.items(), 1):
        for name, values in lines.items():
            y = np.asarray(values)
            figure.add_scatter(x=list(times), y=y, name=name, mode=mode, row=row, col=1)
        figure.update_yaxes(title_text=axis, row=row, col=1)
    for name, when in moments.items():
        figure.add_vline(x=when, line_dash="dot", line_color="grey")
        figure.add_annotation(x=when, y=1.0, yref="paper", text=name, showarrow=False, yshift=9)
    figure.update_layout(title=title, template="plotly_white", height=80 + 260 * len(panels))
    return str(figure.to_html(include_plotlyjs=True))


def _pixels(
    title: str, times: Sequence[str], panels: Mapping[str, Mapping[str, Array]],
    moments: Mapping[str, str],
) -> Array:  # fmt: skip
    stamps = np.array([datetime.fromisoformat(t).timestamp() for t in times])
    share = (stamps - stamps[0]) / max(stamps[-1] - stamps[0], 1e-3)
    across = LEFT + share * (WIDE - LEFT - RIGHT)
    image = np.full((HEAD + PANEL * len(panels) + 30, WIDE, 3), 255, np.uint8)
    _text(image, title, LEFT, 22, 0.55)
    for k, (axis, lines) in enumerate(panels.items()):
        _panel(image, HEAD + k * PANEL, axis, lines, across)
    for row, (name, when) in enumerate(moments.items()):
        x = int(np.interp(datetime.fromisoformat(when).timestamp(), stamps, across))
        cv2.line(image, (x, HEAD), (x, image.shape[0] - 40), (150, 150, 150), 1)
        _text(image, name, min(x + 4, WIDE - 60), HEAD + 40 + 14 * row, 0.4, (90, 90, 90))
    bottom = image.shape[0] - 12
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        stamp = times[round(share * (len(times) - 1))][:16]
        left = LEFT + share * (WIDE - LEFT - RIGHT) - (130 if share == 1.0 else 60 * (share > 0))
        _text(image, stamp, int(left), bottom, 0.4)
    return image


def _panel(image: Array, top: int, axis: str, lines: Mapping[str, Array], across: Array) -> None:
    values = np.concatenate([np.asarray(v, float) for v in lines.values()])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    pad = 0.05 * (high - low) or 1.0
    low, high = low - pad, high + pad
    y0, y1 = top + PANEL - 16, top + 26
    cv2.rectangle(image, (LEFT, y1), (WIDE - RIGHT, y0), (180, 180, 180), 1)
    for share in (0.0, 0.5, 1.0):
        y = round(y0 + share * (y1 - y0))
        cv2.line(image, (LEFT, y), (WIDE - RIGHT, y), (220, 220, 220), 1)
        _text(image, f"{low + share * (high - low):.4g}", 8, y + 4, 0.4)
    _text(image, axis, LEFT, top + 18, 0.45)
    at = LEFT + 330
    for (name, line), colour in zip(lines.items(), COLOURS):
        down = y0 + (np.asarray(line, float) - low) / (high - low) * (y1 - y0)
        points = np.column_stack([across, down])[np.isfinite(down)].round().astype(np.int32)
        if len(points) == 1:
            cv2.circle(image, points[0].tolist(), 4, colour, -1, cv2.LINE_AA)
        cv2.polylines(image, [points], False, colour, 1, cv2.LINE_AA)
        _text(image, name, at, top + 18, 0.45, colour)
        at += 20 + 9 * len(name)


def _text(
    image: Array, text: str, x: int, y: int, size: float,
    colour: tuple[int, int, int] = (40, 40, 40),
) -> None:  # fmt: skip
    cv2.putText(image, text, (x, y), FONT, size, colour, 1, cv2.LINE_AA)


def maps(
    path: Path,
    title: str,
    layers: Mapping[str, Array],
    extent: tuple[float, float, float, float],
    marks: Sequence[tuple[float, float, str]],
) -> None:
    """Maps side by side, grid north up, with marked places (x, y, text), m.

    `extent` : x_min, y_min, x_max, y_max of the cells' centres, m.
    """
    save(
        path,
        lambda: _map_pixels(title, layers, extent, marks),
        lambda: _map_page(title, layers, extent, marks),
    )


def _map_page(
    title: str, layers: Mapping[str, Array], extent: Sequence[float], marks: Sequence[Any]
) -> str:
    from plotly.subplots import make_subplots

    gap = 0.3 / len(layers)
    figure = make_subplots(
        rows=1, cols=len(layers), subplot_titles=list(layers), horizontal_spacing=gap
    )
    wide = (1.0 - gap * (len(layers) - 1)) / len(layers)
    for col, values in enumerate(layers.values(), 1):
        rows, cols = values.shape
        x, y = np.linspace(extent[0], extent[2], cols), np.linspace(extent[1], extent[3], rows)
        bar = {"x": (col - 1) * (wide + gap) + wide + 0.01, "thickness": 12}
        figure.add_heatmap(x=x, y=y, z=values, colorbar=bar, row=1, col=col)
        n = "" if col == 1 else str(col)
        figure.update_xaxes(title_text="x, m", row=1, col=col)
        figure.update_yaxes(title_text="y, m", scaleanchor=f"x{n}", row=1, col=col)
        figure.add_scatter(
            x=[m[0] for m in marks], y=[m[1] for m in marks], text=[m[2] for m in marks],
            mode="markers+text", marker={"color": "red"}, showlegend=False, row=1, col=col,
        )  # fmt: skip
    figure.update_layout(title=title, template="plotly_white", height=560)
    return str(figure.to_html(include_plotlyjs=True))


def _map_pixels(
    title: str, layers: Mapping[str, Array], extent: Sequence[float], marks: Sequence[Any]
) -> Array:
    side, tiles = 480, []
    cells = next(iter(layers.values())).shape[1]
    half = 0.5 * (extent[2] - extent[0]) / max(cells - 1, 1)  # the picture shows whole cells
    x_min, y_min, x_max, y_max = np.add(extent, (-half, -half, half, half)).tolist()
    scale = side / max(x_max - x_min, y_max - y_min)
    size = max(2, round((x_max - x_min) * scale)), max(2, round((y_max - y_min) * scale))
    for name, values in layers.items():
        low, high = float(values.min()), float(values.max())
        grey = np.uint8(255.0 * (values[::-1] - low) / (high - low or 1.0))
        colour = cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)
        tile = np.full((side + 40, side + 16, 3), 255, np.uint8)
        picture = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
        for x, y, text in marks:
            at = round((x - x_min) * scale), round((y_max - y) * scale)
            cv2.circle(picture, at, 4, (0, 255, 0), 1, cv2.LINE_AA)
            _text(picture, text, at[0] + 6, at[1] + 4, 0.4, (0, 255, 0))
        tile[32 : 32 + size[1], 8 : 8 + size[0]] = picture
        _text(tile, f"{name}: dark {low:.3g} to bright {high:.3g}", 8, 20, 0.5)
        tiles.append(tile)
    foot = np.full((30, len(tiles) * tiles[0].shape[1], 3), 255, np.uint8)
    long_m = _round_length(0.25 * side / scale)
    cv2.line(foot, (8, 12), (8 + round(long_m * scale), 12), (40, 40, 40), 2)
    name = f"{long_m / 1e3:g} km" if long_m >= 1e3 else f"{long_m:g} m"
    said = f"{name}; x {extent[0]:.0f} to {extent[2]:.0f}, y {extent[1]:.0f} to {extent[3]:.0f} m"
    _text(foot, f"{said}, grid north up; {title}", 18 + round(long_m * scale), 17, 0.45)
    return np.vstack((np.hstack(tiles), foot))


def _round_length(most_m: float) -> float:
    """The longest of 1, 2, 5 times a power of ten within `most_m`."""
    power = 10.0 ** np.floor(np.log10(most_m))
    return float(max(k * power for k in (1.0, 2.0, 5.0) if k * power <= most_m))
