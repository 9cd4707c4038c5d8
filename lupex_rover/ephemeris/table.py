"""Sun and Earth from the Moon as polynomials: Chebyshev series of 8 days, as JPL keeps its own.

`table.npz` holds what `bodies.by_theory` gives, to 2e-7 rad, which costs 0.6 ms a time to work
out; `python -m lupex_rover.ephemeris.make_table` writes it anew.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import numpy as np

from lupex_rover.core.constants import NS

Array = np.ndarray
FIRST_NS = 1_704_067_200 * NS  # 2024-01-01
SPAN_NS = 8 * 86400 * NS
SPANS = 1005  # to 2046-01-04
TERMS = 14
FILE = "table.npz"


def covers(t_ns: Array) -> Array:
    """Whether the table holds each time."""
    return (t_ns >= FIRST_NS) & (t_ns < FIRST_NS + SPANS * SPAN_NS)


@lru_cache(maxsize=1)
def _series() -> Array:
    """(SPANS, TERMS, 6) coefficients, m."""
    with resources.files(__package__).joinpath(FILE).open("rb") as file, np.load(file) as held:
        return np.ascontiguousarray(held["series"])


def apparent(t_ns: Array) -> Array:
    """(N, 6) apparent Sun and Earth from the Moon's centre, m in J2000 axes.

    Parameters
    ----------
    t_ns : ndarray, shape (N,)
        int64 UTC, ns, all of which the table `covers`.
    """
    span, rest = np.divmod(t_ns - FIRST_NS, SPAN_NS)
    u = 2.0 * rest / SPAN_NS - 1.0
    basis = np.polynomial.chebyshev.chebvander(u, TERMS - 1)
    return np.einsum("nk,nkj->nj", basis, _series()[span])
