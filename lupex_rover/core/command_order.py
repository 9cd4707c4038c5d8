"""What the stamp of a command means: written once, used by whoever carries commands out.

For a command that moves something, and for any other where that differs:

- not stamped (0, as `ros2 topic pub` leaves it): refused as too old; another is of the time it
  came;
- too far ahead: refused, for it cannot tell that the command is fresh;
- too old: refused, the world has moved on (0.5 s; another after 60 s);
- before one carried out for the same target: refused, it was overtaken;
- that of the last one with the same content: refused, a repeat is carried out once;
- that of the last one with other content: carried out, what came later holds.

A sender repeats by saying it again with a new stamp. SAFE is never refused for its stamp.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from lupex_rover.core.time import AHEAD_S, ns, seconds

MOTION_AGE_S = 0.5  # the boards' dead-man; ICD
OTHER_AGE_S = 60.0  # assumed: a link's delay and queue
MOTION_AHEAD_S = 0.5
AHEAD, OLD, OVERTAKEN, REPEATED = "ahead", "old", "overtaken", "repeated"


@dataclass(frozen=True)
class Refused:
    """`kind` is the key that it is counted and told under."""

    kind: str
    why: str


class CommandOrder:
    """Judges each command by its stamp and what was carried out before it."""

    def __init__(self) -> None:
        self._last: dict[Hashable, tuple[int, Hashable]] = {}

    def judge(
        self, target: Hashable, stamp_ns: int, content: Hashable, t_ns: int, motion: bool = False
    ) -> Refused | None:
        """Why the command is not carried out; None: it is, and is the last one from now on.

        Parameters
        ----------
        target : Hashable
            What it acts on: a load, a heater, a slot, the tracks.
        content : Hashable
            What it asks; equal for a repeat.
        """
        if stamp_ns == 0 and not motion:
            stamp_ns = t_ns
        ahead_s = seconds(stamp_ns, t_ns)
        if ahead_s > (MOTION_AHEAD_S if motion else AHEAD_S):
            return Refused(AHEAD, f"stamped {ahead_s:.1f} s in the future; set the clocks")
        if -ahead_s > (MOTION_AGE_S if motion else OTHER_AGE_S):
            return Refused(OLD, f"stamped {-ahead_s:.1f} s ago; set the clocks, or send it anew")
        last = self._last.get(target)
        if last is not None and last[0] <= t_ns + ns(AHEAD_S):  # else our clock was set back
            if stamp_ns < last[0]:
                late_s = seconds(last[0], stamp_ns)
                return Refused(OVERTAKEN, f"stamped {late_s:.3f} s before one carried out already")
            if (stamp_ns, content) == last:
                return Refused(REPEATED, "a repeat of the last one with the same stamp")
        self._last[target] = stamp_ns, content
        return None
