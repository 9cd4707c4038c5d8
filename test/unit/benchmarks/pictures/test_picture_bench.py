"""The rulers of `lupex bench pictures`: chips lie where they are said to, chains are followed."""

import math

import cv2
import numpy as np
import pytest

from benchmarks.pictures import bench_pictures, chains
from lupex_rover.pictures.features import Placement

Y, X = np.mgrid[:600, :700]
RAMP = (0.2 * X + 0.1 * Y).astype(np.float32)  # the brightness tells the place


@pytest.mark.parametrize("seed", range(5))
def test_a_chip_shows_what_lies_where_it_is_said_to(seed):
    image, place = bench_pictures.chip(RAMP, np.random.default_rng(seed), 129)
    corners = np.array([[0, 0, 1], [128, 0, 1], [0, 128, 1], [64, 64, 1], [128, 128, 1]])
    at = corners @ place.matrix(129, 129).T
    assert (at >= 0).all() and (at <= [699, 599]).all()
    shown = image[corners[:, 1], corners[:, 0]]
    assert shown == pytest.approx(at @ [0.2, 0.1], abs=0.05)
    assert at[3] == pytest.approx([place.x_px, place.y_px])
    assert abs(math.degrees(place.rotation_rad)) <= 10.0
    assert 1 / 1.1 <= place.scale <= 1.1


def test_right_wrong_and_silent_are_counted():
    told = bench_pictures.counted([(0.5, 1.0), (2.9, 3.0), (3.1, 2.0), (None, 9.0)])
    assert (told["right"], told["wrong"], told["no_match"]) == (2, 1, 1)
    assert told["median_px"] == pytest.approx(1.7) and told["median_s"] == 2.5


def test_peers_find_a_plain_cut_and_say_nothing_of_noise():
    rng = np.random.default_rng(3)
    picture = cv2.GaussianBlur(rng.integers(0, 255, (400, 400)).astype(np.uint8), (0, 0), 2.0)
    picture = cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX)
    noise = rng.integers(0, 255, (120, 120)).astype(np.uint8)
    for name, peer in bench_pictures.PEERS.items():
        x, y = peer(picture, picture[100:221, 150:271])
        assert (x, y) == pytest.approx((210, 160), abs=1.0), name
    assert bench_pictures.PEERS["sift_ransac"](picture, noise) is None
    assert bench_pictures.PEERS["orb_ransac"](picture, noise) is None


def test_ground_is_followed_over_all_links_and_similarities_close_where_they_are_true():
    middle, seen = np.array([100.0, 80.0]), np.random.default_rng(0).uniform(0, 300, (4000, 2))
    steps = {(1, 2): np.array([30.0, 4.0]), (2, 3): np.array([25.0, -6.0])}
    points = {pair: (seen, seen + step) for pair, step in steps.items()}
    assert chains.links(1, 3) == [(2, 3), (1, 2)]
    assert chains.links(3, 1) == [(2, 1), (3, 2)]
    there = chains.follow(points, chains.links(1, 3), middle)
    assert there == pytest.approx(middle + [55.0, -2.0])
    points[2, 3] = seen[:0], seen[:0]
    assert chains.follow(points, chains.links(1, 3), middle) is None

    def square(*place):
        return np.vstack((Placement(*place).matrix(160, 200), [0.0, 0.0, 1.0]))

    links = {(1, 2): square(120.0, 90.0, 0.1, 1.1), (2, 3): square(130.0, 70.0, -0.2, 0.9)}
    true = links | {(1, 3): links[1, 2] @ links[2, 3]}
    centre = np.array([99.5, 79.5])
    assert chains.closures(true, centre) == pytest.approx([0.0], abs=1e-9)
    moved = np.array([[1.0, 0, 3.0], [0, 1, 4.0], [0, 0, 1]])
    off = chains.closures(true | {(1, 3): moved @ true[1, 3]}, centre)
    assert off == pytest.approx([5.0])
