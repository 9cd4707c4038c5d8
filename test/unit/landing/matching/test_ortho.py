"""`land --ortho`: a photograph helps where the map is too smooth, and only under a like Sun."""

import json
import math

import cv2
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from scenes import PINHOLE, SIZE, ground, nadir, picture
from scipy import ndimage
from typer.testing import CliRunner

from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.matching.lighting import light
from lupex_rover.terrain.dem import SOUTH_POLAR_CRS, Dem
from lupex_rover.terrain.dem_file import read_dem, write_dem
from lupex_rover.terrain.ortho_file import on_half_cells

SUN = 2.1, math.radians(7.0)
PLACE = np.array([610.0, 560.0])


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A map of 5 m that holds no detail, a frame, and photographs under two Suns."""
    folder = tmp_path_factory.mktemp("ortho")
    true = ground(3)
    smooth = ndimage.gaussian_filter(true.heights, 60.0)[2::5, 2::5]
    write_dem(Dem(smooth, 2.0, 2.0, 5.0), folder / "map.tif")
    for name, azimuth in (("like", SUN[0] + 0.03), ("other", SUN[0] + 2.5)):
        write(folder / f"{name}.tif", light(true, azimuth, SUN[1]).brightness)
    place = np.array([*PLACE, true.height(*PLACE) + 500.0])
    attitude = nadir(0.4, 0.05)
    pose = Pose.from_matrix(place, attitude)
    cv2.imwrite(str(folder / "frame_0.png"), picture(true, attitude, place, *SUN, 6))
    (folder / "frame_0.json").write_text(json.dumps({
        "camera": dict(zip(("width", "height", "fx", "fy", "cx", "cy"), PINHOLE)),
        "prior": {
            "position_m": (place + [25.0, -18.0, 3.0]).tolist(),
            "orientation_xyzw": pose.orientation_xyzw.tolist(),
            "position_sigma_m": [30.0, 30.0, 6.0], "orientation_sigma_rad": 0.003,
        },
        "sun": {"azimuth_deg": math.degrees(SUN[0]), "elevation_deg": math.degrees(SUN[1])},
    }))  # fmt: skip
    return folder, place


def write(path, bright, x=-0.5, y=SIZE - 0.5, crs=SOUTH_POLAR_CRS):
    """As a GeoTIFF of 1 m pixels, north up."""
    with rasterio.open(
        path, "w", driver="GTiff", width=bright.shape[1], height=bright.shape[0], count=1,
        dtype="float32", crs=crs, transform=from_origin(x, y, 1.0, 1.0),
    ) as out:  # fmt: skip
        out.write(bright[::-1].astype(np.float32), 1)


def land(folder, *more):
    words = ["land", "--map", str(folder / "map.tif"), "--frames", str(folder), *map(str, more)]
    told = CliRunner().invoke(app, words)
    return json.loads(told.stdout.splitlines()[0])


def test_the_photograph_gives_the_fix_that_the_smooth_map_cannot(here):
    folder, place = here
    assert land(folder)["status"] == "no_fix"
    row = land(folder, "--ortho", folder / "like.tif")
    assert row["status"] == "fix"
    off = np.array(row["position_m"]) - place
    assert np.linalg.norm(off) < 7.5  # metres: a cell and a half; heights are wrong by metres
    assert np.hypot(*off[:2]) < 5.0


def test_a_photograph_under_another_sun_gives_none(here):
    folder, _ = here
    assert land(folder, "--ortho", folder / "other.tif")["status"] == "no_fix"


def test_cells_are_means_and_lie_where_the_map_has_them(here):
    folder, _ = here
    dem = read_dem(folder / "map.tif")
    x = np.arange(SIZE)[None] + np.zeros((SIZE, 1))
    write(folder / "slope.tif", x + 1000.0 * np.arange(SIZE)[:, None])
    half = on_half_cells(folder / "slope.tif", folder / "map.tif", dem)
    step, at = 2.5, dem.x0 - 1.25  # middle of the first half cell
    expected = at + step * 40 + 1000.0 * (at + step * 11)
    assert half[11, 40] == pytest.approx(expected, abs=700.0)  # half a pixel of 1 m
    assert half[11, 41] - half[11, 40] == pytest.approx(step, abs=1.0)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda f: None, "no such file"),
        (lambda f: write(f, np.ones((50, 50)), crs=None), "coordinate reference system"),
        (lambda f: write(f, np.ones((50, 50)), x=90000.0), "of the map"),
        (lambda f: f.write_text("nothing"), "cannot be laid"),
    ],
)
def test_what_is_no_orthoimage_of_the_map_is_named(here, tmp_path, make, named):
    folder, _ = here
    make(tmp_path / "bad.tif")
    dem = read_dem(folder / "map.tif")
    with pytest.raises(UserError, match="--ortho") as told:
        on_half_cells(tmp_path / "bad.tif", folder / "map.tif", dem)
    assert named in str(told.value)
