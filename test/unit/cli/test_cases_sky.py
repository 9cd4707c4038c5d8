"""Row E01 of the inputs that users have: the Sun behind Earth, after skyfield #994.

The three instants are those of the report; all are total lunar eclipses by NASA's catalogue
(Espenak and Meeus, NASA/TP-2009-214172). Other kinds of eclipse are tried beside them.
"""

import json
import math

import numpy as np
import pytest

from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris import xy_of
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import write_dem

TOTAL = ("2028-12-31T16:52:00Z", "2029-06-26T03:22:00Z", "2029-12-20T22:42:00Z")
TOLD = {"name", "kind", "greatest_utc", "begin_utc", "darkest_utc", "end_utc", "least_fraction"}
# Over this plain Sun and Earth stand 9 degrees high at the eclipse of 2029-06-26
LATITUDE, LONGITUDE = -80.0, 22.7


@pytest.fixture
def lupex(lupex):
    """What a command that succeeds tells: its JSON, or what it printed."""

    def run(*arguments):
        code, out, err = lupex(*arguments)
        assert not code, err
        return json.loads(out) if out.startswith("{") else out

    return run


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A flat map; its path, and x, y of its middle."""
    x, y = (round(v) for v in xy_of(math.radians(LATITUDE), math.radians(LONGITUDE)))
    path = tmp_path_factory.mktemp("plain") / "plain.tif"
    write_dem(Dem(np.zeros((21, 21), np.float32), x - 500.0, y - 500.0, 50.0), path)
    return path, x, y


@pytest.mark.parametrize("utc", TOTAL)
@pytest.mark.parametrize("place", [(0.0, 0.0), (-85.0, 0.0), (-80.0, 22.7), (45.0, -60.0)])
def test_cases_e01_sun_at_a_total_eclipse_is_none(lupex, utc, place):
    told = lupex("sun", "--lat", place[0], "--lon", place[1], "--utc", utc)
    assert told["sun"]["elevation_deg"] > 3.0 and told["sun"]["fraction"] == 0.0
    (eclipse,) = told["eclipses"]
    assert set(eclipse) == TOLD
    assert eclipse["name"] == f"total lunar eclipse of {utc[:10]}"
    assert eclipse["begin_utc"] < utc < eclipse["end_utc"] and eclipse["least_fraction"] == 0.0
    assert abs(from_iso(eclipse["greatest_utc"]) - from_iso(utc)) < 60 * 10**9


@pytest.mark.parametrize(
    ("utc", "kind", "fraction"),
    [
        ("2026-08-28T04:13:00Z", "partial", (0.0, 0.0)),  # in its umbra
        ("2027-02-20T23:13:00Z", "penumbral", (0.01, 0.99)),
        ("2029-06-27T03:22:00Z", None, (1.0, 1.0)),  # a day after the total one
    ],
)
def test_cases_e01_of_other_kinds_and_none(lupex, utc, kind, fraction):
    told = lupex("sun", "--lat", 0.0, "--lon", 0.0, "--utc", utc)
    assert [e["kind"] for e in told["eclipses"]] == ([kind] if kind else [])
    assert fraction[0] <= told["sun"]["fraction"] <= fraction[1]


def test_cases_e01_sun_over_a_map_and_over_hours(lupex, plain, tmp_path):
    where = ("--lat", LATITUDE, "--lon", LONGITUDE, "--utc", "2029-06-26T00:30:00Z")
    series = (*where, "--days", 0.25, "--step-min", 5)
    bare, mapped = (
        lupex("sun", *series, "--json"),
        lupex("sun", *series, "--map", plain[0], "--json"),
    )
    share = np.array([r["sun"]["fraction"] for r in bare["series"]])
    np.testing.assert_allclose(share, [r["sun"]["fraction"] for r in mapped["series"]], atol=1e-3)
    (eclipse,) = bare["eclipses"]
    for row, seen in zip(bare["series"], share):
        assert (seen < 1.0) == (eclipse["begin_utc"] < row["utc"] < eclipse["end_utc"])
    assert 20 < (share == 0.0).sum() < 35 and (np.diff(share) != 0.0).sum() > 20
    assert eclipse["name"] in lupex("sun", *series)
    lupex("sun", *series, "--draw", tmp_path / "eclipse.png")


def test_cases_e01_light_counts_no_sun_behind_earth(lupex, plain):
    span = ("light", "--map", plain[0], "--days", 1, "--step-h", 0.25, "--step-m", 100, "--json")
    told = lupex(*span, "--from", "2029-06-25T15:00:00Z")
    day_after = lupex(*span, "--from", "2029-06-27T15:00:00Z")
    assert day_after["mean_light"] == 1.0 and day_after["eclipses"] == []
    (eclipse,) = told["eclipses"]
    assert eclipse["name"] == "total lunar eclipse of 2029-06-26"
    series = lupex("sun", "--lat", LATITUDE, "--lon", LONGITUDE, "--utc", "2029-06-25T15:00:00Z",
                   "--days", 1, "--step-min", 15, "--json")["series"][:-1]  # fmt: skip
    share = [r["sun"]["fraction"] for r in series]
    assert told["mean_light"] == pytest.approx(np.mean(share), abs=0.002)
    dark_h = 0.25 * sum(s <= 0.005 for s in share)
    assert told["havens"][0]["longest_dark_h"] == pytest.approx(dark_h, abs=0.26)


def test_cases_e01_an_eclipse_is_no_night_and_takes_the_power(lupex, plain):
    """The lunar night comes a week later; the eclipse before it lasts longer than `--least-h`."""
    at = ("night", "--map", plain[0], "--at", plain[1], plain[2], "--json", "--least-h", 1.0)
    told = lupex(*at, "--from", "2029-06-25")
    assert told["dusk_utc"] > "2029-06-30" and told["dark_h"] > 200.0
    assert [e["name"] for e in told["eclipses"]] == ["total lunar eclipse of 2029-06-26"]
    later = lupex(*at, "--from", "2029-06-27")
    assert later["eclipses"] == []
    assert {k: v for k, v in told.items() if k not in ("eclipses", "from_utc")} == {
        k: v for k, v in later.items() if k not in ("eclipses", "from_utc")
    }
