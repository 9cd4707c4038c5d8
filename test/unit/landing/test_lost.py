"""A prior 10 km and more off: craters say where to look, the matcher confirms; else silence.

The benchmark's ground with all lengths times five: cells of 10 m, a map of 41 km at 30 m, a picture
of some 13 km from 15 km up.
"""

import json
import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from lupex_rover.cli.land_catalogue import catalogue_on
from lupex_rover.cli.landing_scenes import Kind, ground, orbital_map, scene
from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.crater_catalogue import MOON_RADIUS_M
from lupex_rover.landing.lost import CraterPlaces, match_lost
from lupex_rover.landing.matcher import Matcher
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.pose import Prior
from lupex_rover.terrain.dem import Dem

TIMES, CELLS = 5.0, 4096
KIND = Kind("lost", (6.0, 20.0), 3, 0.5, 0.0, 0.3, 0.01, 5.0, gsd_m=(4.5, 6.0), cells=CELLS)


@pytest.fixture(scope="module")
def here():
    """Ground of cells of 2 m, its map, and the map with all lengths times five."""
    heights = ground(7001, CELLS)
    dem = orbital_map(heights, KIND.map_factor, KIND.map_noise_m, 1)
    big = Dem(dem.heights * TIMES, dem.x0 * TIMES, dem.y0 * TIMES, dem.resolution_m * TIMES)
    return heights, dem, big, CraterPlaces(big)


def lost(heights, dem, seed, off_m):
    """A scene, and its prior `off_m` away from the truth, (2,)."""
    s = scene(KIND, heights, dem, seed)
    truth, prior = (Pose(p.position_m * TIMES, p.orientation_xyzw) for p in (s.truth, s.prior.pose))
    place = np.array([*(truth.position_m[:2] + off_m), prior.position_m[2]])
    sigma = np.array([1000.0, 1000.0, TIMES * s.prior.position_sigma_m[2]])
    wrong = Prior(Pose(place, prior.orientation_xyzw), sigma, s.prior.attitude_sigma_rad)
    return replace(s, truth=truth, prior=wrong)


@pytest.mark.parametrize(("seed", "off_m"), [(1, (11e3, 4e3)), (4, (-9e3, 15e3)), (6, (0, -14e3))])
def test_a_lost_place_is_found_again_and_confirmed(here, seed, off_m):
    heights, dem, big, places = here
    s = lost(heights, dem, seed, np.array(off_m))
    matcher = Matcher(big, MatcherParams())
    before = matcher.match(s.image, s.camera, s.prior, *s.sun_rad)
    assert not before.accepted
    match = match_lost(matcher, places, s.image, s.camera, s.prior, s.sun_rad, before)
    assert match.accepted and match.code == "LND-014"
    assert np.linalg.norm(match.pose.position_m - s.truth.position_m) < 5.0 * big.resolution_m


def test_ground_that_is_not_on_the_map_stays_without_a_fix(here):
    heights, dem, big, places = here
    elsewhere = np.ascontiguousarray(heights[:, ::-1])  # the mirrored ground is nowhere
    for seed in range(2):
        s = lost(elsewhere, dem, seed, np.array([9e3, 9e3]))
        matcher = Matcher(big, MatcherParams())
        before = matcher.match(s.image, s.camera, s.prior, *s.sun_rad)
        after = match_lost(matcher, places, s.image, s.camera, s.prior, s.sun_rad, before)
        assert not after.accepted and after.code == before.code


def test_nothing_is_asked_of_craters_where_the_matcher_is_content_or_blind(here):
    matcher = Matcher(here[2], MatcherParams())
    s = lost(here[0], here[1], 1, np.zeros(2))
    for code in ("LND-000", "LND-001", "LND-008"):
        before = replace(matcher._none("LND-001", s.prior), code=code)
        assert match_lost(matcher, None, s.image, s.camera, s.prior, s.sun_rad, before) is before
    assert here[3].priors(np.full((512, 512), 9, np.uint8), s.camera, s.prior) == []


def test_a_catalogue_by_longitude_lies_on_the_map(tmp_path):
    """Against the formulas of the polar stereographic projection (Snyder 1987, 21)."""
    Dem(np.zeros((200, 200)), -1e5, -1e5, 1e3).write(tmp_path / "map.tif")
    (tmp_path / "list.csv").write_text("Lon,Lat,Diam_km\n60,-88,20\n10,45,50\n")
    dem = Dem.read(tmp_path / "map.tif")
    found = catalogue_on(tmp_path / "map.tif", dem, tmp_path / "list.csv")
    half = math.radians(1.0)
    rho = 2.0 * MOON_RADIUS_M * math.tan(half)
    assert len(found) == 1
    lon = math.radians(60.0)
    true = rho * math.sin(lon), rho * math.cos(lon)
    assert found.centre_m[0, :2] == pytest.approx(true, abs=1.0)
    assert found.radius_m[0] == pytest.approx(10e3 / math.cos(half) ** 2, rel=1e-3)


def test_a_catalogue_that_is_elsewhere_is_refused(tmp_path):
    Dem(np.zeros((20, 20)), 0.0, 0.0, 10.0).write(tmp_path / "map.tif")
    (tmp_path / "list.csv").write_text("x_m,y_m,radius_m\n9000,50,20\n")
    with pytest.raises(UserError, match="--catalogue.*no crater lies on the map"):
        catalogue_on(tmp_path / "map.tif", Dem.read(tmp_path / "map.tif"), tmp_path / "list.csv")


def test_land_finds_a_lost_frame_by_a_catalogue(here, tmp_path, monkeypatch, capsys):
    from test_land_command import run

    heights, dem, big, places = here
    s = lost(heights, dem, 1, np.array([11e3, 4e3]))
    big.write(tmp_path / "map.tif")
    c = places._catalogue
    rows = [f"{x:.1f},{y:.1f},{z:.1f},{r:.1f}" for (x, y, z), r in zip(c.centre_m, c.radius_m)]
    (tmp_path / "list.csv").write_text("\n".join(["x_m,y_m,z_m,radius_m", *rows]))
    cv2.imwrite(str(tmp_path / "frame_0.png"), s.image)
    camera = {k: getattr(s.camera, k) for k in ("width", "height", "fx", "fy", "cx", "cy")}
    azimuth, elevation = (math.degrees(a) for a in s.sun_rad)
    frame = {
        "camera": camera,
        "prior": {
            "position_m": s.prior.pose.position_m.tolist(),
            "orientation_xyzw": s.prior.pose.orientation_xyzw.tolist(),
            "position_sigma_m": s.prior.position_sigma_m.tolist(),
            "orientation_sigma_rad": s.prior.attitude_sigma_rad,
        },
        "sun": {"azimuth_deg": azimuth, "elevation_deg": elevation},
    }
    (tmp_path / "frame_0.json").write_text(json.dumps(frame))
    code, lines, _ = run(monkeypatch, capsys, "--map", tmp_path / "map.tif", "--frames", tmp_path,
                         "--catalogue", tmp_path / "list.csv")  # fmt: skip
    assert code == 0 and lines[0]["status"] == "fix" and lines[0]["code"] == "LND-014"
    error = np.array(lines[0]["position_m"]) - s.truth.position_m
    assert np.linalg.norm(error) < 5.0 * big.resolution_m
