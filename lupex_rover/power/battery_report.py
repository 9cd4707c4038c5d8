"""What `power/battery` says of the pack, as users of sensor_msgs/BatteryState expect it.

The values are those of the kernel's power supply class (Linux, include/linux/power_supply.h), which
the message repeats.
"""

from __future__ import annotations

from lupex_rover.core.types import Battery, BatteryHealth, BatteryStatus, PowerTelemetry
from lupex_rover.power.estimator import SocFilter
from lupex_rover.power.params import PowerParams

FULL_SOC = 0.98  # the estimate is no better than 2 %
SIGMAS = 3.0  # of the current sensor's bias: a current below has no sign
SURE_SIGMAS = 2.0
DEAD_SHARE = 0.5  # of the new pack's capacity
WORN_RATIO = 2.5  # resistance over that of the new pack
# LG INR21700 M50, product specification: charge to 4.20 +- 0.05 V and 45 degC, discharge to 60 degC
MOST_CELL_V, MOST_CHARGE_DEGC, MOST_DEGC = 4.25, 45.0, 60.0
LEAST_CELL_V = 0.5  # less is no cell, but an open plug


def battery(told: PowerTelemetry, known: SocFilter, params: PowerParams) -> Battery:
    """One reading of the EPS with what the estimator knows."""
    current_a = told.battery_a - known.bias_a
    return Battery(
        told.stamp_ns, told.battery_v, current_a, told.battery_degc, known.soc,
        known.soc * known.capacity_ah, known.capacity_ah, params.capacity_ah,
        status(current_a, known.soc, params), health(told, known, params),
        told.battery_v >= LEAST_CELL_V * params.series, params.series,
    )  # fmt: skip


def status(current_a: float, soc: float, params: PowerParams) -> BatteryStatus:
    """By the sign of the current where it has one, else by the charge."""
    if abs(current_a) > SIGMAS * params.current_sigma_a:
        return BatteryStatus.CHARGING if current_a > 0.0 else BatteryStatus.DISCHARGING
    return BatteryStatus.FULL if soc >= FULL_SOC else BatteryStatus.NOT_CHARGING


def health(told: PowerTelemetry, known: SocFilter, params: PowerParams) -> BatteryHealth:
    """The worst that is wrong; GOOD where nothing surely is."""
    most_ah = known.capacity_ah * (1.0 + SURE_SIGMAS * known.capacity_sigma)
    if most_ah < DEAD_SHARE * params.capacity_ah:
        return BatteryHealth.DEAD
    if told.battery_v > MOST_CELL_V * params.series:
        return BatteryHealth.OVERVOLTAGE
    charging = status(told.battery_a - known.bias_a, known.soc, params) is BatteryStatus.CHARGING
    if told.battery_degc > (MOST_CHARGE_DEGC if charging else MOST_DEGC):
        return BatteryHealth.OVERHEAT
    if known.resistance_ratio - SURE_SIGMAS * known.resistance_ratio_sigma > WORN_RATIO:
        return BatteryHealth.UNSPEC_FAILURE
    return BatteryHealth.COLD if told.battery_degc < params.cold_degc else BatteryHealth.GOOD
