"""Maps side by side, each with its scale of colours."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lupex_rover.report.plot_file import new_figure, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAP_IN, HEAD_IN = 4.8, 0.9
BAR = (1.03, 0.0, 0.04, 1.0)  # left, low, width, height of the scale in shares of the map
KM_FROM_M = 5000.0  # wider maps have axes in km
Extent = tuple[float, float, float, float]  # x_min, y_min, x_max, y_max
Mark = tuple[float, float, str]  # x, y, text


@dataclass(frozen=True)
class MapLayer:
    """One map.

    Attributes
    ----------
    label : str
        What the colours show, with the unit.
    values : numpy.ndarray
        (H, W), the first row in the south.
    colours : str
        A scale that matplotlib and plotly both know; all of ours serve every colour vision.
    """

    label: str
    values: np.ndarray
    colours: str = "cividis"

    @property
    def limits(self) -> tuple[float, float]:
        """Of the scale; never empty."""
        low, high = float(np.nanmin(self.values)), float(np.nanmax(self.values))
        return low, high if high > low else low + 1.0


def maps(
    path: Path, title: str, layers: Sequence[MapLayer], extent: Extent, marks: Sequence[Mark]
) -> None:
    """Draw maps, grid north up, into a .png or .html.

    Parameters
    ----------
    extent : tuple[float, float, float, float]
        x_min, y_min, x_max, y_max of the cells' centres, m.
    marks : Sequence[tuple[float, float, str]]
        Places, m, and the text beside each.
    """
    save(
        path,
        lambda: maps_figure(title, layers, extent, marks),
        lambda: _page(title, layers, extent, marks),
    )


def maps_figure(
    title: str, layers: Sequence[MapLayer], extent: Extent, marks: Sequence[Mark]
) -> Figure:
    """The still picture."""
    wide, high = extent[2] - extent[0], extent[3] - extent[1]
    shape = float(np.clip(high / max(wide, 1e-9), 0.4, 2.0))
    figure = new_figure(MAP_IN * len(layers), HEAD_IN + (MAP_IN - 1.0) * shape)
    axes: list[Axes] = list(figure.subplots(1, len(layers), sharey=True, squeeze=False)[0])
    unit, name = _unit(extent)
    for axis, layer in zip(axes, layers):
        image = axis.imshow(
            layer.values, cmap=layer.colours, vmin=layer.limits[0], vmax=layer.limits[1],
            origin="lower", extent=_edges(layer.values, extent, unit), interpolation="nearest",
        )  # fmt: skip
        figure.colorbar(image, cax=axis.inset_axes(BAR), label=layer.label)
        axis.set_xlabel(f"grid east, {name}")
        axis.locator_params(nbins=5)
        for x, y, text in marks:
            _mark(axis, x / unit, y / unit, text)
    axes[0].set_ylabel(f"grid north, {name}")
    figure.suptitle(title, fontsize=11)
    return figure


def _mark(axis: Axes, x: float, y: float, text: str) -> None:
    from matplotlib.patheffects import withStroke

    axis.plot([x], [y], "o", color="black", markeredgecolor="white", markersize=5)
    axis.annotate(
        text, (x, y), xytext=(4, 3), textcoords="offset points", fontsize=8,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip


def _unit(extent: Extent) -> tuple[float, str]:
    """Metres in the axes' unit, and its name."""
    reach = max(extent[2] - extent[0], extent[3] - extent[1])
    return (1000.0, "km") if reach >= KM_FROM_M else (1.0, "m")


def _edges(values: np.ndarray, extent: Extent, unit: float) -> Extent:
    """x_min, x_max, y_min, y_max of whole cells, in the axes' unit."""
    rows, cols = values.shape
    dx = 0.5 * (extent[2] - extent[0]) / max(cols - 1, 1)
    dy = 0.5 * (extent[3] - extent[1]) / max(rows - 1, 1)
    left, low, right, high = np.add(extent, (-dx, -dy, dx, dy)) / unit
    return float(left), float(right), float(low), float(high)


def _page(title: str, layers: Sequence[MapLayer], extent: Extent, marks: Sequence[Mark]) -> str:
    from plotly.subplots import make_subplots

    gap = 0.25 / len(layers)
    figure = make_subplots(rows=1, cols=len(layers), horizontal_spacing=gap)
    wide = (1.0 - gap * (len(layers) - 1)) / len(layers)
    unit, name = _unit(extent)
    for col, layer in enumerate(layers, 1):
        rows, cols = layer.values.shape
        x = np.linspace(extent[0], extent[2], cols) / unit
        y = np.linspace(extent[1], extent[3], rows) / unit
        bar = {"orientation": "h", "x": (col - 1) * (wide + gap) + wide / 2.0, "len": wide,
               "y": -0.2, "yanchor": "top", "thickness": 12,
               "title": {"text": layer.label, "side": "bottom"}}  # fmt: skip
        figure.add_heatmap(
            x=x, y=y, z=layer.values, colorbar=bar, colorscale=layer.colours,
            zmin=layer.limits[0], zmax=layer.limits[1], row=1, col=col,
        )  # fmt: skip
        n = "" if col == 1 else str(col)
        figure.update_xaxes(title_text=f"grid east, {name}", constrain="domain", row=1, col=col)
        figure.update_yaxes(
            title_text=f"grid north, {name}", scaleanchor=f"x{n}", constrain="domain",
            row=1, col=col,
        )  # fmt: skip
        figure.add_scatter(
            x=[m[0] / unit for m in marks], y=[m[1] / unit for m in marks],
            text=[html.escape(m[2]) for m in marks], mode="markers+text", textfont={"size": 9},
            marker={"color": "white", "size": 14, "line": {"color": "black", "width": 1}},
            showlegend=False, row=1, col=col,
        )  # fmt: skip
    figure.update_layout(title=html.escape(title), template="plotly_white", height=500)
    return str(figure.to_html(include_plotlyjs=True))
