"""Bore control: feed held to a torque and a weight on bit, percussion in hard ground."""

from __future__ import annotations

import math

from lupex_rover.core.types import DrillTelemetry
from lupex_rover.drill.params import DrillingParams

GAIN = 0.04  # relative change of the feed per 0.1 s at full error, assumed
LEAST_FEED_MPS = 1e-4


class BoreControl:
    """Gives feed, weight-on-bit limit and percussion for each 0.1 s of boring.

    Attributes
    ----------
    feed_mps : float
        Commanded feed, slowly raised while torque and weight on bit have room.
    percussion : bool
        On in hard ground.
    caution : float
        Factor below 1 on the greatest feed after recoveries.
    """

    def __init__(self, params: DrillingParams) -> None:
        self.p = params
        self.caution = 1.0
        self.restart()

    def restart(self) -> None:
        """After contact or clearing: begin slowly; percussion stays as it is off."""
        self.feed_mps = self.p.start_feed_mps
        self.percussion = False
        self._hard_s = self._easy_s = 0.0

    def more_careful(self) -> None:
        self.caution = max(0.3, 0.75 * self.caution)

    @property
    def wob_limit_n(self) -> float:
        return self.p.hard_wob_n if self.percussion else self.p.bore_wob_n

    def update(self, seen: DrillTelemetry, rop_mps: float, dt_s: float) -> bool:
        """One control step; True when percussion was just switched on."""
        room_torque = 1.0 - seen.torque_nm / self.p.target_nm
        room_wob = 1.0 - seen.wob_n / self.wob_limit_n
        room = min(max(min(room_torque, 2.0 * room_wob), -1.0), 1.0)
        most = self.p.bore_feed_mps * self.caution
        wanted = self.feed_mps * (1.0 + GAIN * room * dt_s / 0.1)
        reachable = max(2.0 * rop_mps, 3.0 * LEAST_FEED_MPS)
        self.feed_mps = min(max(min(wanted, reachable), LEAST_FEED_MPS), most)
        return self._judge_hardness(seen, rop_mps, dt_s)

    def _judge_hardness(self, seen: DrillTelemetry, rop_mps: float, dt_s: float) -> bool:
        full = seen.wob_n > 0.85 * self.wob_limit_n
        slow = rop_mps < self.p.hard_rop_mps
        self._hard_s = self._hard_s + dt_s if full and slow else 0.0
        self._easy_s = self._easy_s + dt_s if not full and not slow else 0.0
        if not self.percussion and self._hard_s >= self.p.hard_on_s:
            self.percussion, self._easy_s = True, 0.0
            return True
        if self.percussion and self._easy_s >= self.p.hard_off_s:
            self.percussion, self._hard_s = False, 0.0
        return False


def specific_energy_jpm3(seen: DrillTelemetry, rop_mps: float, bit_radius_m: float) -> float:
    """Work per volume of hole, J/m3; NaN while the bit does not advance.

    Notes
    -----
    Teale (1965), Int. J. Rock Mech. Min. Sci. 2, 57: WOB / A + 2 pi N T / (A ROP).
    """
    if rop_mps < 1e-5:
        return math.nan
    area = math.pi * bit_radius_m**2
    omega = seen.auger_rpm * math.tau / 60.0
    return seen.wob_n / area + omega * seen.torque_nm / (area * rop_mps)
