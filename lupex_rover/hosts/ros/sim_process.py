"""The simulator as a process of the graph: boards on pseudo-terminals, cameras, /clock, pacing.

After each tick it waits until every process it was told to expect has answered, carries the
bytes that came of it, and lets them react, as the harness does; so it never runs ahead. The Moon
does not wait for one that is gone (`Company`): time then goes on at the wall clock's pace.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from lupex_rover import graph
from lupex_rover.codec.conversion import decode
from lupex_rover.codec.seal import Seal
from lupex_rover.core.constants import NS
from lupex_rover.core.types import Clock, SimDone, SimTick
from lupex_rover.graph import IMAGES, TOPICS
from lupex_rover.hosts.codes import CODES
from lupex_rover.hosts.ros.company import Company
from lupex_rover.hosts.ros.injected_here import InjectedHere
from lupex_rover.hosts.ros.qos import raw_publisher, ros_class
from lupex_rover.simulator.engine import Engine
from lupex_rover.transport.pty_port import PtyPort

MAX_ROUNDS = 64  # exchanges with the boards within one tick
REPEAT_S = 1.0  # a tick is said again to whom did not answer
HELLO_WAIT_S = 180.0  # one may be started again meanwhile


class SimProcess:
    """Runs `engine` in step with the processes named in `expected`; alone when there are none.

    Parameters
    ----------
    engine : Engine
        The world.
    expected : Sequence[str]
        Names of the processes that answer each tick.
    speed : float
        Times real time, at most; 0: as fast as it goes.
    runs : Callable[[str], bool]
        Whether a process is alive, by its name: one that is and does not answer is slow.
    seal : Seal or None
        Marks and knows the messages of this run.
    run : Path or None
        Folder of the run, to whose processes faults are done; what is injected goes to its store of
        events.
    """

    def __init__(
        self,
        engine: Engine,
        expected: Sequence[str],
        speed: float = 0.0,
        runs: Callable[[str], bool] = lambda name: True,
        seal: Seal | None = None,
        run: Path | None = None,
    ) -> None:
        self.engine = engine
        self.ports = {name: PtyPort() for name in engine.boards}
        self.stopped = False
        self._expected = set(expected)
        self._company = Company(runs)
        self._speed = speed
        self._seal = seal or Seal()
        self._node = Node("simulator", enable_rosout=False)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._publishers: dict[str, Any] = {}
        self._sent = dict.fromkeys(self.ports, 0)
        self._got = dict.fromkeys(self.ports, 0)
        self._waiting = dict.fromkeys(self.ports, b"")
        self._heard: dict[str, SimDone] = {}
        self._owned: dict[str, tuple[str, ...]] = {}  # boards by process, once it has told
        self._unread: set[str] = set()  # boards whose driver is away
        self._images = Counter[str]()  # sent so far, by topic
        self._tick = self._round = 0
        self._node.create_subscription(
            ros_class(TOPICS[graph.SIM_DONE].ros), graph.SIM_DONE, self._on_done, 50, raw=True
        )
        for topic in (graph.CLOCK, graph.SIM_TICK, graph.SIM_TRUTH):
            self._publisher(topic)
        self._faults = InjectedHere(engine, self._node, run) if engine.faults.faults else None
        if self._faults is not None:
            self._publisher(graph.SIM_EVENT)

    @property
    def paths(self) -> dict[str, str]:
        """Where each board's port is."""
        return {name: port.path for name, port in self.ports.items()}

    def run(self) -> None:
        """Until `stopped`; begins when every expected process has said hello."""
        end = time.monotonic() + HELLO_WAIT_S
        while not self.stopped and not self._expected <= set(self._heard):
            self._executor.spin_once(timeout_sec=0.1)
            if time.monotonic() > end:
                missing = ", ".join(sorted(self._expected - set(self._heard)))
                raise TimeoutError(f"no sign of {missing} within {HELLO_WAIT_S:.0f} s")
        started, start_ns = time.monotonic(), self.engine.t_ns
        while not self.stopped:
            begun, begun_ns = time.monotonic(), self.engine.t_ns
            self._one_tick()
            if self._company.away:
                self._keep_to_the_wall(begun + (self.engine.t_ns - begun_ns) / NS)
                started, start_ns = time.monotonic(), self.engine.t_ns
            elif self._speed > 0:
                ahead = (self.engine.t_ns - start_ns) / NS / self._speed
                time.sleep(max(0.0, started + ahead - time.monotonic()))

    def _keep_to_the_wall(self, until_s: float) -> None:
        """Until then by the wall clock, or until a process that was away is there."""
        while not self.stopped and self._company.away:
            left_s = until_s - time.monotonic()
            if left_s <= 0.0:
                return
            self._executor.spin_once(timeout_sec=min(left_s, 0.05))

    def close(self) -> None:
        if self._faults is not None:
            self._faults.close()
        for port in self.ports.values():
            port.close()
        self._node.destroy_node()

    # --- one tick -------------------------------------------------------------------------------

    def _one_tick(self) -> None:
        if self._faults is not None:
            self._faults.hear()
        t_ns = self.engine.advance()
        if self._faults is not None:
            self._faults.act()
        moving = self.engine.actuators_on
        self._tick, self._round = self._tick + 1, 0
        self._publish(graph.CLOCK, Clock(t_ns))
        for topic, message in self.engine.outputs():
            if topic in IMAGES:
                self._images[topic] += 1
            if self._faults is not None and topic == graph.SIM_EVENT:
                self._faults.keep(message)
            self._publish(topic, message)
        self._board_bytes()
        while not self.stopped and self._round < MAX_ROUNDS:
            self._wait_for_all()
            if not self._feed() or moving:  # ticks are short then: answers go with the next
                return
            self._board_bytes()
            self._round += 1

    def _board_bytes(self) -> None:
        for name, board in self.engine.boards.items():
            data = board.take()
            if data:
                self._sent[name] += len(data)
                self._waiting[name] += data
        self._flush()

    def _flush(self) -> bool:
        """Write what the terminals take now; True when some still waits for a reader.

        Without flight processes nothing waits: a board does not keep what nobody reads.
        """
        for name, data in self._waiting.items():
            if data:
                left = data[self.ports[name].write_some(data) :]
                read = self._expected and name not in self._unread
                self._waiting[name] = left if read else b""
        return any(self._waiting.values())

    def _feed(self) -> bool:
        """Give the boards what the drivers say they have sent; True when there was any."""
        wanted = dict.fromkeys(self.ports, 0)
        there = [done for name, done in self._heard.items() if name not in self._company.away]
        for done in there:
            for board, count in zip(done.boards, done.bytes_sent):
                wanted[board] = max(wanted.get(board, 0), count)
        fed = False
        end = time.monotonic() + 0.5
        while True:
            for name in self.ports:
                fed |= self._read_port(name)
            if all(self._got[b] >= n for b, n in wanted.items()) or time.monotonic() > end:
                return fed
            time.sleep(20e-6)

    # --- the other processes --------------------------------------------------------------------

    def _on_done(self, data: bytes) -> None:
        if not self._seal.holds(graph.SIM_DONE, data):
            self._tell_foreign()
            return
        done = decode(graph.SIM_DONE, data)
        name, before = done.process, self._heard.get(done.process)
        if done.tick == 0 and before is not None and before.tick > 0:
            self._begun_anew(before)
        elif name in self._company.away and done.tick < self._tick:
            return  # it is catching up
        self._heard[name] = done
        self._company.away.discard(name)
        if done.boards:
            self._owned[name] = done.boards
        self._unread = self._boards_of(self._company.away)

    def _tell_foreign(self) -> None:
        """In the log, and on the graph for whoever records it."""
        for text in self._seal.news():
            print(f"lupex: HST-027 {text}", file=sys.stderr, flush=True)
            words = f"{text}: {CODES['HST-027'].text}"
            event = CODES.event(self.engine.t_ns, "host", "HST-027", words)
            self._publish(graph.MISSION_EVENT, event)

    def _boards_of(self, processes: Collection[str]) -> set[str]:
        """Those that the drivers in `processes` have opened."""
        return {board for name in processes for board in self._owned.get(name, ())}

    def _begun_anew(self, before: SimDone) -> None:
        """A process is there for the second time: it counts its bytes from 0 and has no tick."""
        for board in self._owned.get(before.process, ()):
            self._read_port(board)  # what the last one wrote
            self._got[board] = 0
        self._say_tick()

    def _read_port(self, name: str) -> bool:
        data = self.ports[name].read()
        if data:
            self._got[name] += len(data)
            self.engine.feed(name, data)
        return bool(data)

    def _wait_for_all(self) -> None:
        self._say_tick()
        begun = said = time.monotonic()
        while not self.stopped and (late := self._late()):
            self._executor.spin_once(timeout_sec=0.0002 if self._flush() else 0.05)
            if time.monotonic() - said > REPEAT_S:
                self._say_tick()
                said = time.monotonic()
            if self._company.give_up(late, time.monotonic() - begun):
                self._unread = self._boards_of(self._company.away)
        if not self._expected:
            self._executor.spin_once(timeout_sec=0.0)

    def _late(self) -> list[str]:
        """Who has not answered; in later rounds only those that own boards are asked."""
        now = (self._tick, self._round)
        return [
            name
            for name in self._expected - self._company.away
            if (done := self._heard.get(name)) is None
            or not ((done.tick, done.round) == now or (self._round > 0 and not done.boards))
        ]

    def _say_tick(self) -> None:
        e = self.engine
        self._publish(
            graph.SIM_TICK,
            SimTick(
                e.t_ns, self._tick, self._round, e.boot_count, e.computer_on,
                tuple(self._images), tuple(self._images.values()),
                tuple(self._sent), tuple(self._sent.values()),
            ),
        )  # fmt: skip

    def _publisher(self, topic: str) -> Any:
        if topic not in self._publishers:
            self._publishers[topic] = raw_publisher(self._node, topic)
        return self._publishers[topic]

    def _publish(self, topic: str, message: Any) -> None:
        self._publisher(topic).publish(self._seal.encode(topic, message))
