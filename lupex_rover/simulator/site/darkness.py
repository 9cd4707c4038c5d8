"""Darknesses of a place, by a series of the share of the Sun's disc that is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lupex_rover.core.constants import NS

Array = np.ndarray
DARK = 0.005  # share of the disc that gives no usable power
WAKES = 0.05  # share of the disc that wakes the board: 20 W of the array's 300 to 450
GLIMPSE_H = 3.0  # of full Sun over that, a third of the battery: with less it goes on sleeping


@dataclass(frozen=True)
class Darkness:
    """A darkness by the times of a series: first dark instant, first light to live on, UTC ns.

    A glimpse of the Sun, less than `GLIMPSE_H`, does not end it. Where the series holds no light
    after dusk `ends` is false and `dawn_ns` its last instant.
    """

    dusk_ns: int
    dawn_ns: int
    dawn_azimuth_rad: float
    ends: bool = True


def next_darkness(
    times: Array, share: Array, azimuth: Array, least_h: float, after_ns: int = 0
) -> Darkness | None:
    """The first darkness of at least `least_h` that is not over at `after_ns`, or None."""
    for i, j in _spells(times, share):
        end = j if j < times.size else times.size - 1
        long_enough = times[end] - times[i] >= least_h * 3600 * NS
        if long_enough and (times[end] > after_ns or j == times.size):
            return Darkness(int(times[i]), int(times[end]), float(azimuth[end]), j < times.size)
    return None


def longest_dark_h(times: Array, share: Array) -> float:
    """The longest darkness of the series, h."""
    last = times.size - 1
    spells = [times[min(j, last)] - times[i] for i, j in _spells(times, share)]
    return float(max(spells, default=0)) / 3.6e12


def _spells(times: Array, share: Array) -> list[tuple[int, int]]:
    """First dark index, and first lit one after it, of each darkness; the size where none is."""
    edges = np.diff(np.concatenate([[False], share <= DARK]).astype(np.int8))
    dusks, dawns = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    step_h = float(times[1] - times[0]) / 3.6e12 if times.size > 1 else 0.0
    given_h = np.concatenate([[0.0], np.cumsum(np.maximum(share - WAKES, 0.0)) * step_h])
    spells: list[tuple[int, int]] = []
    for k, i in enumerate(dusks.tolist()):
        j = int(dawns[k]) if k < dawns.size else times.size
        if spells and given_h[i] - given_h[spells[-1][1]] < GLIMPSE_H:
            spells[-1] = (spells[-1][0], j)
        else:
            spells.append((i, j))
    return spells
