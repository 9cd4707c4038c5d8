"""`lupex bench faults`: missions with random faults, killed trees, and killed or hung processes.

Of each must hold what `verdict` says. What has been flown stays in `runs/bench-faults` and is not
flown again: the command goes on where it was ended. Remove that folder to begin anew.

- `random`: missions on the harness with three random faults each (`random_faults`).
- `trees`: missions whose process tree is killed at random instants and resumed, on both hosts.
- `kills`: missions on host ros, whose flight process is killed once in each phase.
- `hangs`: missions on host ros, in which each component hangs once.
- `recorder`: the rover's recorder is killed at random instants (`killed_recorder`).
- `silence`: who falls silent behind a rover that drives, and when it stands (`benchmarks.silence`).
- `rest`, `drive`: an hour at rest, two of driving with a kill each minute (`soak`).
- `flown`: no part; tells what has been flown so far, and names the parts of which nothing has.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import silence
from benchmarks.faults import killed_recorder, killed_trees, random_faults, soak, verdict
from benchmarks.faults.crew import Crew
from benchmarks.record import ROOT, circumstances
from lupex_rover.cli.common.missing import why_no_ros
from lupex_rover.core.config_file import read_json, to_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole
from lupex_rover.graph import NODES
from lupex_rover.scenarios import run_files
from lupex_rover.scenarios import scenario as scenarios

COUNT, QUICK = 50, 4
KILLS = 5  # of a tree's mission
ON_ROS_TREES = (2, 5)  # numbers of such missions that fly on host ros
RECORDER_KILLS = 100
REST_S, DRIVE_S = 3600.0, 7200.0
SEEDS = (1, 2, 3)
AT_ONCE = 2
LONGEST_S = 3600.0
PLACE = ROOT / "runs" / "bench-faults"
QUICK_SCENARIO = Path(__file__).parent / "quick.yaml"
# Into each phase, s: within all of them in every mission that has been looked at.
INTO_S = {"descent": 20.0, "checkout": 2.0, "egress": 10.0, "drill": 120.0, "return": 20.0}
FOLLOWS_S = 60.0  # in the others; between two components that hang, as much as a hang may take
PARTS = ("random", "trees", "kills", "hangs", "recorder", "silence", "rest", "drive")
FLOWN = "flown"
FROM_FILES = tuple(name for name in PARTS if name != "silence")
NOTE = (
    "hold, of missions: the rover stands, nothing ends in silence, no event is lost, the record"
    " agrees with the truth"
)
ON_ROS = frozenset({"kills", "hangs", "recorder", "rest", "drive"})
CREW = Crew()
Row = dict[str, Any]
Part = Callable[[], Row]
Fly = Callable[[Path, int], Row]  # into a folder, the mission of this number


def measure(count: int = COUNT, quick: bool = False, only: str | None = None) -> dict[str, Any]:
    """Every part, or one of them.

    Parameters
    ----------
    count : int
        Missions with random faults. The other missions are a fifth of that (trees: in kills), kills
        of the recorder twice as many; the hours are those for 50.
    quick : bool
        A few with random faults, from the ground to the science, without the traverse; a few kills
        of the recorder; silence.
    only : str or None
        One of `PARTS`, or `FLOWN`.
    """
    if only is not None and only not in (*PARTS, FLOWN):
        raise UserError(f"--only: {only!r} is no part; choose from {', '.join((*PARTS, FLOWN))}")
    if only == FLOWN:
        return {**flown_so_far(PLACE), "silence": _silence(), "note": NOTE}
    parts, why = _parts(count, quick), why_no_ros()
    if why:
        left = ", ".join(name for name in parts if name in ON_ROS)
        print(f"no ROS 2 here, left out: {left}; {why}", file=sys.stderr, flush=True)
    told: dict[str, Any] = {
        name: measured()
        for name, measured in parts.items()
        if only in (None, name) and not (why and name in ON_ROS)
    }
    told["note"] = NOTE
    return told


def flown_so_far(place: Path) -> dict[str, Any]:
    """What lies in `place`: a part of missions that was interrupted counts with those it has."""
    told: dict[str, Any] = {}
    for name in FROM_FILES:
        rows = [read_json(path) for path in sorted((place / name).glob("[0-9]*.json"))]
        whole = place / f"{name}.json"
        if rows:
            told[name] = summed(rows)
        elif whole.is_file():
            told[name] = read_json(whole)
    told["nothing_of"] = [name for name in FROM_FILES if name not in told]
    return told


def _parts(count: int, quick: bool) -> dict[str, Part]:
    if quick:
        fly = partial(_random, str(QUICK_SCENARIO))
        return {
            "random": partial(_missions, "quick", min(count, QUICK), fly),
            "recorder": partial(_once, "quick-recorder", partial(killed_recorder.measure, 5)),
            "silence": _silence,
        }
    some, share = max(1, count // 5), count / COUNT
    recorder = partial(killed_recorder.measure, max(2, round(RECORDER_KILLS * share)))
    return {
        "random": partial(_missions, "random", count, partial(_random, "reference")),
        "trees": partial(_missions, "trees", max(1, (some + 2) // 2), _tree),
        "kills": partial(_missions, "kills", some, _kills, 1),
        "hangs": partial(_missions, "hangs", some, _hangs, 1),
        "recorder": partial(_once, "recorder", recorder),
        "silence": _silence,
        "rest": partial(_once, "rest", partial(soak.rest, REST_S * share)),
        "drive": partial(_once, "drive", partial(soak.drive, DRIVE_S * share)),
    }


def _silence() -> Row:
    """In simulated time: the same on every run."""
    rows = silence.rows()
    told = {
        row.silent: {
            "motion_s": round(row.motion_s, 2), "limit_s": row.limit_s,
            "codes": list(row.codes), "hold": row.good,
        }
        for row in rows
    }  # fmt: skip
    return {"who": told, "hold": all(row.good for row in rows)}


def _once(name: str, measure: Callable[[Path], Row]) -> Row:
    """What was measured now or before."""
    path, place = PLACE / f"{name}.json", PLACE / name
    if path.is_file():
        return read_json(path)
    shutil.rmtree(place, ignore_errors=True)
    PLACE.mkdir(parents=True, exist_ok=True)
    row = {**_commit(), **measure(place)}
    if row["hold"]:
        shutil.rmtree(place)
    write_whole(path, json.dumps(row, indent=1) + "\n")
    print(f"{name}: {'holds' if row['hold'] else 'DOES NOT HOLD'}", file=sys.stderr, flush=True)
    return row


def _missions(name: str, missions: int, fly: Fly, at_once: int = AT_ONCE) -> Row:
    return summed(_rows(PLACE / name, missions, fly, at_once))


def summed(rows: list[Row]) -> dict[str, Any]:
    """Counts, and every mission of which something does not hold."""
    outcomes = sorted({row["outcome"] for row in rows})
    return {
        "missions": len(rows),
        "commits": sorted({row["commit"] for row in rows}),
        "hold": sum(not row["wrong"] for row in rows),
        "outcomes": {name: sum(row["outcome"] == name for row in rows) for name in outcomes},
        "kills_of_trees": sum(row.get("kills", 0) for row in rows),
        "faults_injected": sum(row["injected"] for row in rows),
        "faults_noticed": sum(row["noticed"] for row in rows),
        "to_mend": [row for row in rows if row["wrong"]],
    }


def _rows(place: Path, missions: int, fly: Fly, at_once: int) -> list[Row]:
    """A row for each mission, flown now or before."""
    place.mkdir(parents=True, exist_ok=True)

    def one(number: int) -> Row:
        path = place / f"{number}.json"
        if path.is_file():
            return read_json(path)
        folder, began = place / str(number), time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        row = {"number": number, **_commit(), **fly(folder, number)}
        row["wall_s"] = round(time.monotonic() - began, 1)
        if not row["wrong"]:
            shutil.rmtree(folder)
        write_whole(path, json.dumps(row, indent=1) + "\n")
        said = f"{place.name} {number}: {row['outcome']} {'; '.join(row['wrong'])}"
        print(said, file=sys.stderr, flush=True)
        return row

    with ThreadPoolExecutor(at_once) as pool:
        flights = [pool.submit(one, number) for number in range(missions)]
        try:
            return [flight.result() for flight in flights]
        except KeyboardInterrupt:  # those under way are flown again the next time
            CREW.stop()
            raise


def _commit() -> Row:
    """At which it is flown: parts of one campaign may be of several."""
    return {"commit": str(circumstances()["commit"])[:10]}


def _random(scenario: str, folder: Path, number: int) -> Row:
    phases = scenarios.read(scenario).phases
    faults = random_faults.drawn(number, phases)
    words = ["benchmarks.faults.attempt", scenario, str(SEEDS[number % len(SEEDS)])]
    return _flown(folder, faults, lambda file: [*words, str(file), str(folder)])


def _tree(folder: Path, number: int) -> Row:
    host = "ros" if number in ON_ROS_TREES and not why_no_ros() else "harness"
    flown = killed_trees.flown(host, number + 1, KILLS, folder, CREW)
    broke = "" if flown["exit_code"] == 0 else flown["said"]
    return {"host": host, "kills": flown["kills"], **_told(folder, broke)}


def _kills(folder: Path, number: int) -> Row:
    phases = scenarios.read("reference").phases
    faults = [
        _fault({"phase": f"{name}+{INTO_S.get(name, FOLLOWS_S):g}"}, "kill", "flight")
        for name in phases
    ]
    return _on_ros(folder, faults, SEEDS[number % len(SEEDS)])


def _hangs(folder: Path, number: int) -> Row:
    """One component after the other from the traverse on; a hang ends with the process."""
    faults = [
        _fault({"phase": f"traverse+{FOLLOWS_S * (k + 1):g}"}, "hang", node.name)
        for k, node in enumerate(NODES)
    ]
    return _on_ros(folder, faults, SEEDS[number % len(SEEDS)])


def _fault(at: dict[str, Any], kind: str, target: str) -> dict[str, Any]:
    return {"at": at, "kind": kind, "target": target, "for_s": 30.0, "severity": 1.0}


def _on_ros(folder: Path, faults: list[dict[str, Any]], seed: int) -> Row:
    words = ["lupex_rover.cli", "mission", "--host", "ros", "--seed", str(seed), "--force",
             "--out", str(folder), "--faults"]  # fmt: skip
    return _flown(folder, faults, lambda file: [*words, str(file)])


def _flown(folder: Path, faults: list[dict[str, Any]], words: Callable[[Path], list[str]]) -> Row:
    """Fly a module's mission in a process of its own; `words` takes the file of faults."""
    file = folder.with_suffix(".yaml")
    write_whole(file, to_yaml({"faults": faults}))
    command = [sys.executable, "-m", *words(file)]
    try:
        with CREW.member(command) as child:
            said = child.communicate(timeout=LONGEST_S)[1]
        ended = child.returncode in (0, 1) and (folder / run_files.RESULT).is_file()
        broke = "" if ended else f"exit {child.returncode}: {said.strip()[-600:]}"
    except subprocess.TimeoutExpired:
        broke = f"not over after {LONGEST_S:.0f} s"
    return {"faults": [_words(fault) for fault in faults], **_told(folder, broke)}


def _told(folder: Path, broke: str) -> dict[str, Any]:
    if broke or not (folder / run_files.RESULT).is_file():
        wrong = [f"broke: {broke or 'no result'}"]
        return {"outcome": "broke", "injected": 0, "noticed": 0, "wrong": wrong}
    result = read_json(folder / run_files.RESULT)
    try:
        wrong = verdict.of_run(folder)
    except UserError as error:
        wrong = [f"cannot be read: {error}"]
    return {
        "outcome": result["outcome"],
        "injected": sum(one["injected_utc"] is not None for one in result.get("faults", ())),
        "noticed": sum(one["noticed"] is not None for one in result.get("faults", ())),
        "wrong": wrong,
    }


def _words(fault: dict[str, Any]) -> str:
    ((name, value),) = fault["at"].items()
    return (
        f"{name} {value}: {fault['kind']} {fault['target']} for {fault['for_s']} s,"
        f" severity {fault['severity']}"
    )
