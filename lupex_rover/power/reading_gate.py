"""Which readings of the EPS are believed: what no sensor can read is left out or replaced.

Current is checked against the power on the bus: what the array gives less what the loads take
must be what the battery takes. A current that jumps away from that is replaced by it; where `AGREE`
readings in a row say the same, it is the belief that was wrong, and they are taken. Numbers beyond
the sensors' ends never are: of the battery's temperature the last one stays, a reading with another
such is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from lupex_rover.core.time import seconds
from lupex_rover.core.types import PowerTelemetry
from lupex_rover.power.params import PowerParams

AGREE = 3
_ALIKE = 0.2  # of the larger: two odd readings that agree
_SHARE = 0.3  # of the larger power: books and sensors differ by so much at most (assumed)
_FLOOR_A = 1.0


@dataclasses.dataclass(frozen=True)
class Refusal:
    """`what` was read, and is left out (`whole`: with the reading)."""

    what: str
    why: str
    whole: bool = False


class _Odd:
    """Odd currents, in a row."""

    def __init__(self) -> None:
        self._last, self._count = 0.0, 0

    def wins(self, value: float) -> bool:
        alike = abs(value - self._last) <= max(_FLOOR_A, _ALIKE * abs(value))
        self._count = self._count + 1 if alike and self._count else 1
        self._last = value
        if self._count < AGREE:
            return False
        self._count = 0
        return True

    def over(self) -> None:
        self._count = 0


class ReadingGate:
    """Takes each reading in turn."""

    def __init__(self, params: PowerParams) -> None:
        self._p = params
        self._last: PowerTelemetry | None = None
        self._current = _Odd()

    def take(self, m: PowerTelemetry) -> tuple[PowerTelemetry | None, list[Refusal]]:
        """What of `m` may be believed (None: nothing), and what was wrong with the rest."""
        beyond = next(self._beyond(m), None)
        if beyond is not None:
            return None, [beyond]
        refused: list[Refusal] = []
        last = self._last
        if last is not None and seconds(m.stamp_ns, last.stamp_ns) > self._p.gap_s:
            last = None
        m = self._checked_degc(m, last, refused)
        m = self._checked_current(m, last, refused)
        self._last = m
        return m, refused

    def _beyond(self, m: PowerTelemetry) -> Iterator[Refusal]:
        """Numbers that the sensors have not got."""
        p = self._p
        for name, value, low, high in (
            ("bus_v", m.bus_v, -1.0, p.sensor_v),
            ("battery_v", m.battery_v, -1.0, p.sensor_v),
            ("array_a", float(np.min(m.array_a)), -p.sensor_a, p.sensor_a),
            ("array_a", float(np.max(m.array_a)), -p.sensor_a, p.sensor_a),
            ("load_w", float(np.min(m.load_w)), -p.sensor_w, p.sensor_w),
            ("load_w", float(np.max(m.load_w)), -p.sensor_w, p.sensor_w),
        ):
            if not low <= value <= high:
                yield Refusal(name, f"{value:.4g} is beyond the sensor's {low:g} to {high:g}", True)

    def _checked_degc(
        self, m: PowerTelemetry, last: PowerTelemetry | None, refused: list[Refusal]
    ) -> PowerTelemetry:
        """Beyond the sensor's end: the last one believed stays."""
        if abs(m.battery_degc) <= self._p.sensor_degc:
            return m
        likely = 0.0 if last is None else last.battery_degc
        why = f"{m.battery_degc:.4g} degC, believed {likely:.1f}"
        refused.append(Refusal("battery_degc", why))
        return dataclasses.replace(m, battery_degc=likely)

    def _checked_current(
        self, m: PowerTelemetry, last: PowerTelemetry | None, refused: list[Refusal]
    ) -> PowerTelemetry:
        p = self._p
        given_w, taken_w = float(m.array_a.sum()) * m.bus_v, float(m.load_w.sum())
        battery_w = m.battery_a * m.battery_v
        margin_w = p.books_w + _SHARE * max(abs(given_w), abs(taken_w))
        off = abs(battery_w - (given_w - taken_w)) > margin_w
        jump = last is None or abs(battery_w - last.battery_a * last.battery_v) > margin_w
        can_be = abs(m.battery_a) <= p.sensor_a
        if can_be and (not (off and jump) or self._current.wins(m.battery_a)):
            if not (off and jump):
                self._current.over()
            return m
        volts = max(m.battery_v, p.series * 2.5)
        likely = min(max((given_w - taken_w) / volts, -p.sensor_a), p.sensor_a)
        why = f"{m.battery_a:.4g} A, by array and loads {likely:.1f} A"
        refused.append(Refusal("battery_a", why))
        return dataclasses.replace(m, battery_a=likely)
