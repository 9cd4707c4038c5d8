"""No answer is given for a place where the map has no height. Public report: ISIS3 #3646."""

import json

import numpy as np
import pytest
from test_cases_maps import CELL_M, LEFT_M, RADIUS_M, TOP_M, ground, run, write

from lupex_rover.ephemeris import xy_of
from lupex_rover.terrain.dem_file import read_dem, write_dem


@pytest.fixture
def west(tmp_path):
    """A map whose west is void, and a place in it, in m and degrees."""
    heights = ground()
    heights[:, :20] = np.nan
    path = write(tmp_path / "west.tif", heights, nodata=np.nan)
    return path, (LEFT_M + 200.0, TOP_M - 600.0)


def test_cases_commands_refuse_a_place_in_the_void(west, tmp_path, monkeypatch, capsys):
    path, (x, y) = west
    rho = np.hypot(x, y)
    lat = -90.0 + np.degrees(2.0 * np.arctan(rho / (2.0 * RADIUS_M)))
    lon = np.degrees(np.arctan2(x, y))
    assert np.hypot(*(np.array(xy_of(np.radians(lat), np.radians(lon))) - (x, y))) < 1e-6
    for words in (
        ("sun", "--lat", lat, "--lon", lon, "--utc", "2029-01-01"),
        ("night", "--at", x, y, "--from", "2029-01-01"),
        ("world", "--at", x, y, "--out", tmp_path / "w", "--size", 50),
    ):
        code, out, err = run(monkeypatch, capsys, *words, "--map", path)
        assert (code, out) == (2, ""), words
        assert "no height" in err.splitlines()[-1]


def test_cases_the_void_is_told_of_a_place_beside_it(west, monkeypatch, capsys, caplog):
    """In JSON, and as a word: horizons across it are those of the nearest cell."""
    path, _ = west
    x, y = LEFT_M + 600.0, TOP_M - 600.0
    lat = -90.0 + np.degrees(2.0 * np.arctan(np.hypot(x, y) / (2.0 * RADIUS_M)))
    words = ("sun", "--lat", lat, "--lon", np.degrees(np.arctan2(x, y)), "--utc", "2029-01-01")
    code, out, _ = run(monkeypatch, capsys, *words, "--map", path)
    assert code == 0 and json.loads(out)["void"] == pytest.approx(1 / 3, abs=0.01)
    assert "hold no height" in caplog.text
    code, out, _ = run(monkeypatch, capsys, *words, "--days", 1, "--json", "--map", path)
    assert json.loads(out)["void"] == pytest.approx(1 / 3, abs=0.01)
    assert "void" not in json.loads(run(monkeypatch, capsys, *words)[1])


def test_cases_havens_are_never_in_the_void(west, monkeypatch, capsys, tmp_path):
    path, _ = west
    monkeypatch.setenv("LUPEX_CACHE", str(tmp_path / "cache"))
    code, out, _ = run(monkeypatch, capsys, "light", "--map", path, "--from", "2029-01-01",
                       "--days", 4, "--step-h", 24, "--json")  # fmt: skip
    told = json.loads(out)
    assert code == 0 and told["havens"] and told["void"] == pytest.approx(1 / 3, abs=0.01)
    edge_x = LEFT_M + 20 * CELL_M
    assert min(h["x_m"] for h in told["havens"]) >= edge_x + told["edge_m"] - CELL_M


def test_cases_a_void_stays_a_void(west, tmp_path):
    """Through windows, other cell sizes, slopes and files."""
    dem = read_dem(west[0])
    assert dem.window(-12_400.0, -12_400.0, -11_400.0, -11_400.0).void[:, :14].all()
    assert dem.resample(60.0).void[:, :6].all() and not dem.resample(60.0).void[:, 8:].any()
    assert dem.resample(10.0).void[:, :38].all()
    slope = dem.slope_map()
    assert (slope[:, :20] > 1.5).all() and (slope[:, 22:] < 1.0).all()
    assert not dem.known(LEFT_M + 395.0, -12_000.0) and dem.known(LEFT_M + 410.0, -12_000.0)
    assert not dem.known(LEFT_M + 410.0, -12_000.0, around_m=20.0)
    write_dem(dem, tmp_path / "again.tif")
    np.testing.assert_array_equal(read_dem(tmp_path / "again.tif").void, dem.void)
