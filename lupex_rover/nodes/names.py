"""Names of nodes, checked without loading what the nodes need."""

from __future__ import annotations

from collections.abc import Iterable

from lupex_rover.core.config_file import unknown
from lupex_rover.core.errors import UserError
from lupex_rover.graph import NODES


def check_names(names: Iterable[str], extra: Iterable[str] = ()) -> None:
    """Raise a UserError that names what is no node of the graph and none of `extra`."""
    known = {*(node.name for node in NODES), *extra}
    for name in names:
        if name not in known:
            raise UserError(f"node {name!r} is unknown; {unknown(name, known)}")
