"""A child process that does not outlive its parent, however the parent ends (Linux)."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)  # loaded here: between fork and exec a child should load nothing


def end_with_parent(parent: int | None = None) -> None:
    """In the child: ask the kernel for SIGTERM when the parent dies.

    Parameters
    ----------
    parent : int or None
        Process that began this one; where it is another's child already, this one ends here.
        Needed between fork and exec: the parent may have died before the kernel was asked.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent is not None and os.getppid() != parent:
        os._exit(0)
