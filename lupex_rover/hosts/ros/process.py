"""A flight process: some nodes of the graph, their components in one scheduler.

In simulation the process works when the simulator says so (`sim/tick`) and answers when it is
done, so that the result does not depend on how fast the machine is. Otherwise it works at
`TICK_S` and whenever bytes arrive, on UTC that never goes back or, where a bag is played, on
`/clock`.
"""

from __future__ import annotations

import select
import signal
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from lupex_rover import graph
from lupex_rover.codec.conversion import decode, encode
from lupex_rover.codec.seal import Seal
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import Event, SimDone, SimTick
from lupex_rover.events.event_store import EventStore
from lupex_rover.graph import MISSION_ACTION, NODES, TOPICS
from lupex_rover.hosts.beats import Beats, Turn
from lupex_rover.hosts.codes import CODES
from lupex_rover.hosts.failures import Failures
from lupex_rover.hosts.monotonic_utc import MonotonicUtc
from lupex_rover.hosts.ros.actions import ActionClients
from lupex_rover.hosts.ros.clock import PlayedClock
from lupex_rover.hosts.ros.hangs import Hangs
from lupex_rover.hosts.ros.host_params import HostParams
from lupex_rover.hosts.ros.lifecycle_gate import LifecycleGate
from lupex_rover.hosts.ros.listening import Listening
from lupex_rover.hosts.ros.node import ComponentNode, Make
from lupex_rover.hosts.ros.ports import Ports
from lupex_rover.hosts.ros.qos import poll, raw_publisher
from lupex_rover.hosts.ros.services import Services
from lupex_rover.hosts.ros.store import NOBODY, FileStore
from lupex_rover.hosts.scheduler import Scheduler
from lupex_rover.hosts.state_file import Owner
from lupex_rover.hosts.supervisor_lease import SupervisorLease

TICK_S = 0.05  # without a simulator
LISTEN_S = 0.01  # without a simulator, how long a command from the graph may wait
SERVICE_S = 0.2  # how often services are looked after while nothing is under way
LOOK_S = 0.5  # how often publishers outside this process are looked for
HELLO_S = 0.2
FEW_NODES = 3
ALONE_S = 120  # a loop that stands still so long ends though nobody watches it
LAST_SERVICES = 50  # turns in which the results of the last goals leave
EVENT = graph.MISSION_EVENT  # topic of what the host has to tell


class FlightProcess:
    """Runs nodes until `stop` is called.

    A component's exception ends that turn of the component alone (`Failures`). One that is given
    up goes through lifecycle's error state: made safe as far as it can be, its port closed.

    Parameters
    ----------
    name : str
        Of the process; its node for time and pacing has this name.
    names : Sequence[str]
        Nodes of the graph that run here.
    make : Make
        Makes a node's component.
    ports : Ports
        Serial ports by board.
    state_dir : Path
        Where persisted state is kept.
    simulated : bool
        Wait for `sim/tick` instead of the wall clock.
    played : bool
        The time is that of `/clock`, from a bag that is played; nothing is done before it.
    params : HostParams or None
        Of the host.
    extra : Sequence[str]
        Names of all nodes from outside, whether they run here or not.
    beats : Beats or None
        Where it tells its watchers what each component is doing.
    events : Path or None
        Store of events, each written before it is published; None: none is kept.
    owner : Owner
        World and plan whose persisted state this is.
    supervisor : SupervisorLease or None
        Of the supervisor that began the process; None: another did.
    seal : Seal or None
        Marks and knows the messages of this run's simulator.
    hangs : Hangs or None
        Holds up turns as injected faults want it.
    """

    def __init__(
        self,
        name: str,
        names: Sequence[str],
        make: Make,
        ports: Ports,
        state_dir: Path,
        simulated: bool,
        played: bool = False,
        params: HostParams | None = None,
        extra: Sequence[str] = (),
        beats: Beats | None = None,
        events: Path | None = None,
        owner: Owner = NOBODY,
        supervisor: SupervisorLease | None = None,
        seal: Seal | None = None,
        hangs: Hangs | None = None,
    ) -> None:
        params = params or HostParams()
        self.ports = ports
        self._pace = Node(name, enable_rosout=False)
        self._events: list[Event] = []  # of the host, told at the next tick
        self._t_ns = 0
        self.store = FileStore(state_dir, not simulated, self._store_told, names, owner)
        self.simulated = simulated
        self._clock = PlayedClock(name) if played else MonotonicUtc(self._set_back)
        self.stopped = False
        self.failed: UserError | None = None
        self.failures = Failures(
            params.failures_in_a_row, params.failures_tell_s, self._component_failed
        )
        self._beats, self._supervisor, self._seal = beats, supervisor, seal or Seal()
        turn = hangs.around(self.failures.turn) if hangs else self.failures.turn
        self._turn: Turn = beats.around(turn) if beats else turn
        self.scheduler = self._new_scheduler([])
        self._event_pub: Any = None  # made when there is something to tell
        every = [*(node.name for node in NODES), *extra]
        self._pace_executor = SingleThreadedExecutor()
        self._pace_executor.add_node(self._pace)
        self._services = Services(self._pace.get_logger())
        self._next_service = self._next_look = 0.0
        self.nodes = [ComponentNode(name, make, self) for name in every if name in names]
        self.listening = Listening(
            self.nodes, len(names) == len(every), simulated, self._heard, self._store_told
        )
        for node in self.nodes:
            self._services.add(node)
        self._actions_pub = raw_publisher(self._pace, MISSION_ACTION)
        self._clients = ActionClients(self.nodes[0], self)
        self._boot: int | None = None
        boot = 0 if simulated else None  # the simulator tells it
        self.kept = EventStore(events, not simulated, boot, self._store_told)
        self._done: SimDone | None = None
        if simulated:
            self._tick_sub = self._pace.create_subscription(
                *_raw(graph.SIM_TICK), self._on_tick_data, 50, raw=True
            )
            self._done_pub = raw_publisher(self._pace, graph.SIM_DONE)

    # --- nodes ----------------------------------------------------------------------------------

    def configure(self) -> None:
        """Configure every node in the order of the graph.

        Raises
        ------
        UserError
            A node could not be configured.
        """
        for node in self.nodes:
            if self.stopped:
                return
            node.trigger_configure()
            if self.failed is not None:
                raise UserError(f"{node.get_name()}: {self.failed}")

    def activate(self) -> None:
        """Let every node act; nothing where the end has been asked for meanwhile."""
        for node in self.nodes if not self.stopped else ():
            node.trigger_activate()

    def changed(self) -> None:
        """Nodes came or went: route anew and subscribe to what comes from outside."""
        gates = [node.gate for node in self.nodes if node.gate is not None]
        old, self.scheduler = self.scheduler, self._new_scheduler(gates)
        self.scheduler.take_over(old)
        said = [topic for gate in gates for topic in gate.outputs]
        self.listening.said_by([*said, EVENT] if self._event_pub is not None else said)

    def _new_scheduler(self, gates: list[LifecycleGate]) -> Scheduler:
        return Scheduler(gates, self._publish, self.store, self._turn)

    def _publish(self, topic: str, message: Any, t_ns: int) -> None:
        """What the scheduler itself says; gates publish for their components."""
        if topic == MISSION_ACTION:
            self._actions_pub.publish(encode(topic, message))

    def sent(self, topic: str, data: bytes) -> None:
        """Remember what goes out while we may hear it ourselves."""
        self.listening.sent(topic, data)

    def _heard(self, topic: str, message: Any) -> None:
        self.scheduler.deliver(topic, message)

    def keep(self, messages: Sequence[tuple[str, Any]]) -> None:
        """Write the events among messages that are about to be published."""
        self.kept.add([message for topic, message in messages if topic == EVENT])

    def make_safe(self, node: ComponentNode) -> None:
        """Send one node's safe state now, and end its goals."""
        if node.gate is not None:
            self.scheduler.safe(self._t_ns, [node.get_name()])
            self.scheduler.end_goals(node.get_name())
            self.ports.write(self.scheduler.take_tx())
            self._hand_out()

    # --- what went wrong ------------------------------------------------------------------------

    def _component_failed(self, t_ns: int, name: str, text: str, trace: str) -> None:
        self._tell(t_ns, "HST-002", text, trace)

    def _set_back(self, text: str) -> None:
        self._tell(self._t_ns, "HST-006", text)

    def _store_told(self, code: str, text: str) -> None:
        self._tell(self._t_ns, code, text)

    def _tell(self, t_ns: int, code: str, text: str, trace: str = "") -> None:
        """In the log now, as an event at the next tick."""
        log = self._pace.get_logger()
        line = f"{code} {text}" + (f"\n{trace}" if trace else "")
        if CODES[code].severity:  # rclpy wants a line of code for each severity
            log.error(line)
        else:
            log.info(line)
        self._events.append(CODES.event(t_ns, "host", code, f"{text}: {CODES[code].text}"))

    def _say_events(self) -> None:
        if self._events and self._event_pub is None:
            self._event_pub = raw_publisher(self._pace, EVENT)
            self.listening.said_here[EVENT] += 1
        self.kept.add(events := _drain(self._events))
        for event in events:
            self.scheduler.deliver(EVENT, event)
            data = encode(EVENT, event)
            self.sent(EVENT, data)
            self._event_pub.publish(data)

    def _stop_given_up(self) -> None:
        given_up = _drain(self.failures.given_up)
        for node in self.nodes:
            if node.get_name() in given_up:
                self._tell(self._t_ns, "HST-003", node.get_name())
                node.give_up()

    # --- one tick -------------------------------------------------------------------------------

    def _tick(self) -> None:
        """One turn of every component that is due, and what follows from it."""
        self._say_events()
        for lease in self._supervisor.renewed(self._t_ns) if self._supervisor else ():
            self.scheduler.deliver(graph.MOTION_LEASE, lease)
        self.scheduler.tick(self._t_ns)
        self._stop_given_up()
        self._actions()

    def _rx(self, data: dict[str, bytes]) -> bool:
        for news in _drain(self.ports.news):
            self._tell(self._t_ns, news.code, news.text)
        for board, part in data.items():
            self.scheduler.rx(board, part)
        return any(data.values())

    def _actions(self) -> None:
        """Exchange goals, feedback and results with the graph; look after services."""
        s = self.scheduler
        self._hand_out()
        self._clients.send(_drain(s.outgoing_goals))
        self._clients.cancel(_drain(s.outgoing_cancels))
        busy = self._clients.busy or any(n.servers and n.servers.busy for n in self.nodes)
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_S
            self.listening.look_for_outsiders()
        if busy or len(self.nodes) <= FEW_NODES or now >= self._next_service:
            self._next_service = now + SERVICE_S
            self._services.all()

    def _hand_out(self) -> None:
        """Feedback and results for goals from outside."""
        for item in _drain(self.scheduler.outgoing_feedback):
            any(n.servers.feedback(item) for n in self.nodes if n.servers)
        for item in _drain(self.scheduler.outgoing_results):
            any(n.servers.result(item) for n in self.nodes if n.servers)

    # --- simulated time -------------------------------------------------------------------------

    def _on_tick_data(self, data: bytes) -> None:
        """Work on the newest tick: those before it passed while this process was away.

        The boards' bytes are of now. On an older tick they would be of the future, and no
        telecommand would be answered in time.
        """
        waiting = (data, *poll(self._tick_sub))
        ours = [one for one in waiting if self._seal.holds(graph.SIM_TICK, one)]
        for text in self._seal.news():
            self._tell(self._t_ns, "HST-027", text)
        if not ours:
            return
        tick = decode(graph.SIM_TICK, ours[-1])
        done = self._done
        if done is None or (tick.tick, tick.round) != (done.tick, done.round):
            if done is not None and (tick.tick, tick.round) < (done.tick, done.round):
                return
            self._work(tick)
        self._answer()

    def _work(self, tick: SimTick) -> None:
        self._t_ns = tick.stamp_ns
        if tick.computer_on:
            if self._boot is not None and tick.boot != self._boot:
                for node in self.nodes:
                    if node.gate is not None:
                        node.remake()
                self.changed()
            self._boot = tick.boot
            self.kept.boot = tick.boot
            counts = dict(zip(tick.boards, tick.bytes_sent))
            if tick.round == 0:
                sent = dict(zip(tick.image_topics, tick.images_sent))
                if self._done is None and tick.tick > 1:  # begun late: earlier ones do not come
                    self.listening.images = Counter(sent)
                self.listening.collect_images(sent)
                self._rx(self.ports.read_until(counts))
                self._tick()
            else:
                self._rx(self.ports.read_until(counts))
                self.scheduler.react(tick.stamp_ns)
            self.ports.write(self.scheduler.take_tx())
        written = self.ports.sent
        self._done = SimDone(
            tick.stamp_ns, self._pace.get_name(), tick.tick, tick.round,
            tuple(written), tuple(written.values()),
        )  # fmt: skip

    def _answer(self) -> None:
        if self._done is not None:
            self._done_pub.publish(self._seal.encode(graph.SIM_DONE, self._done))

    # --- running --------------------------------------------------------------------------------

    def run(self) -> None:
        """Until `stopped` is set (by a signal handler); then everything is made safe and closed."""
        try:
            if self.simulated:
                self._run_simulated()
            else:
                self._run_real()
        finally:
            self.close()

    def _beat(self) -> None:
        """The loop goes round; a process whose loop stands still is ended by the kernel in time."""
        if self._beats is not None:
            signal.alarm(ALONE_S)
            self._beats.loop()

    def _run_simulated(self) -> None:
        hello = SimDone(0, self._pace.get_name(), 0, 0, (), ())
        next_hello = 0.0
        while not self.stopped:
            if self._done is None and time.monotonic() >= next_hello:
                next_hello = time.monotonic() + HELLO_S
                self._done_pub.publish(self._seal.encode(graph.SIM_DONE, hello))
            self._beat()
            self._pace_executor.spin_once(timeout_sec=0.1)
            if time.monotonic() >= self._next_service:
                self._actions()

    def _run_real(self) -> None:
        next_tick = time.monotonic()
        while not self.stopped:
            self._beat()
            wait_s = min(LISTEN_S, max(0.0, next_tick - time.monotonic()))
            try:
                select.select(self.ports.filenos(), [], [], wait_s)
            except (OSError, ValueError):
                time.sleep(wait_s)
            t_ns = self._clock.now()
            if t_ns is None:
                self._services.one()
                continue
            self._t_ns = t_ns
            came = self._rx(self.ports.read()) | self.listening.collect()
            if time.monotonic() >= next_tick:
                next_tick = max(next_tick + TICK_S, time.monotonic() - TICK_S)
                self._tick()
            elif came:
                self.scheduler.react(self._t_ns)
            self.ports.write(self.scheduler.take_tx())

    def close(self) -> None:
        """Safe state first, then everything is closed; who waits for a goal is answered."""
        try:
            self.scheduler.safe(self._t_ns)
            self.ports.write(self.scheduler.take_tx())
        finally:
            self.ports.close_all()
        waited_for = any(n.servers and n.servers.busy for n in self.nodes)
        for node in self.nodes:
            if node.gate is not None:
                self.scheduler.end_goals(node.get_name())
        self._hand_out()
        for _ in range(LAST_SERVICES if waited_for else 0):
            self._services.one()
        self.kept.add(_drain(self._events))  # nobody hears them any more
        self.kept.close()


def _raw(topic: str) -> tuple[Any, str]:
    from lupex_rover.hosts.ros.qos import ros_class

    return ros_class(TOPICS[topic].ros), topic


def _drain(items: list[Any]) -> list[Any]:
    taken = list(items)
    items.clear()
    return taken
