"""The report's energy figure holds what it should, the Earth where libration puts it."""

import math

import astronomy
import numpy as np
import pytest

from lupex_rover.core.time import from_iso, ns
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import Truth
from lupex_rover.report import energy_figure

UP = np.array([0.0, 0.0, 0.0, 1.0])


class Told:
    def __init__(self, truth):
        self._truth = truth

    def all(self, topic):
        return self._truth if topic == "sim/truth" else []


def truth(t_ns, sun):
    pose = Pose(np.array([0.0, 0.0, 0.0]), UP)
    return Truth(t_ns, pose, np.zeros(3), np.zeros(4), 0.8, 5.0, 4.0, 90.0, 50.0, sun, True, 0.0,
                 1.5, 0.0, False, True)  # fmt: skip


def series(start_utc="2029-09-27T00:00:00Z"):
    start = from_iso(start_utc, "utc")
    return [truth(start + ns(600.0 * k), float(k not in range(10, 20))) for k in range(40)]


def test_all_that_was_asked_for_is_drawn_and_the_darkness_shaded_once():
    figure = energy_figure.power_history(Told(series()))
    names = " ".join(trace.name for trace in figure.data)
    for word in ("charge", "array", "loads", "battery", "electronics", "Sun,", "Earth", "seen"):
        assert word in names
    dark = [s for s in figure.layout.shapes if s.type == "rect"]
    assert len({s.x0 for s in dark}) == 1 and len(dark) == len(energy_figure.TITLES)


def test_an_eclipse_is_named():
    figure = energy_figure.power_history(Told(series("2029-06-26T00:00:00Z")))
    assert [a.text for a in figure.layout.annotations] == ["total lunar eclipse of 2029-06-26"]
    clear = energy_figure.power_history(Told(series()))
    assert not clear.layout.annotations


def test_no_truth_no_figure():
    assert energy_figure.power_history(Told([])) is None


def test_the_earth_stands_as_high_as_libration_says():
    """At the pole: minus the sub-Earth latitude of astronomy-engine, less the Moon's parallax."""
    told = series()
    seen = energy_figure.earth_deg(told)
    for m, ours in list(zip(told, seen))[::13]:
        days = (m.stamp_ns / 1e9 - 946_728_000.0) / 86_400.0  # since 2000-01-01 12:00 UTC
        libration = astronomy.Libration(astronomy.Time(days))
        parallax = math.degrees(math.asin(1737.4 / libration.dist_km))
        assert ours == pytest.approx(
            -libration.elat - parallax, abs=0.05
        )  # it leaves out physical libration, 0.04
