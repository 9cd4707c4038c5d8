"""Reading ahead, and when a message is due."""

import time

from lupex_rover.bags.bag_channel import BagChannel
from lupex_rover.bags.playback_pace import PlaybackPace
from lupex_rover.bags.prefetch import AHEAD, Prefetch, in_order

LINE = BagChannel("/a", "std_msgs/msg/Int32", "cdr", "ros2msg", "int32 data", "", "")
MS = 1_000_000


def records(count):
    return ((LINE, b"12345678", k * MS) for k in range(count))


def test_what_is_read_ahead_is_bounded_and_nothing_is_lost():
    taken = []
    ahead = Prefetch(r for r in records(3 * AHEAD) if taken.append(r) is None)
    while ahead.fill():
        pass
    assert len(taken) == AHEAD
    assert [t for _, _, t in ahead] == [k * MS for k in range(3 * AHEAD)]


def test_an_error_of_the_bag_comes_at_its_place():
    def broken():
        yield from records(3)
        raise OSError("gone")

    got = []
    try:
        for record in Prefetch(broken()):
            got.append(record)
    except OSError as error:
        assert str(error) == "gone"
    assert len(got) == 3


def test_little_disorder_is_sorted():
    times = [5, 3, 4, 9, 8]
    assert [t for _, _, t in in_order((LINE, b"", t) for t in times)] == sorted(times)


def test_rate_scales_time_and_a_pause_shifts_it():
    pace = PlaybackPace(rate=10.0)
    began = time.monotonic()
    pace.begin(1_000 * MS)
    assert pace.wait(2_000 * MS, lambda: True, lambda: False)
    assert 0.1 <= time.monotonic() - began < 0.2
    pace.paused.set()
    asked = iter(range(4))
    assert not pace.wait(2_500 * MS, lambda: next(asked, None) is not None, lambda: False)
    pace.paused.clear()
    assert pace.due_ns(2_000 * MS) / 1e9 > began + 0.1


def test_spare_time_is_given_to_the_reader_and_not_more():
    worked = []
    pace = PlaybackPace()
    pace.begin(0)
    assert pace.wait(30 * MS, lambda: True, lambda: worked.append(time.sleep(0.002)) is None)
    assert 2 <= len(worked) <= 14
