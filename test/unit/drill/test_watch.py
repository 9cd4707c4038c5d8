"""The drill's watch while the clock of the board, or of the computer, is set."""

import pytest

from lupex_rover.core.component import Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.types import BoardHousekeeping, DrillTelemetry
from lupex_rover.drill.watch import Watch

TICK_NS, FEED_MPS = NS // 10, 0.001


def telemetry(stamp_ns, depth_m):
    return DrillTelemetry(stamp_ns, depth_m, 60.0, 5.0, 50.0, FEED_MPS, -10.0, 1.0, 0.0, 0, 0)


def bore(watch, t_ns, stamps, depth_m):
    """A message each tenth of a second, the bit going on; time and depth after it."""
    for stamp_ns in stamps:
        t_ns, depth_m = t_ns + TICK_NS, depth_m + FEED_MPS / 10
        watch.take(t_ns, Inbox(messages={"drill/telemetry": [telemetry(stamp_ns, depth_m)]}))
    return t_ns, depth_m


@pytest.mark.parametrize(
    "between",
    [
        [],  # set back by an hour
        [1000 * NS + 86_400 * NS],  # one stamp of tomorrow
    ],
)
def test_the_rate_is_known_again_at_once(between):
    watch = Watch()
    first = [1000 * NS + k * TICK_NS for k in range(30)]
    t_ns, depth_m = bore(watch, 10**18, first + between, 0.1)
    again = first[-1] if between else first[-1] - 3600 * NS
    bore(watch, t_ns, [again + k * TICK_NS for k in range(1, 4)], depth_m)
    assert watch.rop_mps == pytest.approx(FEED_MPS)
    assert len(watch._track) <= 3


def test_telemetry_grows_old_again_after_our_clock_was_set_back():
    watch = Watch()
    t_ns, _ = bore(watch, 10**18, [NS], 0.1)
    state = BoardHousekeeping(t_ns, "DRL", 2, 0, 0.0, 0, 0, 0)
    watch.take(t_ns, Inbox(messages={"boards/housekeeping": [state]}))
    back_ns = t_ns - 3600 * NS
    watch.take(back_ns, Inbox())
    watch.take(back_ns + 5 * NS, Inbox())
    assert watch.age_s(back_ns + 5 * NS) == pytest.approx(5.0)
    assert watch.board_ns == back_ns
