"""`lupex land`: a line per frame, what is wrong by name, and the other frames still done."""

import json
import math
import shutil
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio

from lupex_rover.cli import app, land
from lupex_rover.cli.common.frame_json import parse_frame
from lupex_rover.cli.common.picture_file import read_picture
from lupex_rover.cli.land import sun_on_grid
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris import sky
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import write_dem

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "landing_format"
KEYS = {
    "frame", "status", "position_m", "orientation_xyzw", "covariance", "inliers", "score", "code",
    "time_s",
}  # fmt: skip


def document():
    return {
        "camera": {"width": 64, "height": 64, "fx": 70.0, "fy": 70.0, "cx": 31.5, "cy": 31.5},
        "prior": {
            "position_m": [500.0, 500.0, 600.0],
            "orientation_xyzw": [1.0, 0.0, 0.0, 0.0],
            "position_sigma_m": [10.0, 10.0, 5.0],
            "orientation_sigma_rad": 0.005,
        },
        "sun": {"azimuth_deg": 40.0, "elevation_deg": 3.0},
    }


def run(monkeypatch, capsys, *words):
    """Exit code, lines on stdout as json, stderr."""
    monkeypatch.setattr("sys.argv", ["lupex", "land", *map(str, words)])
    with pytest.raises(SystemExit) as done:
        app.main()
    out, err = capsys.readouterr()
    return done.value.code, [json.loads(line) for line in out.splitlines() if line[0] == "{"], err


@pytest.fixture
def folder(tmp_path):
    """A map and one frame of nothing."""
    rng = np.random.default_rng(1)
    heights = cv2.GaussianBlur(rng.standard_normal((200, 200)), (0, 0), 4.0) * 20.0
    write_dem(Dem(heights, 0.0, 0.0, 5.0), tmp_path / "map.tif")
    frames = tmp_path / "frames"
    frames.mkdir()
    add(frames, "frame_0", document())
    return tmp_path


def add(frames, name, text, image=None):
    noise = np.random.default_rng(2).integers(0, 255, (64, 64)).astype(np.uint8)
    cv2.imwrite(str(frames / f"{name}.png"), noise if image is None else image)
    (frames / f"{name}.json").write_text(json.dumps(text))


def test_a_picture_of_nothing_is_no_fix_and_no_error(folder, monkeypatch, capsys):
    code, rows, err = run(monkeypatch, capsys, "--map", folder / "map.tif", "--frames",
                          folder / "frames")  # fmt: skip
    assert (code, err) == (0, "")
    assert set(rows[0]) == KEYS
    assert rows[0]["status"] == "no_fix" and rows[0]["position_m"] is None
    assert rows[0]["code"].startswith("LND-0")


def test_bad_frames_are_named_and_the_others_done(folder, monkeypatch, capsys):
    frames = folder / "frames"
    lacking, not_number = document(), document()
    del lacking["prior"]["position_sigma_m"]
    not_number["camera"]["fx"] = math.nan
    add(frames, "frame_1", lacking)
    add(frames, "frame_2", not_number)
    add(frames, "frame_3", document(), np.zeros((64, 64, 3), np.uint8))
    add(frames, "frame_4", document(), np.zeros((64, 80), np.uint8))
    (frames / "frame_5.json").write_text("{}")
    add(frames, "frame_6", document())
    (frames / "frame_6.json").write_text("{nonsense")
    add(frames, "frame_7", document())
    code, rows, err = run(monkeypatch, capsys, "--map", folder / "map.tif", "--frames", frames)
    assert code == 2
    assert [r["frame"] for r in rows] == [f"frame_{n}" for n in range(8)]
    assert [r["code"] == "LND-009" for r in rows] == [False] + 6 * [True] + [False]
    said = ["prior.position_sigma_m: is missing", "camera.fx: is nan", "grey", "64 x 64", "no such",
            "not valid json"]  # fmt: skip
    for n, (line, words) in enumerate(zip(err.splitlines(), said, strict=True), start=1):
        assert f"frame_{n}" in line and words in line


def test_numbers_no_float_can_hold_and_times_no_ephemeris_has_are_named(
    folder, monkeypatch, capsys
):
    frames = folder / "frames"
    cases = {
        "camera.fx": ("camera", "fx", 10**400),
        "prior.position_m": ("prior", "position_m", [1e300, 0.0, 0.0]),
        "prior.position_sigma_m": ("prior", "position_sigma_m", [1.0, 1.0, 1e15]),
        "prior.orientation_sigma_rad": ("prior", "orientation_sigma_rad", 1e300),
    }
    for n, (part, key, value) in enumerate(cases.values(), start=1):
        wrong = document()
        wrong[part][key] = value
        add(frames, f"frame_{n}", wrong)
    for n, when in enumerate(("9999-12-31", "0001-01-01T00:00:00+14:00"), start=5):
        late = document()
        del late["sun"]
        add(frames, f"frame_{n}", late | {"epoch_utc": when})
    add(frames, "frame_7", document())
    (frames / "frame_7.json").write_text("[" * 100_000)
    add(frames, "frame_8", document())
    code, rows, err = run(monkeypatch, capsys, "--map", folder / "map.tif", "--frames", frames)
    assert code == 2 and [r["frame"] for r in rows] == [f"frame_{n}" for n in range(9)]
    assert rows[8]["code"] != "LND-009"
    said = [*cases, "epoch_utc", "epoch_utc", "nested"]
    for line, words in zip(err.splitlines(), said, strict=True):
        assert words in line and "unexpected" not in line


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_picture_of_few_bits_is_not_8_or_16_bit_grey(folder, bits):
    """PNG of `bits` a sample, written by hand after the PNG specification, 11.2.2."""
    path = folder / "few.png"
    lines = b"".join(b"\0" + bytes(64 * bits // 8) for _ in range(64))

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 64, 64, bits, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
                     + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))  # fmt: skip
    assert read_picture(path, "picture").shape == (64, 64)
    with pytest.raises(UserError, match=f"few.png: is not 8 or 16 bit grey \\({bits} bit"):
        read_picture(path, "picture", only_grey=True)


def test_a_fault_of_ours_costs_one_frame_and_an_interruption_no_row(folder, monkeypatch, capsys):
    frames, out = folder / "frames", folder / "fixes.jsonl"
    for n in (1, 2, 3):
        add(frames, f"frame_{n}", document())
    whole = land._fix

    def fails(*given):
        if given[4].name == "frame_1":
            raise IndexError("out of bounds")
        if given[4].name == "frame_3":
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(land, "_fix", fails)
    _, _, err = run(monkeypatch, capsys, "--map", folder / "map.tif", "--frames", frames, "--out",
                    out)  # fmt: skip
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [r["frame"] for r in rows] == ["frame_0", "frame_1", "frame_2"]
    assert [r["code"] == "LND-009" for r in rows] == [False, True, False]
    assert "frame_1: unexpected IndexError: out of bounds; please report it" in err


def test_a_fix_does_not_hang_on_the_frame_before(tmp_path, monkeypatch, capsys):
    """The Sun 0.09 degrees further, which the light of a flight would be kept for."""
    if not SAMPLES.is_dir():
        pytest.skip(f"no sample frames at {SAMPLES}")
    picture = cv2.imread(str(SAMPLES / "frames" / "frame_9000.png"), cv2.IMREAD_UNCHANGED)
    given = json.loads((SAMPLES / "frames" / "frame_9000.json").read_text())
    turned = json.loads(json.dumps(given))
    turned["sun"]["azimuth_deg"] += 0.09
    told = []
    for k, order in enumerate(((given, turned), (turned, given))):
        frames = tmp_path / str(k)
        frames.mkdir()
        for n, text in enumerate(order):
            add(frames, f"frame_{n}", text, picture)
        told.append(run(monkeypatch, capsys, "--map", SAMPLES / "map.tif", "--frames", frames)[1])
    assert told[0][0]["position_m"] == told[1][1]["position_m"]
    assert told[0][1]["position_m"] == told[1][0]["position_m"]


def test_a_map_without_crs_and_an_empty_folder_are_refused(folder, monkeypatch, capsys):
    cv2.imwrite(str(folder / "bare.tif"), np.zeros((50, 50), np.float32))
    (folder / "empty").mkdir()
    for map_, frames, said in (
        ("bare.tif", "frames", "coordinate reference system"),
        ("map.tif", "empty", "no frame_*.png"),
        ("map.tif", "none", "no such folder"),
    ):
        code, rows, err = run(monkeypatch, capsys, "--map", folder / map_, "--frames",
                              folder / frames)  # fmt: skip
        assert code == 2 and not rows
        assert said in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("prior", "orientation_xyzw"), [0.0, 0.0, 0.0, 2.0], "length"),
        (("prior", "position_m"), [1.0, 2.0], "list of 3"),
        (("prior", "position_sigma_m"), [1.0, 0.0, 1.0], "above 0"),
        (("camera", "width"), 64.5, "whole number"),
        (("sun", "elevation_deg"), 95.0, "outside"),
        (("sun",), 3, "not an object"),
    ],
)
def test_a_wrong_field_is_named(path, value, said):
    wrong = document()
    parent = wrong
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    with pytest.raises(UserError, match=path[-1]) as error:
        parse_frame(wrong)
    assert said in str(error.value)


def test_the_sun_of_an_epoch_is_told_from_grid_north(folder):
    """Against the polar grid's own sky, which was checked against DE421."""
    when = from_iso("2029-01-01T00:00:00Z")
    azimuth, elevation = sun_on_grid(folder / "map.tif", 40_000.0, -25_000.0, 0.0, when)
    true = sky(40_000.0, -25_000.0, when)
    off = (azimuth - float(true.sun_azimuth_rad) + math.pi) % (2 * math.pi) - math.pi
    assert abs(math.degrees(off)) < 0.05
    assert elevation == pytest.approx(float(true.sun_elevation_rad), abs=math.radians(0.05))


def test_an_epoch_on_a_grid_of_another_body_asks_for_the_sun(folder, tmp_path):
    with rasterio.open(folder / "map.tif") as source:
        profile, heights = source.profile | {"crs": "EPSG:32633"}, source.read()
    with rasterio.open(tmp_path / "earth.tif", "w", **profile) as out:
        out.write(heights)
    with pytest.raises(UserError, match="epoch_utc: .*give sun"):
        sun_on_grid(tmp_path / "earth.tif", 500.0, 500.0, 0.0, from_iso("2029-01-01"))


def test_frames_of_another_renderer_are_fixed_within_a_cell(tmp_path, monkeypatch, capsys):
    if not SAMPLES.is_dir():
        pytest.skip(f"no sample frames at {SAMPLES}")
    shutil.copytree(SAMPLES / "frames", tmp_path / "frames")
    out = tmp_path / "fixes.jsonl"
    code, _, _ = run(monkeypatch, capsys, "--map", SAMPLES / "map.tif", "--frames",
                     tmp_path / "frames", "--out", out)  # fmt: skip
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert code == 0 and len(rows) == 2
    for row in rows:
        truth = json.loads((SAMPLES / f"truth_{row['frame'][-4:]}.json").read_text())
        error = np.array(row["position_m"]) - truth["position_m"]
        assert row["status"] == "fix"
        assert np.linalg.norm(error) < 6.0
        assert np.array(row["covariance"]).shape == (6, 6)
        assert abs(np.dot(row["orientation_xyzw"], truth["orientation_xyzw"])) > math.cos(0.005)


def test_a_frame_is_drawn(folder, monkeypatch, capsys):
    """Four panels side by side, of the prior where there is no fix."""
    code, rows, _ = run(monkeypatch, capsys, "--map", folder / "map.tif", "--frames",
                        folder / "frames", "--draw", folder / "pictures")  # fmt: skip
    assert code == 0 and rows[0]["status"] == "no_fix"
    picture = cv2.imread(str(folder / "pictures" / "frame_0.png"))
    height, width, _ = picture.shape
    assert width > 3 * height and picture.std() > 20.0
