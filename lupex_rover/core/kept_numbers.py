"""Numbers of a state that was kept over a restart, checked before they are believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def numbers(state: Mapping[str, Any], key: str, count: int) -> np.ndarray:
    """(count,) finite numbers; a single number counts as one.

    Raises
    ------
    KeyError
        There is no such key.
    ValueError, TypeError
        They are no numbers, or as many others; the text names the key where it can.
    """
    values = np.atleast_1d(np.array(state[key], float))
    if values.shape != (count,):
        raise ValueError(f"{key}: {values.shape} numbers, not {count}")
    if not np.isfinite(values).all():
        raise ValueError(f"{key}: a number is not finite")
    return values
