"""Nodes from outside: `extra_nodes` of a scenario or rover.yaml, and what each brings along.

    extra_nodes:
      dust_watch: dust_watch.node:NODE

The right side is `module:attribute`, or the name of an entry point of the group
`lupex_rover.nodes`; it is an `ExtraNode`. Within a tick these nodes come after those of the graph.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lupex_rover.core.component import Component
from lupex_rover.core.errors import UserError
from lupex_rover.core.plugins import find
from lupex_rover.core.topic import Action, Topic
from lupex_rover.drivers.board_driver import BoardDriver
from lupex_rover.drivers.declared import DeclaredDriver, topics_of_board
from lupex_rover.graph import ACTIONS, NODES, TOPICS, join
from lupex_rover.instruments.component import PayloadInstrument, topics_of
from lupex_rover.instruments.interface import InstrumentChoice, check_slots, load_instrument
from lupex_rover.nodes.context import Context
from lupex_rover.protocol.boards import fitted
from lupex_rover.protocol.declaration import BoardDeclaration

GROUP = "lupex_rover.nodes"


@dataclass(frozen=True)
class ExtraNode:
    """A node from outside.

    Parameters
    ----------
    build : Callable[[Context], Component]
        Makes a fresh component; its `name` is the key in `extra_nodes`.
    topics : tuple[Topic[Any], ...]
        Those the graph does not have, see `graph.json_topic`.
    actions : tuple[Action[Any, Any, Any], ...]
        Those the graph does not have.
    """

    build: Callable[[Context], Component]
    topics: tuple[Topic[Any], ...] = ()
    actions: tuple[Action[Any, Any, Any], ...] = ()


def load_extra(wanted: Mapping[str, str], source: str = "") -> dict[str, ExtraNode]:
    """The nodes that `wanted` names; their topics and actions are in the graph from then on.

    Raises
    ------
    UserError
        It names the node, what it was to be loaded from, and what is wrong.
    """
    found: dict[str, ExtraNode] = {}
    for name, reference in wanted.items():
        where = _where(name, source)
        _check_name(name, where)
        found[name] = _found(reference, where)
    return found


def _found(reference: str, where: str) -> ExtraNode:
    extra = find(reference, GROUP, ExtraNode, where)
    for topic in extra.topics:
        if not dataclasses.is_dataclass(topic.message):
            raise UserError(f"{where}: {reference!r}: topic {topic.name!r}: not a dataclass")
    try:
        join(extra.topics, extra.actions)
    except UserError as error:
        raise UserError(f"{where}: {reference!r}: {error}") from None
    return extra


def load_outside(
    nodes: Mapping[str, str],
    instruments: Mapping[str, InstrumentChoice],
    source: str = "",
    boards: Iterable[str] = (),
) -> dict[str, ExtraNode]:
    """Drivers of boards from outside, nodes and instruments; as for `load_extra`."""
    check_slots(instruments)
    found = {board.node: _driver_node(board) for board in fitted(boards)}
    for name in {*nodes, *instruments} & set(found):
        raise UserError(f"{_where(name, source)}: the driver of a board has this name")
    for name in set(nodes) & set(instruments):
        raise UserError(f"{_where(name, source)}: an instrument has this name")
    found.update(load_extra(nodes, source))
    for name, choice in instruments.items():
        found[name] = _instrument_node(name, choice, source)
    return found


def _driver_node(board: BoardDeclaration) -> ExtraNode:
    """The node of an added board; its topics are in the graph from then on."""
    where = f"board {board.name}: driver"
    _check_name(board.node, f"board {board.name}: node {board.node}")
    if board.driver:
        made = _found(board.driver, where)
    else:
        topics = topics_of_board(board)
        join(topics, ())
        made = ExtraNode(lambda ctx: DeclaredDriver(board, ctx.lease(board.node)), topics)

    def build(ctx: Context) -> Component:
        driver = made.build(ctx)
        if not isinstance(driver, BoardDriver) or driver.serial != board.name:
            raise UserError(f"{where} {board.driver!r} builds no BoardDriver of this board")
        return driver

    return dataclasses.replace(made, build=build)


def _instrument_node(name: str, choice: InstrumentChoice, source: str) -> ExtraNode:
    """The node of a payload instrument; its topics are in the graph from then on."""
    where = f"{source}.instruments.{name}" if source else f"instruments.{name}"
    _check_name(name, where)
    instrument = load_instrument(name, choice, source)
    if not dataclasses.is_dataclass(instrument.product):
        raise UserError(f"{where}: {choice.use!r}: its product is not a dataclass")
    topics = topics_of(name, instrument)
    join(topics, ())
    return ExtraNode(lambda ctx: PayloadInstrument(name, choice.slot, instrument), topics)


def _check_name(name: str, where: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in {node.name for node in NODES}:
        raise UserError(f"{where}: is no name, or one of the graph's nodes; choose another")


def build_extra(ctx: Context, name: str, extra: ExtraNode) -> Component:
    """Its component, checked against the graph.

    Raises
    ------
    UserError
        It names the node, what it was loaded from, and what is wrong.
    """
    at = _where(name, ctx.source)
    if name in ctx.extra_nodes:
        at += f": {ctx.extra_nodes[name]!r}"
    try:
        made = extra.build(ctx)
    except UserError:
        raise
    except Exception as error:  # whatever foreign code does
        raise UserError(f"{at} cannot be built ({type(error).__name__}: {error})") from error
    if not isinstance(made, Component):
        raise UserError(f"{at} builds a {type(made).__name__}, not a Component")
    if made.name != name:
        raise UserError(f"{at} builds a component named {made.name!r}; name the key after it")
    for what, used, known in (
        ("topic", {*made.inputs, *made.outputs}, TOPICS),
        ("action", {*made.serves, *made.calls}, ACTIONS),
    ):
        for one in sorted(used - set(known)):
            raise UserError(f"{at}: {what} {one!r} is neither in the graph nor brought along")
    for action in made.serves:
        if action not in {a.name for a in extra.actions}:
            raise UserError(f"{at}: action {action!r} is served by a node of the graph")
    if made.serial is not None and name not in {board.node for board in fitted(ctx.boards)}:
        raise UserError(f"{at}: board {made.serial!r}: a node from outside owns no board's port")
    return made


def _where(name: str, source: str) -> str:
    return f"{source}.extra_nodes.{name}" if source else f"extra_nodes.{name}"
