"""Plain charts for commands: HTML by plotly, PNG by OpenCV; the suffix of the file chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    path: Path, title: str, times: Sequence[str], panels: Mapping[str, Mapping[str, Array]]
) -> None:
    """Curves over time: `panels` is axis title -> legend -> (N,) values, `times` N ISO texts."""
    save(path, lambda: _pixels(title, times, panels), lambda: _page(title, times, panels))


def _page(title: str, times: Sequence[str], panels: Mapping[str, Mapping[str, Array]]) -> str:
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True)
    for row, (axis, lines) in enumerate(panels.items(), 1):
        for name, values in lines.items():
            figure.add_scatter(x=list(times), y=np.asarray(values), name=name, row=row, col=1)
        figure.update_yaxes(title_text=axis, row=row, col=1)
    figure.update_layout(title=title, template="plotly_white", height=80 + 260 * len(panels))
    return str(figure.to_html(include_plotlyjs=True))


def _pixels(title: str, times: Sequence[str], panels: Mapping[str, Mapping[str, Array]]) -> Array:
    image = np.full((HEAD + PANEL * len(panels) + 30, WIDE, 3), 255, np.uint8)
    _text(image, title, LEFT, 22, 0.55)
    for k, (axis, lines) in enumerate(panels.items()):
        _panel(image, HEAD + k * PANEL, axis, lines)
    bottom = image.shape[0] - 12
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        stamp = times[round(share * (len(times) - 1))][:16]
        x = LEFT + share * (WIDE - LEFT - RIGHT) - (130 if share == 1.0 else 60 * (share > 0))
        _text(image, stamp, int(x), bottom, 0.4)
    return image


def _panel(image: Array, top: int, axis: str, lines: Mapping[str, Array]) -> None:
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
        x = np.linspace(LEFT, WIDE - RIGHT, len(line))
        y = y0 + (np.asarray(line, float) - low) / (high - low) * (y1 - y0)
        points = np.column_stack([x, y])[np.isfinite(y)].round().astype(np.int32)
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
    layers: Mapping[str, Array],
    extent: tuple[float, float, float, float],
    marks: Sequence[tuple[float, float, str]],
) -> None:
    """Maps side by side, grid north up, with marked places (x, y, text), m."""
    save(path, lambda: _map_pixels(layers, extent, marks), lambda: _map_page(layers, extent, marks))


def _map_page(layers: Mapping[str, Array], extent: Sequence[float], marks: Sequence[Any]) -> str:
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=len(layers), subplot_titles=list(layers))
    for col, values in enumerate(layers.values(), 1):
        rows, cols = values.shape
        x, y = np.linspace(extent[0], extent[2], cols), np.linspace(extent[1], extent[3], rows)
        figure.add_heatmap(x=x, y=y, z=values, showscale=False, row=1, col=col)
        figure.add_scatter(
            x=[m[0] for m in marks], y=[m[1] for m in marks], text=[m[2] for m in marks],
            mode="markers+text", marker={"color": "red"}, showlegend=False, row=1, col=col,
        )  # fmt: skip
    figure.update_layout(template="plotly_white", height=560)
    return str(figure.to_html(include_plotlyjs=True))


def _map_pixels(
    layers: Mapping[str, Array], extent: Sequence[float], marks: Sequence[Any]
) -> Array:
    side, tiles = 480, []
    x_min, y_min, x_max, y_max = extent
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
    return np.hstack(tiles)
