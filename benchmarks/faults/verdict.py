"""What must hold of a run whatever went wrong in it, read from its folder.

It ended by itself or says why; the rover stands; each phase that failed says why; no event is lost;
the record agrees with the simulator's truth.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover import graph
from lupex_rover.bags.own_bag import BagReader
from lupex_rover.core.codes import WARNING
from lupex_rover.core.config_file import read_json
from lupex_rover.core.types import Event
from lupex_rover.events.event_store import NAME
from lupex_rover.events.stored_events import read_store
from lupex_rover.report.log import TOPICS, MissionLog
from lupex_rover.scenarios import run_files

Cups = dict[int, dict[str, float]]  # truth by cup: depth_m, mass_g, water_wt_pct
MOVING_MPS = 0.005
DEPTH_M, MASS_G, SOC = 0.05, 1.0, 0.05  # by which a record may differ from truth


def of_run(folder: Path) -> list[str]:
    """What does not hold, one line each; nothing: all does."""
    path = folder / run_files.RESULT
    if not path.is_file():
        return ["no result"]
    result = read_json(path)
    log, events = MissionLog(), []
    for topic, message, _ in BagReader(folder / run_files.BAG).messages(set(TOPICS)):
        log.take(topic, message)
        if topic in (graph.MISSION_EVENT, graph.SIM_EVENT):
            events.append(message)
    cups = {int(cup): truth for cup, truth in run_files.truth_of(folder)["cups"].items()}
    sigmas = run_files.scenario_of(folder).success.water_sigmas
    return [
        *moves(log), *silent(result, log.events), *lost(events, folder),
        *wrong_samples(cups, log), *wrong_water(cups, log, sigmas), *wrong_charge(log),
        *claimed(result),
    ]  # fmt: skip


def moves(log: MissionLog) -> list[str]:
    """The rover moves at the end."""
    truth = log.truth
    if truth is None:
        return ["no truth"]
    if not truth.landed:
        return ["it ended in flight"]
    speed = float(np.linalg.norm(truth.velocity_mps))
    return [f"it moves at the end, {speed:.3f} m/s"] if speed > MOVING_MPS else []


def silent(result: dict[str, Any], events: list[Event]) -> list[str]:
    """A phase that did not succeed and of which nobody says why."""
    said = {event.code for event in events if event.severity >= WARNING}
    found = []
    if "ended" in result and not result["ended"]["by_itself"]:
        found.append(f"it did not end by itself: {result['ended']['why']}")
    for phase in result["phases"]:
        if phase["outcome"] == "unfinished":
            found.append(f"{phase['name']} has no end")
        elif phase["outcome"] == "failed" and phase["code"] not in said:
            found.append(f"{phase['name']} failed with {phase['code']}, which no event tells")
    return found


def lost(events: list[Event], folder: Path) -> list[str]:
    """Events that the store has and the bag lacks, or the other way, or gaps in the numbers."""
    rows = read_store(folder / NAME).rows
    stored = Counter(_key(row.event) for row in rows)
    recorded = Counter(_key(event) for event in events)
    found = [f"not in the bag: {key}" for key in stored - recorded]
    found += [f"not in the store: {key}" for key in recorded - stored]
    if [row.number for row in rows] != list(range(1, len(rows) + 1)):
        found.append("numbers of the store have gaps")
    return found


def _key(event: Event) -> tuple[int, str, str, str]:
    return event.stamp_ns, event.source, event.code, event.text


def wrong_samples(cups: Cups, log: MissionLog) -> list[str]:
    """Samples that are not what the cups hold, and cups that are in no record."""
    found = []
    for sample in log.samples:
        truth = cups.get(sample.cup)
        if truth is None:
            found.append(f"cup {sample.cup} is recorded and empty")
        elif abs(truth["depth_m"] - sample.depth_m) > DEPTH_M:
            found.append(f"cup {sample.cup}: {sample.depth_m:.2f} m, truth {truth['depth_m']:.2f}")
        elif abs(truth["mass_g"] - sample.mass_g) > MASS_G:
            found.append(f"cup {sample.cup}: {sample.mass_g:.1f} g, truth {truth['mass_g']:.1f}")
    counted = Counter(sample.cup for sample in log.samples)
    found += [f"cup {cup} is recorded {n} times" for cup, n in counted.items() if n > 1]
    return found + [f"cup {cup} is in no record" for cup in sorted(set(cups) - set(counted))]


def wrong_water(cups: Cups, log: MissionLog, sigmas: float) -> list[str]:
    """Water that is beyond so many of its own sigmas."""
    found = []
    for one in log.water:
        truth = cups[one.cup]["water_wt_pct"] if one.cup in cups else 0.0
        if abs(one.water_wt_pct - truth) > sigmas * one.sigma_wt_pct:
            found.append(f"cup {one.cup}: water {one.water_wt_pct:.2f}, truth {truth:.2f} wt%")
    return found


def wrong_charge(log: MissionLog) -> list[str]:
    """The books of energy are not those of the battery."""
    if log.power is None or log.truth is None:
        return ["no charge was told"]
    off = abs(log.power.soc - log.truth.soc)
    own = 4.0 * log.power.soc_sigma
    if off <= max(SOC, own):
        return []
    return [f"charge is told as {log.power.soc:.3f}, truth {log.truth.soc:.3f}"]


def claimed(result: dict[str, Any]) -> list[str]:
    """Every phase is recorded as succeeded, and the truth does not show it."""
    if any(phase["outcome"] != "succeeded" for phase in result["phases"]):
        return []
    return [f"recorded as done, and {line}" for line in result["unmet"]]
