"""How long the simulator's next tick is."""

from __future__ import annotations

from lupex_rover.core.constants import NS
from lupex_rover.core.saved import SavedFields
from lupex_rover.core.types import LOADS
from lupex_rover.protocol.declaration import FREE_LOADS
from lupex_rover.simulator.params import EngineParams

_WORKING = sum(
    1 << LOADS.index(load)
    for load in ("mobility", "drill", "payload", "cameras", "star_tracker", "imu", *FREE_LOADS)
)


class TickLength(SavedFields):
    """Short ticks while something moves or was just commanded, long ones when nothing happens."""

    SAVED = ("_quick_until_ns",)
    FIXED = ("_params",)

    def __init__(self, params: EngineParams) -> None:
        self._params = params
        self._quick_until_ns = 0

    def commanded(self, t_ns: int) -> None:
        """A telecommand came: stay quick for a while."""
        self._quick_until_ns = t_ns + int(self._params.quick_s * NS)

    def next_s(self, t_ns: int, driving: bool, drilling: bool, loads_on: int) -> float:
        """Length of the tick that begins at `t_ns`, s; `driving` is any motion of the body."""
        p = self._params
        if driving:
            return p.tick_s
        if drilling:
            return p.drill_tick_s
        if t_ns < self._quick_until_ns:
            return p.tick_s
        if loads_on & _WORKING:
            return p.idle_tick_s
        return p.standby_tick_s
