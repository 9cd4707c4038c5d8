"""Pictures are turned as viewers turn them; right is what OpenCV makes of the file."""

import json
import struct
import zlib

import cv2
import numpy as np
import pytest
import rasterio
from PIL import Image
from test_cases_maps import check, ground, run, write

from lupex_rover.cli.common.picture_file import read_picture
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.orientation import orientation_of
from lupex_rover.terrain.ortho_file import on_half_cells

TURNS = range(2, 9)


def picture():
    image = np.full((40, 64), 30, np.uint8)
    image[:10, :20], image[:10, 40:], image[30:, :8] = 200, 100, 60
    return image


def exif(turn, order):
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(order + "IHHHIHHI", 8, 1, 274, 3, 1, turn, 0, 0)


def jpeg(path, turn, order):
    made = cv2.imencode(".jpg", picture(), [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    body = b"Exif\0\0" + exif(turn, order)
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    path.write_bytes(made[:2] + segment + made[2:])


def png(path, turn, order):
    made = cv2.imencode(".png", picture())[1].tobytes()
    body = b"eXIf" + exif(turn, order)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    at = 33 if order == "<" else len(made) - 12  # before or behind the pixels
    path.write_bytes(made[:at] + chunk + made[at:])


def webp(path, turn, order):
    made = Image.fromarray(picture()).convert("RGB")
    made.save(path, lossless=True, exif=exif(turn, order))


def tiff(path, turn, order, dtype="uint8", big=False):
    """Written by hand after TIFF 6.0, and BigTIFF's changes of it."""
    image = picture().astype(np.dtype(dtype).newbyteorder(order)) * (257 if dtype != "uint8" else 1)
    data = image.astype(np.dtype(dtype).newbyteorder(order)).tobytes()
    begin = 16 if big else 8
    tags = [
        (256, 3, 64), (257, 3, 40), (258, 3, 8 * image.itemsize), (259, 3, 1), (262, 3, 1),
        (273, 4, begin), (274, 3, turn), (277, 3, 1), (278, 3, 40), (279, 4, len(data)),
    ]  # fmt: skip
    mark = "II" if order == "<" else "MM"
    at = begin + len(data)
    head = struct.pack(order + "HHHQ", 43, 8, 0, at) if big else struct.pack(order + "HI", 42, at)
    count = struct.pack(order + ("Q" if big else "H"), len(tags))
    width = 8 if big else 4
    entries = b"".join(
        struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, 1)
        + struct.pack(order + ("H" if kind == 3 else "I"), value).ljust(width, b"\0")
        for tag, kind, value in tags
    )
    path.write_bytes(mark.encode() + head + data + count + entries + bytes(width))


WRITERS = {"a.jpg": jpeg, "a.png": png, "a.webp": webp, "a.tif": tiff}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("turn", TURNS)
def test_cases_pictures_are_turned_as_opencv_and_viewers_do(tmp_path, caplog, name, order, turn):
    path = tmp_path / name
    WRITERS[name](path, turn, order)
    found = read_picture(path, "IMAGE")
    assert f"orientation tag ({turn})" in caplog.text and len(caplog.records) == 1
    packed = np.frombuffer(path.read_bytes(), np.uint8)  # imread fails of a TIFF at 5 to 8
    peer = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    np.testing.assert_allclose(found, peer.astype(float), rtol=0.0, atol=2.0)


@pytest.mark.parametrize("big", [False, True])
def test_cases_16_bit_and_bigtiffs_are_turned(tmp_path, big):
    for order in "<>":
        tiff(tmp_path / "a.tif", 6, order, "uint16", big)
        found = read_picture(tmp_path / "a.tif", "IMAGE")
        np.testing.assert_array_equal(found, np.rot90(picture(), -1) * np.uint16(257))


def test_cases_upright_and_torn_files_get_no_word(tmp_path, caplog):
    for name, make in WRITERS.items():
        path = tmp_path / name
        make(path, 1, "<")
        assert read_picture(path, "IMAGE").shape == (40, 64)
        make(path, 6, "<")
        whole = path.read_bytes()
        for length in range(0, len(whole), 41):
            path.write_bytes(whole[:length])
            assert orientation_of(path) in (1, 6)
        make(path, 9, "<")  # no such orientation
        assert orientation_of(path) == 1
    assert not caplog.records and orientation_of(tmp_path) == 1


def placed(path, turn, bands, dtype, **options):
    """A GeoTIFF with the tag, which GDAL does not write, in a directory made by hand."""
    write(path, bands, dtype, **options)
    data = bytearray(path.read_bytes())
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    own = bytes(data[at + 2 : at + 2 + 12 * count])
    entries = [own[12 * k : 12 * k + 12] for k in range(count)]
    entries.append(struct.pack("<HHIHH", 274, 3, 1, turn, 0))
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry)[0])
    struct.pack_into("<I", data, 4, len(data))
    path.write_bytes(data + struct.pack("<H", count + 1) + b"".join(entries) + bytes(4))
    assert orientation_of(path) == turn
    return path


def test_cases_what_has_a_place_on_the_ground_is_not_turned_and_told(tmp_path, caplog):
    """As rasterio reads it."""
    heights = ground()
    heights[:12, :25] = np.nan
    path = placed(tmp_path / "m.tif", 6, heights, "float32")
    dem = check(path)
    assert "m.tif: its orientation tag (6) is not followed" in caplog.text
    grey = placed(tmp_path / "o.tif", 3, np.round(ground() / 4.0), "uint8")
    caplog.clear()
    with rasterio.open(grey) as source:
        stored = source.read(1)
    np.testing.assert_array_equal(read_picture(grey, "IMAGE"), stored)
    assert "o.tif: its orientation tag (3) is not followed" in caplog.text
    caplog.clear()
    laid = on_half_cells(grey, path, Dem(dem.heights, dem.x0, dem.y0, dem.resolution_m))
    np.testing.assert_allclose(laid[::-1][::2, ::2], stored)
    assert "o.tif: its orientation tag (3) is not followed" in caplog.text


def test_cases_a_frames_size_is_that_of_the_turned_picture(tmp_path, monkeypatch, capsys):
    write(tmp_path / "map.tif", ground(), "float32")
    for turn, size, said in (
        (6, (64, 40), "the picture is 40 x 64 when it is turned as its orientation tag (6) says"),
        (1, (40, 64), "40 x 64, but the picture is 64 x 40"),
    ):
        png(tmp_path / "frame_1.png", turn, ">")
        frame = {
            "camera": {"width": size[0], "height": size[1], "fx": 70.0, "fy": 70.0,
                       "cx": size[0] / 2 - 0.5, "cy": size[1] / 2 - 0.5},
            "prior": {"position_m": [-11900.0, -11900.0, 1500.0],
                      "orientation_xyzw": [1.0, 0.0, 0.0, 0.0],
                      "position_sigma_m": [10.0, 10.0, 5.0], "orientation_sigma_rad": 0.005},
            "sun": {"azimuth_deg": 40.0, "elevation_deg": 3.0},
        }  # fmt: skip
        (tmp_path / "frame_1.json").write_text(json.dumps(frame))
        code, out, err = run(monkeypatch, capsys, "land", "--map", tmp_path / "map.tif",
                             "--frames", tmp_path)  # fmt: skip
        assert code == 2 and said in err and json.loads(out)["code"] == "LND-009"
