"""Pictures as users have them: nodata, masks, special pixels, several bands.

Right values are those that rasterio reads. Public report: StereoPipeline #290.
"""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp
from rasterio.shutil import copy
from scipy import ndimage

from lupex_rover.cli import app
from lupex_rover.cli.common.picture_file import read_picture
from lupex_rover.core.errors import UserError
from lupex_rover.craters.find import find_craters

CASES = Path(__file__).parents[4] / "shared" / "cases"
HIGH, WIDE = 240, 260
COLLAR = np.s_[:40, :]  # rows without a value
NULL, LRS, LIS, HIS, HRS = np.array(
    [0xFF7FFFFB, 0xFF7FFFFC, 0xFF7FFFFD, 0xFF7FFFFE, 0xFF7FFFFF], np.uint32
).view(np.float32)  # SpecialPixel.h


def ground():
    """(rows, cols) uint8, bowls lit from the right on rough ground; values 40 to 220."""
    rng = np.random.default_rng(11)
    row, col = np.mgrid[:HIGH, :WIDE].astype(float)
    height = ndimage.gaussian_filter(rng.standard_normal((HIGH, WIDE)), 3.0) * 2.0
    for _ in range(60):
        r, c, radius = rng.uniform(0, HIGH), rng.uniform(0, WIDE), rng.uniform(6.0, 16.0)
        far = np.hypot(row - r, col - c) / radius
        height -= 0.25 * radius * np.clip(1.0 - far**2, 0.0, None)
    return np.clip(130.0 - 120.0 * np.gradient(height, axis=1), 40.0, 220.0).astype(np.uint8)


def write(path, bands, dtype, colours=None, **profile):
    later = {k: profile.pop(k) for k in ("scales", "offsets", "descriptions") if k in profile}
    bands = np.asarray(bands)
    bands = bands[None] if bands.ndim == 2 else bands
    with rasterio.open(
        path, "w", driver=profile.pop("driver", "GTiff"), width=WIDE, height=HIGH,
        count=len(bands), dtype=dtype, **profile,
    ) as out:  # fmt: skip
        if colours is not None:
            out.colorinterp = colours
        for name, value in later.items():
            setattr(out, name, value)
        out.write(bands.astype(dtype))
    return path


def collared(value, dtype, grey=None):
    out = (ground() if grey is None else grey).astype(dtype)
    out[COLLAR] = value
    return out


def check(path, factor=1.0, offset=0.0, band=None):
    """Outside the collar the ground, in it nothing."""
    image = read_picture(path, "IMAGE", band=band)
    assert image.dtype == np.float32
    assert np.isnan(image[COLLAR]).all()
    np.testing.assert_allclose(image[40:], ground()[40:] * factor + offset, rtol=1e-5)


def run(monkeypatch, capsys, *words):
    monkeypatch.setattr("sys.argv", ["lupex", *map(str, words)])
    with pytest.raises(SystemExit) as done:
        app.main()
    out, err = capsys.readouterr()
    return done.value.code, out, err


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
class TestCasesOfPictures:
    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "int32", "float32"])
    def test_cases_tagged_nodata_has_no_value(self, tmp_path, dtype):
        check(write(tmp_path / "p.tif", collared(7, dtype), dtype, nodata=7))

    @pytest.mark.parametrize("value", [NULL, LRS, LIS, HIS, HRS, np.nan, np.inf, -9999.0, 1e32])
    def test_cases_special_floats_have_no_value(self, tmp_path, value):
        check(write(tmp_path / "p.tif", collared(value, "float32"), "float32"))

    @pytest.mark.parametrize("value", [-32768, -32767, -32766, -32765, -32764])
    def test_cases_special_int16_have_no_value(self, tmp_path, value):
        check(write(tmp_path / "p.tif", collared(value, "int16"), "int16"))

    @pytest.mark.parametrize("value", [-(2**31), -(2**31) + 4, -8388613, -8388609])
    def test_cases_special_int32_have_no_value(self, tmp_path, value):
        check(write(tmp_path / "p.tif", collared(value, "int32"), "int32"))

    @pytest.mark.parametrize(
        ("dtype", "values"), [("uint8", (0, 255)), ("uint16", (0, 1, 2, 65534, 65535))]
    )
    def test_cases_special_pixels_of_cubes_have_no_value(self, tmp_path, dtype, values):
        """In a cube the ends of unsigned numbers are special, in another picture they are grey."""
        for value in values:
            plain = write(tmp_path / "p.tif", collared(value, dtype), dtype)
            image = read_picture(plain, "IMAGE")
            assert image.dtype == dtype and (image[COLLAR] == value).all()
            copy(plain, tmp_path / "p.cub", driver="ISIS3")
            check(tmp_path / "p.cub")

    @pytest.mark.parametrize("inside", [True, False])
    def test_cases_masks_inside_and_beside_the_file_are_minded(self, tmp_path, inside):
        path = tmp_path / "p.tif"
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=inside):
            write(path, ground(), "uint8")
            with rasterio.open(path, "r+") as out:
                out.write_mask(collared(0, "uint8", np.full((HIGH, WIDE), 255)))
        assert (tmp_path / "p.tif.msk").exists() is not inside
        check(path)

    @pytest.mark.parametrize(
        ("dtype", "full"), [("uint8", 255), ("uint16", 65535), ("float32", 1.0)]
    )
    def test_cases_alpha_of_grey_and_of_colour_masks(self, tmp_path, dtype, full):
        alpha = collared(0, dtype, np.full((HIGH, WIDE), full))
        grey = (ColorInterp.gray, ColorInterp.alpha)
        check(write(tmp_path / "g.tif", [ground(), alpha], dtype, grey))
        colour = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
        bands = [ground(), ground(), ground(), alpha]
        check(write(tmp_path / "c.tif", bands, dtype, colour, photometric="RGB"))

    def test_cases_alpha_of_a_png_masks_and_a_whole_one_changes_nothing(self, tmp_path):
        alpha = collared(0, "uint8", np.full((HIGH, WIDE), 255))
        cv2.imwrite(str(tmp_path / "p.png"), cv2.merge([ground()] * 3 + [alpha]))
        check(tmp_path / "p.png")
        cv2.imwrite(str(tmp_path / "q.png"), cv2.merge([ground()] * 3 + [0 * alpha + 255]))
        np.testing.assert_array_equal(read_picture(tmp_path / "q.png", "IMAGE"), ground())

    def test_cases_bands_without_a_meaning_are_asked_for(self, tmp_path, monkeypatch, capsys):
        path = write(tmp_path / "p.tif", [0 * ground(), collared(7, "uint16")], "uint16", nodata=7)
        with pytest.raises(UserError, match="IMAGE: .*p.tif: has 2 bands .*--band N"):
            read_picture(path, "IMAGE")
        check(path, band=2)
        code, _, err = run(monkeypatch, capsys, "craters", path)
        assert code == 2 and "--band N" in err and err.count("\n") == 1
        assert run(monkeypatch, capsys, "craters", path, "--band", 2)[0] == 0
        code, _, err = run(monkeypatch, capsys, "craters", path, "--band", 3)
        assert code == 2 and "--band 3: it has 2" in err
        np.testing.assert_array_equal(
            read_picture(path, "--reference", otherwise=2), read_picture(path, "IMAGE", band=2)
        )
        grey = write(tmp_path / "g.tif", ground(), "uint8")
        np.testing.assert_array_equal(read_picture(grey, "--reference", otherwise=2), ground())

    def test_cases_scale_and_offset_make_brightness(self, tmp_path):
        numbers = collared(-32768, "int16", ground().astype(int) * 10 - 500)
        path = write(tmp_path / "p.tif", numbers, "int16", scales=(-0.1,), offsets=(300.0,))
        check(path, factor=-1.0, offset=350.0)

    def test_cases_a_label_beside_a_picture_tells_its_scale(self, tmp_path, caplog):
        """As of a JPEG 2000 of the PDS: the words are those of its image object."""
        plain = write(tmp_path / "s.tif", ground(), "uint8")
        copy(plain, tmp_path / "p.jp2", driver="JP2OpenJPEG", REVERSIBLE="YES", QUALITY="100")
        label = '^IMAGE = "P.JP2"\nOBJECT = IMAGE\n SCALING_FACTOR = 0.5\n OFFSET = 7.0\n'
        (tmp_path / "P.LBL").write_text(label + "END_OBJECT = IMAGE\nEND\n")
        image = read_picture(tmp_path / "p.jp2", "IMAGE")
        np.testing.assert_allclose(image, 0.5 * ground() + 7.0)
        assert "scale 0.5 and offset 7  are those of the label" in caplog.text

    @pytest.mark.parametrize("dtype", ["uint8", "uint16"])
    def test_cases_a_tiff_whose_zero_is_white_is_read_as_opencv_does(self, tmp_path, caplog, dtype):
        path = write(tmp_path / "p.tif", ground(), dtype, photometric="MINISWHITE")
        peer = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(read_picture(path, "IMAGE"), peer)
        assert read_picture(path, "IMAGE").dtype == dtype
        assert ("zero is white" in caplog.text) is (dtype == "uint16")

    def test_cases_a_palette_becomes_the_grey_of_its_colours(self, tmp_path):
        path = write(tmp_path / "p.tif", collared(3, "uint8"), "uint8", photometric="palette")
        with rasterio.open(path, "r+") as out:
            out.write_colormap(1, {n: (n, 255 - n, 2 * n % 256, 255) for n in range(256)})
            colours = np.array([out.colormap(1)[n][:3] for n in range(256)])
            numbers = out.read(1)
        image = read_picture(path, "IMAGE")
        np.testing.assert_allclose(image, colours[numbers].mean(axis=2), rtol=1e-6)

    def test_cases_plain_pictures_are_what_opencv_reads(self, tmp_path):
        grey, colour = ground(), np.dstack([ground(), ground() // 2, 255 - ground()])
        for name, image in (
            ("g.png", grey), ("w.png", grey.astype(np.uint16) * 257), ("g.jpg", grey),
            ("c.png", colour), ("c.jpg", colour), ("c.tif", colour), ("g.bmp", grey),
            ("f.tif", grey.astype(np.float32)), ("g.pgm", grey), ("c.hdr", colour / 255.0),
        ):  # fmt: skip
            path = tmp_path / name
            assert cv2.imwrite(str(path), image.astype(np.float32) if ".hdr" in name else image)
            there = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            if there.ndim == 3:
                there = there.mean(axis=2).astype(np.float32)
            found = read_picture(path, "IMAGE")
            assert found.dtype == there.dtype, name
            atol = 4.0 if name == "c.jpg" else 0.0  # decoders spread the colour otherwise
            np.testing.assert_allclose(found, there, rtol=0.0, atol=atol, err_msg=name)

    def test_cases_a_collar_is_as_the_end_of_the_picture(
        self, tmp_path, monkeypatch, capsys, caplog
    ):
        path = write(tmp_path / "p.tif", collared(NULL, "float32"), "float32", nodata=NULL)
        code, out, _ = run(monkeypatch, capsys, "craters", path, "--json")
        told = json.loads(out)["craters"]
        alone = find_craters(ground()[40:].astype(np.float32))
        assert code == 0 and len(alone) > 20
        assert "17 % of its pixels hold no value" in caplog.text
        wanted = [(round(c.x_px, 2), round(c.y_px + 40, 2)) for c in alone if c.y_px > -0.5]
        np.testing.assert_allclose([(c["x_px"], c["y_px"]) for c in told], wanted, atol=0.02)

    def test_cases_no_crater_is_told_in_a_hole(self):
        holed = ground().astype(np.float32)
        holed[100:150, 80:160] = np.nan
        found = find_craters(holed)
        inside = [c for c in found if 100 <= c.y_px < 149.5 and 80 <= c.x_px < 159.5]
        assert len(found) > 20 and not inside

    def test_cases_a_picture_with_a_collar_is_matched(self, tmp_path, monkeypatch, capsys):
        reference = write(tmp_path / "r.tif", ground(), "uint8")
        path = tmp_path / "p.tif"
        chip = ground()[60:200, 80:220].astype(np.int16)
        chip[:, :25] = -32768
        with rasterio.open(
            path, "w", driver="GTiff", width=140, height=140, count=1, dtype="int16"
        ) as out:
            out.write(chip, 1)
        code, out, _ = run(monkeypatch, capsys, "match", "--reference", reference, "--image", path,
                           "--json", "--max-rotation-deg", 3, "--max-scale", 1.04)  # fmt: skip
        row = json.loads(out)
        assert code == 0 and row["status"] == "match"
        assert (row["x_px"], row["y_px"]) == pytest.approx((149.5, 129.5), abs=0.3)

    def test_cases_pictures_that_fail_are_named(self, tmp_path, monkeypatch, capsys):
        whole = write(tmp_path / "p.tif", ground(), "uint8", compress="deflate").read_bytes()
        cv2.imwrite(str(tmp_path / "p.png"), ground())
        cv2.imwrite(str(tmp_path / "p.jpg"), ground())
        rng = np.random.default_rng(5)
        for name in ("p.tif", "p.png", "p.jpg"):
            whole, torn = (tmp_path / name).read_bytes(), tmp_path / f"torn_{name}"
            for k in range(15):
                data = bytearray(whole)
                for at in rng.integers(0, len(data), 12):
                    data[at] = rng.integers(256)
                torn.write_bytes(data[: rng.integers(8, len(data))] if k % 2 else data)
                try:
                    read_picture(torn, "IMAGE")
                except UserError as error:
                    assert torn.name in str(error) and "\n" not in str(error)
        torn = tmp_path / "torn.tif"
        torn.write_bytes((tmp_path / "p.tif").read_bytes()[:3000])
        code, out, err = run(monkeypatch, capsys, "craters", torn)
        assert (code, out) == (2, "") and re.match("lupex: IMAGE: .*torn.tif", err)
        assert err.count("\n") == 1
        void = write(tmp_path / "v.tif", np.full((HIGH, WIDE), np.nan), "float32")
        with pytest.raises(UserError, match="v.tif: no pixel has a value"):
            read_picture(void, "IMAGE")
        many = write(tmp_path / "z.tif", ground(), "complex64")
        with pytest.raises(UserError, match="z.tif: its pixels are complex"):
            read_picture(many, "IMAGE")

    def test_cases_the_listed_pictures_have_craters_and_match(self, monkeypatch, capsys):
        """The files of the public report, where they lie."""
        chips = CASES / "I02" / "chip_isis.tif", CASES / "I02" / "chip_int16_null.tif"
        if not chips[0].is_file():
            pytest.skip(f"no cases at {CASES}")
        for chip in chips:
            code, out, _ = run(monkeypatch, capsys, "craters", chip, "--json")
            rows = json.loads(out)["craters"]
            assert code == 0 and len(rows) > 100
            assert min(r["y_px"] for r in rows) >= 29.5
        code, out, _ = run(monkeypatch, capsys, "match", "--reference", chips[0], "--image",
                           chips[1], "--json")  # fmt: skip
        row = json.loads(out)
        assert row["status"] == "match"
        assert (row["x_px"], row["y_px"]) == pytest.approx((99.5, 99.5), abs=0.3)
