"""Maps as users have them: what metadata mean, the Moon's bounds, and no answer in the void.

Right values are those that rasterio reads. Public reports: xdem #417, GDAL #14183, #955,
raster2dggs #105, ISIS3 #3646, rasterio #2079.
"""

import logging
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.control
from affine import Affine
from rasterio.enums import ColorInterp
from scipy import ndimage

from lupex_rover.cli import app
from lupex_rover.core.errors import UserError
from lupex_rover.terrain.dem import SOUTH_POLAR_CRS
from lupex_rover.terrain.dem_file import check_south_polar, read_dem

CASES = Path(__file__).parents[4] / "shared" / "cases"
SIDE, CELL_M = 60, 20.0
RADIUS_M = 1_737_400.0
LEFT_M, TOP_M = -12_500.0, -11_300.0
NORTH_UP = Affine(CELL_M, 0.0, LEFT_M, 0.0, -CELL_M, TOP_M)
CORNER = np.s_[:12, :25]  # of the file's rows and columns: the void


def ground():
    """(rows, cols) heights, m, first row in the north: 450 to 800 m above the sphere."""
    rough = ndimage.gaussian_filter(np.random.default_rng(7).standard_normal((SIDE, SIDE)), 4.0)
    return np.round(620.0 + 60.0 * rough / rough.std(), 2)


def write(path, bands, dtype="float32", transform=NORTH_UP, crs=SOUTH_POLAR_CRS, **profile):
    """A raster of arrays, made by rasterio alone; `scales`, `offsets`, `units`, `colours`,
    `descriptions` are set where they are given."""
    later = {k: profile.pop(k) for k in ("scales", "offsets", "units", "descriptions")
             if k in profile}  # fmt: skip
    colours, tags = profile.pop("colours", None), profile.pop("tags", None)
    bands = np.asarray(bands)
    if bands.ndim == 2:
        bands = bands[None]
    with rasterio.open(
        path, "w", driver=profile.pop("driver", "GTiff"), width=bands.shape[2],
        height=bands.shape[1], count=len(bands), dtype=dtype, crs=crs, transform=transform,
        **profile,
    ) as out:  # fmt: skip
        if colours is not None:
            out.colorinterp = colours
        if tags is not None:
            out.update_tags(**tags)
        for name, value in later.items():
            setattr(out, name, value)
        out.write(bands.astype(dtype))
    return path


def run(monkeypatch, capsys, *words):
    """Exit code, stdout, stderr of a command."""
    monkeypatch.setattr("sys.argv", ["lupex", *map(str, words)])
    with pytest.raises(SystemExit) as done:
        app.main()
    out, err = capsys.readouterr()
    return done.value.code, out, err


def check(path, band=None, atol=0.02, void=CORNER):
    """Heights are the ground's and the void is the corner, in the file's order of rows."""
    dem = read_dem(path, band=band)
    wanted = np.zeros((SIDE, SIDE), bool)
    if void is not None:
        wanted[void] = True
    have = np.zeros((SIDE, SIDE), bool) if dem.void is None else dem.void[::-1]
    np.testing.assert_array_equal(have, wanted)
    np.testing.assert_allclose(dem.heights[::-1][~wanted], ground()[~wanted], atol=atol)
    assert dem.extent == (-12_490.0, -12_490.0, -11_310.0, -11_310.0)
    return dem


def with_void(value, heights=None):
    out = (ground() if heights is None else heights).copy()
    out[CORNER] = value
    return out


# --- implausible values ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [-9999.0, -32768.0, -32767.0, -99999.0, 9999.0, 32767.0, 1e20, -1e32, 3.4028235e38, np.nan,
     np.inf, -np.inf, -3.4028226550889045e38, -3.4028235e38, -20_000.0, 12_000.0, 0.0],
)  # fmt: skip
def test_cases_untagged_fillers_are_no_ground(tmp_path, value):
    check(write(tmp_path / "m.tif", with_void(value)))


@pytest.mark.parametrize("value", [-32768, -32767, -32764, -9999, 32767, 9999, 0])
def test_cases_untagged_fillers_of_half_metres_are_no_ground(tmp_path, value):
    """LOLA's int16 with a scale of 0.5: -9999 would be a height of -4999.5 m."""
    numbers = with_void(value, np.round(ground() * 2.0))
    path = write(tmp_path / "m.tif", numbers, "int16", scales=(0.5,))
    check(path, atol=0.26)


def test_cases_holes_and_turned_collars_of_zero_are_no_ground(tmp_path):
    row, col = np.mgrid[:SIDE, :SIDE]
    collar = (row + col < 30) | (row - col > 35)
    hole = (row - 40) ** 2 + (col - 40) ** 2 < 25
    path = write(tmp_path / "m.tif", np.where(collar | hole, 0.0, ground()))
    np.testing.assert_array_equal(read_dem(path).void[::-1], collar | hole)


def test_cases_ground_at_zero_stays_ground(tmp_path):
    """A plain at zero with a hill, a sea of equal heights, ground that passes through zero."""
    row, col = np.mgrid[:SIDE, :SIDE]
    hill = 300.0 * np.exp(-((row - 30.0) ** 2 + (col - 30.0) ** 2) / 40.0)
    hill[hill < 1e-3] = 0.0
    for heights in (hill, ground() - 620.0, np.round(0.02 * (ground() - 620.0)), 0.0 * hill):
        assert read_dem(write(tmp_path / "m.tif", heights)).void is None


def test_cases_ground_near_a_filler_stays_ground(tmp_path):
    """Half metres: -9999 is -4999.5 m, here with ground a little above and below it."""
    numbers = np.round(ground() * 2.0 - 11_239.0).astype(int)
    numbers[30, 30] = -9999
    path = write(tmp_path / "m.tif", numbers, "int16", scales=(0.5,))
    assert read_dem(path).void is None


def test_cases_the_moons_bounds_are_told(tmp_path, caplog):
    read_dem(write(tmp_path / "m.tif", with_void(-20_000.0)))
    assert "m.tif: 300 cells lie -20000 .. -20000 m" in caplog.text
    with pytest.raises(UserError, match="m.tif: 3600 cells lie .* the Moon has no ground"):
        read_dem(write(tmp_path / "m.tif", ground() + 20_000.0))


def test_cases_a_narrow_strip_in_a_wide_frame_is_read(tmp_path):
    """As a stereo pair's heights are, turned into the grid: most cells are void."""
    row, col = np.mgrid[:SIDE, :SIDE]
    strip = np.abs(row - col) < 9
    dem = read_dem(write(tmp_path / "m.tif", np.where(strip, ground(), -3e38), nodata=-3e38))
    np.testing.assert_array_equal(dem.void[::-1], ~strip)
    np.testing.assert_allclose(dem.heights[::-1][strip], ground()[strip], atol=0.01)


# --- units ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (lambda h: h, {}),
        (lambda h: h, {"units": ("m",)}),
        (lambda h: h, {"units": ("Metre",)}),
        (lambda h: h, {"units": ("[METERS]",)}),
        (lambda h: h / 1e3, {"units": ("km",)}),
        (lambda h: h / 1e3, {"units": ("KILOMETER",)}),
        (lambda h: h * 100.0, {"units": ("cm",)}),
        (lambda h: h + RADIUS_M, {}),
        (lambda h: h + RADIUS_M, {"units": ("m",)}),
        (lambda h: (h + RADIUS_M) / 1e3, {}),
        (lambda h: (h + RADIUS_M) / 1e3, {"units": ("km",)}),
        (lambda h: h, {"offsets": (RADIUS_M,)}),
        (lambda h: h / 1e3, {"offsets": (1737.4,)}),
        (lambda h: h / 1e3, {"offsets": (1737.4,), "units": ("km",)}),
        (lambda h: h * 4.0, {"scales": (0.25,)}),
        (lambda h: h * 4.0, {"scales": (0.25,), "offsets": (RADIUS_M,), "units": ("m",)}),
        (lambda h: -h, {"scales": (-1.0,)}),
        (lambda h: h - 1000.0, {"offsets": (1000.0,)}),
    ],
)
def test_cases_heights_and_radii_in_any_unit_become_heights(tmp_path, values, options):
    numbers = with_void(-3e38, values(ground()))
    check(write(tmp_path / "m.tif", numbers, "float64", **options))


def test_cases_heights_near_the_radius_in_km_stay_heights(tmp_path):
    """1707 to 1767 m above the sphere, with relief as ground has it: not radii in km."""
    heights = ground() - ground().mean() + 1737.4
    dem = read_dem(write(tmp_path / "m.tif", heights, "float64"))
    np.testing.assert_allclose(dem.heights[::-1], heights, atol=0.01)


def test_cases_kilometres_without_a_unit_get_a_word(tmp_path, caplog):
    dem = read_dem(write(tmp_path / "m.tif", ground() / 1e3))
    assert "gdal_edit.py -units km" in caplog.text and dem.heights.max() < 1.0
    caplog.clear()
    read_dem(write(tmp_path / "m.tif", ground() / 1e3, units=("m",)))
    read_dem(write(tmp_path / "m.tif", np.zeros((SIDE, SIDE))))
    assert caplog.text == ""


@pytest.mark.parametrize("unit", ["ft", "feet", "US survey foot", "degree", "DN"])
def test_cases_other_units_are_refused_by_name(tmp_path, unit):
    with pytest.raises(UserError, match=f"m.tif: .*'{unit.lower()}'"):
        read_dem(write(tmp_path / "m.tif", ground(), units=(unit,)))


@pytest.mark.parametrize(("scale", "offset"), [(0.0, 0.0), (np.nan, 0.0), (1.0, np.inf)])
def test_cases_a_scale_that_makes_no_heights_is_refused(tmp_path, scale, offset):
    path = write(tmp_path / "m.tif", ground(), scales=(scale,), offsets=(offset,))
    with rasterio.open(path) as source:
        told = source.scales[0], source.offsets[0]
    if told == (1.0, 0.0):
        pytest.skip("GDAL does not keep this scale")
    with pytest.raises(UserError, match="m.tif: band 1: scale"):
        read_dem(path)


# --- nodata, masks, alpha, several bands ----------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "uint32", "float32", "float64"])
def test_cases_tagged_nodata_is_void_in_every_type(tmp_path, dtype):
    numbers = with_void(7, np.round(ground()))
    check(write(tmp_path / "m.tif", numbers, dtype, nodata=7), atol=0.51)


@pytest.mark.parametrize("inside", [True, False])
def test_cases_a_mask_inside_or_beside_the_file_is_minded(tmp_path, inside):
    valid = with_void(0, np.full((SIDE, SIDE), 255)).astype(np.uint8)
    path = tmp_path / "m.tif"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=inside):
        write(path, with_void(617.0))
        with rasterio.open(path, "r+") as out:
            out.write_mask(valid)
    assert (tmp_path / "m.tif.msk").exists() is not inside
    check(path)


ALPHA = (ColorInterp.gray, ColorInterp.alpha)
UNTOLD = (ColorInterp.gray, ColorInterp.undefined)


@pytest.mark.parametrize(
    ("dtype", "full"),
    [("float32", 255.0), ("float32", 1.0), ("float64", 255.0), ("uint16", 65535), ("int16", 255)],
)
def test_cases_an_alpha_band_of_any_type_masks(tmp_path, dtype, full):
    alpha = with_void(0, np.full((SIDE, SIDE), full))
    path = write(tmp_path / "m.tif", [with_void(0.0), alpha], dtype, colours=ALPHA)
    check(path, atol=1.0)
    check(path, band=1, atol=1.0)
    with pytest.raises(UserError, match="--band 2: is its mask"):
        read_dem(path, band=2)


def test_cases_a_band_called_mask_masks_and_one_without_a_meaning_is_asked_for(tmp_path):
    bands = [with_void(617.0), with_void(0.0, np.ones((SIDE, SIDE)))]
    path = write(tmp_path / "m.tif", bands, colours=UNTOLD, descriptions=("height", "valid"))
    check(path)
    path = write(tmp_path / "n.tif", bands, colours=UNTOLD)
    with pytest.raises(UserError, match="n.tif: has 2 bands .*--band N"):
        read_dem(path)
    check(path, band=1, void=None, atol=200.0)
    with pytest.raises(UserError, match="--band 3: it has 2"):
        read_dem(path, band=3)
    named = write(tmp_path / "o.tif", bands, colours=UNTOLD, descriptions=("error", "elevation"))
    assert read_dem(named).heights.max() == 1.0


def test_cases_a_colour_picture_and_a_palette_are_no_heights(tmp_path):
    grey = np.round(ground() / 4.0)
    colour = write(tmp_path / "c.tif", [grey, grey, grey], "uint8", photometric="RGB")
    with pytest.raises(UserError, match="c.tif: is a colour picture, not heights"):
        read_dem(colour)
    assert read_dem(colour, band=2).heights.max() == grey.max()
    palette = write(tmp_path / "p.tif", grey, "uint8", photometric="palette")
    with rasterio.open(palette, "r+") as out:
        out.write_colormap(1, {n: (n, 0, 255 - n, 255) for n in range(256)})
    with pytest.raises(UserError, match="p.tif: its values are places in a table of colours"):
        read_dem(palette)


# --- orientation, area or point -------------------------------------------------------------------


@pytest.mark.parametrize("box", [None, (-12_200.0, -12_300.0, -11_700.0, -11_500.0)])
@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_cases_maps_in_any_of_eight_orientations_are_read(tmp_path, turns, mirrored, box):
    """South up, mirrored, turned by right angles: the geotransform says where each cell lies."""
    heights = ground()[:, :50]
    y, x = np.mgrid[: heights.shape[0], : heights.shape[1]]
    x, y = LEFT_M + CELL_M * (x + 0.5), TOP_M - CELL_M * (y + 0.5)
    if mirrored:
        heights, x, y = (a[:, ::-1] for a in (heights, x, y))
    heights, x, y = (np.rot90(a, turns) for a in (heights, x, y))
    by_col = float(x[0, 1] - x[0, 0]), float(y[0, 1] - y[0, 0])
    by_row = float(x[1, 0] - x[0, 0]), float(y[1, 0] - y[0, 0])
    corner = (float(o[0, 0]) - (c + r) / 2 for o, c, r in zip((x, y), by_col, by_row))
    left, top = corner
    transform = Affine(by_col[0], by_row[0], left, by_col[1], by_row[1], top)
    path = write(tmp_path / "m.tif", heights, transform=transform)
    check_south_polar(path)
    dem = read_dem(path, box)
    assert dem.extent == (box or (-12_490.0, -12_490.0, -11_510.0, -11_310.0)) or box
    with rasterio.open(path) as source:  # the peer
        cells = np.random.default_rng(1).integers(10, 40, (30, 2))
        for row, col in cells:
            at = source.xy(row, col)
            if dem.contains(*at):
                assert dem.height(*map(float, at)) == source.read(1)[row, col]


def test_cases_a_turned_or_placeless_map_is_refused_with_the_cure(tmp_path):
    askew = NORTH_UP @ Affine.rotation(10.0)
    with pytest.raises(UserError, match="m.tif: .*square and along the grid; gdalwarp"):
        read_dem(write(tmp_path / "m.tif", ground(), transform=askew))
    with pytest.raises(UserError, match="m.tif: does not say where its cells lie"):
        read_dem(write(tmp_path / "m.tif", ground(), transform=Affine.identity()))


def test_cases_values_at_points_lie_where_gdal_puts_them(tmp_path, monkeypatch):
    """PixelIsPoint: the tie point is the cell's centre, whatever the environment says."""
    tags = {"AREA_OR_POINT": "Point"}
    path = write(tmp_path / "m.tif", with_void(-3e38), tags=tags)
    with rasterio.open(path) as source:
        assert source.tags()["AREA_OR_POINT"] == "Point" and source.transform == NORTH_UP
    check(path)
    monkeypatch.setenv("GTIFF_POINT_GEO_IGNORE", "TRUE")
    check(path)


def test_cases_the_listed_files_are_read_right(caplog):
    """The files of the public reports, where they lie."""
    if not (CASES / "M09" / "ref.tif").is_file():
        pytest.skip(f"no cases at {CASES}")
    caplog.set_level(logging.ERROR)
    whole = read_dem(CASES / "M09" / "ref.tif").heights
    for name, void in (
        ("M02/d03_m9999_notag.tif", 800), ("M02/d03_m32768_notag.tif", 800),
        ("M02/d02_int16_half_notag.tif", 800), ("M04/e15_ldem_radius_km.tif", 0),
        ("M05/e09_alpha.tif", 800), ("M07/f2_hole.tif", 64), ("M12/p1.IMG", 0),
    ):  # fmt: skip
        dem = read_dem(CASES / name)
        known = np.ones(whole.shape, bool) if dem.void is None else ~dem.void
        assert (~known).sum() == void, name
        np.testing.assert_allclose(dem.heights[known], whole[known], atol=0.26)


def test_cases_a_map_of_control_points_alone_is_refused_with_its_cure(tmp_path):
    """rasterio tells its grid by the points alone, and no other one."""
    path = write(tmp_path / "m.tif", ground(), transform=Affine.identity(), crs=None)
    with rasterio.open(path, "r+") as out:
        points = [
            rasterio.control.GroundControlPoint(r, c, LEFT_M + CELL_M * c, TOP_M - CELL_M * r)
            for r, c in ((0, 0), (0, SIDE), (SIDE, 0))
        ]
        out.gcps = points, rasterio.crs.CRS.from_proj4(SOUTH_POLAR_CRS)
    with pytest.raises(UserError, match="m.tif: .*ground control points alone; .*gdalwarp"):
        read_dem(path)
