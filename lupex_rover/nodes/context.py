"""What a node's builder is given: everything a component needs that is not a message."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from lupex_rover.core import params
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.drivers.lease import LeaseParams, with_supervisor
from lupex_rover.instruments.interface import InstrumentChoice
from lupex_rover.mission.params import PHASES
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.protocol.boards import fitted
from lupex_rover.terrain.dem import Dem

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """`config` maps a node name to its parameter values (config/rover.yaml and overrides)."""

    onboard_map: Dem
    plan: MissionPlan
    vehicle: Vehicle
    seed: int
    config: dict[str, dict[str, Any]] = field(default_factory=dict)
    phases: tuple[str, ...] = PHASES
    source: str = ""  # file that `config` comes from, for errors
    extra_nodes: dict[str, str] = field(default_factory=dict)  # node from outside -> where it is
    instruments: dict[str, InstrumentChoice] = field(default_factory=dict)  # each a node, too
    boards: tuple[str, ...] = ()  # names of those from outside that the rover has
    extra_phases: dict[str, str] = field(default_factory=dict)  # phase from outside -> where it is
    supervised: bool = False  # a supervisor began the process: motion needs its lease

    @property
    def outside(self) -> list[str]:
        """Names of all nodes that the graph does not have."""
        return [
            *(board.node for board in fitted(self.boards)),
            *self.extra_nodes,
            *self.instruments,
        ]

    def params(self, node: str, cls: type[T]) -> T:
        """The node's parameters, checked; unknown keys are refused by name."""
        return params.load(cls, self.config.get(node), self.where(node))

    def lease(self, node: str) -> LeaseParams:
        """Whose leases the driver `node` needs."""
        params = self.params(node, LeaseParams)
        return with_supervisor(params) if self.supervised else params

    def where(self, node: str) -> str:
        """What errors in a node's parameters name."""
        return f"{self.source}.nodes.{node}" if self.source else node

    def rng(self, node: str) -> np.random.Generator:
        """The node's own generator: the same for the same seed, whatever else runs."""
        return np.random.default_rng([self.seed, zlib.crc32(node.encode())])
