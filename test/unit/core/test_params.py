"""Parameters: what is wrong is refused by name, whatever is wrong with it."""

from dataclasses import dataclass, field

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import load, param


@dataclass(frozen=True)
class Inner:
    gain: float = param(1.0, "gain", low=0, high=10)


@dataclass(frozen=True)
class Outer:
    speed_mps: float = param(0.1, "speed", unit="m/s", low=0, high=0.3)
    tries: int = param(3, "tries", low=1)
    sizes: tuple[float, ...] = param((1.0,), "sizes", low=0)
    place: tuple[float, float] = param((0.0, 0.0), "place")
    note: str | None = param(None, "note")
    inner: Inner = field(default_factory=Inner)
    old: bool = param(False, "old")
    low: float = param(0.0, "low")
    high: float = param(1.0, "high")

    def __post_init__(self):
        if self.low > self.high:
            raise UserError("low must not be above high")


def test_values_are_taken_and_the_rest_defaults():
    got = load(Outer, {"speed_mps": 0, "sizes": [1, 2], "inner": {"gain": 2}}, "f.yaml")
    assert (got.speed_mps, got.sizes, got.inner.gain, got.tries) == (0.0, (1.0, 2.0), 2.0, 3)
    assert isinstance(got.speed_mps, float)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sped": 1}, "unknown key 'sped'"),
        ({"speed_mps": 0.31}, r"f.yaml.speed_mps: 0.31 is outside"),
        ({"speed_mps": "fast"}, "f.yaml.speed_mps: expected float"),
        ({"speed_mps": float("nan")}, "not a finite number"),
        ({"tries": True}, "f.yaml.tries: expected int"),
        ({"tries": 2.5}, "f.yaml.tries: expected int"),
        ({"sizes": [1, -1]}, r"f.yaml.sizes\[1\]"),
        ({"place": [1]}, "expected 2 values, found 1"),
        ({"inner": {"gane": 1}}, "f.yaml.inner: unknown key"),
        ({"inner": 3}, "expected keys and values"),
        ([1, 2], "expected keys and values"),
    ],
)
def test_wrong_values_are_named(values, words):
    with pytest.raises(UserError, match=words):
        load(Outer, values, "f.yaml")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"speed_mps": "fast"}, "expected float, found 'fast'; give a number, 0 .. 0.3 m/s"),
        ({"speed_mps": float("inf")}, "inf is not a finite number; give a number, 0 .. 0.3 m/s"),
        ({"speed_mps": -1}, "-1.0 is outside 0 .. 0.3 m/s"),
        ({"speed_mps": 10**400}, "too large a number; give a number, 0 .. 0.3 m/s"),
        ({"tries": 0}, "0 is outside 1 and above"),
        ({"tries": 2.5}, "found 2.5; give a whole number, 1 and above"),
        ({"tries": None}, "found None; give a whole number, 1 and above"),
        ({"sizes": 3}, "expected a list, found 3; give a list of numbers, 0 and above"),
        ({"note": 3}, "expected str, found 3; give a text"),
        ({"inner": {"gain": 11}}, "f.yaml.inner.gain: 11.0 is outside 0 .. 10"),
        ({"old": "yes"}, "found 'yes'; give true or false"),
        ({"low": 2.0, "high": 1.0}, "f.yaml: low must not be above high"),
    ],
)
def test_what_is_allowed_is_told(values, words):
    with pytest.raises(UserError, match=words):
        load(Outer, values, "f.yaml")


def test_missing_key_is_named():
    @dataclass(frozen=True)
    class Needs:
        port: str

    with pytest.raises(UserError, match="'port' is missing"):
        load(Needs, {}, "f.yaml")
