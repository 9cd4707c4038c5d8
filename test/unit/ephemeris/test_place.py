"""`lupex sun` and the directions behind it, against skyfield and DE421."""

import json
import math
import sys
import time
from pathlib import Path

import astronomy
import numpy as np
import pytest
from calling import call

sys.path.insert(0, str(Path(__file__).parent))
from test_sky import angle, de421_axes, skyfield_time

from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris import table
from lupex_rover.ephemeris.bodies import bodies_many, by_theory
from lupex_rover.ephemeris.moon_axes import days_tt, moon_axes
from lupex_rover.ephemeris.place import place_sky
from lupex_rover.ephemeris.site_frame import xy_of
from lupex_rover.ephemeris.sky import sky
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import write_dem

HOUR_NS = 3600 * 10**9


def test_a_thousand_random_times_and_places_agree_with_de421():
    api = pytest.importorskip("skyfield.api", reason="skyfield is not installed")
    data = pytest.importorskip("skyfield_data", reason="skyfield-data is not installed")
    kernel = api.Loader(data.get_skyfield_data_path(), verbose=False)("de421.bsp")
    rng = np.random.default_rng(2026)
    times = rng.integers(from_iso("2026-01-01"), from_iso("2041-01-01"), 1000)
    lat, lon = np.radians(rng.uniform(-90, -80, 1000)), np.radians(rng.uniform(0, 360, 1000))
    when = skyfield_time(api.load.timescale(builtin=True), times)
    moon = kernel["moon"].at(when)
    worst = 0.0
    for body in ("sun", "earth"):
        apparent = moon.observe(kernel[body]).apparent().position.m.T
        for k, t in enumerate(times.tolist()):
            up = np.array([math.cos(lat[k]) * math.cos(lon[k]),
                           math.cos(lat[k]) * math.sin(lon[k]), math.sin(lat[k])])  # fmt: skip
            east = np.array([-math.sin(lon[k]), math.cos(lon[k]), 0.0])
            toward = de421_axes(t).T @ apparent[k] - 1_737_400.0 * up
            truth = [toward @ east, toward @ np.cross(up, east), toward @ up]
            seen = place_sky(lat[k], lon[k], 0.0, np.array([t]))
            az = float(getattr(seen, f"{body}_azimuth_rad")[0])
            el = float(getattr(seen, f"{body}_elevation_rad")[0])
            ours = [math.sin(az) * math.cos(el), math.cos(az) * math.cos(el), math.sin(el)]
            worst = max(worst, angle(truth, ours))
    assert worst < 0.006  # the requirement is 0.01


def test_a_dense_series_outside_the_table_is_that_of_the_theory():
    times = from_iso("2071-05-06") + HOUR_NS // 7 * np.arange(200)
    axes = moon_axes(times)
    exact = np.array([by_theory(int(t))[3:] @ a for t, a in zip(times, axes)])
    error = np.linalg.norm(bodies_many(times)[:, 3:] - exact, axis=1)
    assert error.max() / 3.8e8 < 1e-7


def test_the_table_is_what_the_theory_says():
    rng = np.random.default_rng(11)
    edges = table.FIRST_NS + table.SPAN_NS * np.array([0, 1, table.SPANS])
    times = rng.integers(edges[0], edges[2], 200)
    times[:4] = edges[0], edges[1] - 1, edges[1], edges[2] - 1
    assert table.covers(times).all() and not table.covers(edges[2:]).any()
    truth = np.array([by_theory(int(t)) for t in times])
    error = np.linalg.norm((table.apparent(times) - truth).reshape(-1, 2, 3), axis=2)
    assert (error / [1.5e11, 3.8e8]).max() < 2e-7


def test_the_axes_are_those_of_another_program():
    """astronomy-engine works out the same model, one time after another."""
    for day in ("1950-03-04", "2020-06-01", "2029-01-01T05:06:07", "2080-01-01"):
        t = from_iso(day)
        when = astronomy.Time.FromTerrestrialTime(float(days_tt(t)))
        axis = astronomy.RotationAxis(astronomy.Body.Moon, when)
        ours = moon_axes(t)
        north = [axis.north.x, axis.north.y, axis.north.z]
        np.testing.assert_allclose(ours[:, 2], north, atol=1e-9)
        node = np.array([-math.sin(math.radians(15 * axis.ra)),
                         math.cos(math.radians(15 * axis.ra)), 0.0])  # fmt: skip
        turned = np.degrees(np.arctan2(-ours[:, 1] @ node, ours[:, 0] @ node))
        assert (turned - axis.spin + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-7)


def test_terrestrial_time_is_utc_and_its_leap_seconds():
    """IERS Bulletin C 52: 37 leap seconds since 2017; Delta T of 1950 is 29 s."""
    for day, seconds, within in (("2030-01-01", 69.184, 1e-3), ("1950-01-01", 29.1, 1.0)):
        t = from_iso(day)
        days = (t - from_iso("2000-01-01T12:00:00")) / (24 * HOUR_NS)
        assert (float(days_tt(t)) - days) * 86400 == pytest.approx(seconds, abs=within)


def test_a_direction_at_random_times_takes_less_than_50_microseconds():
    rng = np.random.default_rng(1)
    times = rng.integers(from_iso("2026-01-01"), from_iso("2041-01-01"), 1000)
    place_sky(-1.5, 0.3, 0.0, times[:1])  # reads the table
    start = time.process_time()
    for _ in range(5):
        place_sky(-1.5, 0.3, 0.0, times)
    assert (time.process_time() - start) / 5000 < 50e-6


def test_true_azimuth_is_grid_azimuth_less_the_longitude():
    lat, lon, t = math.radians(-87.0), math.radians(123.0), from_iso("2029-03-01")
    grid, true = sky(*xy_of(lat, lon), t), place_sky(lat, lon, 0.0, np.array([t]))
    turn = (grid.sun_azimuth_rad - lon - true.sun_azimuth_rad[0]) % (2 * math.pi)
    assert min(turn, 2 * math.pi - turn) < 1e-9
    assert true.sun_elevation_rad[0] == pytest.approx(grid.sun_elevation_rad, abs=1e-9)


def test_a_time_outside_the_ephemeris_is_refused():
    with pytest.raises(UserError, match="1900"):
        bodies_many(np.array([from_iso("2029-01-01"), from_iso("2150-01-01")]))


def test_one_time_is_one_json_object_and_a_wall_hides_the_sun(tmp_path):
    place = ("--lat", "-89.0", "--lon", "0", "--utc", "2029-01-01T00:00:00Z")
    open_sky = json.loads(call("sun", *place).stdout)
    assert open_sky["utc"] == "2029-01-01T00:00:00.000Z"
    assert set(open_sky["sun"]) == {"azimuth_deg", "elevation_deg", "fraction"}
    assert open_sky["sun"]["fraction"] == 1.0
    _, y = xy_of(math.radians(-89.0), 0.0)
    heights = np.full((61, 61), 3000.0, np.float32)
    heights[20:41, 20:41] = 0.0
    write_dem(Dem(heights, -30e3, y - 30e3, 1000.0), tmp_path / "pit.tif")
    pit = json.loads(call("sun", *place, "--map", str(tmp_path / "pit.tif")).stdout)
    assert pit["sun"]["fraction"] == 0.0
    assert pit["sun"]["elevation_deg"] == open_sky["sun"]["elevation_deg"]
    far = call("sun", "--lat", "-70", "--lon", "0", "--utc", "2029-01-01",
               "--map", str(tmp_path / "pit.tif"))  # fmt: skip
    assert far.returncode == 2 and "off the map" in far.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--lat", "-91", "--lon", "0", "--utc", "2029-01-01"), "--lat"),
        (("--lat", "-89", "--lon", "nan", "--utc", "2029-01-01"), "--lon"),
        (("--lat", "-89", "--lon", "0", "--utc", "2129-01-01"), "1900 .. 2100"),
        (("--lat", "-89", "--lon", "0", "--utc", "noon"), "--utc"),
        (("--lat", "-89", "--lon", "0", "--utc", "2029-01-01", "--draw", "a.gif"), "a.gif"),
        (("--lat", "-89", "--lon", "0", "--utc", "2029-01-01", "--days", "nan"), "--days"),
    ],
)
def test_nonsense_is_refused_in_one_line(arguments, named):
    done = call("sun", *arguments)
    assert done.returncode == 2
    assert named in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_series_is_drawn(tmp_path):
    for name, start in (("a.png", b"\x89PNG"), ("a.html", b"<html")):
        done = call("sun", "--lat", "-89", "--lon", "0", "--utc", "2029-01-01", "--days", "2",
                    "--json", "--draw", str(tmp_path / name))  # fmt: skip
        assert len(json.loads(done.stdout)["series"]) == 49
        assert start in (tmp_path / name).read_bytes()[:200]
