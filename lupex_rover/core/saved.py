"""Save and restore of what changes while a simulation runs: plain data, no pickles.

A snapshot is made of dictionaries, lists, texts, whole and real numbers, booleans and None, so JSON
and msgpack can hold it. Whatever else there is stands in a dictionary of one tag (`plain`).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from lupex_rover.core.errors import UserError

LARGEST_INT = 2**63


class Saved(Protocol):
    """What can be saved, and go on from there as if nothing had been between."""

    def save(self) -> dict[str, Any]:
        """Everything that changes while it runs, as plain data."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take on what `save` gave, of an object that was made with the same parameters and seed.

        Raises
        ------
        UserError
            The state is of something else; the text names the field.
        """
        ...


class SavedFields:
    """A `Saved` by the names of its attributes.

    Every attribute stands in one of three lists; `unlisted` names those that do not, and a test
    asks it. A subclass lists its own, those of its bases count too.

    Class attributes
    ----------------
    SAVED : attributes that change, each something that `plain` takes or a random generator.
    PARTS : attributes that are `Saved` themselves.
    FIXED : attributes made once from parameters and seed, or caches that change no result.
    """

    SAVED: ClassVar[tuple[str, ...]] = ()
    PARTS: ClassVar[tuple[str, ...]] = ()
    FIXED: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def _listed(cls, name: str) -> tuple[str, ...]:
        return tuple(n for base in reversed(cls.__mro__) for n in base.__dict__.get(name, ()))

    def save(self) -> dict[str, Any]:
        """See `Saved`."""
        state = {name: plain(getattr(self, name)) for name in self._listed("SAVED")}
        state.update({name: getattr(self, name).save() for name in self._listed("PARTS")})
        return state

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`."""
        for name in self._listed("SAVED"):
            value = entry(self, state, name)
            mine = getattr(self, name)
            if isinstance(mine, np.random.Generator):  # in place: others may hold it, too
                mine.bit_generator.state = unplain(value)
            else:
                setattr(self, name, unplain(value))
        for name in self._listed("PARTS"):
            getattr(self, name).restore(entry(self, state, name))

    def unlisted(self) -> set[str]:
        """Attributes that stand in no list, and names in the lists that are no attribute."""
        listed = {n for which in ("SAVED", "PARTS", "FIXED") for n in self._listed(which)}
        return listed ^ set(vars(self))


def entry(owner: object, state: Mapping[str, Any], name: str) -> Any:
    """`state[name]`; a UserError names what is missing."""
    if name not in state:
        raise UserError(f"snapshot: {type(owner).__name__}.{name.lstrip('_')} is missing")
    return state[name]


def plain(value: Any) -> Any:
    """`value` as plain data; `unplain` gives it back with its type.

    Raises
    ------
    TypeError
        Of a type that has no plain form.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.ascontiguousarray(value)
        return {"array": [array.dtype.str, list(np.shape(value)), _text(array.tobytes())]}
    if isinstance(value, int):
        return int(value) if -LARGEST_INT <= value < LARGEST_INT else {"int": str(int(value))}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, bytes):
        return {"bytes": _text(value)}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [plain(part) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[plain(key), plain(part)] for key, part in value.items()]}
    if isinstance(value, np.random.Generator):
        return plain(value.bit_generator.state)
    raise TypeError(f"{type(value).__name__} has no plain form")


def unplain(value: Any) -> Any:
    """What `plain` was given; a random generator comes back as its state.

    Raises
    ------
    UserError
        Not made by `plain`.
    """
    if isinstance(value, list):
        return [unplain(part) for part in value]
    if not isinstance(value, dict):
        return value
    try:
        ((tag, held),) = value.items()
        return _UNPLAIN[tag](held)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"snapshot: {str(value)[:60]} is no saved value ({error})") from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _array(held: list[Any]) -> Any:
    kind, shape, text = held
    array = np.frombuffer(base64.b64decode(text), np.dtype(kind)).reshape(shape).copy()
    return array if shape else array[()]


_UNPLAIN: dict[str, Callable[[Any], Any]] = {
    "array": _array,
    "int": int,
    "float": float,
    "bytes": base64.b64decode,
    "tuple": lambda held: tuple(unplain(part) for part in held),
    "dict": lambda held: {unplain(key): unplain(part) for key, part in held},
}
