"""Energy over the whole mission: charge, power, temperatures, Sun and Earth."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lupex_rover import graph
from lupex_rover.core.time import to_datetime
from lupex_rover.ephemeris import SkyTable, sky
from lupex_rover.ephemeris.eclipses import passages
from lupex_rover.report.figures import BELIEVED, COLD, INK, LAYOUT, TRUE, WARM
from lupex_rover.report.plot_file import BLUE, ORANGE
from lupex_rover.report.story import Story

LIGHT, EARTH = ORANGE, BLUE
TITLES = ("charge, %", "power, W", "temperature, degC", "elevation, deg", "disc seen, %")


def power_history(story: Story) -> go.Figure | None:
    """Charge, power in and out, temperatures, Sun and Earth; darkness shaded, eclipses named."""
    truth = story.all(graph.SIM_TRUTH)
    if not truth:
        return None
    t = [to_datetime(m.stamp_ns) for m in truth]
    state = story.all(graph.POWER_STATE)
    figure = make_subplots(len(TITLES), 1, shared_xaxes=True, vertical_spacing=0.03)
    figure.add_scatter(x=t, y=[100 * m.soc for m in truth], name="charge (truth)", row=1, col=1,
                       line={"color": TRUE})  # fmt: skip
    figure.add_scatter(x=[to_datetime(m.stamp_ns) for m in state], y=[100 * m.soc for m in state],
                       name="charge (estimate)", mode="markers", row=1, col=1,
                       marker={"color": BELIEVED, "size": 3})  # fmt: skip
    for name, values, colour, row in (
        ("array, W", [m.array_w for m in truth], LIGHT, 2),
        ("loads, W", [m.load_w for m in truth], INK, 2),
        ("battery, degC", [m.battery_degc for m in truth], WARM, 3),
        ("electronics, degC", [m.electronics_degc for m in truth], COLD, 3),
        ("Sun, deg", [m.sun_elevation_deg for m in truth], LIGHT, 4),
        ("Earth, deg", earth_deg(truth), EARTH, 4),
        ("Sun seen, %", [100 * m.sun_fraction for m in truth], LIGHT, 5),
    ):
        figure.add_scatter(x=t, y=values, name=name, row=row, col=1, line={"color": colour})
    _mark_nights(figure, truth)
    _name_eclipses(figure, truth)
    for row, title in enumerate(TITLES, 1):
        figure.update_yaxes(title=title, row=row, col=1)
    figure.update_xaxes(title="UTC", row=len(TITLES), col=1)
    figure.update_layout(**LAYOUT, height=1100)
    return figure


def earth_deg(truth: list[Any]) -> np.ndarray:
    """Elevation of the Earth's centre over the rover's level plane, degrees, at each truth."""
    x, y, _ = truth[-1].pose.position_m
    times = np.array([m.stamp_ns for m in truth], np.int64)
    table = SkyTable(float(x), float(y), int(times.min()), int(times.max()))
    return np.degrees(table.many(times).earth_elevation_rad)


def _mark_nights(figure: go.Figure, truth: list[Any]) -> None:
    start = None
    for m in [*truth, None]:
        dark = m is not None and m.sun_fraction <= 0.0
        if dark and start is None:
            start = m.stamp_ns
        if not dark and start is not None:
            end = m.stamp_ns if m is not None else truth[-1].stamp_ns
            figure.add_vrect(x0=to_datetime(start), x1=to_datetime(end), fillcolor="#1b2a4a",
                             opacity=0.13, line_width=0)  # fmt: skip
            start = None


def _name_eclipses(figure: go.Figure, truth: list[Any]) -> None:
    """Their names, from begin to end as the last place sees them."""
    x, y, _ = (float(v) for v in truth[-1].pose.position_m)
    stamps = [m.stamp_ns for m in truth]
    for one in passages(lambda times: sky(x, y, times), min(stamps), max(stamps)):
        figure.add_vrect(x0=to_datetime(one.begin_ns), x1=to_datetime(one.end_ns), line_width=0,
                         fillcolor=LIGHT, opacity=0.13, row=1, col=1,
                         annotation_text=one.eclipse.name)  # fmt: skip
