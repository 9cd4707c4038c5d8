"""Confirmed telecommands: resend by the ICD's clock, then give up; hostile bytes; faulty wires."""

import numpy as np
import pytest

from lupex_rover.core.component import Inbox
from lupex_rover.core.types import BoardRequest, DriveCommand, LoadSwitch, SlotCommand
from lupex_rover.drivers import boards as drivers
from lupex_rover.drivers.link import NO_ANSWER, Link
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.frame import Deframer
from lupex_rover.protocol.packet import decode
from lupex_rover.simulator import flat
from lupex_rover.simulator.boards import make_boards
from lupex_rover.transport.faulty import Faulty
from lupex_rover.transport.loopback import Loopback

MS = 10**6
S = 10**9


def sequences(data):
    return [decode(d).sequence for d in Deframer().feed(data)]


def test_resends_the_same_sequence_three_times_then_gives_up():
    link = Link("EPS")
    link.send(m.Ping())
    sent = {t: link.transmit(t * MS) for t in range(0, 400, 10)}
    times = [t for t, data in sent.items() if data]
    assert times == [0, 50, 100, 150]
    assert {tuple(sequences(sent[t])) for t in times} == {(1,)}
    assert [(d.status, round(d.latency_s, 3)) for d in link.done] == [(NO_ANSWER, 0.2)]


def test_waiting_motion_is_replaced_by_the_newest():
    link = Link("MOB")
    link.send(m.Ping())
    link.transmit(0)
    for k in range(5):
        link.send(m.Drive((0.01 * k,) * 4, (0.0,) * 4))
    link.receive(b"", 0)
    assert len(link._queue) == 1
    assert link._queue[0].payload.track_speed_mps[0] == pytest.approx(0.04)


def test_safe_goes_first_and_drops_motion_that_waits():
    link = Link("MOB")
    link.send(m.Enable(1))
    link.send(m.Drive((0.1,) * 4, (0.0,) * 4))
    link.send_now(m.Safe())
    assert decode(Deframer().feed(link.transmit(0))[0]).message_id == 0x05
    assert not any(isinstance(p.payload, m.Drive) for p in link._queue)


class Rig:
    """A driver and its board with a wire between."""

    def __init__(self, driver, drop=0.0, flip=0.0):
        w = flat.FlatWorld(1, 0)
        self.world = w
        board = make_boards(w.rover, w.rover, w.rover, w.eps, w.drill, w.instruments, w.rover)
        self.board = board[driver.board]
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
