"""What `power/battery` says: status by sign and charge, health by the estimate and the cell."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from lupex_rover.codec.conversion import decode, encode
from lupex_rover.core.types import BatteryHealth, BatteryStatus, PowerTelemetry
from lupex_rover.power.battery_report import battery
from lupex_rover.power.estimator import SOC, WEALTH, WORSE, SocFilter
from lupex_rover.power.params import PowerParams

P = PowerParams()


def told(soc=0.6, amps=0.0, degc=20.0, volts=29.0, bias=0.0, **states):
    known = SocFilter(P)
    known.x[SOC], known.x[1] = soc, bias
    known.cov[:] = np.diag(np.full(5, 1e-6))
    for state, value in {"wealth": 1.0, "worse": 1.0, **states}.items():
        known.x[{"wealth": WEALTH, "worse": WORSE}[state]] = value
    values: dict[str, Any] = {f.name: 0 for f in dataclasses.fields(PowerTelemetry)}
    values.update(stamp_ns=7, battery_v=volts, battery_a=amps, battery_degc=degc)
    return battery(PowerTelemetry(**values), known, P)


@pytest.mark.parametrize(
    ("amps", "soc", "status"),
    [
        (3.0, 0.6, "CHARGING"), (3.0, 0.99, "CHARGING"), (-0.5, 0.99, "DISCHARGING"),
        (-20.0, 0.1, "DISCHARGING"), (0.0, 0.99, "FULL"), (-0.1, 0.985, "FULL"),
        (0.1, 0.6, "NOT_CHARGING"), (0.0, 0.0, "NOT_CHARGING"),
    ],
)  # fmt: skip
def test_cases_of_status(amps, soc, status):
    assert told(soc, amps).status is BatteryStatus[status]
    assert told(soc, amps + 0.4, bias=0.4).status is BatteryStatus[status]


@pytest.mark.parametrize(
    ("given", "health"),
    [
        ({}, "GOOD"), ({"degc": 1.0}, "COLD"), ({"degc": 50.0}, "GOOD"),
        ({"degc": 50.0, "amps": 5.0}, "OVERHEAT"), ({"degc": 61.0}, "OVERHEAT"),
        ({"volts": 34.1}, "OVERVOLTAGE"), ({"wealth": 1.9}, "GOOD"), ({"wealth": 2.1}, "DEAD"),
        ({"worse": 2.6}, "UNSPEC_FAILURE"),
    ],
)  # fmt: skip
def test_cases_of_health(given, health):
    assert told(**given).health is BatteryHealth[health]


def test_an_uncertain_estimate_condemns_no_battery():
    fresh = SocFilter(P)
    fresh.x[WEALTH] = 2.1
    values: dict[str, Any] = {f.name: 0 for f in dataclasses.fields(PowerTelemetry)}
    values.update(stamp_ns=7, battery_v=29.0, battery_degc=20.0)
    assert battery(PowerTelemetry(**values), fresh, P).health is BatteryHealth.GOOD


def test_cases_of_the_message_as_its_definition_has_it():
    """`percentage` from 0 to 1, discharging negative, NaN for what is not measured, lithium-ion."""
    sent = told(0.5, -4.0, wealth=1.25)
    stores = pytest.importorskip("rosbags.typesys")
    reader = stores.get_typestore(stores.Stores.ROS2_JAZZY)
    kind = reader.types["sensor_msgs/msg/BatteryState"]
    got = reader.deserialize_cdr(encode("power/battery", sent), "sensor_msgs/msg/BatteryState")
    assert got.power_supply_status == kind.POWER_SUPPLY_STATUS_DISCHARGING
    assert got.power_supply_health == kind.POWER_SUPPLY_HEALTH_GOOD
    assert got.power_supply_technology == kind.POWER_SUPPLY_TECHNOLOGY_LION
    assert got.present and (got.percentage, got.current) == (0.5, -4.0)
    assert got.capacity == pytest.approx(P.capacity_ah / 1.25, rel=1e-6)
    assert got.charge == pytest.approx(0.5 * got.capacity)
    assert got.design_capacity == pytest.approx(P.capacity_ah, rel=1e-6)
    assert len(got.cell_voltage) == len(got.cell_temperature) == P.series
    assert all(math.isnan(v) for v in (*got.cell_voltage, *got.cell_temperature))
    back = decode("power/battery", encode("power/battery", sent))
    assert (back.status, back.health, back.present, back.cells) == (2, 1, True, 8)
    assert not told(volts=0.3).present


def test_the_numbers_are_those_of_the_definition():
    stores = pytest.importorskip("rosbags.typesys")
    kind = stores.get_typestore(stores.Stores.ROS2_JAZZY).types["sensor_msgs/msg/BatteryState"]
    for prefix, ours in (("STATUS", BatteryStatus), ("HEALTH", BatteryHealth)):
        for one in ours:
            assert getattr(kind, f"POWER_SUPPLY_{prefix}_{one.name}") == one.value
