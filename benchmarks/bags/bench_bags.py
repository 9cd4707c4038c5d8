"""`lupex bench bags`: reading beside rosbags and mcap, replay against time, playing on time.

Processor time of this process, medians; the bags are the reference bags of `test/replay`, so it
is run from the source tree. Playing is timed by the wall clock, on whatever else the machine does.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.runs import replay_cases

ROUNDS = 7
REPLAYS = 3
PLAY_S = 20.0
READ = ("landing", "health", "drill")
PLAYED = "navigation"


def measure() -> dict[str, Any]:
    """All figures of bags."""
    cases = replay_cases.read(replay_cases.DEFAULT)
    return {
        "reading": _reading(cases),
        "replay": [_replay(cases, name) for name in cases.cases],
        "play": _play(cases.bag(PLAYED)),
        "note": "processor time, medians; ours checks every CRC; `times_faster` is recorded time"
        " over processor time, decoding included",
    }


def _reading(cases: replay_cases.Cases) -> list[dict[str, Any]]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in READ:
            bag = cases.bag(name)
            found.append(_compare(f"{name}.mcap", bag, (ours, by_mcap, by_rosbags)))
            converted = Path(folder) / name
            _convert(bag, converted)
            found.append(_compare(f"{name} as sqlite3", converted, (ours, by_rosbags)))
    return found


def _compare(name: str, path: Path, readers: tuple[Callable[[Path], int], ...]) -> dict[str, Any]:
    """Every reader in turn, so that what else the machine does meets all of them."""
    times: dict[str, list[float]] = {read.__name__: [] for read in readers}
    counts = set()
    for _ in range(ROUNDS):
        for read in readers:
            started = time.process_time()
            counts.add(read(path))
            times[read.__name__].append(time.process_time() - started)
    medians = {k: statistics.median(v) for k, v in times.items()}
    print(f"reading {name}", file=sys.stderr, flush=True)
    peers = {k: v for k, v in medians.items() if k != "ours"}
    return {
        "bag": name,
        "messages": counts.pop() if len(counts) == 1 else sorted(counts),
        "ms": {k: round(1e3 * v, 1) for k, v in medians.items()},
        "times_as_fast_as_best_peer": round(min(peers.values()) / medians["ours"], 2),
    }


def ours(path: Path) -> int:
    return sum(1 for _ in AnyBag(path).records())


def by_mcap(path: Path) -> int:
    from mcap.reader import make_reader

    with path.open("rb") as file:
        return sum(1 for _ in make_reader(file).iter_messages())


def by_rosbags(path: Path) -> int:
    from rosbags.highlevel import AnyReader

    with AnyReader([path]) as reader:
        return sum(1 for _ in reader.messages())


def _convert(bag: Path, out: Path) -> None:
    from lupex_rover.bags.bag_writers import save_to

    save = save_to(out)
    for channel, data, t_ns in AnyBag(bag).records():
        save.write(channel, data, t_ns)
    save.close()


def _replay(cases: replay_cases.Cases, name: str) -> dict[str, Any]:
    """Replayed several times; the first may compile, so the median tells how fast it is."""
    print(f"replay of {name}", file=sys.stderr, flush=True)
    reports = [replay_cases.run_case(cases, name) for _ in range(REPLAYS)]
    middle = sorted(reports, key=lambda report: report["cpu_s"])[REPLAYS // 2]
    return {
        "case": name,
        **{key: middle[key] for key in ("recorded_s", "cpu_s", "times_faster")},
        "first_cpu_s": reports[0]["cpu_s"],
        "messages": sum(m["replayed"] for m in middle["messages"].values()),
        "as_recorded": not any(report["differences"] for report in reports),
    }


def _play(bag: Path) -> dict[str, Any]:
    """Played at rate 1 with /clock; nobody listens."""
    import rclpy

    from lupex_rover.bags.playback_pace import PlaybackPace
    from lupex_rover.bags.survey import survey
    from lupex_rover.hosts.ros.play import Player
    from lupex_rover.runs.child_processes import own_domain

    print(f"playing {PLAY_S:.0f} s", file=sys.stderr, flush=True)
    own_domain()
    rclpy.init()
    try:
        source = AnyBag(bag)
        channels, first_ns, last_ns = survey(source)
        player = Player(rclpy.create_node("rosbag2_player"), {}, PlaybackPace(1.0), clock=True)
        player.prepare(channels)
        start_ns = max(first_ns, last_ns - int(PLAY_S * 1e9))
        player.play(source.records(), start_ns, rclpy.ok)
    finally:
        rclpy.try_shutdown()
    late = sorted(player.late_s)
    return {
        "messages": len(late),
        "refused": player.refused,
        "late_ms": {
            f"{share:.0%}": round(1e3 * late[min(len(late) - 1, int(share * len(late)))], 2)
            for share in (0.5, 0.9, 0.99, 1.0)
        },
    }
