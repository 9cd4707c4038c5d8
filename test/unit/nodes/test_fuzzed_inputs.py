"""Every input of every component with every field wrong: at rest, and in the middle of its work."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scripted_rover
from board_side import MAKE
from drill_loop import Loop
from fuzzed_messages import T0, good, spoilt
from simulated_drive import SITE, Drive

from lupex_rover import graph
from lupex_rover.codec.conversion import encode
from lupex_rover.core.component import SUCCEEDED, Component, GoalRequest, GoalResult, Inbox, Outbox
from lupex_rover.core.constants import NS
from lupex_rover.core.sensor_limits import is_place
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import DrillSampleGoal, DriveToGoal
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.mission.executive import Executive
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.navigation.localization import Localization
from lupex_rover.navigation.params import LocalizationParams
from lupex_rover.nodes.build import components
from lupex_rover.nodes.context import Context
from lupex_rover.protocol import layouts
from lupex_rover.protocol.frame import Deframer
from lupex_rover.protocol.packet import decode
from lupex_rover.terrain.dem import Dem

pytestmark = pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
TICK_NS = NS // 10
VEHICLE = read_vehicle(default_path())
PLAN = MissionPlan(T0, (0.0, 0.0), 0.0, (20.0, 0.0), (5.0, 0.0), (0.5,), T0 + 72_000 * NS,
                   T0 + 360_000 * NS)  # fmt: skip
CONTEXT = Context(Dem(np.zeros((81, 81)), -200.0, -200.0, 5.0), PLAN, VEHICLE, 1)
NODES = [node.name for node in graph.NODES]
TELECOMMANDS: dict[str, Callable[[Any], Any]] = {
    topic: make for one in MAKE.values() for topic, make in one().commands.items()
}
SEEDS = (1, 2)


def made(name: str) -> Any:
    return components(CONTEXT, [name])[0]


def at(message: Any, t_ns: int) -> Any:
    """The message as of now, unless its stamp is what is wrong with it."""
    now = getattr(message, "stamp_ns", None) == T0
    return dataclasses.replace(message, stamp_ns=t_ns) if now else message


def check(out: Outbox) -> None:
    """All that is said can go out, and no driver has to refuse a command of it."""
    for topic, message in out.messages:
        assert encode(topic, message)
        assert topic != graph.MISSION_EVENT or len(message.text) < 1000
        for value in vars(message).values():
            assert not isinstance(value, Pose) or is_place(value.position_m), (topic, message)
        if topic in TELECOMMANDS:
            payload = TELECOMMANDS[topic](message)
            assert layouts.of(type(payload)).in_range(payload), message
    for raw in Deframer().feed(out.tx):
        packet = decode(raw)
        layout = layouts.LAYOUTS[packet.apid, True, packet.message_id]
        assert layout.in_range(layout.unpack(packet.payload)), packet


@pytest.mark.parametrize("name", NODES)
def test_a_component_at_rest_lives_through_every_input(name: str) -> None:
    """No exception, nothing that cannot go out, no motion, and no goal begun that cannot be."""
    component, t_ns, moved = made(name), T0, []
    for topic in component.inputs:
        for _, message in spoilt(topic.message, T0):
            t_ns += TICK_NS
            out = component.step(t_ns, Inbox({topic: [at(message, t_ns)]}))
            check(out)
            moved += [one for t, one in out.messages if t in (graph.MOBILITY_COMMAND,
                                                             graph.DRILL_COMMAND)]  # fmt: skip
    for action in component.serves:
        for k, (_, goal) in enumerate(spoilt(action.goal, T0)):
            t_ns += TICK_NS
            out = component.step(t_ns, Inbox(goals=[GoalRequest(action, f"g{k}", goal)]))
            check(out)
            check(component.safe(t_ns))
    assert not moved


def work(component: Component, senses: Callable[[], tuple[int, Inbox]]) -> Callable[..., Outbox]:
    """A turn of a component on what its sensors say; a message given is the last of the turn."""

    def turn(topic: str = "", message: Any = None, **more: Any) -> Outbox:
        t_ns, inbox = senses()
        if topic:
            inbox.messages.setdefault(topic, []).append(at(message, t_ns))
        for name, items in more.items():
            getattr(inbox, name).extend(items)
        out = component.step(t_ns, inbox)
        check(out)
        return out

    return turn


class Clock:
    """A stamp that goes on, and good messages of some topics at each."""

    def __init__(self, topics: Any, step_ns: int = TICK_NS) -> None:
        self.topics, self.step_ns, self.t_ns = topics, step_ns, T0

    def __call__(self) -> tuple[int, Inbox]:
        self.t_ns += self.step_ns
        return self.t_ns, Inbox({t: [good(t.message, self.t_ns)] for t in self.topics})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_navigator_that_drives_never_commands_what_the_board_must_refuse(seed: int) -> None:
    """Whatever it hears; a goal that ends for it is sent again."""
    rng, navigator = np.random.default_rng(seed), made("navigator")
    turn = work(navigator, Clock((graph.LOCALIZATION_POSE, graph.MOBILITY_STATE,
                                  graph.BOARDS_HOUSEKEEPING)))  # fmt: skip
    drove = 0
    for topic in navigator.inputs:
        for what, message in spoilt(topic.message, T0, rng):
            if navigator._drive is None:
                turn(goals=[GoalRequest("drive_to", what, DriveToGoal(3.0, 0.0))])
                for _ in range(3):
                    turn()
            drove += any(t == graph.MOBILITY_COMMAND for t, _ in turn(topic, message).messages)
    assert drove > 20


@pytest.mark.parametrize("phase", ["bore", "retract"])
def test_a_drill_at_work_never_commands_what_the_board_must_refuse(phase: str) -> None:
    rng, loop = np.random.default_rng(1), Loop(3)
    loop.tick(Inbox(goals=[GoalRequest("drill_sample", "g", DrillSampleGoal(0.03, 1))]))
    while loop.drill.run is not None and loop.drill.run.phase != phase:
        loop.tick(Inbox())
    assert loop.drill.run is not None
    listen, step, said = loop._listen, loop.drill.step, [0]

    def checked(t_ns: int, inbox: Inbox) -> Outbox:
        out = step(t_ns, inbox)
        check(out)
        said[0] += len(out.messages)
        return out

    loop.drill.step = checked
    for topic in loop.drill.inputs:
        for _, message in spoilt(topic.message, T0, rng):

            def worse(inbox: Inbox, topic: Any = topic, message: Any = message) -> None:
                listen(inbox)
                inbox.messages.setdefault(topic, []).append(at(message, loop.t_ns))

            loop._listen = worse
            loop.tick(Inbox())
            loop._listen = listen
            loop.tick(Inbox())
    assert said[0] > 20


@pytest.mark.parametrize("until_s", [100, 3000, 80_000])
def test_an_executive_at_work_ends_no_try_for_what_it_hears(until_s: int) -> None:
    """Neither for messages nor for results: no phase breaks (MIS-014)."""
    rng, rover = np.random.default_rng(1), scripted_rover.Rover()
    executive = Executive(ExecutiveParams(), scripted_rover.PLAN)
    rover.fly(executive, until_s, 20.0)

    def senses() -> tuple[int, Inbox]:
        rover.t_ns += NS
        return rover.t_ns, rover.inbox([])

    turn = work(executive, senses)
    for topic in executive.inputs:
        for _, message in spoilt(topic.message, T0, rng):
            rover.take(turn(topic, message))
    for action in executive.calls:
        for _, result in spoilt(action.result, T0, rng):
            executive.context._open["g"] = action
            rover.take(turn(results=[GoalResult(action, "g", SUCCEEDED, result)]))
        for _, result in spoilt(action.result, T0, rng):
            goal_id = next(iter(executive.context._open), "nobody's")
            rover.take(turn(results=[GoalResult(action, goal_id, 77, result)]))
    assert "MIS-014" not in rover.events


def test_localization_stays_where_the_rover_is() -> None:
    rng, drive = np.random.default_rng(1), Drive(VEHICLE, 0.0, 0.0)
    ground = Dem(np.full((101, 101), 1200.0), SITE[0] - 250, SITE[1] - 250, 5.0)
    localization = Localization(LocalizationParams(), VEHICLE, ground, SITE, SITE)

    def senses() -> tuple[int, Inbox]:
        inbox = drive.step(0.1, 0.0)
        return drive.t, inbox

    turn = work(localization, senses)
    for _ in range(10):
        turn()
    for topic in localization.inputs:
        for what, message in spoilt(topic.message, T0, rng):
            if topic == graph.NAVIGATION_VISUAL_ODOMETRY:  # what it says is here, but for the field
                message = _here(message, drive.pose) if not what.startswith("pose=") else message
            said = dict(turn(topic, message).messages)
    off_m = said[graph.LOCALIZATION_POSE].pose.position_m - drive.pose.position_m
    assert np.linalg.norm(off_m) < 1.0, off_m


def _here(message: Any, pose: Pose) -> Any:
    return dataclasses.replace(message, pose=pose)


def test_power_sheds_nothing_for_one_message() -> None:
    power = made("power")
    turn = work(power, Clock((graph.POWER_TELEMETRY,), NS))
    for _ in range(10):
        turn()
    for topic in power.inputs:
        for what, message in spoilt(topic.message, T0):
            before = dict(turn().messages)[graph.POWER_STATE].soc
            said = turn(topic, message).messages
            assert not [one for t, one in said if t == graph.POWER_SWITCH], what
            after = dict(turn().messages)[graph.POWER_STATE].soc
            assert abs(after - before) < 0.01 or what.startswith("battery_v"), what


def test_the_landing_filter_stays_on_its_way() -> None:
    """Its sensors tell of a fall; each message is wrong once, ahead of the good ones."""
    rng, landing = np.random.default_rng(1), made("landing")
    clock = Clock((graph.IMU_DATA, graph.STAR_TRACKER_ATTITUDE))

    def senses() -> tuple[int, Inbox]:
        t_ns, inbox = clock()
        late = {topic: [dataclasses.replace(one, stamp_ns=t_ns - 1) for one in queue]
                for topic, queue in inbox.messages.items()}  # fmt: skip
        return t_ns, Inbox(late)

    turn = work(landing, senses)
    for topic in landing.inputs:
        if topic == graph.CAMERA_DESCENT_IMAGE_RAW:
            turn(
                graph.CAMERA_DESCENT_CAMERA_INFO, good(graph.CAMERA_DESCENT_CAMERA_INFO.message, T0)
            )
        for _, message in spoilt(topic.message, T0, rng):
            said = dict(turn(topic, message).messages)
    assert np.abs(said[graph.LANDING_STATE].pose.position_m).max() < 1e5
    assert np.abs(said[graph.LANDING_STATE].velocity_mps).max() < 1e3
