"""An orthoimage under the picture's Sun makes a fix better, one under another Sun is ignored."""

import math

import cv2
import numpy as np
import pytest
import rasterio

from lupex_rover.cli.land_ortho import read_ortho
from lupex_rover.cli.landing_scenes import GROUND_CELL_M, KINDS, ground, orbital_map, scene
from lupex_rover.core.errors import UserError
from lupex_rover.landing.lighting import light
from lupex_rover.landing.matcher import Matcher
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.terrain.dem import SOUTH_POLAR_CRS, Dem

HARD = KINDS["hard"]


@pytest.fixture(scope="module")
def here():
    heights = ground(31, cells=1026)
    return heights, orbital_map(heights, HARD.map_factor, HARD.map_noise_m, 1)


def lit(heights, dem, sun_rad):
    """The true ground under a Sun, on the half cells of `dem`."""
    bright = light(Dem(heights, 0.0, 0.0, GROUND_CELL_M), *sun_rad).brightness
    rows, cols = dem.heights.shape
    return cv2.resize(bright, (2 * cols, 2 * rows), interpolation=cv2.INTER_AREA)


def test_one_of_the_same_sun_helps_and_one_of_another_does_no_harm(here):
    heights, dem = here
    errors = []
    for seed in range(5):
        s = scene(HARD, heights, dem, seed)
        given = s.image, s.camera, s.prior, *s.sun_rad
        other_sun = s.sun_rad[0] + math.radians(140.0), s.sun_rad[1]
        orthos = None, lit(heights, dem, s.sun_rad), lit(heights, dem, other_sun)
        plain, same, other = (Matcher(dem, MatcherParams(), o).match(*given) for o in orthos)
        assert np.array_equal(other.pose.position_m, plain.pose.position_m)
        assert other.accepted == plain.accepted
        if plain.accepted and same.accepted:
            errors.append(
                [np.linalg.norm(m.pose.position_m - s.truth.position_m) for m in (plain, same)]
            )
    plain_m, same_m = np.median(errors, axis=0)
    assert len(errors) >= 3
    assert same_m < 0.7 * plain_m


def tiff(path, values, left, top, cell, crs=SOUTH_POLAR_CRS):
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype=values.dtype, crs=crs, transform=rasterio.Affine(cell, 0, left, 0, -cell, top),
    ) as out:  # fmt: skip
        out.write(values, 1)


@pytest.fixture
def map_(tmp_path):
    """40 x 30 cells of 10 m from x = y = 0."""
    Dem(np.zeros((30, 40)), 5.0, 5.0, 10.0).write(tmp_path / "map.tif")
    return tmp_path / "map.tif"


def test_it_is_laid_on_half_cells_of_the_map_row_0_at_low_y(map_, tmp_path):
    fine = np.zeros((200, 100), np.uint8)
    fine[150:155, 50:55] = 255  # x 200 to 205, y 45 to 50
    tiff(tmp_path / "ortho.tif", fine, 150.0, 200.0, 1.0)
    found = read_ortho(tmp_path / "ortho.tif", map_)
    assert found.shape == (60, 80)
    assert found[9, 40] == pytest.approx(255.0)
    assert np.nansum(found) == pytest.approx(255.0, abs=1.0)
    assert np.isnan(found[9, 20]) and np.isfinite(found).sum() == pytest.approx(40 * 20, abs=60)


def test_a_plain_picture_of_the_maps_shape_covers_it(map_, tmp_path):
    picture = np.zeros((90, 120), np.uint8)
    picture[:3] = 200  # the northern edge
    cv2.imwrite(str(tmp_path / "ortho.png"), picture)
    found = read_ortho(tmp_path / "ortho.png", map_)
    assert found[-1].mean() > 150.0 and found[0].max() == 0.0


def test_what_does_not_suit_the_map_is_named(map_, tmp_path):
    cv2.imwrite(str(tmp_path / "odd.png"), np.zeros((90, 100), np.uint8))
    tiff(tmp_path / "away.tif", np.ones((20, 20), np.uint8), 9e5, 9e5, 10.0)
    (tmp_path / "text.tif").write_text("no picture")
    for name, said in (
        ("odd.png", "no multiple"), ("away.tif", "nothing of the map"), ("none.tif", "no such"),
        ("text.tif", "cannot be laid"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=said) as error:
            read_ortho(tmp_path / name, map_)
        assert "--ortho" in str(error.value)
