"""The power node tells loads and panels, against the simulated EPS."""

from dataclasses import replace

import numpy as np
import pytest

from lupex_rover.core.component import Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import LOADS, Odometry, PowerTelemetry
from lupex_rover.power.energy_monitor import EnergyMonitor
from lupex_rover.power.manager import PowerManager
from lupex_rover.power.params import PowerParams
from lupex_rover.simulator.power.eps import EpsParams, EpsPhysics

TOWARD = np.array([0.6, 0.8, 0.0])  # to the Sun, in map


class Rig:
    """EPS and manager every 10 s, the rover turning once in two hours."""

    def __init__(self, dust=0.8, known=True, share=1.0):
        p = EpsParams()
        self.eps = EpsPhysics(
            replace(p, array=replace(p.array, dust=dust)), np.random.default_rng(1), 0, 0.6
        )
        self.manager = PowerManager(
            PowerParams(), EnergyMonitor(lambda t, pose: (TOWARD, share)) if known else None
        )
        self.eps.switch(LOADS.index("radio"), True)
        self.told, self.events = [], []

    def run(self, seconds):
        for _ in range(seconds // 10):
            angle = self.eps.t_ns / NS * 2.0 * np.pi / 7200.0
            pose = Pose(np.zeros(3), np.array([0.0, 0.0, np.sin(angle / 2), np.cos(angle / 2)]))
            self.eps.advance(10.0, pose.matrix.T @ TOWARD, 1.0, 200.0)
            t = self.eps.t_ns
            where = Odometry(t, "map", "base_link", pose, np.zeros(3), np.zeros(3))
            out = self.manager.step(t, Inbox({
                "power/telemetry": [PowerTelemetry(t, *self.eps.power())],
                "localization/pose": [where],
            }))  # fmt: skip
            self.told += [m for topic, m in out.messages if topic == "power/diagnostics"]
            self.events += [m.code for topic, m in out.messages if topic == "mission/event"]
        return {s.name: s for s in self.told[-1].statuses}


def test_dust_is_told_panel_by_panel_and_loads_one_by_one():
    rig = Rig(dust=0.8)
    said = rig.run(14400)
    assert len(rig.told) == 480  # every 30 s
    for panel in ("left", "right", "tower"):
        status = said[f"power/panel/{panel}"]
        assert status.level == 0 and float(status.values["health"]) == pytest.approx(0.8, rel=0.08)
    loads = said["power/loads"].values
    assert float(loads["radio W"]) == pytest.approx(12.0, rel=0.05)
    assert float(loads["radio Wh"]) == pytest.approx(12.0 * 4, rel=0.05)


def test_a_panel_that_dies_is_said_once_and_shown():
    rig = Rig()
    rig.run(7200)
    rig.eps.panel_health[1] = 0.0
    said = rig.run(7200)
    assert rig.events.count("PWR-014") == 1
    assert said["power/panel/right"].level == 2 and said["power/panel/left"].level == 0


@pytest.mark.parametrize("how", [{"known": False}, {"share": 0.3}])
def test_without_the_whole_sun_panels_are_not_judged(how):
    said = Rig(**how).run(700)
    assert said["power/panel/left"].message == "not seen in the Sun yet"
