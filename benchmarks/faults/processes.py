"""What the processes of a run hold: descriptors, threads, memory, as the kernel tells."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lupex_rover.runs.child_processes import resident_mb


@dataclass(frozen=True)
class Held:
    """Of one process."""

    descriptors: int
    threads: int
    memory_mb: float


def held_by(pid: int) -> Held | None:
    """What a process holds; None: it is gone."""
    place = Path(f"/proc/{pid}")
    try:
        descriptors = len(os.listdir(place / "fd"))
        threads = len(os.listdir(place / "task"))
    except OSError:
        return None
    return Held(descriptors, threads, resident_mb(pid))


def tree_of(pid: int) -> dict[int, str]:
    """The process, its children and theirs: pid -> name (`--name` or the module that it runs)."""
    parents = {int(p.name): _parent(p) for p in Path("/proc").iterdir() if p.name.isdigit()}
    found, new = {pid}, {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return {one: _name(one) for one in sorted(found)}


def with_words(*words: str) -> list[int]:
    """Processes whose command line holds all these words."""
    return [
        int(p.name)
        for p in Path("/proc").iterdir()
        if p.name.isdigit() and all(word in " ".join(_command(int(p.name))) for word in words)
    ]


def _parent(place: Path) -> int:
    try:
        return int((place / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _name(pid: int) -> str:
    words = _command(pid)
    if "--name" in words[:-1]:
        return words[words.index("--name") + 1]
    modules = [word for word in words if word.startswith(("lupex_rover.", "benchmarks."))]
    return modules[0].rpartition(".")[2] if modules else "other"
