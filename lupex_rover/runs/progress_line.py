"""The line that tells how a flight goes."""

from __future__ import annotations

import sys
import time

from rich.live import Live
from rich.table import Table

from lupex_rover.core.time import seconds, to_iso
from lupex_rover.report.log import MissionLog

PLAIN_PERIOD_S = 10.0
LIVE_PERIOD_S = 0.25


class ProgressLine:
    """A live line on a terminal; a plain line now and then, and at each phase, elsewhere."""

    def __init__(self, log: MissionLog, start_ns: int) -> None:
        self._log = log
        self._start_ns = start_ns
        self._wall = time.monotonic()
        self._last = 0.0
        self._phase = ""
        self._tty = sys.stdout.isatty()
        self._live = Live(auto_refresh=False, transient=True) if self._tty else None

    def __enter__(self) -> ProgressLine:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def update(self, t_ns: int) -> None:
        """Say where the flight is at simulated time `t_ns`; cheap when called often."""
        now = time.monotonic()
        changed = self._log.phase != self._phase
        period = LIVE_PERIOD_S if self._tty else PLAIN_PERIOD_S
        if not changed and now - self._last < period:
            return
        self._last, self._phase = now, self._log.phase
        fields = self._fields(t_ns, now)
        if self._live:
            table = Table(*fields, box=None)
            table.add_row(*fields.values())
            self._live.update(table, refresh=True)
        else:
            print("  ".join(f"{k} {v}" for k, v in fields.items()), flush=True)

    def _fields(self, t_ns: int, now: float) -> dict[str, str]:
        log = self._log
        simulated = seconds(t_ns, self._start_ns)
        factor = simulated / max(now - self._wall, 1e-6)
        driven = sum(log.driven_m.values())
        return {
            "phase": log.phase or "-",
            "utc": to_iso(t_ns)[:19],
            "x real time": f"{factor:.0f}",
            "charge": f"{log.power.soc:.0%}" if log.power else "-",
            "depth m": f"{log.drill.depth_m:.2f}" if log.drill else "-",
            "driven m": f"{driven:.1f}",
            "step": log.step,
        }
