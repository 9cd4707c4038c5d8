"""Craters of a catalogue are known again from the picture alone; what is not there is not named.

The Moon of these tests has craters at random, as the limit's catalogue is real but not in the
repository; where `../shared/data` is, the real one is used as well.
"""

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.craters.views import disturbed, mirrored, pose_over, pose_over_moon, view
from lupex_rover.core.camera import Camera
from lupex_rover.core.errors import UserError
from lupex_rover.craters.catalogue import (
    MOON_RADIUS_M,
    on_map,
    on_sphere,
    read_catalogue,
)
from lupex_rover.craters.identify import FoundCraters, identify
from lupex_rover.craters.index import CraterIndex
from lupex_rover.craters.view import seen_by

HEAD = Path(__file__).parents[4] / "shared/data/south_pole/HeadCraters.csv"
CAMERA = Camera(1024, 1024, 887.0, 887.0, 511.5, 511.5)  # 60 degrees
ALTITUDE_M = 500e3


def made_up_moon(seed=1, count=5000):
    rng = np.random.default_rng(seed)
    z, lon = rng.uniform(-1.0, 1.0, count), rng.uniform(-180.0, 180.0, count)
    radius = 10e3 * np.maximum(rng.random(count), 0.003) ** -0.5
    return on_sphere(lon, np.degrees(np.arcsin(z)), radius)


def moons():
    yield pytest.param(made_up_moon, id="made-up")
    if HEAD.is_file():
        yield pytest.param(lambda: read_catalogue(HEAD), id="Head 2010")


def test_the_conic_of_a_rim_is_the_ellipse_through_its_points():
    moon, rng = made_up_moon(), np.random.default_rng(2)
    pose = pose_over_moon(rng, ALTITUDE_M, math.radians(5.0))
    points, which = view(CAMERA, pose, moon)
    seen = seen_by(CAMERA, pose, moon)
    at = {int(w): k for k, w in enumerate(seen.which)}
    same = [at[int(w)] for w in which]
    assert len(same) > 20
    assert np.abs(seen.pixel[same] - points.pixel).max() < 0.05
    assert np.abs(seen.radius_px[same] / points.radius_px - 1.0).max() < 2e-3


@pytest.mark.parametrize("moon", moons())
def test_noisy_craters_are_named_rightly_and_give_the_pose(moon):
    catalogue = moon()
    index, rng = CraterIndex(catalogue), np.random.default_rng(3)
    asked = right = 0
    for _ in range(20):
        pose = pose_over_moon(rng, ALTITUDE_M, math.radians(rng.uniform(0.0, 5.0)))
        found, which = disturbed(rng, *view(CAMERA, pose, catalogue), CAMERA)
        result = identify(found, CAMERA, index)
        if (which >= 0).sum() >= 8:
            asked += 1
            right += result is not None
        if result is not None:
            real = which[result.found] >= 0  # a false one may happen to lie on a listed crater
            assert (which[result.found] == result.which)[real].all() and real.mean() > 0.9
            error = np.linalg.norm(result.pose.position_m - pose.position_m)
            assert error < 6.0 * math.sqrt(np.trace(result.covariance[:3, :3])) + 2e3
    assert asked >= 12 and right >= 0.95 * asked


@pytest.mark.parametrize("moon", moons())
def test_ground_that_is_nowhere_is_not_named(moon):
    catalogue = moon()
    index, rng = CraterIndex(catalogue), np.random.default_rng(4)
    for n in range(10):
        pose = pose_over_moon(rng, ALTITUDE_M, 0.05)
        found, _ = view(CAMERA, pose, catalogue)
        if n % 2:
            found = mirrored(found, CAMERA)
        else:
            pixel = rng.uniform(0.0, 1023.0, found.pixel.shape)
            found = FoundCraters(pixel, found.radius_px)
        assert identify(found, CAMERA, index) is None


def test_a_leaning_camera_needs_to_know_which_way_is_down():
    catalogue, rng = made_up_moon(), np.random.default_rng(5)
    index = CraterIndex(catalogue)
    pose = pose_over_moon(rng, 300e3, math.radians(25.0))
    found, which = disturbed(rng, *view(CAMERA, pose, catalogue), CAMERA)
    down = -pose.matrix.T @ pose.position_m
    result = identify(found, CAMERA, index, down=down)
    assert result is not None
    real = which[result.found] >= 0
    assert (which[result.found] == result.which)[real].all() and real.mean() > 0.9


def test_on_a_map_with_heights_and_a_known_altitude():
    rng = np.random.default_rng(6)
    n = 600
    radius = 12.0 * np.maximum(rng.random(n), 0.02) ** -0.5
    east, north = rng.uniform(0.0, 3000.0, (2, n))
    catalogue = on_map(east, north, rng.uniform(-20.0, 20.0, n), radius)
    index = CraterIndex(catalogue)
    camera = Camera(512, 512, 575.0, 575.0, 255.5, 255.5)
    place = np.array([1400.0, 1700.0, 900.0])
    pose = pose_over(rng, np.array([0.0, 0.0, 1.0]), place, 0.08)
    found, which = disturbed(rng, *view(camera, pose, catalogue), camera)
    result = identify(found, camera, index, altitude_m=(800.0, 1000.0))
    assert result is not None
    real = which[result.found] >= 0
    assert (which[result.found] == result.which)[real].all() and real.mean() > 0.9
    assert np.linalg.norm(result.pose.position_m - place) < 15.0
    assert identify(found, camera, index, altitude_m=(2000.0, 3000.0)) is None


def test_too_few_craters_are_not_named():
    index = CraterIndex(made_up_moon(count=200))
    nothing = FoundCraters(np.zeros((0, 2)), np.zeros(0))
    assert identify(nothing, CAMERA, index) is None
    five = FoundCraters(np.random.default_rng(0).uniform(0, 1000, (5, 2)), np.full(5, 20.0))
    assert identify(five, CAMERA, index) is None


def test_a_catalogue_file_with_cr_line_ends(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(b"Lon,Lat,Diam_km\r0,-90,20\r90,0,40")
    catalogue = read_catalogue(path)
    assert catalogue.radius_m == pytest.approx([10e3, 20e3], rel=1e-4)
    assert catalogue.centre_m[1] == pytest.approx([0, MOON_RADIUS_M, 0], abs=200)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_cases_a_catalogue_file_as_a_spreadsheet_saves_it(tmp_path, encoding):
    path = tmp_path / "c.csv"
    path.write_bytes("Lon,Lat,Diam_km\r\n0,-90,20\r\n90,0,40\r\n".encode(encoding))
    assert read_catalogue(path).radius_m == pytest.approx([10e3, 20e3], rel=1e-4)


def test_a_catalogue_file_with_places_on_the_map(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("x_m,y_m,z_m,radius_m\n1.5,3,5,7\n2,4.25,6,8\n")
    catalogue = read_catalogue(path)
    known = on_map(np.array([1.5, 2]), np.array([3, 4.25]), np.array([5, 6]), np.array([7, 8]))
    assert np.allclose(catalogue.centre_m, known.centre_m)
    assert np.allclose(catalogue.radius_m, known.radius_m)


@pytest.mark.parametrize(
    "text, says",
    [
        ("x_m,y_m\n1,2\n", "radius_m"),
        ("x_m,y_m,z_m,radius_m\n", "at least one crater"),
        ("x_m,y_m,z_m,radius_m\n1,2,3\n", "line 2: 3 values, 4 columns"),
        ("x_m,y_m,z_m,radius_m\n1,2,3,4\n1,2,x,4\n", "line 3: z_m 'x' is not a number"),
        ("x_m,y_m,z_m,radius_m\n1,2,nan,4\n", "line 2: z_m is nan"),
        ("x_m,y_m,z_m,radius_m\n1,2,3,0\n", "line 2: radius_m is not above 0"),
        ("x_m,y_m,radius_m\n1,2,3\n", "column z_m is missing"),
        ("Lon,Lat,Diam_km\n1,-91,3\n", "line 2: Lat is outside"),
    ],
)
def test_a_bad_catalogue_is_refused_by_name(tmp_path, text, says):
    path = tmp_path / "c.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=says) as error:
        read_catalogue(path)
    assert str(path) in str(error.value)


def test_a_missing_catalogue_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"none\.csv: cannot be read"):
        read_catalogue(tmp_path / "none.csv")
