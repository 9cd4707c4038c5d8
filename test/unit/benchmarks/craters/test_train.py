"""The training of the crater judge: its derivatives, and that it learns what can be learned."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.craters import train
from benchmarks.craters.scenes import crater_scene
from lupex_rover.craters.crater_classifier import INPUTS, OUTPUTS, Network


def loss(state, values, truth):
    net = Network(state[:2], state[2:])
    out = net(values)
    chance = 1.0 / (1.0 + np.exp(-out[:, 0]))
    entropy = -(truth[:, 0] * np.log(chance) + (1 - truth[:, 0]) * np.log(1 - chance))
    moves = 2.0 * ((out[:, 1:] - truth[:, 2:5]) ** 2).sum(axis=1)
    return float((entropy * truth[:, 1] + moves * truth[:, 5]).mean())


def test_derivatives_agree_with_differences():
    rng = np.random.default_rng(1)
    sizes = (INPUTS, 6, OUTPUTS)
    state = [rng.normal(0, 0.02, (a, b)) for a, b in pairwise(sizes)]
    state += [rng.normal(0, 0.02, b) for b in sizes[1:]]
    values, truth = rng.normal(size=(9, INPUTS)), rng.uniform(-0.1, 0.1, (9, 6))
    truth[:, 0], truth[:, 1], truth[:, 5] = rng.random(9) < 0.5, 1.0, rng.random(9) < 0.5
    slopes = train._slopes(state, values, truth)
    for k, at in ((0, (3, 2)), (0, (340, 5)), (1, (4, 0)), (1, (2, 3)), (2, (1,)), (3, (2,))):
        kept, step = state[k][at], 1e-5
        state[k][at] = kept + step
        above = loss(state, values, truth)
        state[k][at] = kept - step
        below = loss(state, values, truth)
        state[k][at] = kept
        assert slopes[k][at] == pytest.approx((above - below) / (2 * step), abs=1e-7, rel=1e-4)


def test_a_scene_has_craters_and_examples_of_both_kinds():
    scene = crater_scene(np.random.default_rng(3), 256)
    assert scene.image.dtype == np.uint8 and len(scene.craters) == len(scene.seen) > 5
    values, truth = train.examples(12)
    assert values.shape == (len(truth), INPUTS) and np.isfinite(values).all()
    assert 0 < truth[:, 0].sum() < len(truth)
