"""A payload instrument out of tree: commanded by name, decoded, recorded, on both hosts."""

import pytest
from flying import json_said, lupex

from lupex_rover.bags.own_bag import BagReader


@pytest.mark.timeout(400)
@pytest.mark.parametrize("host", ["harness", "ros"])
def test_it_counts_during_a_descent(flights, host):
    bag = flights(host)
    said = json_said(bag, "/instruments/dosimeter")
    assert len(said) >= 3
    for product in said:
        assert product["seconds"] == pytest.approx(5.0, abs=0.2)
        assert abs(product["rate_ps"] - 2.5) < 5.0 * product["sigma_ps"]
    topics = {"science/slot_data", "science/slot_command", "mission/event"}
    heard = [(topic, m) for topic, m, _ in BagReader(bag).messages(topics)]
    slots = [m for topic, m in heard if topic == "science/slot_data"]
    assert {m.slot for m in slots} == {4} and {m.kind for m in slots} == {0, 1}
    (command,) = [m for topic, m in heard if topic == "science/slot_command"]
    assert (command.slot, command.opcode) == (4, 1)
    told = [m for topic, m in heard if topic == "mission/event" and m.source == "dosimeter"]
    assert [m.code for m in told] == ["INS-000", "INS-000"]


def test_a_wrong_one_names_its_line(tmp_path):
    scenario = tmp_path / "wrong.yaml"
    scenario.write_text("instruments: {dosimeter: {slot: 4, use: 'dosimeter.instrument:COUNT'}}")
    told = lupex("mission", "--scenario", scenario, "--out", tmp_path / "out", using=["dosimeter"])
    assert told.returncode == 2 and "Traceback" not in told.stderr
    assert (
        "wrong.yaml.instruments.dosimeter: 'dosimeter.instrument:COUNT' is a Layout" in told.stderr
    )
    scenario.write_text("instruments: {dosimeter: {slot: 2, use: 'dosimeter.instrument:COUNT'}}")
    told = lupex("mission", "--scenario", scenario, "--out", tmp_path / "out", using=["dosimeter"])
    assert told.returncode == 2 and "slot: 2 is outside 4 .. 7" in told.stderr
