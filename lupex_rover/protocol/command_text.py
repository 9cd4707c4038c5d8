"""Telecommands as a person writes them: `NAME FIELD=VALUE ...`, checked against the declaration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lupex_rover.core.errors import UserError
from lupex_rover.protocol.declaration import BoardDeclaration, Telecommand
from lupex_rover.protocol.fields import TO_END, Field
from lupex_rover.protocol.layouts import MAX_BYTES


def telecommand(board: BoardDeclaration, name: str) -> Telecommand:
    """The telecommand of that name, in capitals or not.

    Raises
    ------
    UserError
        The board has none.
    """
    for known in board.all_telecommands:
        if known.name == name.upper():
            return known
    names = ", ".join(t.name for t in board.all_telecommands)
    raise UserError(f"{board.name}: telecommand {name!r} is unknown; known: {names}")


def payload(board: BoardDeclaration, command: Telecommand, words: Sequence[str]) -> Any:
    """The payload that `words`, each `FIELD=VALUE`, ask for.

    A vector is written `1,2,3`; one number alone stands for all of them. Bytes are hexadecimal.

    Raises
    ------
    UserError
        A field that is unknown, missing, given twice, no number, of another length or out of
        range; the text names the field with its unit and what is allowed.
    """
    where = f"{board.name} {command.name}"
    given: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise UserError(f"{where}: {word!r} is not FIELD=VALUE{_known(command)}")
        if name not in command.fields:
            raise UserError(f"{where}: field {name!r} is unknown{_known(command)}")
        if name in given:
            raise UserError(f"{where}: field {name} is given twice")
        given[name] = text
    missing = [name for name in command.fields if name not in given]
    if missing:
        lines = (f"{name} ({command.fields[name].range_text})" for name in missing)
        raise UserError(f"{where}: missing {', '.join(lines)}")
    return command.kind(
        *(_value(f"{where}: {name}", field, given[name]) for name, field in command.fields.items())
    )


def _known(command: Telecommand) -> str:
    names = ", ".join(command.fields)
    return f"; its fields: {names}" if names else "; it has no fields"


def _value(where: str, field: Field, text: str) -> Any:
    if field.code == TO_END:
        return _bytes(where, text)
    parts = text.split(",")
    if field.is_vector and len(parts) == 1:
        parts *= field.count
    if len(parts) != field.count:
        raise UserError(f"{where}: {len(parts)} numbers, not {field.count}")
    numbers = tuple(_number(where, field, part) for part in parts)
    return numbers if field.is_vector else numbers[0]


def _number(where: str, field: Field, text: str) -> float:
    try:
        value: float = float(text) if field.code == "f" else int(text, 0)
    except ValueError:
        kind = "a number" if field.code == "f" else "a whole number"
        raise UserError(f"{where}: {text!r} is not {kind}; allowed: {field.range_text}") from None
    if not field.check()(value):
        told = "nan" if math.isnan(value) else f"{value:g}" if field.code == "f" else f"{value}"
        raise UserError(f"{where}: {told} is out of range; allowed: {field.range_text}")
    return value


def _bytes(where: str, text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise UserError(f"{where}: {text!r} is not hexadecimal") from None
    if len(data) > MAX_BYTES:
        raise UserError(f"{where}: {len(data)} bytes; at most {MAX_BYTES} are allowed")
    return data
