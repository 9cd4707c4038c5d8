"""Load by load and panel by panel: what draws how much, and what dust and age have taken."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lupex_rover.core.time import seconds
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import LOADS, Diagnostic, Diagnostics, PowerTelemetry
from lupex_rover.power.array_health import PANELS, ArrayHealth
from lupex_rover.power.load_meter import LoadMeter
from lupex_rover.power.params import ArrayModelParams

TELL_S = 30.0
SKY_S = 60.0  # the Sun is looked up anew after this
LONGEST_S = 120.0  # a pose older than this says nothing of where the panels face
WORN = 0.6  # health below which a panel is warned of
# The Sun in `map` (3,) unit vector and the share of its disc that is seen from a place
Sky = Callable[[int, Pose], tuple[np.ndarray, float]]


class EnergyMonitor:
    """Takes in telemetry and, where it is known, the pose; tells diagnostics.

    Parameters
    ----------
    sky : Sky or None
        None where the Sun is unknown: then panels are not judged.
    array : ArrayHealth
        The array as built; None: the defaults.
    """

    def __init__(self, sky: Sky | None = None, array: ArrayModelParams | None = None) -> None:
        self.meter, self.array = LoadMeter(), ArrayHealth(array)
        self._sky = sky
        self._pose: tuple[int, Pose] | None = None
        self._sun: tuple[np.ndarray, float] | None = None
        self._last_ns = self._sun_ns = self._told_ns = -(10**18)
        self._lost: tuple[str, ...] = ()

    def stand(self, stamp_ns: int, map_T_base: Pose) -> None:
        """Where the rover is."""
        self._pose = stamp_ns, map_T_base

    def update(self, m: PowerTelemetry) -> tuple[str, ...]:
        """Take in one reading; names of panels that were lost since the one before."""
        self.meter.update(m)
        dt_s = seconds(m.stamp_ns, self._last_ns)
        self._last_ns = m.stamp_ns
        if not 0.0 < dt_s <= LONGEST_S or not np.isfinite(m.array_a).all():
            return ()
        sun = self._sun_base(m.stamp_ns)
        if sun is None:
            return ()
        self.array.update(dt_s, sun[0], sun[1], np.asarray(m.array_a, float) * m.bus_v)
        before, self._lost = self._lost, self.array.lost()
        return tuple(name for name in self._lost if name not in before)

    def _sun_base(self, t_ns: int) -> tuple[np.ndarray, float] | None:
        """Direction to the Sun in base (3,), and the share of its disc."""
        if self._sky is None or self._pose is None:
            return None
        stamp_ns, pose = self._pose
        if not 0.0 <= seconds(t_ns, stamp_ns) <= LONGEST_S:
            return None
        if self._sun is None or not 0.0 <= seconds(t_ns, self._sun_ns) < SKY_S:
            self._sun, self._sun_ns = self._sky(t_ns, pose), t_ns
        direction, share = self._sun
        return pose.matrix.T @ direction, share

    def diagnostics(self, t_ns: int) -> Diagnostics | None:
        """Every `TELL_S` one status for the loads and one for each panel."""
        if 0.0 <= seconds(t_ns, self._told_ns) < TELL_S:
            return None
        self._told_ns = t_ns
        return Diagnostics(t_ns, (self._loads(), *map(self._panel, range(len(PANELS)))))

    def _loads(self) -> Diagnostic:
        """Mean draw while on, W, and energy used since the start, Wh, of each load that was on."""
        values = {}
        for k, name in enumerate(LOADS):
            if math.isfinite(self.meter.mean_w[k]):
                values[f"{name} W"] = f"{self.meter.mean_w[k]:.1f}"
                values[f"{name} Wh"] = f"{self.meter.used_wh[k]:.1f}"
        return Diagnostic(0, "power/loads", f"{self.meter.used_wh.sum():.0f} Wh used", values)

    def _panel(self, k: int) -> Diagnostic:
        name, health = f"power/panel/{PANELS[k]}", float(self.array.health[k])
        if math.isnan(health):
            return Diagnostic(0, name, "not seen in the Sun yet")
        values = {"health": f"{health:.2f}"}
        if PANELS[k] in self._lost:
            return Diagnostic(2, name, "gives nothing in full sunlight", values)
        text = f"gives {health:.0%} of what clean new cells would"
        return Diagnostic(1 if health < WORN else 0, name, text, values)
