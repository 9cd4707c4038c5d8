"""Motion ends when a node that must stand behind it dies, falls silent or hangs."""

from __future__ import annotations

import numpy as np
import pytest
from board_side import wire

from lupex_rover import graph
from lupex_rover.core.component import Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.types import BoardRequest, DrillCommand, DriveCommand, MotionLease
from lupex_rover.drivers import boards as drivers
from lupex_rover.drivers.lease import LeaseParams
from lupex_rover.protocol import layouts
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.frame import Deframer
from lupex_rover.protocol.packet import decode

TICK_NS = NS // 10
BOTH = ("executive", "health")


def drive(t_ns):
    return graph.MOBILITY_COMMAND, DriveCommand(t_ns, np.full(4, 0.1), np.zeros(4))


def drill(t_ns):
    return graph.DRILL_COMMAND, DrillCommand(t_ns, 30.0, 0.001, 50.0, False)


CASES = [
    (lambda lease: drivers.MobilityDriver(0.15, lease), drive, m.Drive),
    (drivers.DrillDriver, drill, m.Drill),
]


class Rig:
    """A driver on a wire whose board confirms all; what it sent by kind, with its time."""

    def __init__(self, driver):
        self.driver, self.t_ns = driver, 100 * NS
        self.sent, self.codes = [], []

    def run(self, duration_s, command, alive):
        end_ns = self.t_ns + round(duration_s * NS)
        while self.t_ns < end_ns:
            self.t_ns += TICK_NS
            topic, message = command(self.t_ns)
            leases = [MotionLease(self.t_ns, name) for name in alive]
            messages = {topic: [message], graph.MOTION_LEASE: leases}
            self._turn(Inbox(messages))

    def _turn(self, inbox):
        out = self.driver.step(self.t_ns, inbox)
        answers = b""
        for raw in Deframer().feed(out.tx):
            p = decode(raw)
            payload = layouts.LAYOUTS[p.apid, True, p.message_id].unpack(p.payload)
            answers += wire(self.driver.board, m.Ack(p.sequence, 0), self.t_ns)
            if not isinstance(payload, m.Ping):
                self.sent.append((self.t_ns, payload))
        self.codes += [e.code for topic, e in out.messages if topic == graph.MISSION_EVENT]
        if answers:
            self._turn(Inbox(rx=answers))


@pytest.mark.parametrize("make, command, kind", CASES)
@pytest.mark.parametrize("dead", BOTH)
def test_stops_when_one_that_must_stand_behind_motion_is_silent(make, command, kind, dead):
    rig = Rig(make(LeaseParams()))
    rig.run(5.0, command, BOTH)
    last_lease_ns = rig.t_ns
    assert isinstance(rig.sent[-1][1], kind) and "DRV-007" not in rig.codes
    rig.run(4.0, command, [name for name in BOTH if name != dead])
    motion = [t for t, payload in rig.sent if isinstance(payload, kind)]
    stops = [t for t, payload in rig.sent if payload == m.Enable(0)]
    assert max(motion) - last_lease_ns <= 1.1 * NS
    assert 0 < min(stops) - last_lease_ns <= 1.5 * NS
    assert rig.codes.count("DRV-007") == 1
    rig.run(1.0, command, BOTH)
    assert isinstance(rig.sent[-1][1], kind)


@pytest.mark.parametrize("make, command, kind", CASES)
@pytest.mark.parametrize("told", ["ordered", "held"])
def test_a_lease_that_ends_takes_no_board_out_of_safe(make, command, kind, told):
    rig = Rig(make(LeaseParams()))
    rig.run(2.0, command, BOTH)
    rig.sent.clear()
    if told == "ordered":  # health's last word
        request = BoardRequest(rig.t_ns, rig.driver.board, "safe")
        rig._turn(Inbox({graph.BOARDS_REQUEST: [request]}))
        assert [payload for _, payload in rig.sent] == [m.Safe()]
    state = wire(rig.driver.board, m.Housekeeping(m.State.SAFE, 9, 2000, 0, 0, 0), rig.t_ns)
    rig._turn(Inbox(rx=state))
    rig.run(3.0, command, [])
    assert "DRV-007" in rig.codes
    assert m.Enable(0) not in [payload for _, payload in rig.sent]


def test_a_lease_that_ends_in_the_step_that_orders_safe_leaves_safe():
    rig = Rig(drivers.MobilityDriver(0.15, LeaseParams()))
    rig.run(2.0, drive, BOTH)
    rig.sent.clear()
    rig.t_ns += 3 * NS // 2
    rig._turn(Inbox({graph.BOARDS_REQUEST: [BoardRequest(rig.t_ns, "MOB", "safe")]}))
    assert [payload for _, payload in rig.sent] == [m.Safe()]


@pytest.mark.parametrize("make, command, kind", CASES)
def test_nothing_moves_before_the_first_lease_and_a_bench_can_do_without(make, command, kind):
    rig = Rig(make(LeaseParams()))
    rig.run(1.0, command, ["health"])
    assert not rig.sent and rig.codes == ["DRV-007"]
    bench = Rig(make(LeaseParams(leases=())))
    bench.run(1.0, command, [])
    assert any(isinstance(payload, kind) for _, payload in bench.sent) and not bench.codes


def test_a_lease_from_the_future_or_of_another_is_none():
    driver = drivers.MobilityDriver(0.15, LeaseParams(leases=("executive",)))
    for lease in (MotionLease(NS * 9, "executive"), MotionLease(NS, "health")):
        topic, message = drive(NS)
        out = driver.step(NS, Inbox({topic: [message], graph.MOTION_LEASE: [lease]}))
        assert not out.tx
