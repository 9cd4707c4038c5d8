"""`lupex campaign` on two worker processes: rows, page, going on after Ctrl-C, flying one again."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="dask and distributed are not installed")

ROOT = Path(__file__).parents[2]
LOW = "{altitude_m: 250.0, uprange_m: 30.0, speed_mps: 3.0, sink_mps: 8.0}"
SCENARIO = f"""
name: low
phases: [descent]
simulator:
  lander: {{descent: {LOW}, position_sigma_m: 40.0, height_sigma_m: 8.0, approach_s: 30.0}}
nodes:
  landing: {{descent: {LOW}, position_sigma_m: 40.0, height_sigma_m: 8.0}}
"""
VARY = "simulator.engine.descent_fov_deg: {uniform: [44, 52]}\n"


def command(*arguments):
    return [sys.executable, "-m", "lupex_rover.cli", *map(str, arguments)]


def environment():
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


def rows(out):
    with (out / "runs.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.timeout(420)
def test_a_campaign_is_interrupted_goes_on_and_can_be_flown_again(tmp_path):
    (tmp_path / "low.yaml").write_text(SCENARIO)
    (tmp_path / "vary.yaml").write_text(VARY)
    out = tmp_path / "out"
    flown = ("--vary", "vary.yaml", "--out", out)
    whole = command("campaign", "low.yaml", "--seeds", "3,4,8", *flown)
    started = subprocess.Popen(
        whole, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while not (out / "runs.csv").exists() or not rows(out):
        assert started.poll() is None and time.monotonic() < deadline, started.communicate()
        time.sleep(0.2)
    os.killpg(started.pid, signal.SIGINT)  # as Ctrl-C on a terminal: to all of them
    told, _ = started.communicate(timeout=60)
    assert started.returncode == 130, told
    assert "Traceback" not in told and "goes on" in told
    kept = rows(out)
    assert 1 <= len(kept) < 3
    assert (out / "campaign.html").exists()

    part = command("campaign", "low.yaml", "--seeds", "3,4", *flown)
    done = subprocess.run(
        part, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(out)[: len(kept)] == kept
    assert {3, 4} <= {int(r["seed"]) for r in rows(out)}
    assert {r["outcome"] for r in rows(out)} == {"success"}
    assert len({r["camera_fov_deg"] for r in rows(out)}) == len(rows(out))
    assert json.loads((out / "summary.json").read_text())["landed"] == len(rows(out))

    mission = command(
        "mission", "--scenario", out / "scenarios" / "4.yaml", "--seed", 4, "--phases", "descent",
        "--host", "harness", "--out", tmp_path / "again",
    )  # fmt: skip
    subprocess.run(mission, cwd=tmp_path, env=environment(), check=True, capture_output=True)
    again = json.loads((tmp_path / "again" / "result.json").read_text())
    row = next(r for r in rows(out) if r["seed"] == "4")
    assert again["landing"]["error_m"] == float(row["error_m"])
    assert again["landing"]["touchdown"]["slope_deg"] == float(row["slope_deg"])
