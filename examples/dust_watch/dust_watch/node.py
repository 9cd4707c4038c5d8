"""Node `dust_watch`: the array's greatest current of late beside its greatest ever.

Dust that settles on a panel lowers what it gives in full sunlight. The node hears the EPS, knows
nothing of the Sun, and therefore compares maxima over a long time.
"""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.params import param
from lupex_rover.core.time import ns
from lupex_rover.graph import POWER_TELEMETRY, json_topic
from lupex_rover.nodes.context import Context
from lupex_rover.nodes.extra import ExtraNode


@dataclass(frozen=True)
class ArrayHealth:
    """What the array gives of late over what it gave at its best."""

    stamp_ns: int
    now_a: float
    best_a: float
    share: float


TOPIC = json_topic("dust_watch/array", ArrayHealth, rate_hz=0.1)


@dataclass(frozen=True)
class DustWatchParams:
    """Section `dust_watch` of `nodes`."""

    window_s: float = param(
        60.0, "the greatest current within this time counts", unit="s", low=1, high=1e6
    )


class DustWatch(Component):
    """Hears the EPS, tells one number."""

    name = "dust_watch"
    inputs = (POWER_TELEMETRY,)
    outputs = (TOPIC,)
    period_s = 10.0

    def __init__(self, values: DustWatchParams) -> None:
        self._params = values
        self._seen: list[tuple[int, float]] = []
        self._best_a = 0.0

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        for message in inbox.all(POWER_TELEMETRY):
            self._seen.append((message.stamp_ns, float(sum(message.array_a))))
        first_ns = t_ns - ns(self._params.window_s)
        self._seen = [s for s in self._seen if s[0] >= first_ns]
        if not self._seen:
            return out
        now_a = max(current for _, current in self._seen)
        self._best_a = max(self._best_a, now_a)
        share = now_a / self._best_a if self._best_a > 0.0 else 0.0
        out.publish(TOPIC, ArrayHealth(t_ns, now_a, self._best_a, share))
        out.persist = {"best_a": self._best_a}
        return out

    def restore(self, state: dict[str, float]) -> None:
        self._best_a = state["best_a"]


def build(ctx: Context) -> DustWatch:
    """With the parameters that scenario or rover file give in `nodes.dust_watch`."""
    return DustWatch(ctx.params("dust_watch", DustWatchParams))


NODE = ExtraNode(build, topics=(TOPIC,))
