"""The first run on a machine, which compiles as it goes, and later ones give the same bytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOW = "{altitude_m: 250.0, uprange_m: 30.0, speed_mps: 3.0, sink_mps: 8.0}"
SCENARIO = f"""
name: low
max_days: 0.0003
phases: [descent]
simulator:
  lander: {{descent: {LOW}, position_sigma_m: 40.0, height_sigma_m: 8.0, approach_s: 30.0}}
nodes:
  landing: {{descent: {LOW}, position_sigma_m: 40.0, height_sigma_m: 8.0}}
"""
KEPT = ("mission.mcap", "result.json", "plan.json", "onboard_map.tif")


def fly(folder: Path, cache: Path) -> dict[str, bytes]:
    """Files of a part of a descent, flown by a program whose compiled code is kept in `cache`."""
    (folder / "low.yaml").write_text(SCENARIO)
    out = folder / "out"
    path = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    done = subprocess.run(
        [sys.executable, "-m", "lupex_rover.cli", "mission", "--scenario", "low.yaml", "--seed",
         "3", "--host", "harness", "--out", str(out)],
        cwd=folder, capture_output=True, text=True, timeout=400,
        env={**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(cache)},
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr  # it ends above the ground
    return {name: (out / name).read_bytes() for name in KEPT}


@pytest.mark.timeout(800)
def test_a_run_on_an_empty_cache_and_one_on_a_filled_one_are_the_same_bytes(tmp_path):
    cache = tmp_path / "compiled"
    runs = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        runs.append(fly(tmp_path / name, cache))
    assert any(cache.rglob("*.nbi")), "nothing was compiled: the test would show nothing"
    first, second = runs
    assert [name for name in KEPT if first[name] != second[name]] == []
