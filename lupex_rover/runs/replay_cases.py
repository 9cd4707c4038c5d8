"""Reference bags: `test/replay/cases.yaml` says which, `lupex replay` compares them.

`replay_update` writes them anew.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.config_file import read_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.graph import TOPICS
from lupex_rover.hosts.replay import RANK
from lupex_rover.runs.replay_compare import Tolerance, Tolerances

DEFAULT = Path("test/replay/cases.yaml")


@dataclass(frozen=True)
class Case:
    """One reference bag and the components that are replayed on it, together."""

    components: tuple[str, ...] = field(
        metadata={"description": "nodes that are replayed on the bag, together"}
    )
    phase: str = param("descent", "phase of the mission whose start is second 0 of the cut")
    from_s: float = param(0.0, "first second of the cut", unit="s")
    to_s: float = param(60.0, "last second of the cut", unit="s")
    carry: tuple[str, ...] = field(
        default=(), metadata={"description": "topics whose last message before the cut is kept"}
    )
    keep_every: dict[str, int] = param({}, "topics that are thinned: each n-th message is kept")
    tolerances: dict[str, Tolerance] = param({}, "tolerance of each topic, or of each topic.field")


@dataclass(frozen=True)
class Cases:
    """What stands in `cases.yaml`."""

    cases: dict[str, Case] = field(
        metadata={"description": "case of each name, which is also that of its .mcap file"}
    )
    run: str = param(
        "run", "folder with scenario (flown.yaml or result.json), plan.json, onboard_map.tif"
    )
    map_m: tuple[float, float] = param(
        (1000.0, 1000.0), "width and height of the map that is kept round the target", unit="m",
    )  # fmt: skip
    tolerance: Tolerance = field(
        default=Tolerance(), metadata={"description": "tolerance of all fields that no case names"}
    )
    source: str = param("", "file that the cases were read from; set by `read`")

    @property
    def folder(self) -> Path:
        return Path(self.source).parent

    def bag(self, name: str) -> Path:
        return self.folder / f"{name}.mcap"

    def pick(self, names: list[str] | None) -> dict[str, Case]:
        """The cases of these names, or all.

        Raises
        ------
        UserError
            No such case.
        """
        for name in names or ():
            if name not in self.cases:
                raise UserError(f"{self.source}: no case {name!r}; has {', '.join(self.cases)}")
        return {name: self.cases[name] for name in names or self.cases}


def read(path: Path) -> Cases:
    """The cases in `path`.

    Raises
    ------
    UserError
        Missing, not yaml, or a wrong key, topic or component.
    """
    cases = params.load(Cases, {**read_yaml(path), "source": str(path)}, str(path))
    for name, case in cases.cases.items():
        where = f"{path}.cases.{name}"
        for node in [n for n in case.components if n not in RANK]:
            raise UserError(f"{where}.components: {node!r} is no node")
        topics = {*case.carry, *case.keep_every, *(t.split(".")[0] for t in case.tolerances)}
        for topic in sorted(topics - set(TOPICS)):
            raise UserError(f"{where}: topic {topic!r} is not in the graph")
        for key, tolerance in case.tolerances.items():
            check_tolerance(tolerance, f"{where}.tolerances.{key}.")
    check_tolerance(cases.tolerance, f"{path}.tolerance.")
    return cases


def check_tolerance(tolerance: Tolerance, where: str) -> None:
    """Raise a UserError for one below zero or not finite; `where` comes before its part's name."""
    for name, value in dataclasses.asdict(tolerance).items():
        if not 0.0 <= value < math.inf:
            raise UserError(f"{where}{name}: {value} is not a number of at least 0")


def run_case(cases: Cases, name: str, quiet: bool = True) -> dict[str, Any]:
    """Compare one reference bag; the report of `replay_run.one`, with the case's name."""
    from lupex_rover.runs.replay_run import one

    case = cases.cases[name]
    tolerances = Tolerances(cases.tolerance, case.tolerances)
    bag, run = cases.bag(name), cases.folder / cases.run
    return {"case": name, **one(bag, case.components, tolerances, quiet, run)}
