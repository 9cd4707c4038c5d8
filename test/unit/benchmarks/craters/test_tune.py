"""Real examples for the crater judge: where a catalogue's craters are in a polar mosaic."""

import math

import numpy as np
import pytest

from benchmarks.craters import tune
from benchmarks.craters.train import train
from lupex_rover.craters.crater_classifier import INPUTS, OUTPUTS, Network

SIZE = 3048


def test_the_south_is_where_the_benchmark_has_it():
    table = np.array([[30.0, -80.0, 40.0], [-120.0, -84.0, 25.0]])
    placed = tune.shown(table, "south", SIZE)
    for lon, lat, diameter, found in zip(*table.T, placed):
        colat = math.radians(90.0 + lat)
        rho = 2.0 * 1737.4 * math.tan(colat / 2.0) * SIZE / 1219.2
        assert found[0] == pytest.approx(SIZE / 2 - 0.5 + rho * math.sin(math.radians(lon)))
        assert found[1] == pytest.approx(SIZE / 2 - 0.5 - rho * math.cos(math.radians(lon)))
        assert found[2] == pytest.approx(diameter / 2 * SIZE / 1219.2, rel=0.02)


def test_the_north_has_longitude_zero_below_the_pole_and_leaves_out_what_is_not_shown():
    table = np.array([[0.0, 85.0, 30.0], [0.0, 61.0, 30.0], [0.0, -85.0, 30.0]])
    placed = tune.shown(table, "north", SIZE)
    assert len(placed) == 1
    assert placed[0, 0] == pytest.approx(SIZE / 2 - 0.5) and placed[0, 1] > SIZE / 2


def test_tuning_begins_at_the_given_network_and_the_mean_is_one():
    rng = np.random.default_rng(1)
    start = Network(
        [rng.normal(0.0, 0.02, (INPUTS, 6)), rng.normal(0.0, 0.1, (6, OUTPUTS))],
        [np.zeros(6), np.zeros(OUTPUTS)],
    )
    values = rng.normal(size=(600, INPUTS)).astype(np.float32)
    truth = np.zeros((600, 6), np.float32)
    truth[:, 0], truth[:, 1] = values[:, 0] > 0.0, 1.0
    odds = np.full(600, 1.0 / 600.0)
    still = train(values, truth, 1, np.random.default_rng(2), start, 0.0, odds)
    assert np.array_equal(still.weights[0], start.weights[0])
    tuned = [train(values, truth, 30, np.random.default_rng(k), start, 3e-3, odds) for k in (3, 4)]
    mean = tune.mean_of(tuned)
    assert np.allclose(mean.weights[1], 0.5 * (tuned[0].weights[1] + tuned[1].weights[1]))
    right = [((net(values)[:, 0] > 0.0) == truth[:, 0]).mean() for net in (start, mean)]
    assert right[1] > right[0] + 0.1
