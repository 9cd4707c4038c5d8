"""One board talked to by a person, over a wire in memory and a clock that the test moves."""

from itertools import pairwise

import pytest

from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.drivers.bring_up import BoardSession
from lupex_rover.drivers.link import NO_ANSWER
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.boards import declaration
from lupex_rover.simulator import bench_boards
from lupex_rover.transport.loopback import Loopback

MS = 10**6
DRIVE = m.Drive((0.1,) * 4, (0.0,) * 4)
MOB = declaration("MOB")
COMMAND = MOB.telecommands[0]


class Bench:
    """MOB on flat ground; its time goes on while the session waits."""

    def __init__(self):
        self.t = 10**18
        vehicle = read_vehicle(default_path())
        self.world = bench_boards.FlatWorld(vehicle, 1, self.t)
        self.board = self.world.boards["MOB"]
        self.host, self.wire = Loopback.pair()
        self.cut = False  # the wire
        self.session = BoardSession(MOB, self.host, lambda: self.t, self.wait)
        self.on_wait = lambda: None

    def wait(self, duration_s):
        self.t += max(MS, round(duration_s * 1e9))
        self.on_wait()
        data = self.wire.read()
        if not self.cut:
            self.board.feed(data, self.t)
            self.world.advance(duration_s, self.t)
            self.board.advance(self.t)
            self.wire.write(self.board.take())


def test_a_motion_telecommand_is_repeated_and_then_stopped():
    bench = Bench()
    ends = bench.session.keep(COMMAND, DRIVE, 2.0)
    kinds = [type(end.payload) for end in ends]
    assert kinds[0] is kinds[-1] is m.Enable
    assert ends[-1].payload == m.Enable(0)
    assert 19 <= kinds.count(m.Drive) <= 21  # 10 Hz
    assert all(end.status == m.AckStatus.ACCEPTED for end in ends)
    assert bench.board.state == m.State.IDLE
    assert bench.board.faults == 0  # the dead-man never had to act
    assert bench.world.rover.travel_m[0] > 0.1


def test_it_is_stopped_when_a_person_interrupts():
    bench = Bench()
    begin = bench.t

    def interrupt():
        if bench.t - begin > 500 * MS:
            bench.on_wait = lambda: None
            raise KeyboardInterrupt

    bench.on_wait = interrupt
    with pytest.raises(KeyboardInterrupt):
        bench.session.keep(COMMAND, DRIVE, 20.0)
    assert bench.board.state == m.State.IDLE
    assert bench.board.faults == 0


def test_where_the_stop_is_not_confirmed_safe_is_sent_and_the_end_told():
    bench = Bench()
    begin = bench.t

    def cut():
        bench.cut = bench.t - begin > 500 * MS

    bench.on_wait = cut
    ends = bench.session.keep(COMMAND, DRIVE, 20.0)
    assert ends[-1].payload == m.Safe()
    assert ends[-1].status == NO_ANSWER
    assert bench.t - begin < 10_000 * MS


def test_a_board_in_safe_is_left_in_safe():
    bench = Bench()
    assert bench.session.send(m.Safe()).status == m.AckStatus.ACCEPTED
    (end,) = bench.session.keep(COMMAND, DRIVE, 2.0)
    assert end.status == m.AckStatus.STATE
    assert bench.board.state == m.State.SAFE


def test_telemetry_comes_with_the_boards_time():
    bench = Bench()
    heard = list(bench.session.watch(1.05))
    states = [t_ns for payload, t_ns in heard if isinstance(payload, m.DriveState)]
    assert len(states) == 20
    assert all(abs((b - a) / MS - 50.0) < 0.1 for a, b in pairwise(states))
    assert sum(isinstance(payload, m.Housekeeping) for payload, _ in heard) == 1


def test_silence_is_told():
    bench = Bench()
    bench.cut = True
    assert bench.session.send(m.Ping()).status == NO_ANSWER
