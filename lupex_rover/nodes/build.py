"""Makes the components that `graph.NODES` names."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable

from lupex_rover.core.component import Component
from lupex_rover.core.errors import UserError
from lupex_rover.graph import NODES
from lupex_rover.nodes.context import Context


def check_names(names: Iterable[str]) -> None:
    """Raise a UserError that names what is no node of the graph."""
    known = {node.name for node in NODES}
    for name in names:
        if name not in known:
            raise UserError(f"node {name!r} is unknown; known: {', '.join(sorted(known))}")


def components(ctx: Context, names: Collection[str] | None = None) -> list[Component]:
    """Fresh components in the order of the graph; `names` picks some of them.

    Raises
    ------
    UserError
        A name in `names` or in the configuration that is no node.
    """
    check_names([*(names or ()), *ctx.config])
    made = []
    for node in NODES:
        if names is None or node.name in names:
            module, function = node.build.split(":")
            made.append(getattr(importlib.import_module(module), function)(ctx))
    return made
