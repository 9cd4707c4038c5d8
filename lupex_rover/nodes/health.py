"""Node `health`."""

from __future__ import annotations

import contextlib
from pathlib import Path

from lupex_rover.core.errors import UserError
from lupex_rover.health import table
from lupex_rover.health.monitor import HealthMonitor
from lupex_rover.health.params import HealthParams
from lupex_rover.nodes.context import Context


def faults_path() -> Path:
    """`config/faults.yaml` of the source tree, or of the installed share folder.

    Raises
    ------
    UserError
        It stands in neither.
    """
    path = Path(__file__).resolve().parents[2] / "config" / "faults.yaml"
    if path.is_file():
        return path
    with contextlib.suppress(ImportError, LookupError):  # no ament here: told below
        from ament_index_python.packages import get_package_share_directory

        path = Path(get_package_share_directory("lupex_rover")) / "config" / "faults.yaml"
    if not path.is_file():
        raise UserError(f"{path}: the fault table is missing; set health.faults_file")
    return path


def build(ctx: Context) -> HealthMonitor:
    """The health monitor with the packaged fault table, or that of `health.faults_file`."""
    params = ctx.params("health", HealthParams)
    path = Path(params.faults_file) if params.faults_file else faults_path()
    return HealthMonitor(params, table.read(path))
