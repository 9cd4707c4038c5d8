"""A boundary: what is foreign gets the thing's name, what is ours stays what it is."""

import json
import struct

import cv2
import numpy as np
import pytest

from lupex_rover.core import foreign
from lupex_rover.core.errors import Broken, Fault, UserError


def _library(code: str) -> dict:
    """Functions of a library that lies elsewhere."""
    space: dict = {}
    exec(compile(code, "/elsewhere/library.py", "exec"), space)
    return space


FOREIGN = _library(
    "class Odd(Exception):\n    pass\n"
    "def odd(): raise Odd('two\\n  lines')\n"
    "def mistaken(): return None.size\n"
    "def empty(): assert False\n"
)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (FOREIGN["odd"], "Odd: two lines"),
        (FOREIGN["mistaken"], "AttributeError: 'NoneType' object has no attribute 'size'"),
        (FOREIGN["empty"], "AssertionError"),
        (lambda: open("/nowhere"), "No such file or directory"),
        (lambda: struct.unpack("<I", b"1"), "error: unpack requires a buffer of 4 bytes"),
        (lambda: json.loads("{"), "JSONDecodeError: Expecting property name"),
        (lambda: cv2.imdecode(np.zeros(0, np.uint8), 1), "error: OpenCV"),
        (lambda: dict[str, int]()["key"], "KeyError: 'key'"),
        (lambda: bytearray(1 << 60), "needs more memory than there is"),
    ],
)
def test_cases_of_whatever_is_foreign_are_a_failure_of_the_thing(call, told):
    with pytest.raises(UserError) as caught, foreign.boundary("thing x", "cannot be read", "do y"):
        call()
    text = str(caught.value)
    assert text.startswith(f"thing x: cannot be read ({told}") and text.endswith("); do y")
    assert "\n" not in text and len(text) < 300 and caught.value.__cause__ is not None


@pytest.mark.parametrize(
    "error", [UserError("a"), Broken("b"), Fault("DRV-001"), KeyboardInterrupt(), SystemExit(3)]
)
def test_ours_and_the_wish_to_stop_pass(error):
    with pytest.raises(type(error)) as caught, foreign.boundary("thing", "fails"):
        raise error
    assert caught.value is error


def test_a_mistake_in_a_line_of_ours_is_not_told_as_the_things_fault(monkeypatch):
    monkeypatch.setattr(foreign, "HERE", __file__.rsplit("/", 1)[0])
    with pytest.raises(AttributeError), foreign.boundary("thing", "fails"):
        None.size  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(UserError), foreign.boundary("thing", "fails"):
        FOREIGN["mistaken"]()


def test_another_class_and_use_as_decorator():
    @foreign.boundary("cluster c", "gives no answer", kind=Broken)
    def ask():
        raise RuntimeError

    with pytest.raises(Broken, match=r"cluster c: gives no answer \(RuntimeError\)"):
        ask()
