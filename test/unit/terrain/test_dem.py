"""Elevation maps against scipy, rasterio and analytic planes."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from scipy import ndimage

from lupex_rover.core.errors import UserError
from lupex_rover.terrain.base_map import default_map_path
from lupex_rover.terrain.dem import SOUTH_POLAR_CRS, Dem
from lupex_rover.terrain.dem_file import check_south_polar, read_dem, write_dem


def rough(rows=40, cols=30):
    return np.random.default_rng(5).normal(0.0, 10.0, (rows, cols)).astype(np.float32)


def test_height_is_scipys_bilinear_value():
    dem = Dem(rough(), -7.0, 3.0, 2.5)
    rng = np.random.default_rng(0)
    x = rng.uniform(-7.0, -7.0 + 29 * 2.5, 500)
    y = rng.uniform(3.0, 3.0 + 39 * 2.5, 500)
    at = [(y - 3.0) / 2.5, (x + 7.0) / 2.5]
    expected = ndimage.map_coordinates(dem.heights.astype(float), at, order=1)
    np.testing.assert_allclose(dem.height(x, y), expected, atol=1e-4)
    assert dem.height(float(x[0]), float(y[0])) == pytest.approx(expected[0], abs=1e-4)


def test_gradient_and_slope_of_a_plane():
    y, x = np.mgrid[0:50, 0:60] * 2.0
    dem = Dem(0.1 * x - 0.2 * y, 0.0, 0.0, 2.0)
    gx, gy = dem.gradient(33.3, 41.7)
    assert (gx, gy) == pytest.approx((0.1, -0.2), abs=1e-5)
    assert dem.slope(33.3, 41.7) == pytest.approx(np.arctan(np.hypot(0.1, 0.2)), abs=1e-5)


def write_by_hand(path, crs, heights, nodata=None):
    """A GeoTIFF made with rasterio alone: 10 m cells, top left corner at (100, 900)."""
    with rasterio.open(
        path, "w", driver="GTiff", width=heights.shape[1], height=heights.shape[0], count=1,
        dtype="float32", crs=crs, transform=from_origin(100.0, 900.0, 10.0, 10.0), nodata=nodata,
    ) as out:  # fmt: skip
        out.write(heights.astype(np.float32), 1)


def test_a_file_is_read_with_its_lowest_row_first(tmp_path):
    heights = rough(20, 30)
    write_by_hand(tmp_path / "a.tif", SOUTH_POLAR_CRS, heights)
    dem = read_dem(tmp_path / "a.tif")
    assert dem.extent == (105.0, 705.0, 395.0, 895.0)
    assert dem.height(105.0, 895.0) == heights[0, 0]  # the file's first row is the northernmost
    assert dem.height(105.0, 705.0) == heights[-1, 0]
    part = read_dem(tmp_path / "a.tif", (150.0, 750.0, 250.0, 800.0))
    assert part.extent == (155.0, 755.0, 245.0, 795.0)
    assert part.height(200.0, 777.0) == pytest.approx(dem.height(200.0, 777.0))
    write_dem(dem, tmp_path / "b.tif")
    with rasterio.open(tmp_path / "b.tif") as again:
        np.testing.assert_array_equal(again.read(1), heights)
        assert tuple(again.bounds) == (100.0, 700.0, 400.0, 900.0)
        assert again.crs.is_projected


def test_empty_cells_take_the_nearest_height(tmp_path):
    heights = np.full((20, 30), 7.0)
    heights[3, 4] = -32768.0
    heights[10, 10] = np.nan
    write_by_hand(tmp_path / "a.tif", SOUTH_POLAR_CRS, heights, nodata=-32768.0)
    assert (read_dem(tmp_path / "a.tif").heights == 7.0).all()


def test_a_map_of_many_empty_cells_says_so(tmp_path, caplog):
    heights = np.full((20, 30), 7.0)
    heights[:8] = np.nan
    write_by_hand(tmp_path / "a.tif", SOUTH_POLAR_CRS, heights)
    assert (read_dem(tmp_path / "a.tif").heights == 7.0).all()
    assert "a.tif: 40 % of its cells hold no height" in caplog.text


@pytest.mark.parametrize("unit_m, offset", [(1.0, 1_737_400.0), (1e3, 1737.4)])
def test_radii_as_lola_files_hold_them_become_heights(tmp_path, unit_m, offset):
    """LDEM images: DN times scale and offset, the sphere's radius, in m or km; and bare radii."""
    heights = 50.0 * rough(20, 30)
    write_by_hand(tmp_path / "a.tif", SOUTH_POLAR_CRS, heights / unit_m / 0.5)
    with rasterio.open(tmp_path / "a.tif", "r+") as out:
        out.scales, out.offsets = (0.5,), (offset,)
    read = read_dem(tmp_path / "a.tif").heights[::-1]
    np.testing.assert_allclose(read, heights, atol=0.2)
    write_by_hand(tmp_path / "b.tif", SOUTH_POLAR_CRS, heights + 1_737_400.0)
    np.testing.assert_allclose(read_dem(tmp_path / "b.tif").heights[::-1], heights, atol=0.2)


MOON = "+R=1737400 +units=m +no_defs"
POLAR = "+proj=stere +lat_0=-90 +lat_ts=-90"
OTHER_GRIDS = {
    "turned": f"{POLAR} +lon_0=90 {MOON}",
    "moved": f"{POLAR} +lon_0=0 +x_0=500000 {MOON}",
    "north": f"+proj=stere +lat_0=90 +lat_ts=90 +lon_0=0 {MOON}",
    "other scale": f"+proj=stere +lat_0=-90 +lat_ts=-71 +lon_0=0 {MOON}",
    "Mars": f"{POLAR} +lon_0=0 +R=3396190 +units=m +no_defs",
    "Earth": "EPSG:3031",
    "equirectangular": f"+proj=eqc +lat_ts=0 +lon_0=0 {MOON}",
}


@pytest.mark.parametrize("name", OTHER_GRIDS)
def test_a_grid_that_is_not_the_lunar_south_poles_is_refused_where_places_count(tmp_path, name):
    path = tmp_path / "x.tif"
    write_by_hand(path, OTHER_GRIDS[name], rough())
    with pytest.raises(UserError, match="x.tif: its grid is not the lunar south polar"):
        check_south_polar(path)
    read_dem(path)  # a landing is matched on any grid in metres


def test_the_lunar_south_poles_grid_is_known_however_it_is_written(tmp_path):
    for crs in (SOUTH_POLAR_CRS, f"+proj=stere +lat_0=-90 +lon_0=0 +k=1 {MOON}"):
        write_by_hand(tmp_path / "x.tif", crs, rough())
        check_south_polar(tmp_path / "x.tif")


@pytest.mark.parametrize(
    "case", ["missing", "text", "degrees", "no_crs", "empty", "elsewhere", "row"]
)
def test_a_file_that_is_no_map_is_refused_by_name(tmp_path, case):
    path = tmp_path / "x.tif"
    bounds = None
    if case == "text":
        path.write_text("not a map")
    elif case == "degrees":
        write_by_hand(path, "+proj=longlat +R=1737400 +no_defs", rough())
    elif case == "no_crs":
        write_by_hand(path, None, rough())
    elif case == "empty":
        write_by_hand(path, SOUTH_POLAR_CRS, np.full((20, 20), np.nan))
    elif case == "row":
        write_by_hand(path, SOUTH_POLAR_CRS, np.zeros((1, 20)))
    elif case == "elsewhere":
        write_by_hand(path, SOUTH_POLAR_CRS, rough())
        bounds = (1e6, 1e6, 2e6, 2e6)
    with pytest.raises(UserError, match="x.tif"):
        read_dem(path, bounds)


def test_the_lola_map_puts_shackleton_where_it_is():
    """Shackleton crater, 89.67 S 129.8 E, is about 4.2 km deep (Zuber et al. 2012)."""
    dem = read_dem(default_map_path())
    assert dem.heights.shape == (762, 762) and dem.resolution_m == 1600.0
    rho = np.radians(90 - 89.67) * 1_737_400.0
    lon = np.radians(129.8)
    around = np.radians(np.arange(0, 360, 10))
    x, y = rho * np.sin(lon), rho * np.cos(lon)
    rim = dem.height(x + 10_500 * np.sin(around), y + 10_500 * np.cos(around))
    assert rim.mean() - dem.height(x, y) > 3000.0
