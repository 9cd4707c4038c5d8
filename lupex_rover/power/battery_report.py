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


def battery(m: PowerTelemetry, f: SocFilter, p: PowerParams) -> Battery:
    """One reading of the EPS with what the estimator knows."""
    current_a = m.battery_a - f.bias_a
    return Battery(
        m.stamp_ns, m.battery_v, current_a, m.battery_degc, f.soc, f.soc * f.capacity_ah,
        f.capacity_ah, p.capacity_ah, status(current_a, f.soc, p), health(m, f, p),
        m.battery_v >= LEAST_CELL_V * p.series, p.series,
    )  # fmt: skip


def status(current_a: float, soc: float, p: PowerParams) -> BatteryStatus:
    """By the sign of the current where it has one, else by the charge."""
    if abs(current_a) > SIGMAS * p.current_sigma_a:
        return BatteryStatus.CHARGING if current_a > 0.0 else BatteryStatus.DISCHARGING
    return BatteryStatus.FULL if soc >= FULL_SOC else BatteryStatus.NOT_CHARGING


def health(m: PowerTelemetry, f: SocFilter, p: PowerParams) -> BatteryHealth:
    """The worst that is wrong; GOOD where nothing surely is."""
    if f.capacity_ah * (1.0 + SURE_SIGMAS * f.capacity_sigma) < DEAD_SHARE * p.capacity_ah:
        return BatteryHealth.DEAD
    if m.battery_v > MOST_CELL_V * p.series:
        return BatteryHealth.OVERVOLTAGE
    charging = status(m.battery_a - f.bias_a, f.soc, p) is BatteryStatus.CHARGING
    if m.battery_degc > (MOST_CHARGE_DEGC if charging else MOST_DEGC):
        return BatteryHealth.OVERHEAT
    if f.resistance_ratio - SURE_SIGMAS * f.resistance_ratio_sigma > WORN_RATIO:
        return BatteryHealth.UNSPEC_FAILURE
    return BatteryHealth.COLD if m.battery_degc < p.cold_degc else BatteryHealth.GOOD
