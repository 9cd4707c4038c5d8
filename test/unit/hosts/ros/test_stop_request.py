"""A signal ends what runs, and what is begun after it."""

import os
import signal
from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="rclpy is not here")

from lupex_rover.hosts.ros.process_main import StopRequest, run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_processes_begun_before_and_after_it(number):
    before, after = SimpleNamespace(stopped=False), SimpleNamespace(stopped=False)
    stop = StopRequest()

    def main():
        stop.add(before)
        assert not before.stopped and not stop.asked
        os.kill(os.getpid(), number)
        stop.add(after)

    kept = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert run(main, stop) == 0
    finally:
        for n, handler in kept.items():
            signal.signal(n, handler)
    assert stop.asked and before.stopped and after.stopped
