"""Where the fields of each payload lie, and what a telecommand's fields may be.

`LAYOUTS[(apid, is_tc, message_id)]` is the whole ICD in one table.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

from lupex_rover.core.constants import TRACK_LIMIT_MPS
from lupex_rover.protocol import messages as m

APIDS = {"MOB": 0x101, "IMU": 0x102, "STR": 0x103, "EPS": 0x104, "DRL": 0x105, "SCI": 0x106,
         "LND": 0x107, "LGC": 0x108}  # fmt: skip
BOARD_OF_APID = {apid: board for board, apid in APIDS.items()}
MAX_BYTES = 900  # of an open payload, so that the packet stays below 1024

Limit = Callable[[float], bool]


class Layout:
    """The layout of one message.

    Parameters
    ----------
    kind : its type in `messages`.
    message_id : as in the ICD.
    codes : one `struct` code per field, `4f` for a vector of four, `*` for bytes to the end.
    limits : one per field, true for an allowed value; None where every value is allowed.
    motion : a motion telecommand, marked M in the ICD.
    """

    def __init__(
        self,
        kind: type,
        message_id: int,
        codes: tuple[str, ...] = (),
        limits: tuple[Limit | None, ...] = (),
        motion: bool = False,
    ) -> None:
        self.kind = kind
        self.message_id = message_id
        self.motion = motion
        self._limits = limits
        self._open = codes[-1:] == ("*",)
        fixed = codes[:-1] if self._open else codes
        self._struct = struct.Struct(">" + "".join(fixed))
        self._cuts: list[slice | int] = []  # of the flat tuple that struct gives
        at = 0
        for code in fixed:
            count = int(code[:-1] or 1)
            self._cuts.append(slice(at, at + count) if len(code) > 1 else at)
            at += count

    def pack(self, payload: Any) -> bytes:
        """The payload's bytes.

        Raises
        ------
        struct.error
            A value that does not fit its field, which `in_range` tells beforehand; a vector of
            another length.
        """
        flat: list[Any] = []
        for cut, value in zip(self._cuts, payload):
            if type(cut) is slice:
                if len(value) != cut.stop - cut.start:
                    raise struct.error(f"{len(value)} numbers, not {cut.stop - cut.start}")
                flat.extend(value)
            else:
                flat.append(value)
        return self._struct.pack(*flat) + (payload[-1] if self._open else b"")

    def unpack(self, data: bytes) -> Any | None:
        """The payload, or None where the length is wrong."""
        size = self._struct.size
        if len(data) != size and not (self._open and len(data) > size):
            return None
        flat = self._struct.unpack_from(data)
        values: list[Any] = [flat[cut] for cut in self._cuts]
        if self._open:
            values.append(data[size:])
        return self.kind(*values)

    def in_range(self, payload: Any) -> bool:
        """Every field of a telecommand is finite and within its limits."""
        for limit, value in zip(self._limits, payload):
            if limit is None:
                continue
            values = value if isinstance(value, tuple) else (value,)
            if not all(map(limit, values)):
                return False
        return not self._open or len(payload[-1]) <= MAX_BYTES


def _f32(value: float) -> float:
    return float(struct.unpack(">f", struct.pack(">f", value))[0])


def _within(low: float, high: float) -> Limit:
    """Allows `low` to `high` and what these become as f32; never NaN."""
    low, high = min(low, _f32(low)), max(high, _f32(high))
    return lambda v: low <= v <= high


def _whole(low: int, high: int) -> Limit:
    return lambda v: low <= v <= high


def _heater(v: float) -> bool:
    """By number, 0 battery, 1 electronics, 2 drill, or by the number of its load, 8 to 10."""
    return v in (0, 1, 2, 8, 9, 10)


def _finite_f32(v: float) -> bool:
    return abs(v) <= 3.4028234e38


def _not_infinite(v: float) -> bool:
    return math.isnan(v) or _finite_f32(v)


_FLAG = _whole(0, 1)
_U32 = _whole(0, 2**32 - 1)
_SLOT = _whole(0, 7)
_TRACK_SPEED = _within(-TRACK_LIMIT_MPS, TRACK_LIMIT_MPS)

_COMMON_TC = (
    Layout(m.Ping, 0x03),
    Layout(m.Enable, 0x04, ("B",), (_FLAG,)),
    Layout(m.Safe, 0x05),
    Layout(m.SetTime, 0x06, ("I", "I"), (_U32, _whole(0, 999_999_999))),
)
_COMMON_TM = (
    Layout(m.Ack, 0x01, ("H", "B")),
    Layout(m.Housekeeping, 0x02, ("B", "I", "h", "I", "I", "I")),
)
_TC: dict[str, tuple[Layout, ...]] = {
    "MOB": (
        Layout(
            m.Drive, 0x10, ("4f", "4f"), (_TRACK_SPEED, _within(-1.75, 1.75)), motion=True
        ),
    ),
    "EPS": (
        Layout(m.Switch, 0x10, ("B", "B"), (_whole(0, 15), _FLAG)),
        Layout(m.Heater, 0x11, ("B", "f"), (_heater, _not_infinite)),
        Layout(m.Hibernate, 0x12, ("I",), (_U32,)),
    ),
    "DRL": (
        Layout(
            m.Drill, 0x10, ("f", "f", "f", "B"),
            (_within(0.0, 150.0), _within(-0.01, 0.01), _within(0.0, 250.0), _FLAG), motion=True,
        ),
        Layout(m.Gate, 0x11, ("B",), (_FLAG,)),
        Layout(m.Deliver, 0x12, ("B",), (_whole(0, 11),)),
    ),
    "SCI": (
        Layout(m.SlotPower, 0x10, ("B", "B"), (_SLOT, _FLAG)),
        Layout(m.SlotCommand, 0x11, ("B", "B", "*"), (_SLOT, _whole(0, 255))),
    ),
    "LGC": (Layout(m.NavUpdate, 0x10, ("3f",) * 3, (_finite_f32,) * 3),),
}  # fmt: skip
_TM: dict[str, tuple[Layout, ...]] = {
    "MOB": (Layout(m.DriveState, 0x20, ("4f",) * 5),),
    "IMU": (Layout(m.Inertial, 0x20, ("3f", "3f")),),
    "STR": (Layout(m.Attitude, 0x20, ("4f", "f", "B")),),
    "EPS": (Layout(m.Power, 0x20, ("f", "f", "f", "f", "3f", "I", "16f")),),
    "DRL": (Layout(m.DrillState, 0x20, ("f",) * 8 + ("B", "B")),),
    "SCI": (Layout(m.SlotData, 0x20, ("B", "B", "I", "*")),),
    "LND": (Layout(m.Altimeter, 0x20, ("f", "3f", "B", "B")),),
    "LGC": (Layout(m.GuidanceState, 0x20, ("3f", "3f", "B")),),
}

LAYOUTS: dict[tuple[int, bool, int], Layout] = {
    (apid, is_tc, layout.message_id): layout
    for board, apid in APIDS.items()
    for is_tc, layouts in (
        (True, (*_COMMON_TC, *_TC.get(board, ()))),
        (False, (*_COMMON_TM, *_TM[board])),
    )
    for layout in layouts
}
_BY_KIND = {layout.kind: layout for layout in LAYOUTS.values()}


def of(kind: type) -> Layout:
    """The layout of a type of `messages`."""
    return _BY_KIND[kind]
