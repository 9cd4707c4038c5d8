"""Curves and maps: round ticks, units, scales of colours, what an axis shows."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.report.curves import SHARE, Panel, curves, curves_figure
from lupex_rover.report.maps import MapLayer, maps, maps_figure
from lupex_rover.report.plot_file import check_picture, png

START = datetime(2029, 1, 1, tzinfo=timezone.utc)
STAMPS = [START + timedelta(hours=h) for h in range(49)]
AZIMUTH = (350.0 + 0.5 * np.arange(49)) % 360.0
PANELS = (
    Panel("elevation, deg", {"Sun": np.linspace(-1.243, 12.43, 49)}),
    Panel("azimuth, deg", {"Sun": AZIMUTH}, directions=True),
    Panel("disc seen, %", {"Sun": np.full(49, 0.9191)}, limits=SHARE),
)
MAPS = (
    MapLayer("light, %", np.linspace(0.0, 91.91, 12).reshape(3, 4)),
    MapLayer("longest darkness, h", np.zeros((3, 4)), "magma_r"),
)
EXTENT = (-1500.0, 2000.0, 1500.0, 4000.0)


def is_round(step: float) -> bool:
    """1, 2, 2.5 or 5 times a power of ten."""
    mantissa = step / 10.0 ** np.floor(np.log10(step) + 1e-9)
    return bool(np.isclose(mantissa, (1.0, 2.0, 2.5, 5.0)).any())


def test_ticks_are_round_and_axes_have_units() -> None:
    figure = curves_figure("what", STAMPS, PANELS, {"dawn": STAMPS[7]})
    png(figure)
    names = [axis.get_ylabel() for axis in figure.axes]
    assert names == ["elevation, deg", "azimuth, deg", "disc seen, %"]
    for axis in (figure.axes[0], figure.axes[2]):
        assert is_round(float(np.diff(axis.get_yticks())[0]))
    assert figure.axes[1].get_yticks().tolist() == [0.0, 90.0, 180.0, 270.0, 360.0]
    assert figure.axes[2].get_ylim() == SHARE
    assert figure.axes[2].get_xlabel() == "UTC"
    assert [text.get_text() for text in figure.axes[0].texts] == ["dawn"]


def test_a_direction_is_not_drawn_across_the_axis_where_it_comes_round() -> None:
    figure = curves_figure("what", STAMPS, PANELS, {})
    drawn = np.asarray(figure.axes[1].lines[0].get_ydata(), float)
    assert len(drawn) == 50 and np.isnan(drawn).sum() == 1
    assert np.nanmax(np.abs(np.diff(drawn))) < 1.0


def test_a_map_has_its_scale_equal_axes_and_whole_cells() -> None:
    figure = maps_figure("what", MAPS, EXTENT, [(0.0, 3000.0, "1")])
    png(figure)
    for axis, layer in zip(figure.axes, MAPS):
        assert axis.get_aspect() == 1.0
        assert axis.get_xlim() == (-2000.0, 2000.0) and axis.get_ylim() == (1500.0, 4500.0)
        assert axis.get_xlabel() == "grid east, m"
        (bar,) = axis.child_axes
        assert bar.get_ylabel() == layer.label
        assert all(is_round(step) for step in np.diff(bar.get_yticks()))
    assert figure.axes[0].get_ylabel() == "grid north, m"
    assert figure.axes[0].images[0].origin == "lower"


def test_a_wide_map_has_its_axes_in_km() -> None:
    figure = maps_figure("what", MAPS, (-15e3, 20e3, 15e3, 40e3), [])
    assert figure.axes[0].get_xlabel() == "grid east, km"
    assert figure.axes[0].get_xlim() == (-20.0, 20.0)


def test_the_suffix_chooses_and_the_same_plot_is_the_same_file(tmp_path: Path) -> None:
    times = [t.isoformat().replace("+00:00", "Z") for t in STAMPS]
    for name in ("a.png", "b.png", "c.html"):
        curves(tmp_path / name, "what", times, PANELS, {"dawn": times[3], "later": "2030-01-01"})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "2029-01-01 00:00 to 2029-01-03 00:00 UTC" in page and "later" not in page[-9000:]
    maps(tmp_path / "d.html", "what", MAPS, EXTENT, [])
    assert "longest darkness, h" in (tmp_path / "d.html").read_text(encoding="utf-8")


def test_one_instant_is_drawn_as_a_point(tmp_path: Path) -> None:
    one = [Panel("elevation, deg", {"Sun": np.array([3.0])})]
    figure = curves_figure("what", STAMPS[:1], one, {})
    assert figure.axes[0].lines[0].get_marker() == "o"
    left, right = figure.axes[0].get_xlim()
    assert right - left == pytest.approx(1.0)  # days


@pytest.mark.parametrize("name", ["a.gif", "no/such/a.png"])
def test_a_picture_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=name):
        check_picture(tmp_path / name)


def test_what_flies_reads_no_library_that_draws() -> None:
    code = (
        "import sys, importlib\n"
        "from lupex_rover.graph import NODES\n"
        "import lupex_rover.nodes.build, lupex_rover.hosts.harness\n"
        "for node in NODES: importlib.import_module(node.build.split(':')[0])\n"
        "print(*sorted({'matplotlib', 'plotly'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
