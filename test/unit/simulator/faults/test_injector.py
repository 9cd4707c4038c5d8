"""When faults begin and end, what they do to boards, and that a restored injector goes on."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lupex_rover.core.constants import NS
from lupex_rover.protocol import frame, packet
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.layouts import LAYOUTS
from lupex_rover.scenarios.injected_fault import At, InjectedFault
from lupex_rover.simulator.boards.devices import DrillBoard, InertialBoard, MobilityBoard
from lupex_rover.simulator.faults.injector import FaultInjector

START_NS = 1_900_000_000 * NS


class Plant:
    """Whatever a board asks."""

    def __init__(self) -> None:
        self.count = 0
        self.stops = 0

    def command(self, *set_points):
        pass

    gate = deliver = command

    def inertial(self):
        self.count += 1
        return (float(self.count), 0.0, 0.0), (0.0, 0.0, 1.62)

    def drive_state(self):
        return (np.zeros(4),) * 5

    def drill_state(self):
        return (0.0,) * 8 + (0, 255)

    def stop(self):
        self.stops += 1


class World:
    """Boards over plants, and what else faults are done to."""

    def __init__(self, *faults):
        self.plant = plant = Plant()
        self.boards: dict[str, Any] = {
            "IMU": InertialBoard(plant), "MOB": MobilityBoard(plant), "DRL": DrillBoard(plant),
        }  # fmt: skip
        self.body = SimpleNamespace(motor_share=None)
        self.rig = SimpleNamespace(drill=SimpleNamespace(depth_m=0.0), auger_share=1.0)
        self.eps = SimpleNamespace()
        self.t_ns = START_NS
        self.faults = FaultInjector(faults, START_NS, 1, self)
        self.told = []

    def run(self, seconds, step_s=0.1):
        """Bytes of each board meanwhile."""
        out = dict.fromkeys(self.boards, b"")
        for _ in range(round(seconds / step_s)):
            self.faults.advance(self.t_ns)
            self.told += [(e.code, (e.stamp_ns - START_NS) / NS) for e in self.faults.take_events()]
            self.t_ns += round(step_s * NS)
            for name, board in self.boards.items():
                board.advance(self.t_ns)
                out[name] += board.take()
        return out


def fault(kind, target, for_s=1.0, severity=1.0, **at):
    return InjectedFault(At(**(at or {"time_s": 1.0})), kind, target, for_s, severity)


def payloads(data, kind):
    found = []
    for raw in frame.Deframer().feed(data):
        sent = packet.decode(raw)
        layout = LAYOUTS[sent.apid, False, sent.message_id]
        if layout.kind is kind:
            found.append((layout.unpack(sent.payload), sent.t_ns))
    return found


def test_a_fault_at_a_time_begins_ends_and_is_told_once():
    world = World(fault("unplug", "IMU"))
    assert world.faults.next_s(START_NS) == 1.0
    before, during, after = (world.run(1.0)["IMU"] for _ in range(3))
    assert before and after and not during
    assert world.told == [("SIM-010", 1.0), ("SIM-011", 2.0)]
    assert world.faults.next_s(world.t_ns) > 1e6


def test_a_fault_waits_for_a_phase_and_for_the_first_event_of_a_code():
    world = World(fault("unplug", "IMU", phase="drill+0.5"), fault("reset", "MOB", event="NAV-004"))
    world.run(3.0)
    assert world.told == [] and world.faults.waits_for("phase", "drill")
    assert not world.faults.waits_for("phase", "traverse")
    world.faults.hear("phase", "drill", world.t_ns)
    world.faults.hear("event", "NAV-004", world.t_ns)
    assert not world.faults.waits_for("phase", "drill")
    world.run(1.0)
    assert world.told == [("SIM-010", 3.0), ("SIM-010", 3.5), ("SIM-011", 4.0)][:2]
    world.faults.hear("phase", "drill", world.t_ns)  # once is enough
    world.run(2.0)
    assert len(world.told) == 4


def test_a_fault_waits_for_the_depth_of_the_bit():
    world = World(fault("stick", "auger", severity=0.5, depth_m=0.4))
    world.run(1.0)
    assert world.rig.auger_share == 1.0
    world.rig.drill.depth_m = 0.4
    world.run(0.5)
    assert world.rig.auger_share == 0.5
    world.run(1.0)
    assert world.rig.auger_share == 1.0


def test_a_sensor_that_freezes_tells_what_it_told_last():
    world = World(fault("freeze", "IMU.angular_rate_rps"))
    world.run(1.0)
    values = [p.angular_rate_rps[0] for p, _ in payloads(world.run(1.0)["IMU"], m.Inertial)]
    assert len(values) > 90 and len(set(values)) == 1
    values = [p.angular_rate_rps[0] for p, _ in payloads(world.run(1.0)["IMU"], m.Inertial)]
    assert len(set(values)) == len(values)


def test_a_clock_that_is_set_stays_so():
    world = World(fault("clock", "IMU", severity=0.5))
    world.run(1.0)
    stamp_ns = payloads(world.run(3.0)["IMU"], m.Inertial)[-1][1]
    assert stamp_ns == world.t_ns + 1800 * NS


def test_a_board_that_resets_is_silent_and_boots():
    world = World(fault("reset", "MOB"))
    world.run(2.0)
    assert not world.boards["MOB"].powered and world.faults.down == {"MOB"}
    told = payloads(world.run(2.0)["MOB"], m.Housekeeping)
    assert world.boards["MOB"].powered and told[0][0].uptime_s <= 1


def test_motors_stick_by_severity():
    world = World(
        fault("stick", "front_right_drive", severity=0.3), fault("stick", "rear_left_steer")
    )
    world.run(1.5)
    drive, steer = world.body.motor_share
    assert drive.tolist() == [1.0, 0.7, 1.0, 1.0] and steer.tolist() == [1.0, 1.0, 0.0, 1.0]
    world.run(1.0)
    assert world.body.motor_share is None


def test_what_is_for_the_host_is_handed_to_it():
    world = World(fault("kill", "flight"))
    world.run(1.5)
    (begun,) = world.faults.take_for_host()
    assert begun.begins and begun.fault.target == "flight" and not world.faults.take_for_host()
    world.run(1.0)
    assert [change.begins for change in world.faults.take_for_host()] == [False]


@pytest.mark.parametrize("seconds", [0.5, 1.5, 2.5])
def test_a_restored_injector_goes_on_as_the_saved_one(seconds):
    faults = (
        fault("drop", "IMU"), fault("freeze", "IMU.angular_rate_rps"), fault("delay", "MOB"),
        fault("reset", "DRL"), fault("stick", "front_left_drive"),
        fault("unplug", "MOB", phase="drill"),
    )  # fmt: skip
    world, other = World(*faults), World(*faults)
    world.run(seconds)
    world.faults.hear("phase", "drill", world.t_ns)
    boards = {name: board.save() for name, board in world.boards.items()}
    text = json.dumps([world.faults.save(), boards])
    saved, boards = json.loads(text)
    for name, board in other.boards.items():
        board.restore(boards[name])
    other.faults.restore(saved)
    other.t_ns = world.t_ns
    other.plant.count = world.plant.count
    assert other.faults.save() == world.faults.save() and world.faults.unlisted() == set()
    world.told.clear()
    assert other.run(3.0) == world.run(3.0)
    assert other.told == world.told
    assert other.body.motor_share is None and world.body.motor_share is None
