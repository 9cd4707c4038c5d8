"""Where the fields of each payload lie: made from the boards' declarations.

`LAYOUTS[(apid, is_tc, message_id)]` is the whole ICD in one table, with the boards that are added.
"""

from __future__ import annotations

import struct
from typing import Any

from lupex_rover.protocol.boards import declarations
from lupex_rover.protocol.declaration import BoardDeclaration, Message, Telecommand
from lupex_rover.protocol.fields import TO_END

MAX_BYTES = 900  # of an open payload, so that the packet stays below 1024


class Layout:
    """The layout of one message.

    Attributes
    ----------
    kind : type
        Type of its payload.
    message_id : int
        As in the ICD.
    name : str
        As in the ICD.
    motion : bool
        A motion telecommand, marked M in the ICD.
    """

    def __init__(self, message: Message) -> None:
        self.kind = message.kind
        self.message_id = message.message_id
        self.name = message.name
        self.motion = isinstance(message, Telecommand) and message.motion
        self.fields = message.fields
        fields = tuple(self.fields.values())
        self._checks = tuple(field.check() for field in fields)
        self._open = bool(fields) and fields[-1].code == TO_END
        fixed = fields[:-1] if self._open else fields
        self._struct = struct.Struct(">" + "".join(f"{f.count}{f.code}" for f in fixed))
        self._cuts: list[slice | int] = []  # of the flat tuple that struct gives
        at = 0
        for field in fixed:
            self._cuts.append(slice(at, at + field.count) if field.is_vector else at)
            at += field.count

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
        return not self.bad_field(payload)

    def bad_field(self, payload: Any) -> str:
        """Name of the first field that is not, with what is allowed; empty where all are."""
        for (name, field), check, value in zip(self.fields.items(), self._checks, payload):
            values = value if isinstance(value, tuple) else (value,)
            if not all(map(check, values)):
                return f"{name} is not {field.range_text}"
        if self._open and len(payload[-1]) > MAX_BYTES:
            return f"more than {MAX_BYTES} bytes"
        return ""


APIDS: dict[str, int] = {}
LAYOUTS: dict[tuple[int, bool, int], Layout] = {}
_BY_KIND: dict[type, Layout] = {}


def _enter(board: BoardDeclaration) -> None:
    APIDS[board.name] = board.apid
    both: tuple[tuple[Message, ...], ...] = (board.all_telecommands, board.all_telemetry)
    for messages in both:
        for message in messages:
            layout = Layout(message)
            is_tc = isinstance(message, Telecommand)
            LAYOUTS[board.apid, is_tc, message.message_id] = layout
            _BY_KIND[message.kind] = layout


for _board in declarations().values():
    _enter(_board)


def of(kind: type) -> Layout:
    """The layout of a payload's type."""
    return _BY_KIND[kind]
