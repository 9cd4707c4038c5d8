"""A wire that loses and flips bytes, for tests."""

from __future__ import annotations

import numpy as np

from lupex_rover.transport import Transport


class Faulty:
    """Wraps a transport; each byte read is dropped or has a bit flipped with a probability."""

    def __init__(
        self, inner: Transport, rng: np.random.Generator, drop: float = 0.0, flip: float = 0.0
    ) -> None:
        self._inner = inner
        self._rng = rng
        self._drop = drop
        self._flip = flip

    def read(self) -> bytes:
        data = np.frombuffer(self._inner.read(), np.uint8).copy()
        flips = self._rng.random(data.size) < self._flip
        data[flips] ^= (1 << self._rng.integers(0, 8, int(flips.sum()))).astype(np.uint8)
        return data[self._rng.random(data.size) >= self._drop].tobytes()

    def write(self, data: bytes) -> None:
        self._inner.write(data)

    def close(self) -> None:
        self._inner.close()
