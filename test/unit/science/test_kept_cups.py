"""Cups that were heated, over a restart of the computer."""

from __future__ import annotations

import math
from typing import Any

import pytest
from science_bench import Bench, Died

from lupex_rover.core.component import ABORTED, SUCCEEDED, Inbox
from lupex_rover.core.errors import UserError
from lupex_rover.report.log import MissionLog
from lupex_rover.science import records as rec
from lupex_rover.science.component import Science
from lupex_rover.science.params import ScienceParams
from lupex_rover.simulator.drill.physics import CupSample

SAMPLE = CupSample(1.0, 15.0, 2.0, 110.0, 0.0)


def heats(bench: Bench) -> int:
    """Times that the heater was told to warm something."""
    said = (m for _, topic, m in bench.said if topic == "science/slot_command")
    return sum(m.opcode == rec.OP_HEAT and m.data != rec.pack_heat(0.0, 0.0) for m in said)


def test_a_cup_is_written_down_before_it_is_heated() -> None:
    bench = Bench(1, {0: SAMPLE})
    assert bench.analyse(0, 15.0).status == SUCCEEDED
    first = next(
        k for k, (_, topic, m) in enumerate(bench.said)
        if topic == "science/slot_command" and m.opcode == rec.OP_HEAT
    )  # fmt: skip
    said, kept = next((n, k) for n, k in bench.kept_at if k["cups"])
    assert said <= first and kept["cups"][0]["cup"] == 0 and kept["under_way"]
    assert '"under_way": false' in bench.kept


def test_a_measured_cup_is_told_again_after_a_restart_and_not_heated() -> None:
    bench = Bench(2, {0: SAMPLE})
    done = bench.analyse(0, 15.0)
    bench.reboot()
    before = heats(bench)
    again = bench.analyse(0, 15.0)
    assert (again.status, again.result.code) == (SUCCEEDED, "SCI-016") and heats(bench) == before
    assert again.result.water_wt_pct == done.result.water_wt_pct
    log = MissionLog()
    for _, topic, m in bench.said:
        log.take(topic, m)
    assert len(log.water) == 1, "the same water with the same stamp counts once"


def test_a_computer_that_dies_while_it_heats_makes_safe_and_heats_again_only_if_asked() -> None:
    bench = Bench(3, {0: SAMPLE, 1: SAMPLE})
    with pytest.raises(Died):
        bench.analyse(0, 15.0, die_after_s=300.0)
    assert heats(bench) == 1 and bench.payload.analyser.on
    bench.reboot()
    for _ in range(3):
        bench.tick(Inbox())
    assert not bench.payload.analyser.on and "SCI-018" in bench.codes()
    refused = bench.analyse(0, 15.0)
    assert (refused.status, refused.result.code) == (ABORTED, "SCI-017") and heats(bench) == 1
    assert bench.analyse(1, 15.0).status == SUCCEEDED, "another cup is measured"
    asked = bench.analyse(0, 15.0, action="analyze_again")
    assert asked.status == SUCCEEDED and heats(bench) == 3
    assert asked.result.water_wt_pct < 2.0
    assert bench.codes().count("SCI-018") == 1


def test_a_computer_that_dies_before_it_heats_measures_the_whole_sample() -> None:
    bench = Bench(4, {0: SAMPLE})
    with pytest.raises(Died):
        bench.analyse(0, 15.0, die_after_s=60.0)
    assert heats(bench) == 0
    bench.reboot()
    done = bench.analyse(0, 15.0)
    assert done.status == SUCCEEDED
    assert done.result.water_wt_pct == pytest.approx(2.0, abs=0.15)


def test_a_cup_that_the_analyser_refused_to_heat_is_not_taken_for_heated() -> None:
    bench = Bench(5, {0: SAMPLE})
    command = bench.payload.slot_command
    refuse = [True]

    def slot_command(slot: int, opcode: int, data: bytes) -> int:
        return 4 if opcode == rec.OP_HEAT and refuse[0] else command(slot, opcode, data)

    bench.payload.slot_command = slot_command
    assert bench.analyse(0, 15.0).result.code == "SCI-005"
    refuse[0] = False
    assert bench.analyse(0, 15.0).status == SUCCEEDED


@pytest.mark.parametrize(
    "state",
    [
        {}, {"cups": {}, "under_way": False}, {"cups": [{}], "under_way": False},
        {"cups": [], "under_way": 3},
        {"cups": [{"cup": 1, "water_wt_pct": math.nan}], "under_way": False},
    ],
)  # fmt: skip
def test_a_state_that_cannot_be_is_not_taken(state: dict[str, Any]) -> None:
    science = Science(ScienceParams())
    with pytest.raises(UserError):
        science.restore(state)
    assert not science.kept.cups
