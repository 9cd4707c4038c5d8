"""Which loads must go off: low charge, under-voltage, overload."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import LOADS, PowerTelemetry
from lupex_rover.power.params import PowerParams

_AGAIN_NS = 5 * NS  # a load that is shed but found on is switched off again after this
_TELL_AGAIN_NS = 60 * NS
_OVERLOAD_KEPT_NS = 60 * NS  # an overload keeps its load locked out for this long
_RECOVERED_V = 1.0  # above the under-voltage limit
_DISCHARGING_A = -0.1
_KEPT = ("computer", "battery_heater", "electronics_heater")


@dataclass(frozen=True)
class ShedOrder:
    """Switch `load` off; `code` is empty where nothing new is to be told."""

    load: str
    code: str
    text: str


class Shedder:
    """Decides at every telemetry packet.

    A load that was shed stays locked out until its cause has gone with hysteresis. It is never
    switched on from here: what to take up again is the executive's decision, so nothing
    oscillates. While the battery charges nothing is shed for low charge.

    Raises
    ------
    UserError
        A load in the parameters that does not exist or must never be switched off.
    """

    def __init__(self, params: PowerParams) -> None:
        for field in ("shed_soc", "load_limit_w"):
            for load in getattr(params, field):
                if load not in LOADS or load in _KEPT:
                    raise UserError(f"power.{field}: {load!r} is no load that may be switched off")
        self._p = params
        self._low: set[str] = set()
        self._overload_until: dict[str, int] = {}
        self._over_since: dict[str, int] = {}
        self._under_count = 0
        self._under = False
        self._sent: dict[str, int] = {}
        self._told: dict[str, int] = {}

    @property
    def locked(self) -> tuple[str, ...]:
        """Loads that are shed now, in the order of LOADS."""
        return tuple(
            load for load in LOADS
            if load not in _KEPT
            and (load in self._low or load in self._overload_until or self._under_all(load))
        )  # fmt: skip

    def _under_all(self, load: str) -> bool:
        return self._under and load in self._p.shed_soc

    def update(self, soc: float, m: PowerTelemetry) -> list[ShedOrder]:
        """What to switch off after telemetry `m` with the charge estimated at `soc`."""
        reasons: dict[str, tuple[str, str]] = {}
        self._low_charge(soc, m, reasons)
        self._overload(m, reasons)
        self._under_voltage(m, reasons)
        orders: list[ShedOrder | None] = [
            self._order(m, load, *why) for load, why in reasons.items()
        ]
        orders += [self._relapse(m, load) for load in self.locked if load not in reasons]
        return [order for order in orders if order is not None]

    def _low_charge(
        self, soc: float, m: PowerTelemetry, reasons: dict[str, tuple[str, str]]
    ) -> None:
        for load, limit in self._p.shed_soc.items():
            if load in self._low:
                if soc > limit + self._p.hysteresis_soc:
                    self._low.discard(load)
            elif soc < limit and m.battery_a < _DISCHARGING_A and _is_on(m, load):
                self._low.add(load)
                reasons[load] = ("PWR-001", f"{load} off: charge {soc:.0%} below {limit:.0%}")

    def _overload(self, m: PowerTelemetry, reasons: dict[str, tuple[str, str]]) -> None:
        for load in [k for k, until in self._overload_until.items() if m.stamp_ns >= until]:
            del self._overload_until[load]
        for load, limit in self._p.load_limit_w.items():
            watt = float(m.load_w[LOADS.index(load)])
            if watt <= limit:
                self._over_since.pop(load, None)
                continue
            since = self._over_since.setdefault(load, m.stamp_ns)
            if m.stamp_ns - since >= self._p.overload_s * NS and load not in self._overload_until:
                self._overload_until[load] = m.stamp_ns + _OVERLOAD_KEPT_NS
                reasons[load] = ("PWR-005", f"{load} off: {watt:.0f} W above {limit:.0f} W")

    def _under_voltage(self, m: PowerTelemetry, reasons: dict[str, tuple[str, str]]) -> None:
        p = self._p
        low = m.battery_v < p.least_battery_v or m.bus_v < p.least_bus_v
        self._under_count = self._under_count + 1 if low else 0
        if self._under:
            well = m.battery_v > p.least_battery_v + _RECOVERED_V and m.bus_v > p.least_bus_v
            self._under = not well
        elif self._under_count >= 2:
            self._under = True
            text = f"under-voltage: battery {m.battery_v:.1f} V, bus {m.bus_v:.1f} V"
            for load in p.shed_soc:
                if _is_on(m, load):
                    reasons[load] = ("PWR-004", f"{load} off: {text}")

    def _order(self, m: PowerTelemetry, load: str, code: str, text: str) -> ShedOrder:
        self._sent[load] = self._told[load] = m.stamp_ns
        return ShedOrder(load, code, text)

    def _relapse(self, m: PowerTelemetry, load: str) -> ShedOrder | None:
        """Somebody switched a shed load on: off again, while the battery discharges."""
        if not _is_on(m, load) or m.battery_a >= _DISCHARGING_A:
            return None
        if m.stamp_ns - self._sent.get(load, 0) < _AGAIN_NS:
            return None
        self._sent[load] = m.stamp_ns
        if m.stamp_ns - self._told.get(load, 0) < _TELL_AGAIN_NS:
            return ShedOrder(load, "", "")
        self._told[load] = m.stamp_ns
        return ShedOrder(load, "PWR-013", f"{load} off again: it is shed")


def _is_on(m: PowerTelemetry, load: str) -> bool:
    return bool(m.loads_on >> LOADS.index(load) & 1)
