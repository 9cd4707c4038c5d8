"""Curves over time, one axis above the other."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lupex_rover.report.plot_file import GREY, LINES, new_figure, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE_IN, PANEL_IN, HEAD_IN, ROW_PT = 10.0, 1.9, 1.1, 11
TITLE_LETTERS = 105  # of a line
TURN_DEG = 360.0


@dataclass(frozen=True)
class Panel:
    """One axis.

    Attributes
    ----------
    label : str
        What is shown, with its unit, such as "power, W".
    lines : Mapping[str, numpy.ndarray]
        Name in the legend -> (N,) values.
    directions : bool
        The values are directions from 0 to 360 degrees; a line is not drawn where it comes round.
    limits : tuple[float, float], optional
        What the axis shows; else as much as there are values.
    """

    label: str
    lines: Mapping[str, np.ndarray]
    directions: bool = False
    limits: tuple[float, float] | None = None


SHARE = (-4.0, 104.0)  # limits of what is 0 to 100 %


def curves(
    path: Path,
    title: str,
    times: Sequence[str],
    panels: Sequence[Panel],
    moments: Mapping[str, str] | None = None,
) -> None:
    """Draw curves over time into a .png or .html; the title also says the span of time.

    Parameters
    ----------
    times : Sequence[str]
        N times, ISO 8601, UTC.
    moments : Mapping[str, str], optional
        Name -> time of what an upright line marks; those outside the span are left out.
    """
    stamps = [datetime.fromisoformat(t.replace("Z", "+00:00")) for t in times]
    inside = {k: t for k, t in (moments or {}).items() if times[0] <= t <= times[-1]}
    whole = f"{title}\n{_span(stamps)}"
    marks = {k: datetime.fromisoformat(t.replace("Z", "+00:00")) for k, t in inside.items()}
    save(
        path,
        lambda: curves_figure(whole, stamps, panels, marks),
        lambda: _page(whole, stamps, panels, marks),
    )


def curves_figure(
    title: str,
    stamps: Sequence[datetime],
    panels: Sequence[Panel],
    moments: Mapping[str, datetime],
) -> Figure:
    """The still picture."""
    height = HEAD_IN + PANEL_IN * len(panels) + ROW_PT / 72.0 * len(moments)
    figure = new_figure(WIDE_IN, height)
    axes: list[Axes] = list(figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0])
    for axis, panel in zip(axes, panels):
        _draw(axis, stamps, panel)
        for when in moments.values():
            axis.axvline(when, color=GREY, linestyle=":", linewidth=1.2)  # type: ignore[arg-type]
    for row, (name, when) in enumerate(moments.items()):
        axes[0].annotate(
            name, (when, 1.0), xycoords=("data", "axes fraction"), textcoords="offset points",
            xytext=(0, 3 + ROW_PT * row), ha="center", fontsize=8,
        )  # fmt: skip
    _time_axis(axes[-1], stamps)
    figure.suptitle(_folded(title), fontsize=11)
    return figure


def _draw(axis: Axes, stamps: Sequence[datetime], panel: Panel) -> None:
    for (name, values), colour in zip(panel.lines.items(), LINES):
        x, y = np.array(stamps), np.asarray(values, float)
        if panel.directions:
            x, y = _cut(x, y)
        marker = "o" if len(stamps) == 1 else ""
        axis.plot(x, y, color=colour, marker=marker, linewidth=1.3, label=name)
    axis.set_ylabel(panel.label)
    axis.grid(True, color="0.9")
    if panel.directions:
        axis.set_ylim(0.0, TURN_DEG)
        axis.set_yticks(np.arange(0.0, TURN_DEG + 1.0, 90.0))
    elif panel.limits is not None:
        axis.set_ylim(*panel.limits)
    axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _time_axis(axis: Axes, stamps: Sequence[datetime]) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=9)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axis.set_xlabel("UTC")
    if len(stamps) == 1:
        half = timedelta(hours=12)
        axis.set_xlim(stamps[0] - half, stamps[0] + half)  # type: ignore[arg-type]


def _cut(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """With a gap wherever a direction steps over north."""
    at = np.flatnonzero(np.abs(np.diff(y)) > TURN_DEG / 2.0) + 1
    return np.insert(x, at, x[at]), np.insert(y, at, np.nan)


def _span(stamps: Sequence[datetime]) -> str:
    first, last = (f"{t:%Y-%m-%d %H:%M}" for t in (stamps[0], stamps[-1]))
    return f"{first} UTC" if len(stamps) == 1 else f"{first} to {last} UTC"


def _folded(title: str) -> str:
    return "\n".join(textwrap.fill(line, TITLE_LETTERS) for line in title.splitlines())


def _page(
    title: str,
    stamps: Sequence[datetime],
    panels: Sequence[Panel],
    moments: Mapping[str, datetime],
) -> str:
    from plotly.subplots import make_subplots

    mode = "lines" if len(stamps) > 1 else "markers"
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.03)
    for row, panel in enumerate(panels, 1):
        number = row if row > 1 else ""  # as plotly counts axes and legends
        for (name, values), colour in zip(panel.lines.items(), LINES):
            x, y = np.array(stamps), np.asarray(values, float)
            if panel.directions:
                x, y = _cut(x, y)
            figure.add_scatter(
                x=list(x), y=y, name=name, mode=mode, line={"color": colour}, row=row, col=1,
                legend=f"legend{number}",
            )  # fmt: skip
        axis: dict[str, Any] = {"range": panel.limits} if panel.limits else {}
        if panel.directions:
            axis = {"range": [0, TURN_DEG], "dtick": 90}
        figure.update_yaxes(title_text=panel.label, row=row, col=1, **axis)
        top = figure.layout[f"yaxis{number}"].domain[1]
        figure.layout[f"legend{number}"] = {"y": top, "yanchor": "top"}
    figure.update_xaxes(title_text="UTC", row=len(panels), col=1)
    for row, (name, when) in enumerate(moments.items()):
        figure.add_vline(x=when, line_dash="dot", line_color=GREY)
        figure.add_annotation(
            x=when,
            y=1.0,
            yref="paper",
            text=html.escape(name),
            showarrow=False,
            yshift=9 + ROW_PT * row,
        )  # fmt: skip
    head = html.escape(_folded(title)).replace("\n", "<br>")
    figure.update_layout(
        title=head, template="plotly_white", height=150 + 240 * len(panels), showlegend=True,
        margin={"t": 130},
    )  # fmt: skip
    return str(figure.to_html(include_plotlyjs=True))
