"""Node `health`."""

from __future__ import annotations

from pathlib import Path

from lupex_rover.core.files import shipped
from lupex_rover.health import table
from lupex_rover.health.monitor import HealthMonitor
from lupex_rover.health.params import HealthParams
from lupex_rover.nodes.context import Context
from lupex_rover.protocol.boards import fitted


def build(ctx: Context) -> HealthMonitor:
    """The health monitor with the packaged fault table, or that of `health.faults_file`.

    It watches the boards of the package and those from outside that are fitted.
    """
    params = ctx.params("health", HealthParams)
    path = Path(params.faults_file) if params.faults_file else shipped("config/faults.yaml")
    added = fitted(ctx.boards)
    return HealthMonitor(params, table.read(path, added), added)
