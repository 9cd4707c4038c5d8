"""What a run leaves in its folder beside `run.json`: its names, and the scenario as it was flown.

`flown.yaml` holds the whole scenario with seed and phases, so that the run can be replayed, and
flown again, without the file that it came from. Older runs have none: their `result.json` names a
scenario of config/scenarios.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lupex_rover.core.config_file import read_json, to_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole
from lupex_rover.events import event_store
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.scenarios.scenario import Scenario

BAG, RESULT, REPORT, FLOWN = "mission.mcap", "result.json", "report.html", "flown.yaml"
TRUTH = "truth.json"  # of the simulator, at its end
METADATA = "metadata.yaml"  # of the bag, for readers that open its folder
EVENTS = event_store.NAME
EXITS = "exits.jsonl"  # how processes ended that nobody had ended
LEFT = (BAG, METADATA, RESULT, REPORT, FLOWN, EVENTS)  # no command writes over these unasked


def held(folder: Path) -> list[str]:
    """Names of a run's files that lie in `folder`."""
    return [name for name in LEFT if (folder / name).exists()]


def run_of(bag: Path) -> Path:
    """The folder of the run that a bag was recorded in.

    A bag is a file in that folder, or rosbag2's folder in it, or a file of the latter.
    """
    places = [bag, bag.parent] if bag.is_dir() else [bag.parent]
    if (bag.parent / "metadata.yaml").is_file():
        places.append(bag.parent.parent)
    return next((place for place in places if (place / "plan.json").is_file()), bag.parent)


def clear(folder: Path) -> None:
    """Remove what an earlier run left, so that no file of it stands beside those of a new one.

    Raises
    ------
    UserError
        A file cannot be removed.
    """
    for name in (*LEFT, EXITS, TRUTH, f"{EVENTS}-wal", f"{EVENTS}-shm"):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"{folder / name}: cannot be removed ({error.strerror})") from None


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Whole or not at all."""
    write_whole(path, json.dumps(data, indent=1, allow_nan=False) + "\n")


def truth_of(folder: Path) -> dict[str, Any]:
    """What the simulator of a run told at its end; empty where it told nothing."""
    truth = folder / TRUTH
    return read_json(truth, finite=False) if truth.is_file() else {}


def keep_scenario(scenario: Scenario, folder: Path) -> None:
    """Write `flown.yaml`.

    Raises
    ------
    UserError
        It cannot be written.
    """
    head = "# The scenario of this run as it was flown; lupex mission --scenario reads it.\n"
    text = to_yaml(scenarios.values(scenario))
    write_whole(folder / FLOWN, head + text)


def scenario_of(folder: Path) -> Scenario:
    """The scenario of the run in `folder`, with the seed and phases that were flown.

    Raises
    ------
    UserError
        The run says none, or one that is not known any more.
    """
    flown = folder / FLOWN
    if flown.is_file():
        return scenarios.read(str(flown))
    path = folder / RESULT
    try:
        told = read_json(path)
        name, seed = str(told["scenario"]), int(told["seed"])
        phases = tuple(dict.fromkeys(str(p["name"]) for p in told["phases"]))
    except (UserError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: says no scenario and seed ({error}); keep it by its bag"
        ) from None
    try:
        return scenarios.read(name, seed=seed, phases=phases)
    except UserError as error:
        raise UserError(
            f"{path}: {error}; a run of a scenario of your own needs a copy of its file beside it,"
            f" called {FLOWN}, with the seed and phases flown"
        ) from None
