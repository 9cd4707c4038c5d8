"""Sensors of a board that freeze, are off by a constant, or give wild values now and then."""

from __future__ import annotations

from typing import Any

from lupex_rover.core.saved import SavedFields

KINDS = ("freeze", "bias", "spike")
# Bias at severity 1 by the unit of the reading, assumed: enough to be wrong, not to be absurd.
BIAS = {
    "m/s": 0.05, "m": 0.5, "rad": 0.05, "rad/s": 0.02, "m/s2": 0.3, "A": 3.0, "V": 2.0,
    "degC": 20.0, "W": 20.0, "N m": 10.0, "N": 50.0, "g": 5.0, "rpm": 30.0, "": 0.02,
}  # fmt: skip
SPIKE, EVERY = 1000.0, 10  # times the bias, in one message of so many


class SpoiltReadings(SavedFields):
    """Readings of one board at fault; its `spoil` takes the place of the board's.

    Parameters
    ----------
    units : dict[str, str]
        Of its readings, by field.
    """

    SAVED = ("_active", "_held", "_told")
    FIXED = ("_units",)

    def __init__(self, units: dict[str, str]) -> None:
        self._units = units
        self._active: list[tuple[int, str, str, float]] = []  # number, kind, field, severity
        self._held: dict[int, Any] = {}  # value of a frozen one, by the fault's number
        self._told: dict[int, int] = {}  # messages so far, by the fault's number

    def begin(self, number: int, kind: str, field: str, severity: float) -> None:
        """Fault `number` begins."""
        self._active.append((number, kind, field, severity))

    def end(self, number: int) -> None:
        """It has ended."""
        self._active = [one for one in self._active if one[0] != number]

    def spoil(self, payload: Any) -> Any:
        """What the board tells in place of `payload`."""
        for number, kind, field, severity in self._active:
            if field in payload._fields:
                value = self._wrong(number, kind, field, severity, getattr(payload, field))
                payload = payload._replace(**{field: value})
        return payload

    def _wrong(self, number: int, kind: str, field: str, severity: float, value: Any) -> Any:
        if kind == "freeze":
            return self._held.setdefault(number, value)
        told = self._told[number] = self._told.get(number, 0) + 1
        off = severity * BIAS.get(self._units[field], 1.0)
        if kind == "spike":
            off *= SPIKE if told % EVERY == 1 else 0.0
        if isinstance(value, tuple):
            return tuple(one + off for one in value)
        return value + off
