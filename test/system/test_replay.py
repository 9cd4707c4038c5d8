"""A recorded descent through the landing component again: the same to the last digit."""

import dataclasses
import json
import subprocess
import sys

import pytest

from lupex_rover.bags.own_bag import BagReader
from lupex_rover.codec.conversion import decode, encode
from lupex_rover.core.errors import UserError
from lupex_rover.hosts.replay import Publishers, Replay
from lupex_rover.nodes.build import components
from lupex_rover.runs.replay_compare import Outcome, Tolerance, Tolerances, compare
from lupex_rover.runs.replay_run import one, read_context

EXACT = Tolerances(Tolerance(0.0, 0.0))


def flown(folder, seed, phases, scenario):
    (folder / "short.yaml").write_text(scenario)
    command = [sys.executable, "-m", "lupex_rover.cli", "mission", "--host", "harness", "--seed",
               str(seed), "--scenario", str(folder / "short.yaml"), "--phases", phases, "--out",
               str(folder / "run")]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=280, check=False)
    return folder / "run" / "mission.mcap"


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    return flown(tmp_path_factory.mktemp("descent"), 5, "descent", f"max_days: {30 / 86400}")


def test_commands_and_silent_ticks_are_replayed_as_they_were(tmp_path):
    """Requests of which no bag says who made them, their ACKs, and ticks without a message."""
    bag = flown(tmp_path, 3, "drill,science", "site: {drill_depths_m: [0.1]}")
    silent = [r for r in BagReader(bag).records() if r[0] == "sim/silent"]
    assert silent
    for name in ("drill", "science", "executive"):
        report = one(bag, [name], EXACT)
        assert report["differences"] == []
        assert sum(c["recorded"] for c in report["messages"].values()) > 100


def test_landing_says_again_what_it_said_in_flight(bag):
    report = one(bag, ["landing"], EXACT)
    assert report["differences"] == []
    fixes = report["messages"]["landing/fix"]
    assert fixes["replayed"] == fixes["recorded"] > 10
    assert report["messages"]["landing/state"]["recorded"] > 250


def test_a_changed_input_is_found_with_its_topic_field_and_time(bag):
    context = read_context(bag.parent)
    landing = components(context, ["landing"])[0]
    changed_ns = None

    def stream():
        nonlocal changed_ns
        for k, (topic, data, t_ns) in enumerate(BagReader(bag).records()):
            if topic.startswith("sim/"):
                continue
            if topic == "imu/data" and k > 1500 and changed_ns is None:
                changed_ns = t_ns
                imu = decode(topic, data)
                data = encode(topic, dataclasses.replace(imu, stamp_ns=imu.stamp_ns + 10_000_000))
            yield topic, data, t_ns

    publishers = Publishers(components(context))
    ours, recorded = Replay([landing], publishers).run(stream())
    outcome = Outcome()
    compare(ours["landing/state"], recorded["landing/state"], "landing/state", EXACT, outcome)
    assert changed_ns is not None
    first = outcome.differences[0]
    assert first.topic == "landing/state"
    assert 0 <= first.t_ns - changed_ns < 1_000_000_000
    assert first.field and first.ours != first.recorded


def test_a_component_that_needs_a_boards_bytes_is_refused_by_name(bag):
    with pytest.raises(UserError, match="'drill_driver' cannot be replayed"):
        one(bag, ["drill_driver"], EXACT)


def test_a_bag_without_its_run_is_refused_by_name(bag, tmp_path):
    lone = tmp_path / "mission.mcap"
    lone.write_bytes(bag.read_bytes()[:1000])
    command = [sys.executable, "-m", "lupex_rover.cli", "replay", str(lone)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "result.json" in done.stderr and len(done.stderr.splitlines()) == 1


def test_json_names_component_counts_and_differences(bag):
    command = [sys.executable, "-m", "lupex_rover.cli", "replay", str(bag), "--component",
               "power", "--json", "--compare"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)["components"][0]
    assert report["component"] == "power" and report["differences"] == []
    assert report["not_compared"] == ["power/heater", "power/switch"]
