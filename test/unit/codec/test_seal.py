"""What the simulator of one run says is told from what that of another, or a tool, says."""

import numpy as np
import pytest
from fuzzed_messages import T0, good

from lupex_rover import graph
from lupex_rover.codec.conversion import decode, encode
from lupex_rover.codec.seal import SEALED, Seal, frame_of
from lupex_rover.core.types import Clock

HEADED = sorted(SEALED, key=str)


@pytest.mark.parametrize("topic", HEADED)
def test_a_message_of_this_run_is_taken_and_recorded_as_without_a_mark(topic):
    message, token = good(graph.TOPICS[topic].message, T0), "ours"
    ours = Seal(token)
    data = ours.encode(topic, message)
    assert frame_of(data) == token and ours.holds(topic, data)
    assert ours.recorded(topic, data) == encode(topic, message)
    assert decode(topic, data).stamp_ns == T0
    assert not ours.news()


@pytest.mark.parametrize("topic", HEADED)
def test_one_of_another_run_or_tool_is_refused_and_told_once(topic):
    message, ours = good(graph.TOPICS[topic].message, T0), Seal("ours")
    for data in (Seal("theirs").encode(topic, message), encode(topic, message), b"", b"\0\1\0\0",
                 b"\0\1\0\0" + b"\xff" * 40):  # fmt: skip
        assert not ours.holds(topic, data)
    assert ours.news() == [topic] and ours.news() == []


def test_random_bytes_are_of_nobody():
    rng, ours = np.random.default_rng(1), Seal("ours")
    assert not any(ours.holds(graph.SIM_TICK, rng.bytes(int(n))) for n in rng.integers(0, 80, 500))


def test_what_only_the_harness_says_is_nobodys_on_ros():
    ours = Seal("ours")
    assert not ours.holds(graph.SIM_SILENT, ours.encode(graph.SIM_SILENT, Clock(T0)))


def test_other_topics_and_a_host_without_a_token_are_as_ever():
    message = good(graph.SIM_TICK.message, T0)
    assert Seal().encode(graph.SIM_TICK, message) == encode(graph.SIM_TICK, message)
    assert Seal().holds(graph.SIM_TICK, Seal("theirs").encode(graph.SIM_TICK, message))
    clock = encode(graph.CLOCK, Clock(T0))
    assert Seal("ours").encode(graph.CLOCK, Clock(T0)) == clock
    assert (
        Seal("ours").holds(graph.CLOCK, clock) and Seal("ours").recorded("/clock", clock) == clock
    )
