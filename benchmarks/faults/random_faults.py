"""Files of faults drawn from a number, for the harness."""

from __future__ import annotations

import random
from typing import Any

from lupex_rover.core.config_file import to_yaml
from lupex_rover.graph import NODES
from lupex_rover.mission.params import PHASES
from lupex_rover.protocol.boards import BUILT_IN
from lupex_rover.scenarios.injected_fault import BOARD, COMPONENT, KINDS, MOTORS, SENSOR, readings

EACH = 3  # faults of a file
LONGEST_S, LATEST_S = 60.0, 600.0
EVENTS = ("NAV-011", "DRL-002", "DRL-008", "LND-021", "SCI-001")  # told in every good mission
KINDS_HERE = sorted(kind for kind, what in KINDS.items() if "harness" in what.hosts)


def drawn(number: int, phases: tuple[str, ...] = PHASES) -> list[dict[str, Any]]:
    """The faults of file `number`, as its yaml has them."""
    rng = random.Random(number)
    return [_fault(rng, phases) for _ in range(EACH)]


def text(number: int, phases: tuple[str, ...] = PHASES) -> str:
    """File `number`."""
    return to_yaml({"faults": drawn(number, phases)})


def _fault(rng: random.Random, phases: tuple[str, ...]) -> dict[str, Any]:
    kind = rng.choice(KINDS_HERE)
    return {
        "at": _at(rng, phases),
        "kind": kind,
        "target": _target(rng, kind),
        "for_s": round(LONGEST_S ** rng.random(), 1),
        "severity": round(rng.uniform(0.3, 1.0), 2),
    }


def _at(rng: random.Random, phases: tuple[str, ...]) -> dict[str, Any]:
    draw, after_s = rng.random(), round(LATEST_S ** rng.random(), 1)
    if draw < 0.7:
        return {"phase": f"{rng.choice(phases)}+{after_s:g}"}
    if draw < 0.8:
        return {"event": f"{rng.choice(EVENTS)}+{after_s:g}"}
    if draw < 0.9:
        return {"depth_m": round(rng.uniform(0.05, 1.4), 2)}
    return {"time_s": round(rng.uniform(1.0, 3600.0), 1)}


def _target(rng: random.Random, kind: str) -> str:
    what = KINDS[kind].target
    if what == BOARD:
        return rng.choice(BUILT_IN).name
    if what == SENSOR:
        board = rng.choice([board for board in BUILT_IN if readings(board)])
        return f"{board.name}.{rng.choice(readings(board))}"
    names = [node.name for node in NODES]
    if what == COMPONENT:
        return rng.choice(names)
    if kind == "stick":
        return rng.choice(sorted(MOTORS))
    return rng.choice(["flight", *names])
