"""`doctor` tries what it promises: what does not work is told, whatever it raises."""

import pytest

from lupex_rover.cli import doctor
from lupex_rover.cli.common import doctor_tries
from lupex_rover.core.errors import UserError


@pytest.mark.parametrize(
    "name", ["projection", "map_file", "compiler", "terminal", "picture", "message"]
)
def test_cases_of_what_is_tried(name):
    if name == "message":
        pytest.importorskip("rclpy")
    assert " " in getattr(doctor_tries, name)()


def test_cases_of_tries_that_fail(monkeypatch):
    """A PROJ that places wrongly, a numba that compiles nothing, a decoder that sees nothing."""
    from rasterio import warp

    monkeypatch.setattr(warp, "transform", lambda *_: ([0.0], [0.0]))
    monkeypatch.setattr("numba.njit", lambda f: type("f", (), {"__call__": lambda *_: 14.0,
                                                               "signatures": []})())  # fmt: skip
    monkeypatch.setattr("cv2.imdecode", lambda *_: None)
    for name, told in (
        ("projection", "came out at 0.0"), ("compiler", "NUMBA_DISABLE_JIT"),
        ("picture", "another"),
    ):  # fmt: skip
        found = doctor._tried(name, getattr(doctor_tries, name), "do this")
        assert not found.ok and told in found.found and found.remedy == "do this"


@pytest.mark.parametrize(
    ("error", "told"), [(UserError("x"), "x"), (RuntimeError("y\nz"), "RuntimeError: y z")]
)
def test_whatever_a_try_raises_is_told(error, told):
    def raises():
        raise error

    assert doctor._tried("a", raises, "r") == doctor.Finding("a", told, False, "r")


def test_doctor_says_what_was_left_out(monkeypatch):
    monkeypatch.setenv("LUPEX_LEFT_OUT", "PYTHONHOME,PROJ_LIB")
    assert doctor._environment().found == "left out, of other programs: PYTHONHOME, PROJ_LIB"
