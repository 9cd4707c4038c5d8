"""SAFE in closed loop: health, navigator and drivers on simulated boards, a client that insists."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.silence import DrivingRover as Loop
from lupex_rover.core.types import BoardRequest, LoadSwitch
from lupex_rover.protocol.messages import State


@pytest.fixture(scope="module")
def stopped() -> Loop:
    """Stopped for a tilt that was over soon after, while someone went on sending goals."""
    loop = Loop()
    loop.run(15)
    loop.go()
    loop.run(25)
    assert loop.state() == State.ACTIVE and loop.x_m > 1.0
    loop.tilt_deg = 33.0
    loop.run(5)
    assert loop.state() == State.SAFE
    loop.tilt_deg = 3.0
    loop.run(2)
    return loop


def test_a_rover_stopped_for_a_fault_does_not_drive_on(stopped: Loop) -> None:
    """Whatever goals come, and after a power cycle; the ground's release alone lets it go."""
    loop, rover = stopped, stopped.world.rover
    before_m = rover.travel_m.copy()
    loop.run(60, insist=True)
    assert loop.state() == State.SAFE and np.abs(rover.travel_m - before_m).max() < 0.01
    for on in (False, True):
        loop.scheduler.deliver("power/switch", LoadSwitch(loop.t_ns, "mobility", on))
        loop.run(3, insist=True)
    loop.run(20, insist=True)
    assert loop.state() == State.SAFE and np.abs(rover.travel_m - before_m).max() < 0.01
    ended = [m for topic, m in loop.said if topic == "mission/action" and m.kind == "result"]
    assert {m.content.code for m in ended} == {"NAV-007"}
    loop.scheduler.deliver("boards/request", BoardRequest(loop.t_ns, "MOB", "release"))
    loop.run(4)
    assert loop.state() == State.IDLE
    loop.go()
    loop.run(10)
    assert loop.state() == State.ACTIVE and np.abs(rover.speed_mps).max() > 0.02
