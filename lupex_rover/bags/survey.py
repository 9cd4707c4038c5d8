"""What a bag holds, and whether it has what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lupex_rover.core.errors import UserError


def survey(source: Any) -> tuple[dict[Any, int], int, int]:
    """Messages of each channel, 0 where it has none, and the first and last time, ns (0 in an
    empty bag).
    """
    channels: dict[Any, int] = {}
    first: int | None = None
    last: int | None = None
    for channel, _, t_ns in source.records():
        channels[channel] = channels.get(channel, 0) + 1
        first = t_ns if first is None else min(first, t_ns)
        last = t_ns if last is None else max(last, t_ns)
    for channel in source.channels:
        channels.setdefault(channel, 0)
    return channels, first or 0, last or 0


def require(path: Path, channels: Mapping[Any, int], topics: set[str] | None) -> None:
    """Raise UserError where a bag has no messages of a topic asked for."""
    there = {channel.topic for channel, count in channels.items() if count}
    if missing := (topics or set()) - there:
        raise UserError(
            f"{path}: has no messages of {', '.join(sorted(missing))};"
            f" it has {', '.join(sorted(there)) or 'none at all'}"
        )
