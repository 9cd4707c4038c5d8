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
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from lupex_rover.cli.common import doctor_tries
from lupex_rover.cli.common.missing import SETS
from lupex_rover.core.errors import UserError
from lupex_rover.core.foreign import reason
from lupex_rover.core.isolation import LEFT_OUT

FREE_GB = 2.0
LIBRARIES = (
    "numpy", "scipy", "numba", "cv2", "mujoco", "rasterio", "astronomy", "transforms3d", "serial",
    "cobs", "rosbags", "mcap", "matplotlib", "plotly", "typer", "rich", "xacro", "yaml",
)  # fmt: skip


REBUILD = "delete .lupex and call ./lupex again"
TRIES: tuple[tuple[str, Callable[[], str], str], ...] = (
    ("projection", doctor_tries.projection, f"unset PROJ_LIB and PROJ_DATA, or {REBUILD}"),
    ("map file", doctor_tries.map_file, f"see that the disk has room, or {REBUILD}"),
    ("numba", doctor_tries.compiler, f"unset NUMBA_*, or {REBUILD}"),
    ("pseudo-terminals", doctor_tries.terminal, "mount /dev/pts"),
    ("pictures", doctor_tries.picture, f"unset OPENCV_*, or {REBUILD}"),
)


@dataclass(frozen=True)
class Finding:
    what: str
    found: str
    ok: bool
    remedy: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    run: Annotated[
        Path | None, typer.Option(help="Say why the run in this folder ended, and no more.")
    ] = None,
) -> None:
    """Say what was found on this machine, what is wrong, and what to do about it.

    With --run it exits with 0 where the run ended well or still runs, else with 1.
    """
    if run is not None:
        _explain(run, as_json)
    findings = [check() for check in CHECKS]
    good = all(f.ok for f in findings)
    if as_json:
        told = {"ok": good, "python": sys.executable, "findings": [asdict(f) for f in findings]}
        print(json.dumps(told, indent=1))
    else:
        _show(findings, good)
    raise typer.Exit(0 if good else 2)


def _explain(run: Path, as_json: bool) -> NoReturn:
    """The end of a run in words."""
    from lupex_rover.runs.why_ended import why_ended

    told = why_ended(run)
    if as_json:
        print(json.dumps(asdict(told), indent=1))
    else:
        print(f"{run}: {told.verdict}")
        for title, lines in (
            ("what happened last", told.happened), ("processes", told.processes),
            ("last warnings and faults", told.faults), ("damaged or missing", told.wrong),
            ("what to do", told.to_do),
        ):  # fmt: skip
            if lines:
                print(f"{title}:", *(f"  {line}" for line in lines), sep="\n")
    raise typer.Exit(0 if told.well else 1)


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
    remedy = REBUILD if missing else ""
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
        return Finding("messages", str(error), False, REBUILD)


def _map() -> Finding:
    from lupex_rover.terrain.base_map import default_map_path

    try:
        return Finding("LOLA map", str(default_map_path()), True)
    except UserError as error:
        if os.environ.get("LUPEX_EXTRAS") == "flight":
            return Finding("LOLA map", "left out: what flies brings its own map", True)
        return Finding("LOLA map", str(error), False, "pip install --no-deps lunar-toolkit")


def _tried(what: str, try_it: Callable[[], str], remedy: str) -> Finding:
    """What a try saw; whatever it raises is what is wrong."""
    try:
        return Finding(what, try_it(), True)
    except doctor_tries.WrongAnswer as wrong:
        return Finding(what, str(wrong), False, remedy)
    except Exception as error:  # finding out what may be raised is what it is for
        return Finding(what, str(error) if isinstance(error, UserError) else reason(error), False,
                       remedy)  # fmt: skip


def _message() -> Finding:
    if os.environ.get("LUPEX_NO_ROS"):
        return Finding("sent message", "not tried, without ROS 2", True)
    remedy = "call ./lupex, not python; see that RMW_IMPLEMENTATION and ROS_* are of Jazzy"
    return _tried("sent message", doctor_tries.message, remedy)


def _environment() -> Finding:
    names = os.environ.get(LEFT_OUT, "").strip(",").replace(",", ", ")
    found = f"left out, of other programs: {names}" if names else "nothing of other programs in it"
    return Finding("environment", found, True)


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    ok = free > FREE_GB
    return Finding("disk", f"{free:.0f} GB free here", ok, "" if ok else f"free {FREE_GB:.0f} GB")


CHECKS: tuple[Callable[[], Finding], ...] = (
    _machine, _python, _environment, _compiler, _libraries, _ros, _interfaces, _message, _map,
    *(partial(_tried, *line) for line in TRIES), _disk,
)  # fmt: skip
