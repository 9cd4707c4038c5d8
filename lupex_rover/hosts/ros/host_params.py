"""Parameters of the ROS host: key `host` of config/rover.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import param


@dataclass(frozen=True)
class HostParams:
    failures_in_a_row: int = param(
        20, "number of failed turns in a row after which a component is stopped and its node"
        " goes through lifecycle's error state; 20 are 1 s of a driver, 2 s of the navigator",
        low=1, high=100_000,
    )  # fmt: skip
    failures_tell_s: float = param(
        10.0, "least time between two events on the failures of one component",
        unit="s", low=0, high=3600,
    )  # fmt: skip
