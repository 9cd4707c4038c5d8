"""Maps whose pixels a label explains, other formats, and what GDAL and PROJ throw.

Public reports: GDAL #955, rasterio #2079.
"""

import struct

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy
from test_cases_maps import CELL_M, CORNER, SIDE, check, ground, run, with_void, write

from lupex_rover.core.errors import UserError
from lupex_rover.terrain import dem_file
from lupex_rover.terrain.dem_file import check_south_polar, read_dem

LABEL = """PDS_VERSION_ID            = "PDS3"
TARGET_NAME               = MOON
RECORD_TYPE               = FIXED_LENGTH
RECORD_BYTES              = 120
FILE_RECORDS              = 60
^IMAGE                    = "p.IMG"
OBJECT                    = IMAGE
  LINES                   = 60
  LINE_SAMPLES            = 60
  SAMPLE_TYPE             = LSB_INTEGER
  SAMPLE_BITS             = 16
  UNIT                    = {unit}
  SCALING_FACTOR          = {scale}
  OFFSET                  = {offset}
END_OBJECT                = IMAGE
OBJECT                    = IMAGE_MAP_PROJECTION
  MAP_PROJECTION_TYPE          = "POLAR STEREOGRAPHIC"
  A_AXIS_RADIUS                = 1737.4 <KM>
  B_AXIS_RADIUS                = 1737.4 <KM>
  C_AXIS_RADIUS                = 1737.4 <KM>
  POSITIVE_LONGITUDE_DIRECTION = "EAST"
  CENTER_LATITUDE              = -90.0 <DEG>
  CENTER_LONGITUDE             = 0.0 <DEG>
  MAP_SCALE                    = 20 <METERS/PIXEL>
  LINE_PROJECTION_OFFSET       = 29.5 <PIXEL>
  SAMPLE_PROJECTION_OFFSET     = 29.5 <PIXEL>
END_OBJECT                = IMAGE_MAP_PROJECTION
END
"""


def pixels(path, numbers):
    path.write_bytes(b"".join(struct.pack("<60h", *row) for row in numbers.astype(int)))
    return path


@pytest.mark.parametrize(
    ("unit", "scale", "offset"),
    [("METER", 0.5, "1737400."), ("KILOMETER", 0.0005, "1737.4"), ("METER", 0.5, "0."),
     ("KILOMETER", 0.0005, "0.")],
)  # fmt: skip
@pytest.mark.parametrize("label", ["p.LBL", "p.lbl", "p.IMG.LBL"])
def test_cases_pixels_are_read_by_the_label_beside_them(tmp_path, label, unit, scale, offset):
    numbers = with_void(-32768, np.round(ground() * 2.0))
    image = pixels(tmp_path / "p.IMG", numbers)
    (tmp_path / label).write_text(LABEL.format(unit=unit, scale=scale, offset=offset))
    for path in (image, tmp_path / label):
        dem = read_dem(path)
        wanted = np.zeros((SIDE, SIDE), bool)
        wanted[CORNER] = True
        np.testing.assert_array_equal(dem.void[::-1], wanted)
        np.testing.assert_allclose(dem.heights[::-1][~wanted], ground()[~wanted], atol=0.26)
    with rasterio.open(tmp_path / label) as source:  # the peer
        assert dem.extent[0] == source.transform.c + CELL_M / 2


def test_cases_pixels_without_a_label_and_a_label_without_pixels_name_the_cure(tmp_path):
    image = pixels(tmp_path / "p.IMG", np.round(ground() * 2.0))
    with pytest.raises(UserError, match="p.IMG: is not a map .*give its label.*p.LBL"):
        read_dem(image)
    image.unlink()
    label = tmp_path / "q.LBL"
    label.write_text(LABEL.format(unit="METER", scale=0.5, offset="0."))
    with pytest.raises(UserError, match="q.LBL"):
        read_dem(label)


@pytest.mark.parametrize("label", ["p.LBL", "p_JP2.LBL", "p.xml"])
def test_cases_a_label_beside_a_file_that_opens_alone_tells_its_scale(tmp_path, label):
    """LOLA's JPEG 2000: the file holds half metres, and only the label says so."""
    numbers = np.round(ground() * 2.0)
    path = write(tmp_path / "p.jp2", numbers, "int16", driver="JP2OpenJPEG", QUALITY="100",
                 REVERSIBLE="YES")  # fmt: skip
    with rasterio.open(path) as source:
        assert source.scales == (1.0,)
    pds3 = '^IMAGE = "p.JP2"\n  SCALING_FACTOR = 0.5\n  OFFSET = 1737400.\n  UNIT = METER\n'
    pds4 = (
        "<file_name>p.jp2</file_name><scaling_factor>0.5</scaling_factor>"
        "<value_offset>1737400</value_offset><unit>m</unit>"
    )
    (tmp_path / label).write_text(pds4 if label.endswith("xml") else pds3)
    np.testing.assert_allclose(read_dem(path).heights[::-1], ground(), atol=0.26)
    (tmp_path / label).write_text("of another file: q.jp2, SCALING_FACTOR = 7")
    np.testing.assert_allclose(read_dem(path).heights[::-1], 2.0 * ground(), atol=0.51)


@pytest.mark.parametrize("driver", ["ISIS3", "PDS4", "ENVI", "AAIGrid"])
def test_cases_other_formats_are_read_as_rasterio_reads_them(tmp_path, driver):
    name = {"ISIS3": "m.cub", "PDS4": "m.xml", "ENVI": "m.img", "AAIGrid": "m.asc"}[driver]
    template = write(tmp_path / "t.tif", with_void(-9999.0), nodata=-9999.0)
    more = {"PDS4": {"VAR_TARGET": "Moon"}, "ISIS3": {"TARGET_NAME": "Moon"}}.get(driver, {})
    try:
        copy(template, tmp_path / name, driver=driver, **more)
    except Exception as error:  # the wheel's GDAL may lack the driver's data
        pytest.skip(f"GDAL does not write {driver} here: {error}")
    with rasterio.open(tmp_path / name) as source:
        if source.crs is None:
            pytest.skip(f"{driver} was written without its grid")
    check(tmp_path / name)


def test_cases_a_detached_label_of_isis_is_taken(tmp_path):
    template = write(tmp_path / "t.tif", with_void(-9999.0), nodata=-9999.0)
    copy(template, tmp_path / "m.lbl", driver="ISIS3", DATA_LOCATION="EXTERNAL",
         TARGET_NAME="Moon")  # fmt: skip
    (pixel_file,) = (p for p in tmp_path.glob("m*") if p.suffix == ".cub")
    check(tmp_path / "m.lbl")
    check(pixel_file)


# --- what GDAL and PROJ throw ---------------------------------------------------------------------


def test_cases_torn_files_are_named_failures(tmp_path, monkeypatch, capsys):
    whole = write(tmp_path / "m.tif", ground(), compress="deflate").read_bytes()
    rng = np.random.default_rng(4)
    torn = tmp_path / "torn.tif"
    for k in range(40):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 12):
            data[at] = rng.integers(256)
        torn.write_bytes(data[: rng.integers(8, len(data))] if k % 2 else data)
        try:
            read_dem(torn)
        except UserError as error:
            assert "torn.tif" in str(error) and "\n" not in str(error)
    torn.write_bytes(whole[: len(whole) // 2])
    code, out, err = run(monkeypatch, capsys, "sun", "--lat", "-89.4", "--lon", "227", "--utc",
                         "2029-01-01", "--map", torn)  # fmt: skip
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and "torn.tif" in err


def test_cases_a_wrong_database_of_proj_is_a_named_failure(tmp_path, monkeypatch):
    """PROJ's complaint about another installation's database, wherever it comes from."""
    path = write(tmp_path / "m.tif", ground())

    class Fails:
        @staticmethod
        def from_proj4(_):
            raise rasterio.errors.CRSError("PROJ: internal_proj_create: proj.db has MINOR = 0")

    monkeypatch.setattr(dem_file, "CRS", Fails)
    monkeypatch.setenv("PROJ_LIB", "/opt/old/proj")
    with pytest.raises(UserError, match="m.tif: .*PROJ_LIB=/opt/old/proj .*unset it"):
        check_south_polar(path)
