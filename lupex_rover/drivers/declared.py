"""The driver of an added board, made of its declaration: each message has a topic of its own.

Telemetry MAST_STATE of board MAST is topic `boards/mast/mast_state`, telecommand POINT is
`boards/mast/point`. They travel as JSON: the stamp, ns UTC, and the fields by name; bytes are
hexadecimal texts. A motion telecommand is sent while its stamp is fresh, as every driver's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

from lupex_rover.core.component import Outbox
from lupex_rover.core.topic import Topic
from lupex_rover.drivers.board_driver import (
    COMMON_INPUTS,
    COMMON_OUTPUTS,
    MOTION_INPUTS,
    MotionDriver,
    Publish,
)
from lupex_rover.drivers.lease import NONE_NEEDED, LeaseParams
from lupex_rover.graph import json_topic
from lupex_rover.protocol.declaration import BoardDeclaration, Message, Telemetry
from lupex_rover.protocol.fields import TO_END, Field


@cache
def topics_of_board(board: BoardDeclaration) -> tuple[Topic[Any], ...]:
    """Telecommands, then telemetry, in the order of the declaration."""
    return tuple(_topic(board, message) for message in (*board.telecommands, *board.telemetry))


def _topic(board: BoardDeclaration, message: Message) -> Topic[Any]:
    fields = [(name, _hint(field)) for name, field in message.fields.items()]
    kind = dataclasses.make_dataclass(
        message.kind.__name__, [("stamp_ns", int), *fields], frozen=True
    )
    name = f"boards/{board.name.lower()}/{message.name.lower()}"
    if isinstance(message, Telemetry):
        return json_topic(name, kind, message.rate_hz)
    return json_topic(name, kind, 0.0, "command")


def _hint(field: Field) -> Any:
    if field.code == TO_END:
        return str
    number = float if field.code == "f" else int
    return tuple[number, ...] if field.is_vector else number  # type: ignore[valid-type]


class DeclaredDriver(MotionDriver):
    """Confirms, checks, drops and answers requests as every driver; passes on what is declared."""

    def __init__(self, board: BoardDeclaration, lease: LeaseParams = NONE_NEEDED) -> None:
        self.name = board.node  # type: ignore[misc]
        self.board = self.serial = board.name  # type: ignore[misc]
        topics = topics_of_board(board)
        count = len(board.telecommands)
        common = MOTION_INPUTS if board.moves else COMMON_INPUTS
        self.inputs = (*common, *topics[:count])  # type: ignore[misc]
        self.outputs = (*COMMON_OUTPUTS, *topics[count:])  # type: ignore[misc]
        super().__init__(lease if board.moves else NONE_NEEDED)
        self._moves = board.moves
        for topic, told in zip(topics[count:], board.telemetry):
            self.telemetry[told.kind] = _publisher(topic)
        for topic, asked in zip(topics, board.telecommands):
            self.takes(topic, _maker(asked))

    def safe(self, t_ns: int) -> Outbox:
        """SAFE where the board moves something."""
        return super().safe(t_ns) if self._moves else Outbox()


def _publisher(topic: Topic[Any]) -> Publish:
    def publish(payload: Any, stamp_ns: int, out: Outbox) -> None:
        values = (v.hex() if isinstance(v, bytes) else v for v in payload)
        out.publish(topic, topic.message(stamp_ns, *values))

    return publish


def _maker(message: Message) -> Callable[[Any], Any]:
    fields = message.fields

    def make(said: Any) -> Any:
        values = (getattr(said, name) for name in fields)
        return message.kind(
            *(
                bytes.fromhex(value) if field.code == TO_END else value
                for value, field in zip(values, fields.values())
            )
        )

    return make
