"""How the fields of a payload stand on the wire, and which values they may have.

A payload is a named tuple whose fields are annotated with what the functions of this module give:

    class Drive(NamedTuple):
        track_speed_mps: Annotated[Vec, f32("m/s", 4, low=-0.3, high=0.3)]

`fields_of(Drive)` reads this back.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

F32_MAX = 3.4028234e38
_WHOLE = {
    "B": (0, 2**8 - 1), "b": (-(2**7), 2**7 - 1), "H": (0, 2**16 - 1), "h": (-(2**15), 2**15 - 1),
    "I": (0, 2**32 - 1), "i": (-(2**31), 2**31 - 1),
}  # fmt: skip
TYPES = {"B": "u8", "b": "i8", "H": "u16", "h": "i16", "I": "u32", "i": "i32", "f": "f32",
         "*": "bytes"}  # fmt: skip
TO_END = "*"
Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Field:
    """One field of a payload.

    Parameters
    ----------
    code : str
        `struct` code of one number; `*` for bytes to the end of the payload.
    count : int
        How many numbers; above 1 the value is a tuple.
    unit : str
        Of the value, empty for a count or a flag.
    low, high : float or None
        Smallest and largest value of a telecommand's field; None: what the type holds.
    allowed : tuple[int, ...]
        The only values that are allowed; empty: all from `low` to `high`.
    nan : str
        What NaN means; empty: NaN is not allowed.
    about : str
        What the value is, for people.
    """

    code: str
    count: int = 1
    unit: str = ""
    low: float | None = None
    high: float | None = None
    allowed: tuple[int, ...] = ()
    nan: str = ""
    about: str = ""

    @property
    def is_vector(self) -> bool:
        return self.count > 1

    @property
    def type_name(self) -> str:
        """As the interface document writes it: `f32[4]`, `u8`, `bytes`."""
        name = TYPES[self.code]
        return f"{name}[{self.count}]" if self.is_vector else name

    @property
    def limits(self) -> tuple[float, float]:
        """Smallest and largest value that is allowed, as the declaration says them."""
        low, high = _WHOLE.get(self.code, (-F32_MAX, F32_MAX))
        return (low if self.low is None else self.low, high if self.high is None else self.high)

    @property
    def range_text(self) -> str:
        """What is allowed, in words, with the unit."""
        unit = f" {self.unit}" if self.unit else ""
        if self.code == TO_END:
            return "bytes in hexadecimal"
        if self.allowed:
            return f"one of {', '.join(map(str, self.allowed))}"
        low, high = self.limits
        if self.code == "f" and (self.low is None or self.high is None):
            text = f"any finite number{f' of{unit}' if unit else ''}"
        else:
            text = f"{low:g} to {high:g}{unit}" if self.code == "f" else f"{low} to {high}{unit}"
        return f"{text}, or nan: {self.nan}" if self.nan else text

    def check(self) -> Check:
        """A function that is true for one number that a telecommand's field may hold."""
        if self.code == TO_END:
            return lambda v: True
        if self.allowed:
            allowed = frozenset(self.allowed)
            return lambda v: v in allowed
        low, high = self.limits
        if self.code == "f":  # the stated value and what it becomes as f32
            low, high = min(low, as_f32(low)), max(high, as_f32(high))
        if self.nan:
            return lambda v: math.isnan(v) or low <= v <= high
        return lambda v: low <= v <= high


def as_f32(value: float) -> float:
    """The f32 nearest to `value`."""
    return float(struct.unpack(">f", struct.pack(">f", value))[0])


def f32(
    unit: str = "",
    count: int = 1,
    *,
    low: float | None = None,
    high: float | None = None,
    nan: str = "",
    about: str = "",
) -> Field:
    """IEEE 754 single precision."""
    return Field("f", count, unit, low, high, nan=nan, about=about)


def _whole(code: str, unit: str, low: int | None, high: int | None, about: str) -> Field:
    return Field(code, 1, unit, low, high, about=about)


def u8(unit: str = "", *, low: int | None = None, high: int | None = None, about: str = "",
       allowed: tuple[int, ...] = ()) -> Field:  # fmt: skip
    """A whole number of 8 bits."""
    return Field("B", 1, unit, low, high, allowed, about=about)


def u16(
    unit: str = "", *, low: int | None = None, high: int | None = None, about: str = ""
) -> Field:
    """A whole number of 16 bits."""
    return _whole("H", unit, low, high, about)


def i16(
    unit: str = "", *, low: int | None = None, high: int | None = None, about: str = ""
) -> Field:
    """A whole number of 16 bits with a sign."""
    return _whole("h", unit, low, high, about)


def u32(
    unit: str = "", *, low: int | None = None, high: int | None = None, about: str = ""
) -> Field:
    """A whole number of 32 bits."""
    return _whole("I", unit, low, high, about)


def flag(about: str = "") -> Field:
    """0 or 1 in 8 bits."""
    return u8(low=0, high=1, about=about)


def to_end(about: str = "") -> Field:
    """Bytes to the end of the payload; the last field alone can be this."""
    return Field(TO_END, about=about)


def fields_of(kind: type) -> dict[str, Field]:
    """The fields of a payload's type by name, in the order of the wire.

    Raises
    ------
    TypeError
        A field without a `Field` in its annotation, or bytes to the end that are not last.
    """
    hints = get_type_hints(kind, include_extras=True)
    out: dict[str, Field] = {}
    for name in kind._fields:  # type: ignore[attr-defined]
        marks = [x for x in getattr(hints[name], "__metadata__", ()) if isinstance(x, Field)]
        if len(marks) != 1:
            raise TypeError(f"{kind.__name__}.{name} does not say how it stands on the wire")
        out[name] = marks[0]
    if any(f.code == TO_END for f in list(out.values())[:-1]):
        raise TypeError(f"{kind.__name__}: bytes to the end must be the last field")
    return out
