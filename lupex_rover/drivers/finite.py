"""Numbers that are none: NaN and infinities in telemetry, which a good CRC does not keep out.

`docs/architecture.md` has the rule, message by message.
"""

from __future__ import annotations

import math
from typing import Any

from lupex_rover.protocol import messages as m

MARKED = (m.Attitude, m.Altimeter)  # tell with `valid` whether their numbers mean anything


def cleared(payload: Any) -> Any:
    """`payload`; in one that is marked invalid what is not finite becomes 0."""
    if not isinstance(payload, MARKED) or payload.valid:
        return payload
    return type(payload)(*(_cleared(value) for value in payload))


def bad_field(payload: Any) -> str | None:
    """Name of the first field of `payload` with a number that is not finite; None if all are."""
    for name, value in zip(payload._fields, payload):
        if not _is_finite(value):
            return str(name)
    return None


def _is_finite(value: Any) -> bool:
    """True for whole numbers and bytes, too: nothing in them can be other than finite."""
    if isinstance(value, tuple):
        return all(map(math.isfinite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _cleared(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_cleared(part) for part in value)
    return value if _is_finite(value) else 0.0
