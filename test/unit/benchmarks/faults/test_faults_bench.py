"""Files of faults that are drawn are good ones, and the verdict finds what is wrong with a run."""

import json
from types import SimpleNamespace
from typing import cast

import numpy as np

from benchmarks.faults import random_faults, verdict
from benchmarks.faults.bench_faults import flown_so_far
from lupex_rover.core.types import Event, PowerState, Sample, Truth, WaterMeasurement
from lupex_rover.events.event_store import NAME, EventStore
from lupex_rover.report.log import MissionLog
from lupex_rover.scenarios.injected_fault import KINDS, check_faults, check_host, read_faults

CUPS = {0: {"depth_m": 0.5, "mass_g": 15.0, "water_wt_pct": 1.0}}


def sample(cup=0, depth_m=0.5, mass_g=15.0):
    return Sample(0, cup, depth_m, mass_g, 150.0, 0)


def log_of(*samples, water=(), moving=0.0, told=0.6, truth=0.6):
    log = MissionLog()
    log.samples[:], log.water[:] = samples, water
    velocity = np.array([moving, 0.0, 0.0])
    log.truth = cast(Truth, SimpleNamespace(landed=True, velocity_mps=velocity, soc=truth))
    log.power = cast(PowerState, SimpleNamespace(soc=told, soc_sigma=0.001))
    return log


def test_what_is_drawn_can_be_flown_and_is_the_same_again(tmp_path):
    path, kinds = tmp_path / "drawn.yaml", set()
    for number in range(60):
        path.write_text(random_faults.text(number))
        faults = read_faults(path)
        check_faults(faults, str(path), (), {})
        check_host(faults, str(path), "harness")
        assert len(faults) == random_faults.EACH
        assert random_faults.text(number) == path.read_text()
        kinds |= {fault.kind for fault in faults}
    assert kinds == {kind for kind, what in KINDS.items() if "harness" in what.hosts}


def test_samples_are_held_against_the_cups():
    assert verdict.wrong_samples(CUPS, log_of(sample())) == []
    assert verdict.wrong_samples({}, log_of(sample())) == ["cup 0 is recorded and empty"]
    assert verdict.wrong_samples(CUPS, log_of()) == ["cup 0 is in no record"]
    assert "recorded 2 times" in verdict.wrong_samples(CUPS, log_of(sample(), sample()))[0]
    assert "1.00 m, truth 0.50" in verdict.wrong_samples(CUPS, log_of(sample(depth_m=1.0)))[0]
    assert "9.0 g, truth 15.0" in verdict.wrong_samples(CUPS, log_of(sample(mass_g=9.0)))[0]
    right = WaterMeasurement(0, 0, 0.5, 15.0, 1.03, 0.01)
    wrong = WaterMeasurement(0, 0, 0.5, 15.0, 1.06, 0.01)
    assert verdict.wrong_water(CUPS, log_of(water=[right]), 4.0) == []
    assert len(verdict.wrong_water(CUPS, log_of(water=[wrong]), 4.0)) == 1


def test_motion_charge_and_claims_are_held_against_the_truth():
    assert verdict.moves(log_of()) == verdict.wrong_charge(log_of()) == []
    assert "0.100 m/s" in verdict.moves(log_of(moving=0.1))[0]
    assert "0.700, truth 0.600" in verdict.wrong_charge(log_of(told=0.7))[0]
    phases = [{"name": "drill", "outcome": "succeeded", "code": "MIS-000"}]
    assert verdict.claimed({"phases": phases, "unmet": ["x"]}) == ["recorded as done, and x"]
    phases[0]["outcome"] = "failed"
    assert verdict.claimed({"phases": phases, "unmet": ["x"]}) == []


def test_a_phase_that_fails_in_silence_is_found():
    phases = [
        {"name": "drill", "outcome": "failed", "code": "DRL-101"},
        {"name": "science", "outcome": "unfinished", "code": ""},
    ]
    told = Event(0, 2, "executive", "DRL-101", "drill failed")
    assert verdict.silent({"phases": phases}, [told]) == ["science has no end"]
    assert "no event tells" in verdict.silent({"phases": phases}, [])[0]
    ended = {"by_itself": False, "why": "killed"}
    assert verdict.silent({"phases": [], "ended": ended}, []) == [
        "it did not end by itself: killed"
    ]


def test_an_event_that_only_one_has_is_lost(tmp_path):
    told, more = Event(1, 1, "drill", "DRL-008", "hard"), Event(2, 1, "drill", "DRL-008", "hard")
    store = EventStore(tmp_path / NAME, False, 0)
    store.add([told])
    store.close()
    assert verdict.lost([told], tmp_path) == []
    assert "not in the store" in verdict.lost([told, more], tmp_path)[0]
    assert "not in the bag" in verdict.lost([], tmp_path)[0]


def test_what_has_been_flown_is_told_and_what_has_not_is_named(tmp_path):
    row = {"outcome": "success", "commit": "abc", "wrong": [], "injected": 10, "noticed": 9}
    (tmp_path / "kills").mkdir()
    (tmp_path / "kills" / "0.json").write_text(json.dumps(row))
    (tmp_path / "kills" / "1").mkdir()  # under way
    broken = {**row, "outcome": "broke", "wrong": ["broke: no result"]}
    (tmp_path / "kills" / "2.json").write_text(json.dumps(broken))
    (tmp_path / "rest").mkdir()
    (tmp_path / "rest" / "plan.json").write_text("{}")  # a run that is kept to be looked at
    (tmp_path / "rest.json").write_text(json.dumps({"hours": 1.0, "hold": True}))
    told = flown_so_far(tmp_path)
    assert told["kills"]["missions"] == 2 and told["kills"]["hold"] == 1
    assert told["kills"]["to_mend"] == [broken]
    assert told["rest"] == {"hours": 1.0, "hold": True}
    assert told["nothing_of"] == ["random", "trees", "hangs", "recorder", "drive"]
