"""The rover's recorder is killed at random instants: what its bags and the store of events lack."""

from __future__ import annotations

import os
import random
import signal
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.faults.rover_on_bench import RoverOnBench, alive, rover_on_bench
from lupex_rover import graph
from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.own_bag import relative
from lupex_rover.codec.conversion import decode_recorded
from lupex_rover.core.constants import NS
from lupex_rover.core.types import Event
from lupex_rover.events.event_store import NAME
from lupex_rover.events.stored_events import read_store
from lupex_rover.programs.recorder import BAGS

LIVES_S = 1.0, 5.0
BACK_S = 60.0  # a restarted recorder must be up by then
LIMIT_S = 2.0


@dataclass(frozen=True)
class Life:
    """Of a recorder: what its bag holds; 0 and 0: it was killed before it closed a chunk."""

    first_ns: int
    last_ns: int
    events: tuple[Event, ...]


def measure(kills: int, place: Path) -> dict[str, Any]:
    """Kill it so often; `place` is a folder that is not there yet."""
    rng = random.Random(kills)
    with rover_on_bench(place) as rover:
        up_ns, killed_ns = _kill(rover, kills, rng)
        time.sleep(LIVES_S[1])
    lives = [_life(path) for path in sorted((rover.run / BAGS).iterdir())]
    return told(up_ns, killed_ns, lives, rover.run / NAME)


def told(up_ns: list[int], killed_ns: list[int], lives: list[Life], store: Path) -> dict[str, Any]:
    """Figures of the kills; each life but the last ended with one.

    `up_ns`: when each life's loop was seen to go round. What a bag without a message lost is what
    passed since then.
    """
    lasts = [life.last_ns or up for up, life in zip(up_ns, lives)]
    firsts = [life.first_ns or up for up, life in zip(up_ns, lives)]
    lost_s = [(at - last) / NS for at, last in zip(killed_ns, lasts)]
    away_s = [(first - at) / NS for at, first in zip(killed_ns, firsts[1:])]
    rows = read_store(store).rows
    stored = {_key(row.event) for row in rows}
    heard = {_key(event) for life in lives for event in life.events}  # latched: in every life
    gaps = [row.number for row in rows] != list(range(1, len(rows) + 1))
    kills_told = sum(row.event.code == "HST-020" for row in rows)
    return {
        "kills": len(killed_ns),
        "bags": len(lives),
        "bags_without_a_message": sum(not life.last_ns for life in lives),
        "lost_s_median": round(statistics.median(lost_s), 3),
        "lost_s_most": round(max(lost_s), 3),
        "limit_s": LIMIT_S,
        "away_s_median": round(statistics.median(away_s), 3),
        "away_s_most": round(max(away_s), 3),
        "events_stored": len(rows),
        "events_lost": len(heard - stored) + len(killed_ns) - kills_told,
        "store_has_gaps": gaps,
        "hold": max(lost_s) <= LIMIT_S and not gaps and not heard - stored
        and kills_told == len(killed_ns) and len(lives) == len(killed_ns) + 1,
    }  # fmt: skip


def _kill(rover: RoverOnBench, kills: int, rng: random.Random) -> tuple[list[int], list[int]]:
    """When each life was up, and when all but the last were killed; clock of the epoch, ns."""
    up_ns: list[int] = []
    killed_ns: list[int] = []
    pid = 0
    for number in range(kills):
        pid = _next_life(rover.run, pid)
        up_ns.append(time.time_ns())
        time.sleep(rng.uniform(*LIVES_S))
        os.kill(pid, signal.SIGKILL)
        killed_ns.append(time.time_ns())
        if number % 10 == 9:
            print(f"recorder: {number + 1} kills", file=sys.stderr, flush=True)
    _next_life(rover.run, pid)
    return [*up_ns, time.time_ns()], killed_ns


def _next_life(run: Path, before: int) -> int:
    end = time.monotonic() + BACK_S
    while time.monotonic() < end:
        if pid := alive(run, "recorder", before):
            return pid
        time.sleep(0.05)
    raise RuntimeError(f"no recorder within {BACK_S:.0f} s; see {run.parent / 'up.log'}")


def _life(folder: Path) -> Life:
    first_ns, last_ns, events = 0, 0, []
    for channel, data, t_ns in AnyBag(folder).records():
        first_ns, last_ns = first_ns or t_ns, t_ns
        topic = relative(channel.topic)
        if topic == graph.MISSION_EVENT:
            events.append(decode_recorded(topic, data, t_ns))
    return Life(first_ns, last_ns, tuple(events))


def _key(event: Event) -> tuple[int, str, str, str]:
    return event.stamp_ns, event.source, event.code, event.text
