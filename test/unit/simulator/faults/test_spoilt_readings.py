"""Sensors at fault: frozen, off by a constant, wild now and then."""

import json

from lupex_rover.protocol import messages as m
from lupex_rover.simulator.faults.spoilt_readings import BIAS, EVERY, SPIKE, SpoiltReadings

UNITS = {"slant_range_m": "m", "velocity_mps": "m/s"}


def altimeter(k):
    return m.Altimeter(float(k), (k + 0.25, k + 0.5, k + 0.75), 1, 0)


def test_a_frozen_reading_stays_and_the_others_go_on():
    readings = SpoiltReadings(UNITS)
    assert readings.spoil(altimeter(1)) == altimeter(1)
    readings.begin(0, "freeze", "slant_range_m", 1.0)
    assert [readings.spoil(altimeter(k)).slant_range_m for k in (2, 3, 4)] == [2.0, 2.0, 2.0]
    assert readings.spoil(altimeter(5)).velocity_mps == altimeter(5).velocity_mps
    readings.end(0)
    assert readings.spoil(altimeter(6)) == altimeter(6)


def test_a_bias_is_added_to_every_axis_by_severity():
    readings = SpoiltReadings(UNITS)
    readings.begin(0, "bias", "velocity_mps", 0.5)
    off = 0.5 * BIAS["m/s"]
    assert readings.spoil(altimeter(1)).velocity_mps == (1.25 + off, 1.5 + off, 1.75 + off)


def test_a_spike_is_in_one_message_of_ten():
    readings = SpoiltReadings(UNITS)
    readings.begin(0, "spike", "slant_range_m", 1.0)
    wild = [readings.spoil(altimeter(k)).slant_range_m != k for k in range(3 * EVERY)]
    assert sum(wild) == 3 and wild[0] and wild[EVERY]
    again = SpoiltReadings(UNITS)
    again.restore(json.loads(json.dumps(readings.save())))
    assert again.spoil(altimeter(7)).slant_range_m == 7 + SPIKE * BIAS["m"]
    assert readings.unlisted() == set()


def test_a_message_without_the_reading_passes():
    readings = SpoiltReadings(UNITS)
    readings.begin(0, "freeze", "slant_range_m", 1.0)
    assert readings.spoil(m.Ack(1, 0)) == m.Ack(1, 0)
