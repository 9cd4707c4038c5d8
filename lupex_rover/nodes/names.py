"""Names of nodes, checked without loading what the nodes need."""

from __future__ import annotations

from collections.abc import Iterable

from lupex_rover.core.config_file import unknown
from lupex_rover.core.errors import UserError
from lupex_rover.graph import NODES


def check_names(names: Iterable[str], extra: Iterable[str] = (), where: str = "") -> None:
    """Raise a UserError that names, after `where`, what is neither in the graph nor in `extra`."""
    known = {*(node.name for node in NODES), *extra}
    for name in names:
        if name not in known:
            raise UserError(f"{where}node {name!r} is unknown; {unknown(name, known)}")
