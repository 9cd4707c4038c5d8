"""What a board is: one declaration, from which all that talks to it is made.

The protocol's layouts, the driver's base, the simulated board's base and `lupex board` read it.
`docs/how-to/own-board.md` adds a board step by step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from lupex_rover.core.types import LOADS
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.fields import Field, fields_of

FIRST_OWN_ID = 0x10  # below it: what every board has
FREE_LOADS = LOADS[12:]  # of the EPS, for boards that are added
LARGEST_W = 1000.0
LARGEST_APID = 0x7FF - 1  # 0x7FF is the idle packet of CCSDS 133.0-B-2


@dataclass(frozen=True)
class Message:
    """One message of a board.

    Parameters
    ----------
    kind : type
        Its payload, a named tuple with annotated fields.
    message_id : int
        8 bits on the wire.
    about : str
        What it does or tells, for people.
    """

    kind: type
    message_id: int
    about: str = ""

    @property
    def name(self) -> str:
        """As the interface document writes it: `DriveState` is DRIVE_STATE."""
        return message_name(self.kind)

    @cached_property
    def fields(self) -> dict[str, Field]:
        return fields_of(self.kind)


@dataclass(frozen=True)
class Telecommand(Message):
    """A message to the board.

    Parameters
    ----------
    repeat_hz : float
        Above 0 it is a motion telecommand: allowed in *active* alone, and to be repeated this
        often, or the board's dead-man stops the actuators.
    """

    repeat_hz: float = 0.0

    @property
    def motion(self) -> bool:
        return self.repeat_hz > 0.0


@dataclass(frozen=True)
class Telemetry(Message):
    """A message from the board.

    Parameters
    ----------
    rate_hz : float
        How often it comes; or, where it does not come each time, how often it may.
    """

    rate_hz: float = 0.0


COMMON_TELECOMMANDS = (
    Telecommand(m.Ping, 0x03, "the ACK is the answer"),
    Telecommand(m.Enable, 0x04, "leave or enter active: motion allowed"),
    Telecommand(m.Safe, 0x05, "actuators stop; ENABLE 0 leaves this state"),
    Telecommand(m.SetTime, 0x06, "set the board's clock, UTC"),
)
COMMON_TELEMETRY = (
    Telemetry(m.Ack, 0x01, "the answer to a telecommand"),
    Telemetry(m.Housekeeping, 0x02, "state and counts", rate_hz=1.0),
)


@dataclass(frozen=True)
class BoardDeclaration:
    """One board.

    Parameters
    ----------
    name : str
        Short, in capitals; port, driver and simulated board go by it.
    apid : int
        CCSDS application id, one per board.
    about : str
        What the board is, for people.
    telecommands, telemetry : tuple[Telecommand, ...] and tuple[Telemetry, ...]
        Its own, beside those of every board; ids from 0x10.
    device : str
        `module:callable` that makes the simulated board for `lupex sim`, called with a
        `simulator.boards.DeviceContext`; empty: the board is not simulated. It is named, not
        imported, as the rover's computer has no simulator.
    driver : str
        `module:attribute` of a `nodes.extra.ExtraNode` whose component is a `BoardDriver` of the
        board, where it has topics with messages of its own; empty: `drivers.declared` makes one of
        the declaration.
    load : str
        The EPS's load that feeds the board, one of `FREE_LOADS`; empty: it has power whenever the
        simulator runs.
    power_w : float
        What it draws in the simulator while its load is on, W.
    """

    name: str
    apid: int
    about: str
    telecommands: tuple[Telecommand, ...] = ()
    telemetry: tuple[Telemetry, ...] = ()
    device: str = ""
    driver: str = ""
    load: str = ""
    power_w: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no wire can carry; ValueError names board and message."""
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", self.name):
            raise ValueError(f"board {self.name!r}: the name must be capitals, digits and _")
        if not 0 < self.apid <= LARGEST_APID:
            raise ValueError(f"{self.name}: apid {self.apid:#x} is not within 0x1 to 0x7fe")
        own: tuple[tuple[Message, ...], ...] = (self.telecommands, self.telemetry)
        for messages in own:
            ids = [message.message_id for message in messages]
            for message in messages:
                if not FIRST_OWN_ID <= message.message_id <= 0xFF:
                    raise ValueError(f"{self.name}.{message.name}: id is not within 0x10 to 0xff")
                if ids.count(message.message_id) > 1:
                    raise ValueError(
                        f"{self.name}.{message.name}: id {message.message_id:#x} is taken twice"
                    )
        for told in self.telemetry:
            if told.rate_hz <= 0.0:
                raise ValueError(f"{self.name}.{told.name}: rate_hz must be above 0")
        if self.load and self.load not in FREE_LOADS:
            raise ValueError(f"{self.name}: load {self.load!r} is none of {', '.join(FREE_LOADS)}")
        if not 0.0 <= self.power_w <= LARGEST_W:
            raise ValueError(f"{self.name}: power_w {self.power_w:g} is not within 0 to 1000 W")
        if self.power_w and not self.load:
            raise ValueError(f"{self.name}: power_w needs the load that it is drawn from")

    @property
    def node(self) -> str:
        """Name of the node that drives it, where the board is an added one."""
        return f"{self.name.lower()}_driver"

    @property
    def all_telecommands(self) -> tuple[Telecommand, ...]:
        return (*COMMON_TELECOMMANDS, *self.telecommands)

    @property
    def all_telemetry(self) -> tuple[Telemetry, ...]:
        return (*COMMON_TELEMETRY, *self.telemetry)

    @property
    def moves(self) -> bool:
        """It has a motion telecommand, and so a dead-man."""
        return any(t.motion for t in self.telecommands)


def message_name(kind: type) -> str:
    """`DriveState` is DRIVE_STATE."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).upper()
