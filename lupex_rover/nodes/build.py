"""Makes the components that `graph.NODES` names, and those from outside."""

from __future__ import annotations

import importlib
from collections.abc import Collection

from lupex_rover.core.component import Component
from lupex_rover.graph import NODES
from lupex_rover.nodes.context import Context
from lupex_rover.nodes.extra import build_extra, load_outside
from lupex_rover.nodes.names import check_names


def components(ctx: Context, names: Collection[str] | None = None) -> list[Component]:
    """Fresh components in the order of the graph, then those from outside; `names` picks some.

    Raises
    ------
    UserError
        A name in `names` or in the configuration that is no node, or a wrong one from outside.
    """
    check_names([*(names or ()), *ctx.config], ctx.outside)
    made = []
    for node in NODES:
        if names is None or node.name in names:
            module, function = node.build.split(":")
            made.append(getattr(importlib.import_module(module), function)(ctx))
    # all of them, for one may speak of another's topics
    extra = load_outside(ctx.extra_nodes, ctx.instruments, ctx.source, ctx.boards)
    for name, one in extra.items():
        if names is None or name in names:
            made.append(build_extra(ctx, name, one))
    return made
