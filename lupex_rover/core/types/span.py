"""What nature or the boards' interface says of a field of a message: its span and its unit.

A field whose name states the unit needs none here. A number that is not finite says "not known"
and is in every span.
"""

from __future__ import annotations

from typing import Any


def span(low: float | None = None, high: float | None = None, unit: str = "") -> dict[str, Any]:
    """Metadata of a field: the least and the greatest value, of each number of an array."""
    return {"low": low, "high": high, "unit": unit}


COUNT = NOT_NEGATIVE = span(low=0)
U32 = span(0, 2**32 - 1)
DEGC = span(low=-273.15)
SHARE = span(0, 1, "1")
QUATERNION = span(unit="1")  # rounding takes its numbers beyond 1
NO_UNIT = span(unit="1")
COVARIANCE = span(unit="m2, rad2")  # of position and rotation
TWIST_COVARIANCE = span(unit="m2/s2, rad2/s2")
SLOT = span(0, 7)  # of the payload; ICD
CUP = span(0, 11)  # of the carousel; ICD
