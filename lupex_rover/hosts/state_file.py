"""One file of state: plain data with checksum, generation, and of which world and plan it is.

It is one line of json whose last key is the checksum of all before it, so that any byte that was
changed, lost or added shows, and people can read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.mission.plan import MissionPlan

FORMAT = 1
_MIDDLE, _END = b',"sha256":"', b'"}\n'
_TAIL = len(_MIDDLE) + 64 + len(_END)


@dataclass(frozen=True)
class Owner:
    """Whose state it is; empty: of no run.

    Attributes
    ----------
    world : str
        `rover`, or what tells one simulated world from another (`scenarios.run_world`).
    plan : str
        Of the mission, as `plan_id` gives it.
    """

    world: str = ""
    plan: str = ""


def plan_id(plan: MissionPlan) -> str:
    """The same for the same plan, and for no other."""
    text = json.dumps(asdict(plan), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class StateFile:
    """What stands in one file; `generation` counts the states that were written."""

    format: int
    generation: int
    owner: Owner
    state: dict[str, Any]


def text_of(state: Mapping[str, Any]) -> str:
    """`state` as json; arrays and numbers of numpy become plain.

    Raises
    ------
    TypeError
        Something in it cannot be kept.
    """
    return json.dumps(state, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be persisted")


def pack(generation: int, owner: Owner, state: str) -> bytes:
    """The file's bytes; `state` as `text_of` gives it."""
    head = json.dumps({"format": FORMAT, "generation": generation, "owner": asdict(owner)})
    body = f'{head[:-1]}, "state": {state}'.encode()
    return body + _MIDDLE + hashlib.sha256(body).hexdigest().encode() + _END


def read(path: Path) -> StateFile:
    """What stands in a file.

    Raises
    ------
    UserError
        It cannot be read, or as `unpack`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    return unpack(data, str(path))


def unpack(data: bytes, where: str) -> StateFile:
    """What the bytes of a file hold; `where` names it in errors.

    Raises
    ------
    UserError
        A byte is not as it was written, or another version wrote them.
    """
    body, tail = data[:-_TAIL], data[-_TAIL:]
    if not (tail.startswith(_MIDDLE) and tail.endswith(_END)):
        raise UserError(f"{where}: {_without_checksum(data)}")
    if hashlib.sha256(body).hexdigest().encode() != tail[len(_MIDDLE) : -len(_END)]:
        raise UserError(f"{where}: is damaged, its checksum is another")
    values = json.loads(body + b"}")  # as it was written: the checksum says so
    if values.get("format") != FORMAT:
        raise UserError(
            f"{where}: is of format {values.get('format')}, this version reads {FORMAT}"
        )
    owner = params.load(Owner, values["owner"], f"{where}.owner")
    return StateFile(FORMAT, values["generation"], owner, values["state"])


def _without_checksum(data: bytes) -> str:
    """Why: the file of a version that kept none is told from a damaged one."""
    try:
        values = json.loads(data)
    except ValueError:
        values = None
    if isinstance(values, dict) and not {"format", "generation", "sha256"} & set(values):
        return "has no checksum and does not say of which world it is: an older version wrote it"
    return "is damaged, its end is missing"
