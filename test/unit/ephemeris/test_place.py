"""`lupex sun` and the directions behind it, against skyfield and DE421."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_sky import angle, de421_axes

from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris.bodies import bodies
from lupex_rover.ephemeris.place import bodies_many, place_sky
from lupex_rover.ephemeris.site_frame import xy_of
from lupex_rover.ephemeris.sky import sky
from lupex_rover.terrain.dem import Dem

HOUR_NS = 3600 * 10**9


def lupex(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "lupex_rover.cli", *arguments],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done


def test_a_thousand_random_times_and_places_agree_with_de421():
    api = pytest.importorskip("skyfield.api", reason="skyfield is not installed")
    data = pytest.importorskip("skyfield_data", reason="skyfield-data is not installed")
    kernel = api.Loader(data.get_skyfield_data_path(), verbose=False)("de421.bsp")
    rng = np.random.default_rng(2026)
    times = rng.integers(from_iso("2026-01-01"), from_iso("2041-01-01"), 1000)
    lat, lon = np.radians(rng.uniform(-90, -80, 1000)), np.radians(rng.uniform(0, 360, 1000))
    when = api.load.timescale(builtin=True).utc(1970, 1, 1, 0, 0, times / 1e9)
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
    assert worst < 0.01


def test_a_dense_series_is_the_exact_one():
    times = from_iso("2031-05-06") + HOUR_NS // 7 * np.arange(400)
    exact = np.array([np.concatenate(bodies(int(t))) for t in times])
    error = np.linalg.norm((bodies_many(times) - exact)[:, 3:], axis=1)
    assert error.max() / 3.8e8 < 1e-7


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
    open_sky = json.loads(lupex("sun", *place).stdout)
    assert open_sky["utc"] == "2029-01-01T00:00:00.000Z"
    assert set(open_sky["sun"]) == {"azimuth_deg", "elevation_deg", "fraction"}
    assert open_sky["sun"]["fraction"] == 1.0
    _, y = xy_of(math.radians(-89.0), 0.0)
    heights = np.full((61, 61), 3000.0, np.float32)
    heights[20:41, 20:41] = 0.0
    Dem(heights, -30e3, y - 30e3, 1000.0).write(tmp_path / "pit.tif")
    pit = json.loads(lupex("sun", *place, "--map", str(tmp_path / "pit.tif")).stdout)
    assert pit["sun"]["fraction"] == 0.0
    assert pit["sun"]["elevation_deg"] == open_sky["sun"]["elevation_deg"]
    far = lupex("sun", "--lat", "-70", "--lon", "0", "--utc", "2029-01-01",
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
    done = lupex("sun", *arguments)
    assert done.returncode == 2
    assert named in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_series_is_drawn(tmp_path):
    for name, start in (("a.png", b"\x89PNG"), ("a.html", b"<html")):
        done = lupex("sun", "--lat", "-89", "--lon", "0", "--utc", "2029-01-01", "--days", "2",
                     "--json", "--draw", str(tmp_path / name))  # fmt: skip
        assert len(json.loads(done.stdout)["series"]) == 49
        assert start in (tmp_path / name).read_bytes()[:200]
