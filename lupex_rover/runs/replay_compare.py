"""Messages that a component said again, compared field by field with those recorded."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lupex_rover.core.params import param


@dataclass(frozen=True)
class Tolerance:
    """`|ours - recorded| <= absolute + relative * |recorded|`, for floating point fields."""

    absolute: float = param(1e-9, "a number may differ by this, in its unit", unit="1", low=0)
    relative: float = param(
        1e-6, "a number may differ by this share of it", unit="1", low=0,
        source="several standard messages hold 32 bit numbers",
    )  # fmt: skip


@dataclass(frozen=True)
class Tolerances:
    """A default, and others for single fields.

    Attributes
    ----------
    fields : Mapping[str, Tolerance]
        "topic.field" or "topic" -> tolerance; the longest name that fits counts. Numbers of list
        members are left out: `transforms[3].pose` is `transforms.pose`.
    """

    default: Tolerance = Tolerance()
    fields: Mapping[str, Tolerance] = field(default_factory=dict)

    def of(self, topic: str, name: str) -> Tolerance:
        """The tolerance of field `name` of a message on `topic`."""
        key = re.sub(r"\[\d+\]", "", f"{topic}.{name}")
        while key not in self.fields:
            if "." not in key:
                return self.default
            key = key.rpartition(".")[0]
        return self.fields[key]


@dataclass(frozen=True)
class Difference:
    """The first field of a message that is not as recorded."""

    topic: str
    t_ns: int
    index: int  # of the message on its topic, from 0
    field: str
    ours: str
    recorded: str


@dataclass
class Outcome:
    """What a replay gave.

    Attributes
    ----------
    messages : dict[str, tuple[int, int]]
        Topic -> (replayed, recorded) counts.
    differences : list[Difference]
        The first of each topic.
    worst : dict[str, float]
        topic.field -> greatest absolute difference of a number.
    """

    messages: dict[str, tuple[int, int]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)


def compare(
    ours: Sequence[tuple[int, Any]],
    recorded: Sequence[tuple[int, Any]],
    topic: str,
    tolerances: Tolerances,
    outcome: Outcome,
) -> None:
    """Note counts, the first difference and the greatest one of each field of a topic."""
    outcome.messages[topic] = len(ours), len(recorded)
    told = False
    for index, ((t_a, a), (t_b, b)) in enumerate(zip(ours, recorded)):
        found = [("log time", t_a, t_b)] if t_a != t_b else []
        found += list(_unequal(a, b, "", tolerances, topic, outcome.worst))
        if found and not told:
            told = True
            name, x, y = found[0]
            outcome.differences.append(Difference(topic, t_b, index, name, str(x), str(y)))
    if len(ours) != len(recorded) and not told:
        k = min(len(ours), len(recorded))
        t_ns = (ours if len(ours) > k else recorded)[k][0]
        have, want = len(ours), len(recorded)
        outcome.differences.append(
            Difference(topic, t_ns, k, "number of messages", str(have), str(want))
        )


def _unequal(
    a: Any, b: Any, name: str, tolerances: Tolerances, topic: str, worst: dict[str, float]
) -> Iterator[tuple[str, Any, Any]]:
    """Fields (name, ours, recorded) that differ by more than the tolerance."""
    if dataclasses.is_dataclass(a) and type(a) is type(b):
        for f in dataclasses.fields(a):
            sub = f"{name}.{f.name}" if name else f.name
            x, y = getattr(a, f.name), getattr(b, f.name)
            yield from _unequal(x, y, sub, tolerances, topic, worst)
    elif isinstance(a, (float, np.floating, np.ndarray)):
        yield from _numbers(a, b, name, tolerances, topic, worst)
    elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        if len(a) != len(b):
            yield f"number of {name}", len(a), len(b)
            return
        for k, (x, y) in enumerate(zip(a, b)):
            yield from _unequal(x, y, f"{name}[{k}]", tolerances, topic, worst)
    elif a != b:
        yield name, a, b


def _numbers(
    a: Any, b: Any, name: str, tolerances: Tolerances, topic: str, worst: dict[str, float]
) -> Iterator[tuple[str, Any, Any]]:
    x, y = np.asarray(a, float), np.asarray(b, float)
    if x.shape != y.shape:
        yield name, f"shape {x.shape}", f"shape {y.shape}"
        return
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    gap = np.where(same, 0.0, np.abs(x - y))
    gap = np.where(np.isnan(gap), math.inf, gap)
    key = f"{topic}.{name}"
    worst[key] = max(worst.get(key, 0.0), float(gap.max(initial=0.0)))
    size = np.where(np.isfinite(y), np.abs(y), 0.0)
    tolerance = tolerances.of(topic, name)
    bad = np.argwhere(gap > tolerance.absolute + tolerance.relative * size)
    if len(bad):
        at = tuple(int(k) for k in bad[0])
        place = f"{name}[{', '.join(map(str, at))}]" if at else name
        yield place, float(x[at]), float(y[at])
