"""BoardAck in ROS: the components know a telecommand by its name, the message has its number.

The message keeps its definition, so bags stay readable; the boards' declarations translate.
"""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.types import BoardAck
from lupex_rover.protocol.boards import telecommand_id, telecommand_name


@dataclass(frozen=True)
class OnWire:
    """The fields of `BoardAck.msg`."""

    stamp_ns: int
    board: str
    message_id: int
    sequence: int
    status: int
    latency_s: float


def on_wire(ack: BoardAck) -> OnWire:
    """With the telecommand's number."""
    number = telecommand_id(ack.board, ack.telecommand)
    return OnWire(ack.stamp_ns, ack.board, number, ack.sequence, ack.status, ack.latency_s)


def named(ack: OnWire) -> BoardAck:
    """With the telecommand's name; a number that the board does not have stays a number, 0x2a."""
    name = telecommand_name(ack.board, ack.message_id)
    return BoardAck(ack.stamp_ns, ack.board, name, ack.sequence, ack.status, ack.latency_s)
