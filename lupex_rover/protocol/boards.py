"""The declarations of the boards: the ICD's, our own, and those that are added.

A package adds a board by an entry point of the group `lupex_rover.boards` that names its
`BoardDeclaration`; `declarations()` has it from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points

from lupex_rover.core.errors import UserError
from lupex_rover.core.types import LOAD_OF_BOARD
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.declaration import (
    COMMON_TELECOMMANDS,
    BoardDeclaration,
    Telecommand,
    Telemetry,
)

GROUP = "lupex_rover.boards"

BUILT_IN = (
    BoardDeclaration(
        "MOB", 0x101, "mobility: four crawler units, each with drive and steer",
        (Telecommand(m.Drive, 0x10, "set points of the crawlers", repeat_hz=10.0),),
        (Telemetry(m.DriveState, 0x20, "what the crawlers do", rate_hz=20.0),),
    ),
    BoardDeclaration(
        "IMU", 0x102, "inertial measurement unit",
        telemetry=(Telemetry(m.Inertial, 0x20, "both in base_link", rate_hz=100.0),),
    ),
    BoardDeclaration(
        "STR", 0x103, "star tracker",
        telemetry=(Telemetry(m.Attitude, 0x20, "attitude on the Moon", rate_hz=1.0),),
    ),
    BoardDeclaration(
        "EPS", 0x104, "electrical power and heaters",
        (
            Telecommand(m.Switch, 0x10, "one load on or off"),
            Telecommand(m.Heater, 0x11, "set point of one heater"),
            Telecommand(m.Hibernate, 0x12, "loads off until the time is over or there is light"),
        ),
        (Telemetry(m.Power, 0x20, "bus, battery, array and loads", rate_hz=1.0),),
    ),
    BoardDeclaration(
        "DRL", 0x105, "drill",
        (
            Telecommand(m.Drill, 0x10, "set points of auger and feed", repeat_hz=10.0),
            Telecommand(m.Gate, 0x11, "the sample gate at the bit"),
            Telecommand(m.Deliver, 0x12, "hand what the gate holds to a cup"),
        ),
        (Telemetry(m.DrillState, 0x20, "what the drill does", rate_hz=10.0),),
    ),
    BoardDeclaration(
        "SCI", 0x106, "payload bus",
        (
            Telecommand(m.SlotPower, 0x10, "one slot on or off"),
            Telecommand(m.SlotCommand, 0x11, "a command to the instrument in a slot"),
        ),
        (Telemetry(m.SlotData, 0x20, "a record of an instrument", rate_hz=10.0),),
    ),
    BoardDeclaration(
        "LND", 0x107, "lander link: altimeter",
        telemetry=(Telemetry(m.Altimeter, 0x20, "range and velocity", rate_hz=10.0),),
    ),
    BoardDeclaration(
        "LGC", 0x108, "lander guidance computer",
        (Telecommand(m.NavUpdate, 0x10, "the landing filter's estimate"),),
        (Telemetry(m.GuidanceState, 0x20, "by its own navigation", rate_hz=10.0),),
    ),
)  # fmt: skip


@cache
def added() -> tuple[BoardDeclaration, ...]:
    """The boards that installed packages declare, in the order of their names.

    Raises
    ------
    UserError
        An entry point that cannot be loaded, is no declaration, or takes the name, the APID or a
        payload type of another board; the text names it.
    """
    found: list[BoardDeclaration] = []
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        where = f"entry point {GROUP}: {point.name} = {point.value}"
        try:
            board = point.load()
        except Exception as error:  # whatever a module of someone else's may raise
            raise UserError(f"{where}: cannot be loaded ({error})") from None
        if not isinstance(board, BoardDeclaration):
            raise UserError(f"{where}: is no BoardDeclaration")
        for other in (*BUILT_IN, *found):
            clash = _clash(board, other)
            if clash:
                raise UserError(f"{where}: {clash} is already that of board {other.name}")
        found.append(board)
    return tuple(found)


def _clash(board: BoardDeclaration, other: BoardDeclaration) -> str:
    """What two boards may not share and do; empty where nothing."""
    if board.name == other.name:
        return f"the name {board.name}"
    if board.load and board.load == other.load:
        return f"load {board.load}"
    if board.apid == other.apid:
        return f"APID {board.apid:#x}"
    kinds = {t.kind for t in (*other.telecommands, *other.telemetry)}
    for message in (*board.telecommands, *board.telemetry):
        if message.kind in kinds:
            return f"payload {message.kind.__name__}"
    return ""


def simulated() -> tuple[str, ...]:
    """Names of the added boards that have a simulated device."""
    return tuple(board.name for board in added() if board.device)


def fitted(names: Iterable[str], where: str = "boards") -> tuple[BoardDeclaration, ...]:
    """The added boards of these names.

    Raises
    ------
    UserError
        A name that no installed package declares.
    """
    known = {board.name: board for board in added()}
    for name in names:
        if name not in known:
            raise UserError(
                f"{where}: {name!r} is no board that an installed package adds; those are:"
                f" {', '.join(known) or 'none'}"
            )
    return tuple(known[name] for name in names)


@cache
def load_of() -> dict[str, str]:
    """Which load of the EPS feeds a board, by the board's name, the added ones included.

    The EPS itself and the boards of the lander are fed by none.
    """
    return {**LOAD_OF_BOARD, **{board.name: board.load for board in added() if board.load}}


@cache
def declarations() -> dict[str, BoardDeclaration]:
    """Every board by name: built in, then added."""
    return {board.name: board for board in (*BUILT_IN, *added())}


def declaration(name: str) -> BoardDeclaration:
    """The board of that name, in capitals or not.

    Raises
    ------
    UserError
        There is none.
    """
    board = declarations().get(name.upper())
    if board is None:
        raise UserError(f"board {name!r} is unknown; known: {', '.join(declarations())}")
    return board


@cache
def _telecommands(board: str) -> dict[str, int]:
    """Number of each telecommand by its name; of a board that nobody declared, the common ones."""
    declared = declarations().get(board)
    known = declared.all_telecommands if declared is not None else COMMON_TELECOMMANDS
    return {telecommand.name: telecommand.message_id for telecommand in known}


def telecommand_name(board: str, message_id: int) -> str:
    """Name of a board's telecommand; `0x2a` where the board has none of that number."""
    for name, number in _telecommands(board).items():
        if number == message_id:
            return name
    return f"{message_id:#04x}"


def telecommand_id(board: str, name: str) -> int:
    """The number that `telecommand_name` was given.

    Raises
    ------
    ValueError
        The board has no telecommand of that name.
    """
    number = _telecommands(board).get(name)
    if number is not None:
        return number
    if name.startswith("0x"):
        return int(name, 16)
    raise ValueError(f"{board} has no telecommand {name!r}")
