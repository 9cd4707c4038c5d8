"""A wire that loses, flips and delays bytes, for tests."""

from __future__ import annotations

import numpy as np

from lupex_rover.transport import Transport


class Faulty:
    """Wraps a transport and spoils what is read from it.

    Parameters
    ----------
    drop, flip : float
        Probability for each byte to be lost and to have one bit turned.
    delay_reads : int
        What comes is handed out by the read that many calls later.
    """

    def __init__(
        self,
        inner: Transport,
        rng: np.random.Generator,
        drop: float = 0.0,
        flip: float = 0.0,
        delay_reads: int = 0,
    ) -> None:
        self._inner = inner
        self._rng = rng
        self._drop = drop
        self._flip = flip
        self._delayed = [b""] * delay_reads

    def read(self) -> bytes:
        data = np.frombuffer(self._inner.read(), np.uint8).copy()
        flips = self._rng.random(data.size) < self._flip
        data[flips] ^= (1 << self._rng.integers(0, 8, int(flips.sum()))).astype(np.uint8)
        self._delayed.append(data[self._rng.random(data.size) >= self._drop].tobytes())
        return self._delayed.pop(0)

    def write(self, data: bytes) -> None:
        self._inner.write(data)

    def close(self) -> None:
        self._inner.close()
