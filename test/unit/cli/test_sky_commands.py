"""`sun`, `light` and `night` as commands: what their JSON holds and what they refuse by name."""

import json
import math

import numpy as np
import pytest

from lupex_rover.ephemeris import xy_of
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import write_dem

UTC = "2029-01-01T00:00:00Z"
LATITUDE, LONGITUDE = -86.0, 30.0
HAVEN = {"rank", "x_m", "y_m", "longest_dark_h", "mean_light", "mean_earth", "slope_deg"}


@pytest.fixture(scope="module")
def hill(tmp_path_factory):
    """A plain 4 degrees from the pole with one hill, which sees more than the plain; its top."""
    x, y = (round(v) for v in xy_of(math.radians(LATITUDE), math.radians(LONGITUDE)))
    east, north = np.meshgrid(np.arange(-15, 16), np.arange(-15, 16))
    heights = (400.0 * np.exp(-(east**2 + north**2) / 12.0)).astype(np.float32)
    path = tmp_path_factory.mktemp("hill") / "hill.tif"
    write_dem(Dem(heights, x - 15 * 50.0, y - 15 * 50.0, 50.0), path)
    return path, x, y


def sun(*more):
    return ("sun", "--lat", LATITUDE, "--lon", LONGITUDE, "--utc", UTC, *more)


def light(hill, *more):
    return ("light", "--map", hill[0], "--from", UTC, "--days", 2, "--step-h", 6, *more)


def night(hill, *more):
    return ("night", "--map", hill[0], "--at", hill[1] + 600, hill[2], "--from", UTC, *more)


def test_sun_at_one_time_is_one_object_with_two_bodies(lupex):
    code, out, _ = lupex(*sun())
    told = json.loads(out)
    assert code == 0 and set(told) == {"utc", "sun", "earth", "eclipses"}
    for body in ("sun", "earth"):
        assert set(told[body]) == {"azimuth_deg", "elevation_deg", "fraction"}
        assert 0.0 <= told[body]["azimuth_deg"] < 360.0
        assert 0.0 <= told[body]["fraction"] <= 1.0


def test_sun_over_days_is_a_series_with_both_ends(lupex):
    code, out, _ = lupex(*sun("--days", 1, "--step-min", 360, "--json"))
    series = json.loads(out)["series"]
    assert code == 0 and [r["utc"][:16] for r in series] == [
        "2029-01-01T00:00", "2029-01-01T06:00", "2029-01-01T12:00", "2029-01-01T18:00",
        "2029-01-02T00:00",
    ]  # fmt: skip


def test_light_ranks_its_havens_and_gives_the_same_from_its_cache(lupex, hill):
    code, out, err = lupex(*light(hill, "--json"))
    told = json.loads(out)
    assert code == 0, err
    assert told["places"] == [31, 31] and told["step_m"] == 50.0
    assert 0.0 < told["mean_light"] <= 1.0 and 0.0 <= told["mean_earth"] <= 1.0
    assert told["havens"] and all(HAVEN <= set(h) for h in told["havens"])
    assert [h["rank"] for h in told["havens"]] == list(range(1, len(told["havens"]) + 1))
    dark = [h["longest_dark_h"] for h in told["havens"]]
    assert dark == sorted(dark)
    assert json.loads(lupex(*light(hill, "--json"))[1]) == told


def test_night_gives_its_times_in_order_and_null_for_what_did_not_happen(lupex, hill):
    code, out, err = lupex(*night(hill, "--json"))
    told = json.loads(out)
    assert code == 0, err
    assert UTC < told["dusk_utc"] < told["dawn_utc"] and told["dark_h"] > 24.0
    assert isinstance(told["survives"], bool) and told["reason"]
    assert 0.0 <= told["soc_min"] < told["soc_at_dusk"] == 0.9
    assert (told["flat_utc"] is None) == told["survives"]
    assert (told["wake_utc"] is None) == (told["wake_by"] is None)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--lat", "nan"), "lat"),
        (("--lon", "inf"), "lon"),
        (("--utc", "yesterday"), "--utc"),
        (("--utc", "1800-01-01T00:00:00Z"), "--utc: the year 1800"),
        (("--days", "-1"), "--days"),
        (("--step-min", "nan"), "--step-min"),
        (("--map", "no.tif"), "no.tif"),
        (("--draw", "sky.xyz"), "sky.xyz"),
    ],
)
def test_sun_refuses_by_name(lupex, more, named):
    refused(lupex(*sun(*more)), named)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--from", "soon"), "--from"),
        (("--from", "1800-01-01"), "--from: the year 1800"),
        (("--days", "nan"), "--days"),
        (("--days", "0"), "--days"),
        (("--step-h", "-2"), "--step-h"),
        (("--step-m", "9999"), "--step-m"),
        (("--step-m", "nan"), "--step-m"),
        (("--step-m", "-5"), "--step-m"),
        (("--height-m", "nan"), "--height-m"),
        (("--map", "no.tif"), "no.tif"),
        (("--draw", "light.xyz"), "light.xyz"),
    ],
)
def test_light_refuses_by_name(lupex, hill, more, named):
    refused(lupex(*light(hill, *more)), named)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--soc", "-0.1"), "--soc"),
        (("--soc", "nan"), "--soc"),
        (("--from", "2029-13-01"), "--from"),
        (("--from", "1800-01-01"), "--from: the year 1800"),
        (("--least-h", "nan"), "--least-h"),
        (("--height-m", "-1"), "--height-m"),
        (("--at", "nan", "0"), "--at"),
        (("--at", "0", "0"), "--at"),
        (("--map", "no.tif"), "no.tif"),
        (("--draw", "night.xyz"), "night.xyz"),
    ],
)
def test_night_refuses_by_name(lupex, hill, more, named):
    refused(lupex(*night(hill, *more)), named)


def refused(done, named):
    code, out, err = done
    assert code == 2 and out == ""
    assert len(err.strip().splitlines()) == 1 and named in err, err
