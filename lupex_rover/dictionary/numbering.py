"""Numbers for what is new; what is there keeps its own, also when the code has it no more."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from lupex_rover.dictionary.entries import Dictionary, E, key
from lupex_rover.dictionary.registry_files import KINDS


def numbered(committed: Dictionary, found: Dictionary) -> Dictionary:
    """`found` with the numbers of `committed`, the next ones for the new, the gone retired.

    A name that comes back gets its old number again: it means the same.
    """
    tables = {k: tuple(_table(getattr(committed, k), getattr(found, k))) for k in KINDS}
    return Dictionary(**tables)


def _table(old: Sequence[E], new: Sequence[E]) -> Iterable[E]:
    numbers = {key(entry): entry.id for entry in old}
    following = max(numbers.values(), default=0)
    there: dict[int, E] = {entry.id: dataclasses.replace(entry, retired=True) for entry in old}
    for entry in new:
        number = numbers.get(key(entry))
        if number is None:
            following += 1
            number = following
        there[number] = dataclasses.replace(entry, id=number)
    return [there[number] for number in sorted(there)]


def differences(committed: Dictionary, wanted: Dictionary) -> list[str]:
    """What is missing in the registry or stands there otherwise, a line each."""
    lines = []
    for kind in KINDS:
        old = {entry.id: entry for entry in getattr(committed, kind)}
        for entry in getattr(wanted, kind):
            if entry.id not in old:
                lines.append(f"{kind}: {key(entry)} is missing; its number is {entry.id}")
            elif old[entry.id] != entry:
                gone = "is gone from the code" if entry.retired else "stands there otherwise"
                lines.append(f"{kind}: {key(entry)} ({entry.id}) {gone}")
    return lines
