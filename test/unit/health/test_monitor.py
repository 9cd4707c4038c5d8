"""The health monitor with the shipped table, fed as the drivers feed it."""

from typing import Annotated, NamedTuple

import pytest
from health_world import BOARDS, World

from lupex_rover.core.component import Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.files import shipped
from lupex_rover.core.types import (
    BoardAck,
    BoardHousekeeping,
    Event,
)
from lupex_rover.health import table
from lupex_rover.health.codes import CODES
from lupex_rover.health.monitor import HealthMonitor
from lupex_rover.health.params import HealthParams
from lupex_rover.protocol.declaration import BoardDeclaration, Telecommand
from lupex_rover.protocol.fields import f32

SHIPPED = shipped("config/faults.yaml")


@pytest.fixture
def world():
    w = World()
    w.run(20)
    assert w.events == [] and w.safed == []
    return w


def test_a_healthy_day_is_quiet_at_any_step(world):
    assert world.run(600) == []
    assert world.run(3000, step_s=10) == []
    assert world.diagnostics.statuses[-1].level == 0
    assert {s.name for s in world.diagnostics.statuses} == {f"board/{b}" for b in BOARDS} | {
        "rover"
    }


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_that_falls_silent_is_told_once_within_seven_seconds(world, board):
    world.silent = {board}
    assert world.run(5) == []
    assert world.run(2) == ["HLT-001"]
    assert board in world.events[-1].text
    assert world.run(300) == []
    assert next(s for s in world.diagnostics.statuses if s.name == f"board/{board}").level == 3
    world.silent = set()
    assert world.run(10) == ["HLT-000"]


def test_a_board_switched_off_is_no_fault_and_neither_is_its_return(world):
    for load in ("mobility", "drill", "payload", "star_tracker", "imu"):
        world.loads.discard(load)
    assert world.run(120) == []
    world.loads.add("drill")
    world.silent = {"DRL"}  # boots slowly
    assert world.run(8) == []
    world.silent = set()
    assert world.run(60) == []


def test_the_landers_boards_may_leave(world):
    hk = BoardHousekeeping(world.t_ns, "LND", 1, 5, 20.0, 0, 0, 0)
    world.monitor.step(world.t_ns + NS, Inbox({"boards/housekeeping": [hk]}))
    world.t_ns += NS
    assert world.run(120) == []


def test_a_hibernation_raises_no_alarm(world):
    world.t_ns += 140 * 3600 * NS
    world.loads = {"computer"}
    assert world.run(60) == []
    world.loads |= {"mobility", "drill"}
    assert world.run(60) == []


def test_a_clock_set_back_raises_no_alarm(world):
    world.t_ns -= 3600 * NS
    assert world.run(60) == []


def test_tilt_stops_every_motion_board_once(world):
    world.tilt_deg = 33.0
    codes = world.run(10)
    assert codes == ["HLT-006", "HLT-006"]  # by the IMU and by the pose
    assert set(world.safed) == {"MOB", "DRL"} and len(world.safed) == 4
    assert world.run(300) == [] and len(world.safed) == 4
    world.tilt_deg = 10.0
    assert world.run(20) == ["HLT-000", "HLT-000"]


def test_a_bump_is_not_a_tilt(world):
    world.tilt_deg = 35.0
    world.run(1)
    world.tilt_deg = 5.0
    world.run(5)
    assert world.events == [] and world.safed == []


def test_only_the_mobility_board_stops_for_a_hot_motor(world):
    world.motor_degc = 120.0
    assert world.run(10) == ["HLT-007"]
    assert world.safed == ["MOB"]


def test_no_safe_command_goes_to_a_board_without_power(world):
    world.loads.discard("drill")
    world.run(5)
    world.battery_v = 21.0
    world.run(5)
    assert world.safed == ["MOB"]


@pytest.mark.parametrize(
    "change, code",
    [
        ({"battery_degc": -15.0}, "HLT-009"),
        ({"battery_degc": 50.0}, "HLT-009"),
        ({"battery_v": 35.0}, "HLT-010"),
        ({"soc": 0.08}, "HLT-011"),
    ],
)
def test_limits_of_the_battery(world, change, code):
    vars(world).update(change)
    assert world.run(60) == [code]


def test_board_temperature_fault_bits_and_losses(world):
    world.hk["DRL"]["fault_bits"] = 1  # the dead-man is no fault
    assert world.run(30) == []
    world.hk["DRL"]["fault_bits"] = 4
    assert world.run(10) == ["HLT-003"]
    world.hk["SCI"]["temperature_degc"] = 80.0
    assert world.run(20) == ["HLT-002"]
    assert world.safed == ["SCI"]
    for _ in range(10):
        world.hk["EPS"]["packets_dropped"] += 3
        world.run(1)
    assert [e.code for e in world.events[2:]] == ["HLT-004"]


def test_unanswered_commands_are_counted(world):
    for i in range(4):
        world.acks = [BoardAck(world.t_ns, "EPS", "SWITCH", i, 255, 0.2)]
        world.run(1)
    world.acks = [BoardAck(world.t_ns, "EPS", "SWITCH", 9, 3, 0.01)]  # refused is answered
    world.run(1)
    assert [e.code for e in world.events] == ["HLT-005"]


def test_a_flickering_fault_makes_no_storm(world):
    for i in range(60):
        world.soc = 0.05 if i % 2 else 0.5
        world.run(15)
    assert len(world.events) <= 2 * 15 + 2  # 15 minutes, one raise and one clear a minute
    assert "more since the last report" in world.events[-1].text


def test_reports_of_others_reach_the_diagnostics(world):
    inbox = world.inbox()
    inbox.messages["mission/event"] = [Event(world.t_ns, 2, "drill", "DRL-003", "binding")]
    out = dict(world.monitor.step(world.t_ns + NS, inbox).messages)
    assert "DRL-003" in out["/diagnostics"].statuses[-1].values["last_fault"]


def test_every_code_said_has_words(world):
    world.tilt_deg, world.soc, world.silent = 40.0, 0.01, {"EPS"}
    world.run(30)
    assert len(world.events) >= 4
    assert {e.code for e in world.events} <= set(CODES)


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_never_heard_since_start_is_told_once(board):
    world = World()
    world.silent = {board}
    world.run(9)
    assert world.events == []  # it may take that long to boot
    world.run(20)
    assert [(e.code, board in e.text) for e in world.events] == [("HLT-001", True)]
    world.silent = set()
    world.run(10)
    assert [e.code for e in world.events] == ["HLT-001", "HLT-000"]


def test_after_a_hibernation_a_board_that_stays_away_is_told(world):
    world.t_ns += 140 * 3600 * NS
    world.silent = {"DRL"}
    assert world.run(30) == ["HLT-001"]
    assert "DRL" in world.events[-1].text


def test_without_the_eps_boards_that_speak_are_watched_all_the_same():
    """Nobody says which loads are on: what is heard has power."""
    world = World()
    world.silent = {"EPS"}
    world.eps = False
    world.run(30)
    assert [e.code for e in world.events] == ["HLT-001"]
    world.tilt_deg = 33.0
    world.run(10)
    assert world.states["MOB"] == world.states["DRL"] == 3
    world.silent = {"EPS", "MOB"}
    assert world.run(10) == ["HLT-001"]


class Point(NamedTuple):
    pan_rad: Annotated[float, f32("rad")]


def test_a_board_from_outside_is_watched_and_held_with_those_that_move():
    mast = BoardDeclaration("MAST", 0x120, "", (Telecommand(Point, 0x10, repeat_hz=5.0),))
    heater = BoardDeclaration("HEAT", 0x121, "moves nothing")
    added = (mast, heater)
    world = World()
    world.monitor = HealthMonitor(HealthParams(), table.read(SHIPPED, added), added)
    assert world.run(16) == ["HLT-001", "HLT-001"]  # neither was ever heard
    assert [e.text.split(":")[0] for e in world.events] == [
        "board_silent.MAST", "board_silent.HEAT"
    ]  # fmt: skip
    states = {s.name: s.level for s in world.diagnostics.statuses}
    assert states["board/MAST"] == states["board/HEAT"] == 3
    world.battery_v = 21.0  # `safe_all`
    world.run(5)
    assert set(world.held()) == {"MOB", "DRL", "MAST"}


def test_a_request_of_a_board_that_nobody_drives_is_told_and_not_heeded():
    world = World()
    world.run(3)
    for board in ("WINGS", "?" * 10_000, "WINGS"):
        world.ask(board, "release")
    assert world.run(1) == ["HLT-016"]  # once, and nothing was released
    assert len(world.events[-1].text) < 200
    world.ask("LND", "ping")  # one that is known, though health does not watch it
    assert world.run(30) == []
    world.ask("WINGS", "safe")
    assert world.run(1) == ["HLT-016"] and "(4 so far)" in world.events[-1].text
