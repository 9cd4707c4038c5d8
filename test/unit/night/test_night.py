"""`lupex night` on a plain at the pole's edge: the answer, and what it refuses."""

import json
import subprocess
import sys

import numpy as np
import pytest

from lupex_rover.ephemeris import xy_of
from lupex_rover.terrain.dem import Dem

HALF = 60


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Flat ground 5 degrees from the pole, where the Sun sets for two weeks; its middle."""
    x, y = xy_of(np.radians(-85.0), np.radians(40.0))
    x, y = round(x), round(y)
    heights = np.zeros((2 * HALF + 1, 2 * HALF + 1), np.float32)
    path = tmp_path_factory.mktemp("plain") / "plain.tif"
    Dem(heights, x - HALF * 20.0, y - HALF * 20.0, 20.0).write(path)
    return path, x, y


def night(plain, *more, at=None):
    path, x, y = plain
    place = at or (x, y)
    command = [sys.executable, "-m", "lupex_rover.cli", "night", "--map", str(path), "--at",
               *map(str, place), "--from", "2029-06-01T00:00:00Z", "--json", *more]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_more_charge_at_dusk_leaves_more_at_dawn_and_too_little_is_lost_with_a_reason(plain):
    full, low = (json.loads(night(plain, "--soc", s).stdout) for s in ("0.95", "0.2"))
    assert full["dark_h"] == low["dark_h"] > 24.0
    assert full["margin_wh"] > low["margin_wh"]  # both are flat in the end: what was missing
    assert not low["survives"] and low["reason"]


@pytest.mark.parametrize("more, name", [(("--soc", "1.5"), "--soc"), (("--soc", "nan"), "--soc")])
def test_a_charge_that_cannot_be_is_refused_by_name(plain, more, name):
    done = night(plain, *more)
    assert done.returncode == 2
    assert name in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_place_off_the_map_is_refused(plain):
    done = night(plain, at=(plain[1] + 1e6, plain[2]))
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
