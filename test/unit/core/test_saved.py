"""What is saved comes back with its type and every bit, through JSON without NaN."""

import json
import math
from typing import Any

import numpy as np
import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.saved import SavedFields, plain, unplain


def through_json(value):
    return unplain(json.loads(json.dumps(plain(value), allow_nan=False)))


@pytest.mark.parametrize(
    "value",
    [
        None, True, -3, 2**63 - 1, 2**127 + 1, 0.1, -0.0, 1e-310, math.inf, -math.inf, "text",
        b"\x00\xff", [1, [2.5]], (1, (2, b"")), {3: (4, 5), "a": [None], (1, 2): {}}, {"array": 1},
    ],
)  # fmt: skip
def test_plain_values(value):
    back = through_json(value)
    assert back == value
    assert type(back) is type(value)
    assert repr(back) == repr(value)


def test_nan_is_kept():
    assert math.isnan(through_json(math.nan))


@pytest.mark.parametrize("kind", [float, np.float32, np.int16, bool, np.uint8])
def test_arrays(kind):
    array = np.arange(12).reshape(3, 4)[:, ::2].astype(kind)
    back = through_json(array)
    assert back.dtype == array.dtype
    assert (back == array).all()
    back[0, 0] = 1  # not read-only
    empty = through_json(np.empty((0, 12)))
    assert empty.shape == (0, 12)


def test_numpys_numbers_stay_numpys():
    back = through_json(np.float32(0.1))
    assert type(back) is np.float32
    assert back == np.float32(0.1)


class Dice(SavedFields):
    SAVED = ("rng", "thrown")

    def __init__(self, rng):
        self.rng = rng
        self.thrown = 0

    def throw(self):
        self.thrown += 1
        return float(self.rng.normal())


class Pair(SavedFields):
    SAVED = ("name",)
    PARTS = ("left", "right")
    FIXED = ("size",)

    def __init__(self, seed):
        rng = np.random.default_rng(seed)  # both throw with the same generator
        self.name, self.size = "pair", 2
        self.left, self.right = Dice(rng), Dice(rng)


def test_a_shared_generator_stays_shared():
    pair, other = Pair(1), Pair(2)
    pair.left.throw()
    pair.right.throw()
    other.restore(json.loads(json.dumps(pair.save())))
    assert other.left.rng is other.right.rng
    assert [other.left.throw(), other.right.throw()] == [pair.left.throw(), pair.right.throw()]
    assert (other.left.thrown, other.right.thrown) == (2, 2)


def test_an_attribute_that_was_forgotten_is_named():
    pair: Any = Pair(1)
    assert pair.unlisted() == set()
    pair.more = 1
    del pair.size
    assert pair.unlisted() == {"more", "size"}


def test_what_has_no_plain_form_is_refused():
    with pytest.raises(TypeError, match="Pair"):
        plain(Pair(1))


@pytest.mark.parametrize(
    "bad", [{}, {"pickle": 1}, {"array": [1]}, {"bytes": 3}, {"a": 1, "b": 2}, {"int": "x"}]
)
def test_what_was_not_saved_is_refused(bad):
    with pytest.raises(UserError, match="no saved value"):
        unplain(bad)


def test_a_missing_field_is_named():
    state = Pair(1).save()
    del state["left"]["thrown"]
    with pytest.raises(UserError, match=r"Dice\.thrown is missing"):
        Pair(1).restore(state)
