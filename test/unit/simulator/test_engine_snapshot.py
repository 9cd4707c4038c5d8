"""A run that is restored from its snapshot goes on as the run itself, to the last digit."""

import dataclasses
import json

import numpy as np
import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.types import LOADS
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.protocol import frame, layouts, packet
from lupex_rover.protocol import messages as m
from lupex_rover.scenarios.injected_fault import At, InjectedFault
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.science import records as rec
from lupex_rover.simulator.bench_boards import FlatWorld
from lupex_rover.simulator.drill.physics import CupSample
from lupex_rover.simulator.engine import Engine
from lupex_rover.simulator.site.world import World, WorldParams
from lupex_rover.simulator.world_journal import WorldJournal, restore

VEHICLE = read_vehicle(default_path())
START_NS = 1_881_414_000 * 10**9
SMALL_PICTURES = {"descent_camera_px": 96, "stereo_width_px": 96, "stereo_height_px": 72}


def made(phases, seed=3, faults=()):
    """A fresh engine with nothing shared; its site is smaller than a mission's."""
    world = World(WorldParams(site_size_m=2000.0), seed)
    x, y = world.centre
    plan = MissionPlan(
        start_ns=START_NS, landing_target=(x, y), landing_azimuth_rad=0.5,
        drill_target=(x + 30.0, y + 10.0), haven=(x - 20.0, y + 15.0), drill_depths_m=(0.5,),
        night_start_ns=START_NS + 10**14, night_end_ns=START_NS + 2 * 10**14,
    )  # fmt: skip
    scenario = Scenario(seed=seed, phases=phases, simulator={"engine": SMALL_PICTURES})
    scenario = dataclasses.replace(scenario, faults=faults)
    return Engine(scenario, world, plan, VEHICLE)


class Commander:
    """Commands by the tick alone, and keeps what the engine says: every byte, picture, truth."""

    def __init__(self, script, tick=0, sequence=0):
        self.script, self.tick, self.sequence = script, tick, sequence
        self.said = []

    def run(self, engine, ticks):
        for _ in range(ticks):
            self.tick += 1
            engine.advance()
            self.said += [(topic, everything(message)) for topic, message in engine.outputs()]
            for board, payload in self.script(self.tick):
                engine.feed(board, self.frame(board, payload, engine.t_ns))
            self.said += [(name, board.take()) for name, board in engine.boards.items()]

    def frame(self, board, payload, t_ns):
        self.sequence += 1
        layout = layouts.of(type(payload))
        sent = packet.Packet(
            layouts.APIDS[board], True, self.sequence, layout.message_id, t_ns, layout.pack(payload)
        )
        return frame.encode(packet.encode(sent))


def everything(value):
    """A message in full: every byte of its arrays, every digit of its numbers."""
    if dataclasses.is_dataclass(value):
        return [everything(getattr(value, f.name)) for f in dataclasses.fields(value)]
    return value.tobytes() if isinstance(value, np.ndarray) else repr(value)


def switches(*loads):
    return [("EPS", m.Switch(LOADS.index(load), 1)) for load in loads]


def descending(tick):
    if tick == 1:
        yield from switches("cameras", "imu", "star_tracker")
    elif tick % 20 == 0:
        yield "LGC", m.NavUpdate((0.0, 0.0, 1500.0), (3.0, 2.0, -20.0), (10.0, 5.0, 0.0))


def driving(tick):
    if tick == 1:
        yield from switches("mobility", "cameras", "imu", "star_tracker", "payload", "drill")
    elif tick == 3:
        yield "MOB", m.Enable(1)
        yield "SCI", m.SlotPower(1, 1)
        yield "SCI", m.SlotPower(0, 1)
        yield "SCI", m.SlotCommand(0, rec.OP_READ, b"\x01")
    elif tick > 3:
        angle = 0.4 if tick % 80 < 40 else -0.3
        yield "MOB", m.Drive((0.1, 0.1, 0.1, 0.1), (angle, angle, -angle, -angle))


def drilling(tick):
    if tick == 1:
        yield from switches("drill", "payload", "star_tracker")
    elif tick == 3:
        yield "DRL", m.Enable(1)
    elif tick > 3:
        yield "DRL", m.Drill(120.0, 0.01, 200.0, 1)
        if tick == 100:
            yield "DRL", m.Gate(1)


def goes_on_the_same(engine, fresh, script, ticks_before, ticks_after):
    first = Commander(script)
    first.run(engine, ticks_before)
    text = json.dumps(engine.save(), allow_nan=False)
    fresh.restore(json.loads(text))
    assert json.dumps(fresh.save()) == text
    second = Commander(script, first.tick, first.sequence)
    first.said.clear()
    first.run(engine, ticks_after)
    second.run(fresh, ticks_after)
    assert first.said == second.said
    assert json.dumps(fresh.save()) == json.dumps(engine.save())
    return first


def topics(commander):
    return {topic for topic, _ in commander.said}


def test_in_descent():
    said = goes_on_the_same(made(("descent",)), made(("descent",)), descending, 60, 200)
    assert {"camera/descent/image_raw", "sim/truth"} <= topics(said)


def test_through_touchdown_and_after_it():
    """Before the ground the fresh engine makes its own rover; after it, that of the snapshot."""
    engine, fresh = made(("descent",)), made(("descent",))
    quiet = Commander(lambda tick: ())
    while not engine.body.landed and engine.body.pose.position_m[2] - engine._target_z > 30.0:
        quiet.run(engine, 1)
    goes_on_the_same(engine, fresh, lambda tick: (), 0, 300)
    assert engine.body.landed
    other = made(("descent",))
    assert not other.body.landed
    other.restore(engine.save())
    engine.lander.touchdown_position[0] += 0.0  # nothing is shared between the two
    assert other.summary() == engine.summary()


def test_on_the_ground_driving():
    said = goes_on_the_same(made(("traverse",)), made(("traverse",)), driving, 60, 200)
    assert {"stereo/left/image_raw", "sim/truth"} <= topics(said)


def test_on_the_ground_drilling():
    engine = made(("drill",))
    goes_on_the_same(engine, made(("drill",)), drilling, 400, 400)
    assert engine.rig.drill.bottom_m > 0.02
    assert engine.rig.drill._held_g > 0.0


FAULTS = tuple(
    InjectedFault(at, kind, target, 4.0, 0.8)
    for at, kind, target in (
        (At(time_s=1.0), "drop", "IMU"), (At(time_s=3.0), "delay", "MOB"),
        (At(time_s=4.5), "bias", "IMU.angular_rate_rps"), (At(time_s=5.0), "reset", "STR"),
        (At(time_s=2.0), "stick", "front_left_drive"), (At(phase="traverse"), "replay", "EPS"),
    )
)  # fmt: skip


def test_driving_with_faults_from_its_journal(tmp_path):
    """Killed between two ticks and within one; what was read by nobody is not said again."""
    engine, fresh = (made(("traverse",), faults=FAULTS) for _ in range(2))
    engine.journal = WorldJournal(tmp_path, every=40)
    first = Commander(driving)
    first.run(engine, 55)
    engine.hear("phase", "traverse")
    first.run(engine, 15)
    assert "sim/event" in topics(first) and fresh.faults.waits_for("phase", "traverse")
    told = restore(fresh, tmp_path, lambda tick, t_ns: None)
    assert (told.ticks, told.executed, told.bad) == (70, 30, ())
    engine.journal = None
    assert json.dumps(fresh.save()) == json.dumps(engine.save())
    second = Commander(driving, first.tick, first.sequence)
    first.said.clear()
    first.run(engine, 60)
    second.run(fresh, 60)
    assert first.said == second.said
    assert all(begun is not None for begun in fresh.faults._begun_ns)


def test_an_engine_that_has_run_elsewhere_takes_the_snapshot_too():
    engine, used = made(("traverse",)), made(("traverse",))
    Commander(driving).run(used, 150)
    goes_on_the_same(engine, used, driving, 30, 50)


def test_every_attribute_is_saved_or_said_to_be_fixed():
    engine = made(("traverse",))
    Commander(driving).run(engine, 5)
    drill, analyser = engine.rig.drill, engine.instruments.analyser
    engine.cups[2] = CupSample(0.5, 8.0, 2.0, 150.0, 0.0)
    parts = [
        engine, engine._pace, engine._truth, engine.lander, engine.lander.guidance, engine.body,
        engine.body._inertial, engine.body._star, engine.body.rover, engine.body.rover.drives,
        engine.body.rover._wanted, engine.eps, engine.eps.pack, engine.eps.heat, engine.rig, drill,
        engine.instruments, analyser, *engine.instruments._partners.values(), engine.eyes,
        *engine.boards.values(), engine.boards["MOB"]._deframer, analyser._new_content(2),
        engine.faults,
    ]  # fmt: skip
    assert {type(p).__name__: p.unlisted() for p in parts if p.unlisted()} == {}


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda s: s["of"].update(seed=4), "seed is 4, here it is 3"),
        (lambda s: s["of"].update(version=0), "version is 0"),
        (lambda s: s["of"].update(vehicle="other"), "vehicle is other, here it is"),
        (lambda s: s.pop("eps"), "Engine.eps is missing"),
        (lambda s: s["eps"]["pack"].pop("soc"), "Pack.soc is missing"),
        (lambda s: s.update(t_ns={"pickle": "x"}), "is no saved value"),
        (lambda s: s["boards"].pop("DRL"), "Engine.DRL is missing"),
    ],
)
def test_a_snapshot_of_something_else_is_refused_by_name(spoil, named):
    engine = made(("traverse",))
    state = engine.save()
    spoil(state)
    with pytest.raises(UserError, match=named):
        engine.restore(state)


def test_outputs_that_nobody_took_are_not_lost_in_silence():
    engine = made(("traverse",))
    engine.advance()
    with pytest.raises(ValueError, match="outputs"):
        engine.save()


def test_a_cup_with_its_sample_is_saved():
    world = FlatWorld(VEHICLE, 1, START_NS)
    world.drill.cups[3] = CupSample(0.5, 8.0, 2.0, 150.0, 0.0)
    analyser = world.instruments.analyser
    analyser.power(True)
    analyser.cup = 3
    analyser._inside()
    twin = FlatWorld(VEHICLE, 1, START_NS)
    twin.drill.cups.update(world.drill.cups)
    twin.instruments.restore(json.loads(json.dumps(world.instruments.save(), allow_nan=False)))
    assert twin.instruments.save() == world.instruments.save()
    assert twin.instruments.analyser._inside().mass_g == analyser._inside().mass_g
