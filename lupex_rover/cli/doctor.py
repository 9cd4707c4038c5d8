"""`lupex doctor`: what was found, what is wrong, what to do about it."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from lupex_rover.cli.common.missing import SETS

FREE_GB = 2.0
LIBRARIES = (
    "numpy", "scipy", "numba", "cv2", "mujoco", "rasterio", "astronomy", "transforms3d", "serial",
    "cobs", "rosbags", "mcap", "matplotlib", "plotly", "typer", "rich", "xacro", "yaml",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    what: str
    found: str
    ok: bool
    remedy: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what was found on this machine, what is wrong, and what to do about it."""
    findings = [check() for check in CHECKS]
    good = all(f.ok for f in findings)
    if as_json:
        told = {"ok": good, "python": sys.executable, "findings": [asdict(f) for f in findings]}
        print(json.dumps(told, indent=1))
    else:
        _show(findings, good)
    raise typer.Exit(0 if good else 2)


def _show(findings: list[Finding], good: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "what", "found", "what to do", box=None, pad_edge=False)
    for f in findings:
        table.add_row("[green]ok[/]" if f.ok else "[red]no[/]", f.what, f.found, f.remedy)
    console = Console()
    console.print(table)
    console.print("all is well" if good else "[red]mend the lines marked `no`[/]")


def _python() -> Finding:
    version = platform.python_version()
    ok = (3, 10) <= sys.version_info[:2] <= (3, 13)
    return Finding("Python", f"{version}, {sys.executable}", ok, "" if ok else "use 3.10 to 3.13")


def _machine() -> Finding:
    ok = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
    found = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return Finding("machine", found, ok, "" if ok else "run on Linux")


def _compiler() -> Finding:
    found = shutil.which("c++") or shutil.which("g++") or ""
    remedy = "" if found else "install a C++ compiler (Debian: apt install g++)"
    return Finding("C++ compiler", found or "none", bool(found), remedy)


def _libraries() -> Finding:
    sets = set(os.environ.get("LUPEX_EXTRAS", "development").split(","))
    whole = "development" in sets
    wanted = [n for n in LIBRARIES if whole or SETS.get(n, "flight") in {"flight", *sets}]
    missing = [name for name in wanted if importlib.util.find_spec(name) is None]
    remedy = "delete .lupex and call ./lupex again" if missing else ""
    found = f"missing: {', '.join(missing)}" if missing else f"{len(wanted)} present"
    return Finding("libraries", found, not missing, remedy)


def _ros() -> Finding:
    if os.environ.get("LUPEX_NO_ROS"):
        return Finding("ROS 2", "left out: " + os.environ["LUPEX_NO_ROS"], True)
    try:
        import rclpy  # noqa: F401

        distro = os.environ.get("ROS_DISTRO", "jazzy (wheels)")
        return Finding("ROS 2", distro, True)
    except ImportError as error:
        return Finding("ROS 2", str(error), False, "call ./lupex, not python, or source Jazzy")


def _interfaces() -> Finding:
    if os.environ.get("LUPEX_NO_ROS"):
        return Finding("messages", "as bytes in bags only, without ROS 2", True)
    try:
        for module, name in (
            ("lupex_rover_interfaces.action", "DriveTo"), ("tf2_msgs.msg", "TFMessage"),
        ):  # fmt: skip
            if not hasattr(importlib.import_module(module), name):
                raise ImportError(f"cannot import name {name!r} from {module!r}")
        return Finding("messages", "lupex_rover_interfaces, tf2_msgs", True)
    except ImportError as error:
        return Finding("messages", str(error), False, "delete .lupex and call ./lupex again")


def _map() -> Finding:
    from lupex_rover.core.errors import UserError
    from lupex_rover.terrain.base_map import default_map_path

    try:
        return Finding("LOLA map", str(default_map_path()), True)
    except UserError as error:
        if os.environ.get("LUPEX_EXTRAS") == "flight":
            return Finding("LOLA map", "left out: what flies brings its own map", True)
        return Finding("LOLA map", str(error), False, "pip install --no-deps lunar-toolkit")


def _terminals() -> Finding:
    try:
        master, slave = os.openpty()
        os.close(master)
        os.close(slave)
        return Finding("pseudo-terminals", "can be opened", True)
    except OSError as error:
        return Finding("pseudo-terminals", str(error), False, "mount /dev/pts")


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    ok = free > FREE_GB
    return Finding("disk", f"{free:.0f} GB free here", ok, "" if ok else f"free {FREE_GB:.0f} GB")


CHECKS: tuple[Callable[[], Finding], ...] = (
    _machine, _python, _compiler, _libraries, _ros, _interfaces, _map, _terminals, _disk,
)  # fmt: skip
