"""UTC that never goes back, whatever is done to the computer's clock."""

import numpy as np
import pytest

from lupex_rover.core.constants import NS
from lupex_rover.hosts.monotonic_utc import MonotonicUtc

START_NS = 1_900_000_000 * NS


class Machine:
    """Its UTC may be set; its even clock not."""

    def __init__(self):
        self.even_ns, self.utc_ns, self.told = 5 * NS, START_NS, []
        self.clock = MonotonicUtc(self.told.append, lambda: self.utc_ns, lambda: self.even_ns)

    def run(self, seconds, step_s=0.05):
        """The clock's times over `seconds`, ns."""
        times = []
        for _ in range(round(seconds / step_s)):
            self.even_ns += round(step_s * NS)
            self.utc_ns += round(step_s * NS)
            times.append(self.clock.now())
        return np.array(times)


def test_left_alone_it_is_utc():
    machine = Machine()
    assert machine.run(10)[-1] == machine.utc_ns and machine.told == []


def test_set_forward_it_follows_at_once():
    machine = Machine()
    machine.utc_ns += 3600 * NS
    assert machine.run(0.05)[0] == machine.utc_ns and machine.told == []


@pytest.mark.parametrize("back_s", [0.5, 3600.0])
def test_set_back_it_runs_on_a_little_slower(back_s):
    machine = Machine()
    machine.run(1)
    machine.utc_ns -= round(back_s * NS)
    times = machine.run(10)
    assert np.diff(times) == pytest.approx(0.05 * 0.99 * NS, abs=2)
    assert machine.told == (["set back by 3600.0 s"] if back_s > 1 else [])


def test_after_a_while_it_is_utc_again_and_the_next_time_is_told_too():
    machine = Machine()
    for k in (1, 2):
        machine.run(1)
        machine.utc_ns -= 2 * NS
        times = machine.run(201)
        assert np.all(np.diff(times) > 0)
        assert times[-1] == machine.utc_ns
        assert len(machine.told) == k
