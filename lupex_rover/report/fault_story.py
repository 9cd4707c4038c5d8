"""What became of the faults that were injected: noticed when, by whom, what was done, what it cost.

It is read from the events alone. An event belongs to a fault where its source, or a name in its
text, is that of the board, process or component at fault, or of who lives on its data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lupex_rover.core.codes import INFO
from lupex_rover.core.constants import NS
from lupex_rover.core.time import seconds, to_iso
from lupex_rover.core.types import Event
from lupex_rover.scenarios.injected_fault import InjectedFault

BEGUN, ENDED = "SIM-010", "SIM-011"
AFTER_S = 120.0  # after its end; what comes later is not taken for its doing
MOST = 8  # events that are listed
# Whose events are about a board: its driver, and components that live on what it tells.
ABOUT_BOARD = {
    "MOB": ("mobility_driver", "navigator", "localization"),
    "IMU": ("imu_driver", "localization", "landing", "navigator"),
    "STR": ("star_tracker_driver", "localization", "landing"),
    "EPS": ("eps_driver", "power"),
    "DRL": ("drill_driver", "drill"),
    "SCI": ("science_driver", "science"),
    "LND": ("lander_driver", "landing"),
    "LGC": ("guidance_driver", "landing"),
}
# Who tells of any process or component: the supervisor, the host, who listens to leases, health.
ABOUT_PROCESS = ("supervisor", "host", "mobility_driver", "drill_driver", "health")
RESTARTED = ("MIS-010", "HST-022")  # told as information, and yet of a restart


def told(
    faults: Sequence[InjectedFault], events: Sequence[Event], start_ns: int
) -> list[dict[str, Any]]:
    """One entry for each fault, in the order of the file.

    Parameters
    ----------
    events : Sequence[Event]
        Of the run, in the order of time, those of the simulator among them.
    start_ns : int
        Start of the mission, UTC.
    """
    return [_one(number, fault, events, start_ns) for number, fault in enumerate(faults)]


def _one(
    number: int, fault: InjectedFault, events: Sequence[Event], start_ns: int
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "number": number, "kind": fault.kind, "target": fault.target, "at": fault.at.words,
        "for_s": fault.for_s, "severity": fault.severity,
        "injected_utc": None, "mission_s": None, "ended_utc": None, "noticed": None,
        "noticed_after_s": None, "done": [], "cost": None,
    }  # fmt: skip
    begun = next(_of(number, BEGUN, events), None)
    if begun is None:
        return made
    ended = next(_of(number, ENDED, events), None)
    made["injected_utc"] = to_iso(begun.stamp_ns)
    made["mission_s"] = round(seconds(begun.stamp_ns, start_ns), 3)
    made["ended_utc"] = None if ended is None else to_iso(ended.stamp_ns)
    until_ns = begun.stamp_ns + round((fault.for_s + AFTER_S) * NS)
    within = [e for e in events if begun.stamp_ns <= e.stamp_ns <= until_ns]
    own = [e for e in within if _belongs(e, fault) and _tells(e)]
    if not own:
        return made
    made["noticed"] = _short(own[0])
    made["noticed_after_s"] = round(seconds(own[0].stamp_ns, begun.stamp_ns), 3)
    followed = [e for e in within if e.stamp_ns >= own[0].stamp_ns and e is not own[0]]
    followed = [e for e in followed if e in own or e.source in ("executive", "health")]
    made["done"] = [_short(e) for e in followed[:MOST]]
    grave = [e for e in [own[0], *followed] if e.severity > INFO]
    last = max([own[0], *followed], key=lambda e: e.stamp_ns)
    made["cost"] = {
        "warnings_and_faults": len(grave),
        "until_quiet_s": round(seconds(last.stamp_ns, begun.stamp_ns), 3),
    }
    return made


def _of(number: int, code: str, events: Sequence[Event]) -> Iterator[Event]:
    return (e for e in events if e.code == code and e.text.startswith(f"fault {number}: "))


def _tells(event: Event) -> bool:
    return event.severity > INFO or event.code in RESTARTED


def _belongs(event: Event, fault: InjectedFault) -> bool:
    if event.code in (BEGUN, ENDED):
        return False
    words = set(event.text.replace(",", " ").replace(":", " ").replace(".", " ").split())
    if fault.board:
        sources = ABOUT_BOARD.get(fault.board, (f"{fault.board.lower()}_driver",))
        return event.source in sources or (event.source == "health" and fault.board in words)
    if event.code in RESTARTED or event.source == fault.target:
        return True
    named = fault.target in words or fault.target == "flight"
    return event.source in ABOUT_PROCESS and named


def _short(event: Event) -> dict[str, Any]:
    return {
        "utc": to_iso(event.stamp_ns), "source": event.source, "code": event.code,
        "text": event.text,
    }  # fmt: skip
