"""`lupex light` as a command: what it prints, draws and refuses, and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from calling import call

from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import write_dem

HERE = ("--from", "2029-01-01", "--days", "3")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A plain of 41 x 41 places with one hill near the pole, and a cache of its own."""
    folder = tmp_path_factory.mktemp("light")
    at = np.arange(41) - 20.0
    heights = 300.0 * np.exp(-(at[:, None] ** 2 + at**2) / 18.0)
    write_dem(Dem(heights, 5000.0, 5000.0, 50.0), folder / "hill.tif")
    return folder


def command(home, *more, map_="hill.tif"):
    return [sys.executable, "-m", "lupex_rover.cli", "light", "--map", str(home / map_), *more]


def light(home, *more, **changed):
    words = command(home, *more, **changed)[3:]
    return call(*words, env={"XDG_CACHE_HOME": str(home / "cache")})


def test_json_holds_means_and_ranked_havens_and_a_picture_is_drawn(home):
    done = light(home, *HERE, "--json", "--draw", str(home / "light.png"))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"from", "days", "step_h", "places", "step_m", "mean_light", "mean_earth", "edge_m",
            "havens", "eclipses"} == set(told)  # fmt: skip
    assert told["places"] == [41, 41] and 0.0 <= told["mean_light"] <= 1.0
    best = told["havens"]
    assert [h["rank"] for h in best] == list(range(1, len(best) + 1))
    dark = [h["longest_dark_h"] for h in best]
    assert dark == sorted(dark)
    assert all(h["slope_deg"] <= 10.0 for h in best)
    assert (home / "light.png").read_bytes().startswith(b"\x89PNG")


def test_the_second_call_takes_the_horizons_from_the_cache(home):
    light(home, *HERE, "--json")
    kept = list((home / "cache" / "lupex_rover" / "horizons").glob("*.npy"))
    before = [path.stat().st_mtime_ns for path in kept]
    assert len(kept) == 1
    again = light(home, *HERE, "--json")
    assert again.returncode == 0 and [path.stat().st_mtime_ns for path in kept] == before


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--from", "2029-01-01", "--days", "nan"), "--days"),
        (("--from", "2029-01-01", "--days", "-1"), "--days"),
        (("--from", "someday", "--days", "3"), "--from"),
        (("--from", "2129-01-01", "--days", "3"), "1900 .. 2100"),
        ((*HERE, "--height-m", "nan"), "--height-m"),
        ((*HERE, "--step-m", "nan"), "--step-m"),
        ((*HERE, "--step-h", "0"), "--step-h"),
        ((*HERE, "--draw", "a.gif"), "a.gif"),
    ],
)
def test_bad_input_is_refused_in_one_line_that_names_it(home, more, named):
    done = light(home, *more)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_map_that_is_not_there_is_named(home):
    done = light(home, *HERE, map_="none.tif")
    assert done.returncode == 2 and "none.tif" in done.stderr


def test_interrupted_it_ends_with_130_and_leaves_no_half_file(home):
    heights = np.random.default_rng(0).normal(0.0, 5.0, (500, 500))
    write_dem(Dem(heights, 5000.0, 5000.0, 20.0), home / "big.tif")
    env = {**os.environ, "XDG_CACHE_HOME": str(home / "cache2")}
    run = subprocess.Popen(command(home, *HERE, map_="big.tif"), env=env, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, preexec_fn=_hears)  # fmt: skip
    folder = home / "cache2" / "lupex_rover" / "horizons"
    end = time.monotonic() + 60.0
    while not list(folder.glob("*.part")) and time.monotonic() < end:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert "Traceback" not in said
    assert not list(folder.glob("*"))


def _hears():
    signal.signal(signal.SIGINT, signal.default_int_handler)
