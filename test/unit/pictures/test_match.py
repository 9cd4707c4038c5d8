"""A picture is found in another under another light, or nothing is said."""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.pictures.chains import by_sift
from lupex_rover.cli import app
from lupex_rover.pictures.features import Placement, fields, laid
from lupex_rover.pictures.match import match_pictures
from lupex_rover.terrain.base_map import default_map_path

APOLLO = Path(__file__).parents[4] / "shared" / "data" / "apollo15"
TURN, SCALE = math.radians(15.0), 1.2


def relief(size=700, seed=3):
    """Rough ground with craters, heights in cells."""
    rng = np.random.default_rng(seed)
    k = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    k = np.maximum(k, 1.0 / size)
    z = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((size, size))) * k**-2.6, (size, size))
    z *= 6.0 / z.std()
    y, x = np.mgrid[:size, :size]
    for radius in 4.0 / np.sqrt(rng.uniform(0.004, 1.0, 700)):
        r = np.hypot(x - rng.uniform(0, size), y - rng.uniform(0, size)) / radius
        z += 0.3 * radius * np.where(r < 1, r**2 - 0.8, 0.2 * np.maximum(r, 1) ** -3)
    return z


def lit(heights, azimuth_deg, elevation_deg=25.0):
    """Lambert shading, 8 bit; azimuth from up, clockwise."""
    gy, gx = np.gradient(heights)
    a, e = math.radians(azimuth_deg), math.radians(elevation_deg)
    up = 1.0 / np.sqrt(1.0 + gx**2 + gy**2)
    sun = math.sin(e) - math.cos(e) * (gx * math.sin(a) - gy * math.cos(a))
    return np.clip(np.maximum(sun * up, 0.0) * 220.0, 0, 255).astype(np.uint8)


def cut(picture, place, size):
    """The (size, size) picture that lies in `picture` at `place`."""
    return cv2.warpAffine(
        picture, place.matrix(size, size), (size, size),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
    )  # fmt: skip


@pytest.fixture(scope="module")
def heights():
    return relief()


@pytest.mark.parametrize(
    ("sun_deg", "turn_deg", "scale"), [(300.0, 0.0, 1.0), (130.0, 9.0, 1.08), (210.0, -7.0, 0.92)]
)
def test_found_whatever_side_the_sun_is_on(heights, sun_deg, turn_deg, scale):
    true = Placement(390.3, 301.7, math.radians(turn_deg), scale)
    found = match_pictures(lit(heights, 30.0), cut(lit(heights, sun_deg), true, 200), TURN, SCALE)
    assert found.accepted, found
    assert math.hypot(found.place.x_px - 390.3, found.place.y_px - 301.7) < 1.0
    assert math.degrees(found.place.rotation_rad) == pytest.approx(turn_deg, abs=0.3)
    assert found.place.scale == pytest.approx(scale, rel=0.005)


def test_found_when_half_of_it_lies_outside(heights):
    picture = lit(heights, 200.0)
    found = match_pictures(lit(heights, 40.0)[:, :400], picture[200:456, 270:526], TURN, SCALE)
    assert found.accepted, found
    assert math.hypot(found.place.x_px - 397.5, found.place.y_px - 327.5) < 1.5


@pytest.mark.parametrize("column", [40, 440])
def test_a_mirrored_picture_is_nowhere(heights, column):
    mirrored = lit(heights, 30.0)[240:440, column : column + 200][:, ::-1]
    assert not match_pictures(lit(heights, 30.0), mirrored, TURN, SCALE).accepted


def test_other_ground_noise_and_blank_are_nowhere(heights):
    reference = lit(heights, 30.0)
    noise = np.random.default_rng(0).integers(0, 255, (200, 200)).astype(np.uint8)
    for picture in (lit(relief(220, 8), 30.0), noise, np.full((200, 200), 90, np.uint8)):
        assert not match_pictures(reference, picture, TURN, SCALE).accepted


def test_a_turn_beyond_the_limit_is_no_match(heights):
    true = Placement(390.3, 301.7, math.radians(12.0), 1.0)
    picture = cut(lit(heights, 30.0), true, 200)
    assert not match_pictures(lit(heights, 30.0), picture, math.radians(5.0), SCALE).accepted


def test_a_laid_picture_has_the_fields_of_the_reference(heights):
    """The doubled angle turns with the picture: otherwise the fields would not agree."""
    picture = lit(heights, 30.0)
    place = Placement(350.0, 350.0, math.radians(40.0), 1.0)
    sheet = laid(fields(cut(picture, place, 200)), place, (300, 300), 100, 100)
    here = fields(picture).values[:, 300:400, 300:400]
    for a, b in zip(sheet.values, here):
        assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.85


def apollo(number):
    if not APOLLO.is_dir():
        pytest.skip(f"no Apollo frames at {APOLLO}")
    return cv2.imread(str(APOLLO / f"autocnet_AS15-M-0{number}_SML.png"), cv2.IMREAD_GRAYSCALE)


def test_a_direct_pair_of_apollo_frames_agrees_with_the_chain_of_neighbours():
    """The centre of 0297 in 0296, and the ground there in 0295, against 0297 in 0295.

    The ground round the centre is matched at each link: relief moves it against the whole frame,
    and a frame's own rotation and scale do not say by how much.
    """
    first, second, third = (apollo(n) for n in (295, 296, 297))
    direct = match_pictures(first, third, TURN, SCALE)
    link = match_pictures(second, third, TURN, SCALE)
    rows, cols = second.shape
    shift = np.eye(3)[:2]
    shift[:, 2] = (cols - 1) / 2 - link.place.x_px, (rows - 1) / 2 - link.place.y_px
    moved = cv2.warpAffine(second.astype(np.float32), shift, (cols, rows), borderValue=math.nan)
    chained = match_pictures(first, moved, TURN, SCALE)
    assert direct.accepted and link.accepted and chained.accepted
    apart = chained.place.x_px - direct.place.x_px, chained.place.y_px - direct.place.y_px
    assert math.hypot(*apart) < 2.0


def test_apollo_frames_are_matched_where_the_centre_is_not_on_the_reference():
    """0298 lies on 0295 by a third. Relief moves that ground by 36 px (1 sigma): the similarity
    that suits SIFT's points best leaves a median of 11.3 px."""
    a, b = apollo(295), apollo(298)
    found = match_pictures(a, b, TURN, SCALE)
    assert found.accepted, found
    src, dst = by_sift(a, b, 8000)
    said = np.column_stack((src, np.ones(len(src)))) @ found.place.matrix(*b.shape).T
    assert len(src) > 200
    assert np.median(np.linalg.norm(said - dst, axis=1)) < 12.5


@pytest.mark.parametrize(("first", "second"), [(295, 296), (296, 298)])
def test_apollo_frames_against_local_features_around_the_centre(first, second):
    """What SIFT with an epipolar check says of the ground at the centre; relief moves it 16 px."""
    a, b = apollo(first), apollo(second)
    src, dst = by_sift(a, b, 12000)
    middle = np.array([(b.shape[1] - 1) / 2, (b.shape[0] - 1) / 2])
    near = np.hypot(*(src - middle).T) < 60.0
    there = middle + np.median((dst - src)[near], axis=0)
    found = match_pictures(a, b, TURN, SCALE)
    assert near.sum() >= 20
    assert found.accepted, found
    assert np.hypot(found.place.x_px - there[0], found.place.y_px - there[1]) < 2.0


@pytest.fixture(scope="module")
def south():
    """The LROC WAC mosaic at 800 m/px, real light, and the LOLA hillshade, computed light."""
    maps = default_map_path().parent
    photo, shade = maps / "wac_south.jpg", maps / "lola_shade_south.jpg"
    if not (photo.is_file() and shade.is_file()):
        pytest.skip(f"no WAC mosaic or hillshade in {maps}")
    reference = cv2.imread(str(shade), cv2.IMREAD_GRAYSCALE)
    size = reference.shape[::-1]
    mosaic = cv2.resize(
        cv2.imread(str(photo), cv2.IMREAD_GRAYSCALE), size, interpolation=cv2.INTER_AREA
    )
    return mosaic, reference


def test_wac_photographs_are_found_in_the_lola_hillshade(south):
    """Four turned and scaled chips, and a mirror."""
    mosaic, reference = south
    rng = np.random.default_rng(5)
    for _ in range(4):
        x, y = rng.uniform(220, 1300, 2)
        true = Placement(x, y, math.radians(rng.uniform(-10, 10)), rng.uniform(0.9, 1.1))
        chip = cut(mosaic, true, 256)
        found = match_pictures(reference, chip, TURN, SCALE)
        assert found.accepted, (true, found)
        assert math.hypot(found.place.x_px - x, found.place.y_px - y) < 3.0
    assert not match_pictures(reference, chip[:, ::-1].copy(), TURN, SCALE).accepted


def test_a_middle_that_fits_as_well_at_two_places_stays_with_the_whole(south):
    """Its own neighbourhood lies 3.6 px beside the truth, hardly better than in place."""
    mosaic, reference = south
    true = Placement(1153.572, 535.664, 0.071902, 0.931889)
    found = match_pictures(reference, cut(mosaic, true, 256), TURN, SCALE)
    assert math.hypot(found.place.x_px - true.x_px, found.place.y_px - true.y_px) < 1.5


def test_the_command_prints_one_line_of_json(heights, tmp_path, monkeypatch, capsys):
    reference, image = tmp_path / "reference.png", tmp_path / "image.png"
    cv2.imwrite(str(reference), lit(heights, 30.0))
    cv2.imwrite(str(image), lit(heights, 250.0)[100:300, 350:550])
    words = ["match", "--reference", str(reference), "--image", str(image), "--json"]
    monkeypatch.setattr("sys.argv", ["lupex", *words])
    with pytest.raises(SystemExit) as done:
        app.main()
    row = json.loads(capsys.readouterr().out)
    assert done.value.code == 0
    assert row["status"] == "match"
    assert (row["x_px"], row["y_px"]) == pytest.approx((449.5, 199.5), abs=1.0)
    assert set(row) == {"status", "x_px", "y_px", "rotation_deg", "scale", "score", "time_s"}


def test_bad_pictures_are_named(tmp_path, monkeypatch, capsys):
    text = tmp_path / "text.png"
    text.write_text("no picture")
    holes = tmp_path / "holes.tif"
    cv2.imwrite(str(holes), np.full((64, 64), np.nan, np.float32))
    for wrong, said in (
        (tmp_path / "none.png", "no such file"), (text, "not a picture"), (holes, "NaN"),
    ):  # fmt: skip
        words = ["match", "--reference", str(wrong), "--image", str(wrong)]
        monkeypatch.setattr("sys.argv", ["lupex", *words])
        with pytest.raises(SystemExit) as done:
            app.main()
        error = capsys.readouterr().err
        assert done.value.code == 2
        assert said in error and wrong.name in error and error.count("\n") == 1
