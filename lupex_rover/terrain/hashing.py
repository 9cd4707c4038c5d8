"""Random numbers that are a function of where, not of when: one integer hash, for numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_A = np.uint64(0x9E3779B97F4A7C15)
_B = np.uint64(0xBF58476D1CE4E5B9)
_C = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@njit(cache=True, inline="always")
def mix(h: Any) -> Any:
    """One round of splitmix64 (Steele, Lea and Flood 2014): uint64 to uint64."""
    h = h + _A
    h = (h ^ (h >> _S30)) * _B
    h = (h ^ (h >> _S27)) * _C
    return h ^ (h >> _S31)


@njit(cache=True, inline="always")
def cell_hash(ix: int, iy: int, layer: int, seed: int) -> Any:
    """uint64 of a lattice cell, a layer number and a seed."""
    h = mix(np.uint64(seed) + np.uint64(layer) * _B)
    h = mix(h ^ (np.uint64(ix) * _A))
    return mix(h ^ (np.uint64(iy) * _C))


@njit(cache=True, inline="always")
def unit(h: Any) -> float:
    """uint64 to a float in [0, 1)."""
    return float(h >> _S11) * (1.0 / 9007199254740992.0)


@njit(cache=True)
def poisson(mean: float, u: float, most: int) -> int:
    """The Poisson number of this mean at cumulative probability `u`, at most `most`."""
    term = np.exp(-mean)
    total = term
    n = 0
    while u > total and n < most:
        n += 1
        term *= mean / n
        total += term
    return n
