"""`land` where the prior's place is wrong: the map's craters tell it, the matcher confirms it."""

import json
import math

import cv2
import numpy as np
import pytest
from scenes import PINHOLE, SIZE, ground, nadir, picture
from typer.testing import CliRunner

from lupex_rover.cli.app import app
from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.craters.crater_relocalization import RelocalizingMatcher
from lupex_rover.craters.dem_craters import DemCraterParams, craters_of
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.matcher import Matcher
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import write_dem

CAMERA = Camera(*PINHOLE)
SUN = 0.7, math.radians(8.0)
X, Y, ABOVE = 640.0, 520.0, 500.0


@pytest.fixture(scope="module")
def dem():
    cells = ground(0).heights.reshape(SIZE // 2, 2, SIZE // 2, 2).mean((1, 3))
    return Dem(cells, 0.5, 0.5, 2.0)


def frame(of, heading=2.0):
    """Picture, and the true pose."""
    place = np.array([X, Y, of.height(X, Y) + ABOVE])
    attitude = nadir(heading)
    return picture(of, attitude, place, *SUN, 5), Pose.from_matrix(place, attitude)


def astray(true, dx=250.0, dy=-200.0):
    return Prior(
        Pose(true.position_m + [dx, dy, 0.0], true.orientation_xyzw), np.array([20.0, 20, 8]), 0.005
    )


@pytest.fixture(scope="module")
def craters(dem):
    return craters_of(dem, DemCraterParams(least_radius=4.0))


@pytest.fixture(scope="module")
def lost(dem, craters):
    return RelocalizingMatcher(Matcher(dem, MatcherParams()), dem, craters)


def test_the_matcher_alone_finds_nothing_at_a_wrong_place_and_the_craters_tell_another(dem, lost):
    image, true = frame(ground(0))
    prior = astray(true)
    alone = Matcher(dem, MatcherParams()).match(image, CAMERA, prior, *SUN)
    assert not alone.accepted and lost.may_help(CAMERA, prior)
    found = lost.search(Matcher(dem, MatcherParams()), image, CAMERA, prior, *SUN)
    assert found.accepted and found.code == "LND-014"
    off = found.pose.position_m - true.position_m
    assert np.linalg.norm(off) < 4.0  # metres: two cells of the map
    assert off @ np.linalg.solve(found.covariance[:3, :3], off) < 25.0


def test_foreign_ground_stays_without_a_fix(dem, lost):
    image, true = frame(ground(1))
    assert lost.match(image, CAMERA, astray(true), *SUN) is None
    assert not lost.search(
        Matcher(dem, MatcherParams()), image, CAMERA, astray(true), *SUN
    ).accepted


def test_craters_are_asked_before_the_slow_second_look_and_not_where_the_first_finds(dem, lost):
    image, true = frame(ground(0))
    matcher, asked = Matcher(dem, MatcherParams()), []

    def look(prior, answer):
        looked = []
        matcher._second = lambda *_: looked.append(1) or iter(())
        asked.clear()
        found = matcher.match(
            image, CAMERA, prior, *SUN, elsewhere=lambda: asked.append(1) or answer
        )
        return found, len(asked), len(looked)

    right = look(astray(true, 3.0, 2.0), None)
    assert right[0].accepted and right[1:] == (0, 0)
    assert look(astray(true), None)[1:] == (1, 1)
    found, *counts = look(astray(true), right[0])
    assert found is right[0] and counts == [1, 0]


def test_a_prior_off_the_map_asks_the_craters(dem, lost):
    image, true = frame(ground(0))
    matcher = Matcher(dem, MatcherParams())
    off = astray(true, 5000.0, 0.0)
    assert matcher.match(image, CAMERA, off, *SUN).code == "LND-002"
    found = lost.search(matcher, image, CAMERA, off, *SUN)
    assert found.accepted and np.linalg.norm(found.pose.position_m - true.position_m) < 4.0


def test_a_place_that_is_turned_against_the_star_tracker_is_not_believed(lost):
    image, true = frame(ground(0))
    wrong = Prior(Pose.from_matrix(true.position_m, nadir(2.0 + 0.5)), np.full(3, 20.0), 0.005)
    assert lost.match(image, CAMERA, wrong, *SUN) is None


def test_craters_are_not_asked_on_a_map_too_coarse_for_them(dem):
    cells = dem.heights.reshape(60, 10, 60, 10).mean((1, 3))
    coarse = Dem(cells, 9.5, 9.5, 20.0)
    _, true = frame(dem)
    assert not RelocalizingMatcher(Matcher(coarse, MatcherParams()), coarse).may_help(
        CAMERA, astray(true)
    )


def test_land_takes_a_catalogue_and_names_a_wrong_one(dem, craters, tmp_path):
    image, true = frame(ground(0))
    prior = astray(true)
    text = {
        "camera": dict(zip(("width", "height", "fx", "fy", "cx", "cy"), PINHOLE)),
        "prior": {
            "position_m": prior.pose.position_m.tolist(),
            "orientation_xyzw": prior.pose.orientation_xyzw.tolist(),
            "position_sigma_m": [20.0, 20.0, 8.0], "orientation_sigma_rad": 0.005,
        },
        "sun": {"azimuth_deg": math.degrees(SUN[0]), "elevation_deg": math.degrees(SUN[1])},
    }  # fmt: skip
    (tmp_path / "frame_0.json").write_text(json.dumps(text))
    cv2.imwrite(str(tmp_path / "frame_0.png"), image)
    write_dem(dem, tmp_path / "map.tif")
    table = np.column_stack((craters.centre_m, craters.radius_m))
    head = "x_m,y_m,z_m,radius_m"
    np.savetxt(tmp_path / "craters.csv", table, "%.3f", ",", header=head, comments="")
    words = ["land", "--map", str(tmp_path / "map.tif"), "--frames", str(tmp_path)]
    told = CliRunner().invoke(app, [*words, "--catalogue", str(tmp_path / "craters.csv")])
    row = json.loads(told.stdout.splitlines()[0])
    assert row["status"] == "fix"
    assert np.linalg.norm(np.array(row["position_m"]) - true.position_m) < 4.0
    (tmp_path / "wrong.csv").write_text("Lon,Lat,Diam_km\n10,80,20\n")
    told = CliRunner().invoke(app, [*words, "--catalogue", str(tmp_path / "wrong.csv")])
    assert "--catalogue" in str(told.exception) and "on the map" in str(told.exception)
