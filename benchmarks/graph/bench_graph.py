"""`lupex bench graph`: memory, idle processor time and latency of the full graph.

The flight process runs all nodes on the boards of `lupex sim --boards`, on the wall clock, as it
would on the rover. Latency up: from a board's packet to its topic in another process (the stamp
of the packet is the board's clock, which is this machine's). Latency down: from a command's
publication to its byte at the board.
"""

from __future__ import annotations

import os
import select
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from lupex_rover import graph
from lupex_rover.core.errors import UserError
from lupex_rover.runs.child_processes import Children, own_domain, resident_mb

IDLE_S = 10.0
WARM_UP_S = 3.0
SAMPLES = 200
HERTZ = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Processor time a process has used, s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def spread(values: list[float]) -> dict[str, float]:
    """Median and 99th percentile of seconds, in ms."""
    ordered = sorted(values)
    return {
        "median_ms": round(1e3 * statistics.median(ordered), 3),
        "p99_ms": round(1e3 * ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))], 3),
        "samples": len(ordered),
    }


class EpsOnBench:
    """The EPS board on a pseudo-terminal of this process, so that each byte is timed here."""

    def __init__(self) -> None:
        import numpy as np

        from lupex_rover.simulator.boards.devices import PowerBoard
        from lupex_rover.simulator.power.eps import EpsParams, EpsPhysics
        from lupex_rover.transport.pty_port import PtyPort

        eps = EpsPhysics(EpsParams(), np.random.default_rng(1), time.time_ns())
        for load in range(1, 8):
            eps.switch(load, True)
        self.board = PowerBoard(eps)
        self.port = PtyPort()
        self.last_byte_s = 0.0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            if select.select([self.port], [], [], 0.05)[0]:
                self.last_byte_s = time.monotonic()
                self.board.feed(self.port.read(), time.time_ns())
            self.board.advance(time.time_ns())
            self.port.write(self.board.take())


def measure() -> dict[str, Any]:
    """All figures of the graph."""
    import rclpy

    from lupex_rover.graph import NODES
    from lupex_rover.scenarios import run_file
    from lupex_rover.scenarios import scenario as scenarios
    from lupex_rover.scenarios.run_file import RunFile
    from lupex_rover.simulator.site.prepare import prepare, save

    own_domain()
    rclpy.init()
    with tempfile.TemporaryDirectory() as name, Children(folder := Path(name)) as children:
        save(prepare(scenarios.read("reference")), folder)
        boards = children.start("boards", "lupex_rover.cli", "sim", "--boards")
        eps = EpsOnBench()
        ports = {**children.first_line(boards)["boards"], "EPS": eps.port.path}
        run = RunFile(scenario="", seed=1, phases=(), nodes={}, simulated=False, ports=ports)
        run_file.write(folder, run)
        nodes = ",".join(n.name for n in NODES if n.name != "guidance_driver")
        arguments = ("--run", name, "--nodes", nodes)
        child = children.start("flight", "lupex_rover.programs.flight", *arguments)
        result = _figures({"flight": child.pid, "boards": boards.pid}, eps, children)
    rclpy.try_shutdown()
    return result


def _figures(pids: dict[str, int], eps: EpsOnBench, children: Children) -> dict[str, Any]:
    from rclpy.node import Node

    node = Node("bench")
    up = _up_latency(node)
    children.check()
    before, start = {n: cpu_s(p) for n, p in pids.items()}, time.monotonic()
    time.sleep(IDLE_S)
    passed = time.monotonic() - start
    idle = {n: round((cpu_s(p) - before[n]) / passed, 3) for n, p in pids.items()}
    down = _down_latency(node, eps)
    memory = {n: round(resident_mb(p), 1) for n, p in pids.items()}
    node.destroy_node()
    return {
        "resident_mb": memory,
        "idle_cores": idle,
        "byte_to_topic": spread(up),
        "command_to_byte": spread(down),
        "note": "boards are simulated, on pseudo-terminals; for the whole simulation's memory see"
        " `peak_memory_mb` in the result of a mission on host ros",
    }


def _up_latency(node: Any) -> list[float]:
    from lupex_rover.codec.conversion import decode
    from lupex_rover.hosts.ros.qos import poll, raw_subscription

    subscription = raw_subscription(node, graph.MOBILITY_STATE, reliable=True)
    _until_steady(subscription)
    delays: list[float] = []
    end = time.monotonic() + 60.0
    while len(delays) < SAMPLES and time.monotonic() < end:
        for data in poll(subscription):
            here_ns = time.time_ns()
            delays.append((here_ns - decode(graph.MOBILITY_STATE, data).stamp_ns) / 1e9)
        time.sleep(0.0005)
    return delays


def _until_steady(subscription: Any) -> None:
    """Past the first message, for which libraries are read, and what queued while the nodes were
    being configured."""
    from lupex_rover.codec.conversion import decode
    from lupex_rover.hosts.ros.qos import poll

    first, limit = None, time.monotonic() + 60.0
    while first is None or time.monotonic() - first < WARM_UP_S:
        came = [decode(graph.MOBILITY_STATE, data) for data in poll(subscription)]
        if came and first is None:
            first = time.monotonic()
        if first is None and time.monotonic() > limit:
            raise UserError("bench graph: no mobility/state within 60 s; see flight.log")
        time.sleep(0.01)


def _down_latency(node: Any, eps: EpsOnBench) -> list[float]:
    from lupex_rover.codec.conversion import encode
    from lupex_rover.core.types import LoadSwitch
    from lupex_rover.hosts.ros.qos import raw_publisher

    publisher = raw_publisher(node, graph.POWER_SWITCH)
    time.sleep(1.0)
    delays = []
    for k in range(SAMPLES // 2):
        start = time.monotonic()
        switch = LoadSwitch(time.time_ns(), "spare_12", bool(k % 2))
        publisher.publish(encode(graph.POWER_SWITCH, switch))
        while eps.last_byte_s < start and time.monotonic() - start < 1.0:
            time.sleep(0.0002)
        delays.append(eps.last_byte_s - start)
        time.sleep(0.05 + 0.0007 * (k % 50))
    return delays
