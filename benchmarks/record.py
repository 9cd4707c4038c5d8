"""A benchmark's figures with what they hang on: date, machine, commit, libraries."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("numpy", "scipy", "numba", "opencv-python-headless", "mujoco", "rasterio", "mcap",
             "rosbags", "skyfield", "pybamm", "ros-jazzy-rclpy")  # fmt: skip


def circumstances() -> dict[str, Any]:
    """Taken before a benchmark runs: the load is then that of others."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": {
            "processor": _processor(), "cores": os.cpu_count(), "memory_gb": _memory_gb(),
            "load_of_others": None if load is None else round(load, 1),
        },
        **_commit(),
        "python": platform.python_version(),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
    }  # fmt: skip


def record(
    name: str, options: Mapping[str, Any], figures: Mapping[str, Any], around: Mapping[str, Any]
) -> dict[str, Any]:
    """What is stored in docs/benchmarks/data/NAME.json."""
    return {"bench": name, "options": dict(options), **around, "figures": dict(figures)}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (OSError, ValueError):
        return None


def _commit() -> dict[str, Any]:
    """The commit, and whether files that git knows differ from it; None outside a checkout."""
    try:
        told = [
            subprocess.run(
                ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
            ).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "-uno"])
        ]
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "files_changed": None}
    return {"commit": told[0], "files_changed": bool(told[1])}
