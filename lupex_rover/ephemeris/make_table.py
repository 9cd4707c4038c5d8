"""Write `table.npz` anew: about 15 s."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lupex_rover.ephemeris.bodies import by_theory
from lupex_rover.ephemeris.table import FILE, FIRST_NS, SPAN_NS, SPANS, TERMS

Array = np.ndarray


def series(span: int) -> Array:
    """(TERMS, 6) coefficients of a span, through its Chebyshev points."""
    u = np.cos(np.pi * (np.arange(TERMS) + 0.5) / TERMS)
    times = FIRST_NS + span * SPAN_NS + np.round((u + 1.0) / 2.0 * SPAN_NS).astype(np.int64)
    rows = np.array([by_theory(t) for t in times.tolist()])
    return np.polynomial.chebyshev.chebfit(u, rows, TERMS - 1)


def main() -> None:
    every = np.array([series(k) for k in range(SPANS)])
    np.savez_compressed(Path(__file__).with_name(FILE), series=every.astype(np.float32))


if __name__ == "__main__":
    main()
