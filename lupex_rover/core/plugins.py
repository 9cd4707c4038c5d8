"""Code from outside the package, found by name: an entry point's, or `module:attribute`."""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import Any, TypeVar

from lupex_rover.core.errors import UserError

T = TypeVar("T")


def find(reference: str, group: str, kind: type[T], where: str) -> T:
    """The object that `reference` names.

    Parameters
    ----------
    reference : str
        "module:attribute" of any module that Python finds, or the name of an entry point.
    group : str
        The entry point's group, for instance "lupex_rover.nodes".
    kind : type[T]
        What it must be.
    where : str
        Names the file and key in errors.

    Raises
    ------
    UserError
        Nothing has the name, it fails when it is imported, or it is something else.
    """
    at = f"{where}: {reference!r}"
    found = _load(reference, group, at)
    if not isinstance(found, kind):
        raise UserError(f"{at} is a {type(found).__name__}; {group} needs a {kind.__name__}")
    return found


def names(group: str) -> list[str]:
    """Entry points of the group that are installed here."""
    return sorted({entry.name for entry in importlib.metadata.entry_points(group=group)})


def _load(reference: str, group: str, at: str) -> Any:
    module, colon, attribute = str(reference).partition(":")
    if not colon:
        entries = importlib.metadata.entry_points(group=group, name=str(reference))
        if not entries:
            known = ", ".join(names(group)) or "none is installed"
            raise UserError(f"{at} is no entry point of {group} ({known}) and no module:attribute")
        module, _, attribute = next(iter(entries)).value.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:  # whatever foreign code does when it is imported
        raise UserError(f"{at} cannot be loaded ({type(error).__name__}: {error})") from error
    return found
