"""Reference bags on emulated machines: `test/replay/machines.yaml` says which.

Each machine is a process of its own. Its environment tells the libraries what to take the
processor for. Its compile cache is empty at first, so that its code is compiled for it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.config_file import read_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.core.time import to_iso
from lupex_rover.runs.arithmetic_libraries import numpy_dispatched, numpy_features
from lupex_rover.runs.child_processes import Children

FILE = "machines.yaml"  # beside the cases
SEEDS = (1, 2, 3)
PROGRESS_S = 10.0
COMMANDS = "lupex_rover.cli"
NUMPY = "NPY_DISABLE_CPU_FEATURES"
# what a machine may set; a child has none of them but those of its machine
VARIABLES = (
    "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "OPENBLAS_CORETYPE", "OPENCV_CPU_DISABLE", NUMPY,
    "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM",
)  # fmt: skip
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # as `./lupex` sets them


@dataclass(frozen=True)
class Machine:
    """What a process is told about the processor it runs on."""

    variables: dict[str, str] = field(metadata={"description": "of the environment"})
    stands_for: str = param("", "the real machine")
    needs: tuple[str, ...] = field(
        default=(), metadata={"description": "flags of /proc/cpuinfo that the host must have"}
    )


@dataclass(frozen=True)
class Machines:
    """What stands in `machines.yaml`, the most different first."""

    machines: dict[str, Machine] = field(metadata={"description": "name -> machine"})
    source: str = param("", "file it was read from; set by `read`")

    def pick(self, names: Sequence[str] | None, first: int | None) -> dict[str, Machine]:
        """The machines of these names, or all; of them the first so many.

        Raises
        ------
        UserError
            No such machine, or fewer than one asked for.
        """
        if first is not None and first < 1:
            raise UserError(f"--first: {first} is not at least 1")
        for name in names or ():
            if name not in self.machines:
                has = ", ".join(self.machines)
                raise UserError(f"{self.source}: no machine {name!r}; has {has}")
        return {name: self.machines[name] for name in list(names or self.machines)[:first]}


@dataclass(frozen=True)
class Host:
    """The processor that all this runs on."""

    model: str
    architecture: str
    flags: frozenset[str]

    def __str__(self) -> str:
        has = [name for name in ("sse4_2", "avx", "avx2", "fma", "avx512f") if name in self.flags]
        return f"{self.model} ({self.architecture}, {os.cpu_count()} cores; {' '.join(has)})"


@dataclass
class Verdict:
    """What came of a machine; `why` is empty where all was as recorded."""

    machine: str
    outcome: str  # "as recorded", "DIFFERENT", "FAILED" or "skipped"
    why: str = ""
    seconds: float = 0.0
    libraries: dict[str, Any] = field(default_factory=dict)
    components: list[dict[str, Any]] = field(default_factory=list)
    missions: dict[int, str] = field(default_factory=dict)

    @property
    def bad(self) -> bool:
        return self.outcome in ("DIFFERENT", "FAILED")

    def __str__(self) -> str:
        text = f"{self.machine}: {self.outcome}"
        if self.components:
            text += f", {len(self.components)} reference bags in {self.seconds:.0f} s"
        if self.missions:
            seeds = ", ".join(f"{seed} {how}" for seed, how in self.missions.items())
            text += f", missions of seed {seeds}"
        return f"{text}: {self.why}" if self.why else text


def read(path: Path) -> Machines:
    """The machines in `path`.

    Raises
    ------
    UserError
        Missing, not yaml, or a wrong key or variable.
    """
    machines = params.load(Machines, {**read_yaml(path), "source": str(path)}, str(path))
    for name, machine in machines.machines.items():
        for variable in machine.variables:
            if variable not in VARIABLES:
                known = ", ".join(VARIABLES)
                where = f"{path}.machines.{name}.variables"
                raise UserError(f"{where}: {variable!r} is none of {known}")
    return machines


def read_host(cpuinfo: Path = Path("/proc/cpuinfo")) -> Host:
    """This machine; without flags where the system does not list them."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    told = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in reversed(lines))}
    model = told.get("model name") or platform.processor() or "unknown processor"
    return Host(model, platform.machine(), frozenset(told.get("flags", "").split()))


def obstacle(machine: Machine, host: Host) -> str:
    """Why the host cannot be this machine; empty where it can."""
    lacking = [flag for flag in machine.needs if flag not in host.flags]
    if lacking:
        return f"the processor lacks {', '.join(lacking)}"
    if NUMPY in machine.variables and not _numpy_names(machine, numpy_features()):
        return f"numpy uses none of {machine.variables[NUMPY]}"
    return ""


def environment(machine: Machine, cache: Path, ours: Mapping[str, str]) -> dict[str, str]:
    """Of the machine's process: `ours` but for what emulates, and a compile cache of its own."""
    told = {k: v for k, v in ours.items() if k not in VARIABLES}
    told.update(THREADS)
    told.update(machine.variables)
    if NUMPY in machine.variables:  # it warns of names that it does not know
        told[NUMPY] = " ".join(_numpy_names(machine, numpy_dispatched()))
    return {**told, "NUMBA_CACHE_DIR": str(cache)}


def _numpy_names(machine: Machine, known: Sequence[str]) -> list[str]:
    return [name for name in machine.variables[NUMPY].split() if name in known]


def unheeded(machine: Machine, libraries: Mapping[str, Any]) -> str:
    """Which variable a library took no notice of; empty where each did what it should."""
    told = machine.variables
    wanted = told.get("NUMBA_CPU_NAME", libraries["numba"])
    if libraries["numba"] != wanted:
        return f"numba compiles for {libraries['numba']}, not {wanted}"
    wanted = told.get("OPENBLAS_CORETYPE", libraries["openblas"])
    if libraries["openblas"] not in (None, wanted):
        return f"OpenBLAS takes the processor for {libraries['openblas']}, not {wanted}"
    off = told.get("OPENCV_CPU_DISABLE", "").split(",")
    for library, names in (("opencv", off), ("numpy", told.get(NUMPY, "").split())):
        used = [name for name in names if name in libraries[library]]
        if used:
            return f"{library} still uses {', '.join(used)}"
    return ""


def compare(
    machines: Mapping[str, Machine],
    arguments: Sequence[str],
    seeds: Sequence[int] = (),
    progress: Callable[[str], None] = lambda text: None,
) -> Iterator[Verdict]:
    """One verdict a machine, as they come.

    Parameters
    ----------
    arguments : Sequence[str]
        Of `lupex replay`, which reference bags.
    seeds : Sequence[int]
        Of the reference mission, flown in the harness on each machine.
    progress : Callable[[str], None]
        Takes what is being done, now and then.
    """
    host = read_host()
    with (
        tempfile.TemporaryDirectory(prefix="lupex-machines-") as top,
        Children(Path(top)) as children,
    ):
        for k, (name, machine) in enumerate(machines.items(), 1):
            why = obstacle(machine, host)
            if why:
                yield Verdict(name, "skipped", why)
                continue
            with tempfile.TemporaryDirectory(dir=top) as folder:
                title = f"{name} ({k} of {len(machines)})"
                run = _Process(children, Path(folder), machine, title, progress)
                verdict = _one(name, machine, run, arguments, seeds)
            yield verdict


def _one(
    name: str, machine: Machine, run: _Process, arguments: Sequence[str], seeds: Sequence[int]
) -> Verdict:
    """Compare the bags, then fly."""
    started = time.monotonic()
    code, said = run("reference bags", "replay", "--json", *arguments)
    verdict = Verdict(name, "FAILED", seconds=time.monotonic() - started)
    try:
        told = json.loads(said)
        verdict.components, verdict.libraries = told["components"], told["libraries"]
    except (ValueError, KeyError):
        verdict.why = f"ended with code {code}: {run.last_words()}"
        return verdict
    verdict.why = unheeded(machine, verdict.libraries)
    if verdict.why:  # the processor is not emulated: nothing was shown
        return verdict
    verdict.why = first_difference(verdict.components)
    verdict.outcome = "DIFFERENT" if verdict.why else "as recorded"
    if code != 0 and not verdict.why:
        verdict.outcome, verdict.why = "FAILED", run.last_words()
    for seed in seeds:
        arguments = ("--host", "harness", "--seed", str(seed), "--out", str(run.folder / "mission"))
        code, said = run(f"mission, seed {seed}", "mission", *arguments, "--force")
        verdict.missions[seed] = "succeeded" if code == 0 else "FAILED"
        if code != 0:
            verdict.outcome = "FAILED"
            verdict.why = verdict.why or (said.strip().splitlines() or [run.last_words()])[-1]
    return verdict


class _Process:
    """Runs commands of `lupex` on a machine, one after the other, with one compile cache."""

    def __init__(
        self,
        children: Children,
        folder: Path,
        machine: Machine,
        title: str,
        progress: Callable[[str], None],
    ) -> None:
        self.folder = folder
        self._children, self._log = children, folder / "errors.log"
        self._environment = environment(machine, folder / "compiled", os.environ)
        self._title, self._progress = title, progress

    def __call__(self, what: str, *arguments: str) -> tuple[int, str]:
        """Exit code and output of `lupex ARGUMENTS`."""
        started = time.monotonic()
        name = str(self._log.relative_to(self._children.folder).with_suffix(""))
        child = self._children.start(name, COMMANDS, *arguments, environment=self._environment)
        while True:
            self._progress(f"{self._title}: {what}, {time.monotonic() - started:.0f} s")
            try:
                said, _ = child.communicate(timeout=PROGRESS_S)
                return child.returncode, said
            except subprocess.TimeoutExpired:
                continue

    def last_words(self) -> str:
        """The last line that the process wrote to its errors."""
        log = self._log.read_text(encoding="utf-8", errors="replace")
        return (log.strip().splitlines() or ["it said nothing"])[-1]


def first_difference(reports: Sequence[Mapping[str, Any]]) -> str:
    """Of the first case that has one, and which others have; empty where all is as recorded."""
    different = [report for report in reports if report["differences"]]
    if not different:
        return ""
    d = different[0]["differences"][0]
    also = ", ".join(report["case"] for report in different[1:])
    return (
        f"{different[0]['case']}, {d['topic']} message {d['index']} at {to_iso(d['t_ns'])}:"
        f" {d['field']} is {d['ours']}, recorded {d['recorded']}{also and f'; also {also}'}"
    )


def tell_progress(text: str) -> None:
    """On standard error: a line that is written over on a terminal, a line each elsewhere."""
    end = "\r" if sys.stderr.isatty() else "\n"
    print(f"{text:<78}" if end == "\r" else text, end=end, file=sys.stderr, flush=True)
