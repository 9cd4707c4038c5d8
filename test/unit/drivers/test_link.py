"""Confirmed telecommands: resend by the ICD's clock, then give up; hostile bytes; faulty wires."""

import numpy as np
import pytest
from board_side import wire

from lupex_rover.core.component import Inbox
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import (
    BoardRequest,
    DeliverCommand,
    DrillCommand,
    DriveCommand,
    HeaterSet,
    HibernateCommand,
    LandingState,
    LoadSwitch,
    SlotCommand,
)
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.drivers import boards as drivers
from lupex_rover.drivers.link import NO_ANSWER, Link
from lupex_rover.protocol import layouts
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.frame import Deframer
from lupex_rover.protocol.packet import decode
from lupex_rover.simulator import bench_boards
from lupex_rover.transport.faulty import Faulty
from lupex_rover.transport.loopback import Loopback

VEHICLE = read_vehicle(default_path())
MS = 10**6
S = 10**9


def commands(data):
    """Payloads of the telecommands in `data`."""
    packets = [decode(d) for d in Deframer().feed(data)]
    return [layouts.LAYOUTS[p.apid, p.is_tc, p.message_id].unpack(p.payload) for p in packets]


def started(board):
    """A link that has had its first telecommand confirmed."""
    link = Link(board)
    link.send(m.Ping())
    link.transmit(0)
    link.receive(ack(board, 2), 0)
    link.done.clear()
    return link


def ack(board, sequence, status=0):
    return wire(board, m.Ack(sequence, status), 0)


def test_resends_the_same_bytes_three_times_then_gives_up():
    link = started("EPS")
    link.send(m.Switch(11, 1))
    sent = {t: link.transmit(t * MS) for t in range(0, 400, 10)}
    times = [t for t, data in sent.items() if data]
    assert times == [0, 50, 100, 150]
    assert len({sent[t] for t in times}) == 1
    assert [(d.status, round(d.latency_s, 3)) for d in link.done] == [(NO_ANSWER, 0.2)]


def test_an_ack_that_waits_in_the_port_beats_its_timeout():
    link = started("EPS")
    link.send(m.Switch(11, 1))
    link.transmit(0)
    link.receive(ack("EPS", 3), 10 * S)
    assert link.transmit(10 * S) == b""
    assert [d.status for d in link.done] == [0]
    assert link.resends == 0


def test_a_new_life_is_not_taken_for_a_resend():
    """The board remembers the count of the last telecommand; a new link starts counting anew."""
    world = bench_boards.FlatWorld(VEHICLE, 1, S)
    board = world.boards["EPS"]
    for on in (1, 0, 1, 0):
        link = Link("EPS")
        link.send(m.Switch(11, on))
        board.feed(link.transmit(S), S)
        assert world.eps.loads_on >> 11 & 1 == on


def test_waiting_motion_is_replaced_by_the_newest():
    link = started("MOB")
    link.send(m.Ping())
    link.transmit(0)
    for k in range(5):
        link.send(m.Drive((0.01 * k,) * 4, (0.0,) * 4))
    link.receive(ack("MOB", 3), 0)
    assert commands(link.transmit(0))[0].track_speed_mps[0] == pytest.approx(0.04)
    link.receive(ack("MOB", 4), 0)
    assert link.transmit(0) == b""


def test_motion_that_waited_too_long_is_not_sent():
    link = started("DRL")
    link.send(m.Gate(1))
    link.transmit(0)
    link.send(m.Drill(100.0, 0.001, 100.0, 0), expires_ns=S // 2)
    assert all(not link.transmit(t * MS) for t in (10, 20))
    link.receive(ack("DRL", 3), S)
    assert link.transmit(S) == b""


def test_safe_does_not_wait_and_motion_that_waits_goes():
    link = started("MOB")
    link.send(m.Enable(1))
    link.transmit(0)
    link.send(m.Drive((0.1,) * 4, (0.0,) * 4))
    link.send_now(m.Safe())
    assert [type(c) for c in commands(link.transmit(1 * MS))] == [m.Safe]
    link.send_now(m.Safe())  # one under way is enough
    link.receive(ack("MOB", 3) + ack("MOB", 4), 2 * MS)
    assert [(type(d.payload), d.status) for d in link.done] == [(m.Enable, 0), (m.Safe, 0)]
    assert link.transmit(3 * MS) == b""


def test_safe_outlasts_a_flood_and_what_is_given_up_is_told():
    link = started("MOB")
    for _ in range(100):
        link.send(m.Ping())
    link.send_now(m.Safe())
    for on in (0, 1, 0):
        link.send(m.Enable(on))
    assert [type(c) for c in commands(link.transmit(0))] == [m.Safe]
    assert link.given_up == [m.Ping()] * (36 + 1 + 3)
    driver = drivers.MobilityDriver(0.15)
    asked = [BoardRequest(S, "MOB", "safe"), *[BoardRequest(S, "MOB", "ping")] * 70]
    out = driver.step(S, Inbox(messages={"boards/request": asked}))
    assert m.Safe in [type(c) for c in commands(out.tx)]
    [(topic, event)] = out.messages
    assert (topic, event.code, event.severity) == ("mission/event", "DRV-005", 1)
    assert "MOB: Ping" in event.text


def test_a_flood_of_safe_is_one_safe():
    link = started("MOB")
    for _ in range(1000):
        link.send_now(m.Safe())
    assert [type(c) for c in commands(link.transmit(0))] == [m.Safe]
    link.receive(ack("MOB", 3), 0)
    assert link.transmit(0) == b""


def test_what_was_asked_before_safe_does_not_wake_the_board_after_it():
    link = started("MOB")
    link.send_now(m.Safe())
    link.transmit(0)
    link.send(m.Enable(0))
    link.send(m.Enable(1))
    link.send(m.Drive((0.1,) * 4, (0.0,) * 4))
    link.send_now(m.Safe())  # asked last, while the first is under way
    link.receive(ack("MOB", 3), 0)
    assert link.transmit(0) == b""


@pytest.mark.parametrize("order", [("safe", "disable"), ("disable", "safe"), ("safe", "enable")])
def test_safe_wins_over_what_is_asked_with_it(order):
    """Two components that speak in one tick know nothing of each other: SAFE stays."""
    rig = Rig(drivers.MobilityDriver(0.15))
    rig.tick(boards__request=BoardRequest(rig.t, "MOB", "enable"))
    asked = [BoardRequest(rig.t, "MOB", c) for c in order]
    out = rig.driver.step(rig.t, Inbox(messages={"boards/request": asked}))
    rig.board.feed(out.tx, rig.t)
    rig.driver.step(rig.t, Inbox(rx=rig.board.take()))
    for _ in range(5):
        rig.tick()
    assert rig.board.state == m.State.SAFE
    told = [e.text for t, e in out.messages if t == "mission/event"]
    assert len(told) == 1 and "SAFE" in told[0]


def test_the_release_of_safe_is_passed_on_once_safe_is_confirmed():
    rig = Rig(drivers.MobilityDriver(0.15))
    for command in ("safe", "disable"):
        rig.tick(boards__request=BoardRequest(rig.t, "MOB", command))
        rig.tick()
        rig.tick()
    assert rig.board.state == m.State.IDLE
    assert not rig.of("mission/event")


def test_a_stop_asked_while_safe_is_under_way_does_not_end_it():
    """A host that shuts down: the driver's safe state, then the navigator's."""
    driver = drivers.MobilityDriver(0.15)
    driver.step(S, Inbox())
    [safe] = [c for c in commands(driver.safe(S).tx) if not isinstance(c, m.Ping)]
    assert isinstance(safe, m.Safe)
    driver.step(S, Inbox({"boards/request": [BoardRequest(S, "MOB", "disable")]}))
    out = driver.step(S, Inbox(rx=ack("MOB", 2)))
    assert commands(out.tx) == []


def test_what_health_alone_is_asked_reaches_no_board():
    driver = drivers.MobilityDriver(0.15)
    out = driver.step(S, Inbox({"boards/request": [BoardRequest(S, "MOB", "release")]}))
    assert out.tx == b"" and out.messages == []


HOUR = 3600 * S


def test_a_clock_that_is_set_back_holds_no_telecommand():
    link = started("EPS")
    link.send(m.Switch(11, 1))
    link.transmit(10 * HOUR)
    sent = {t: link.transmit(9 * HOUR + t * MS) for t in range(0, 300, 10)}
    assert [t for t, data in sent.items() if data] == [0, 50, 100]
    [end] = link.done
    assert (end.status, end.latency_s) == (NO_ANSWER, 0.0)


def test_a_telecommand_that_safe_overtook_ends_though_the_clock_is_set_back():
    link = started("MOB")
    link.send(m.Ping())
    link.transmit(10 * HOUR)
    link.send_now(m.Safe())
    link.transmit(9 * HOUR)
    assert [(type(d.payload), d.status) for d in link.done] == [(m.Ping, NO_ANSWER)]


def test_motion_from_before_the_clock_was_set_back_is_not_sent():
    link = started("MOB")
    link.send(m.Ping())
    link.transmit(10 * HOUR)
    link.send(m.Drive((0.1,) * 4, (0.0,) * 4), 10 * HOUR + S // 2)
    link.receive(ack("MOB", 3), 9 * HOUR)
    assert link.transmit(9 * HOUR) == b""


def test_motion_under_way_when_the_clock_was_set_back_is_not_sent_again():
    link = started("MOB")
    link.send(m.Drive((0.1,) * 4, (0.0,) * 4), 10 * HOUR + S // 2)
    assert link.transmit(10 * HOUR)
    assert all(not link.transmit(9 * HOUR + t * MS) for t in range(0, 300, 10))


def test_a_motion_command_from_the_future_is_told_and_not_sent():
    rig = Rig(drivers.MobilityDriver(0.15))
    for ahead_s, told in ((0.4, []), (0.6, ["DRV-003"]), (3600.0, ["DRV-003"])):
        rig.messages.clear()
        rig.t += 20 * S
        stamp_ns = rig.t + 10 * MS + int(ahead_s * S)
        rig.tick(mobility__command=DriveCommand(stamp_ns, np.full(4, 0.1), np.zeros(4)))
        assert [e.code for e in rig.of("mission/event")] == told
        assert bool(rig.device.read()) == (not told)
        rig.driver.link.receive(ack("MOB", 2), rig.t)


@pytest.mark.parametrize("make", [lambda: drivers.MobilityDriver(0.15), drivers.DrillDriver])
def test_deactivating_a_driver_makes_its_board_safe(make):
    rig = Rig(make())
    rig.tick(boards__request=BoardRequest(rig.t, rig.driver.board, "enable"))
    for _ in range(3):
        rig.tick()
    assert rig.board.active
    rig.board.feed(rig.driver.safe(rig.t).tx, rig.t)
    assert rig.board.state == m.State.SAFE


class Rig:
    """A driver and its board with a wire between."""

    def __init__(self, driver, drop=0.0, flip=0.0):
        self.world = bench_boards.FlatWorld(VEHICLE, 1, S)
        self.board = self.world.boards[driver.board]
        self.driver = driver
        rng = np.random.default_rng(8)
        host, device = Loopback.pair()
        self.host, self.device = Faulty(host, rng, drop, flip), Faulty(device, rng, drop, flip)
        self.t = S
        self.messages = []

    def tick(self, **topics):
        self.t += 10 * MS
        self.board.feed(self.device.read(), self.t)
        self.board.advance(self.t)
        self.device.write(self.board.take())
        sent = {k.replace("__", "/"): [v] for k, v in topics.items()}
        out = self.driver.step(self.t, Inbox(messages=sent, rx=self.host.read()))
        self.host.write(out.tx)
        self.messages += out.messages

    def of(self, topic):
        return [message for t, message in self.messages if t == topic]


def test_every_command_arrives_over_a_wire_that_loses_and_flips():
    rig = Rig(drivers.EpsDriver(), drop=0.002, flip=0.002)
    for k in range(60):
        load = "lights" if k % 2 else "spare_12"
        rig.tick(power__switch=LoadSwitch(rig.t, load, True))
        for _ in range(40):
            rig.tick()
    acks = rig.of("boards/ack")
    assert len(acks) == 60
    lost = [a for a in acks if a.status == NO_ANSWER]
    assert len(lost) <= 2
    assert rig.driver.link.resends > 0
    assert rig.driver.link.dropped > 0
    events = [e.code for e in rig.of("mission/event")]
    assert events.count("DRV-001") == len(lost)


def test_a_silent_board_is_a_fault_with_its_name():
    rig = Rig(drivers.MobilityDriver(0.15))
    rig.board.powered = False
    rig.tick(boards__request=BoardRequest(rig.t, "MOB", "enable"))
    for _ in range(30):
        rig.tick()
    [event] = rig.of("mission/event")
    assert (event.code, event.severity) == ("DRV-001", 2)
    assert "MOB" in event.text
    assert rig.of("boards/ack")[0].status == NO_ANSWER


def test_a_stale_motion_command_is_not_sent():
    rig = Rig(drivers.MobilityDriver(0.15))
    rig.tick(boards__request=BoardRequest(rig.t, "MOB", "enable"))
    for _ in range(3):
        rig.tick()
    old = DriveCommand(rig.t - S, np.full(4, 0.1), np.zeros(4))
    rig.tick(mobility__command=old)
    for _ in range(5):
        rig.tick()
    assert np.all(rig.world.rover._speed_set == 0)
    rig.tick(mobility__command=DriveCommand(rig.t, np.full(4, 0.1), np.zeros(4)))
    for _ in range(5):
        rig.tick()
    assert np.allclose(rig.world.rover._speed_set, 0.1)


def test_what_is_said_in_one_step_goes_out_in_the_order_that_makes_sense():
    rig = Rig(drivers.MobilityDriver(0.15))
    go = DriveCommand(rig.t, np.full(4, 0.1), np.zeros(4))
    rig.tick(boards__request=BoardRequest(rig.t, "MOB", "enable"), mobility__command=go)
    for _ in range(5):
        rig.tick()
    assert rig.world.rover._speed_set[0] == pytest.approx(0.1)
    halt = DriveCommand(rig.t, np.zeros(4), np.zeros(4))
    rig.tick(boards__request=BoardRequest(rig.t, "MOB", "disable"), mobility__command=halt)
    for _ in range(5):
        rig.tick()
    assert rig.board.state == m.State.IDLE
    assert [a.status for a in rig.of("boards/ack")] == [0, 0, 0, 0]
    assert not rig.of("mission/event")


def test_the_same_complaint_is_not_told_at_every_step():
    rig = Rig(drivers.MobilityDriver(0.15))
    for _ in range(1500):
        bad = DriveCommand(rig.t, np.full(4, 9.9), np.zeros(4))
        rig.tick(mobility__command=bad)
    assert [e.code for e in rig.of("mission/event")] == ["DRV-003"] * 2  # in 15 s


@pytest.mark.parametrize(
    ("driver", "topic", "message"),
    [
        (drivers.EpsDriver, "power__switch", LoadSwitch(S, "toaster", True)),
        (drivers.EpsDriver, "power__hibernate", HibernateCommand(S, float("nan"))),
        (drivers.EpsDriver, "power__heater", HeaterSet(S, 7, 0.0)),
        (drivers.DrillDriver, "drill__deliver", DeliverCommand(S, 12)),
        (drivers.DrillDriver, "drill__command", DrillCommand(S, 100.0, float("nan"), 1.0, True)),
        (drivers.ScienceDriver, "science__slot_command", SlotCommand(S, 0, 1, bytes(901))),
        (lambda: drivers.MobilityDriver(0.15), "mobility__command",
         DriveCommand(S, np.zeros(3), np.zeros(4))),
        (drivers.EpsDriver, "boards__request", BoardRequest(S, "EPS", "dance")),
    ],
)  # fmt: skip
def test_what_no_telecommand_can_say_is_told_and_not_sent(driver, topic, message):
    rig = Rig(driver())
    rig.tick(**{topic: message})
    assert [(e.code, e.severity) for e in rig.of("mission/event")] == [("DRV-003", 1)]
    assert rig.device.read() == b""


def test_guidance_gets_the_filters_state_twice_a_second_once_it_rests_on_fixes():
    driver = drivers.GuidanceDriver()

    def sent(t_ns, fixes, touchdown=False, x=1.0):
        pose = Pose(np.array([x, 2.0, 3.0]), np.array([0.0, 0, 0, 1]))
        state = LandingState(t_ns, pose, np.full(3, 4.0), np.ones(3), fixes, 0, "braking",
                             np.array([7.0, 8.0, 9.0]), touchdown)  # fmt: skip
        out = driver.step(t_ns, Inbox(messages={"landing/state": [state]}))
        for p in commands(out.tx):
            if isinstance(p, m.NavUpdate):
                got = [decode(d) for d in Deframer().feed(out.tx)][-1].sequence
                driver.step(t_ns, Inbox(rx=ack("LGC", got)))
                return p
        return None

    assert sent(S, fixes=0) is None
    assert sent(S, fixes=1) == m.NavUpdate((1.0, 2.0, 3.0), (4.0,) * 3, (7.0, 8.0, 9.0))
    told = [t for t in range(1, 41) if sent(S + t * 100 * MS, fixes=2)]
    assert told == list(range(5, 41, 5))
    assert sent(20 * S, fixes=3, x=float("nan")) is None
    assert sent(30 * S, fixes=3, touchdown=True) is None


@pytest.mark.parametrize("slot", [8, 300, -1])
def test_a_command_out_of_range_is_refused_here(slot):
    rig = Rig(drivers.ScienceDriver())
    rig.tick(science__slot_command=SlotCommand(rig.t, slot, 1, b""))
    assert [e.code for e in rig.of("mission/event")] == ["DRV-003"]


def test_imu_mean_keeps_the_rotation():
    driver = drivers.ImuDriver()
    rig = Rig(driver)
    for _ in range(200):
        rig.tick()
    samples = rig.of("imu/data")
    assert len(samples) == pytest.approx(40, abs=1)
    assert all(s.interval_s == pytest.approx(0.05, abs=1e-3) for s in samples[1:])
    assert np.mean([s.specific_force_mps2[2] for s in samples]) == pytest.approx(1.625, abs=1e-3)
