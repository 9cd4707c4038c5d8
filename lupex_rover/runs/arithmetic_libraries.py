"""What the libraries that compute take this processor for: last digits depend on it."""

from __future__ import annotations

import ctypes
import importlib
import os
from pathlib import Path
from typing import Any

import numpy

MAPS = Path("/proc/self/maps")
# one library is built with different names of the same function
CORE_NAMES = tuple(
    f"{prefix}openblas_get_corename{suffix}" for prefix in ("scipy_", "") for suffix in ("64_", "")
)


def libraries() -> dict[str, Any]:
    """Of this process, by library.

    Returns
    -------
    dict
        `numba`: the processor that code is compiled for; `openblas`: the one that numpy's and
        scipy's choose, None where they do not say; `opencv`, `numpy`: the features in use, of
        numpy those that are chosen at run time.
    """
    return {
        "numba": _numba(), "openblas": _openblas(), "opencv": _opencv(), "numpy": numpy_features()
    }  # fmt: skip


def numpy_dispatched() -> list[str]:
    """The features that this numpy can be told to leave unused, by its names."""
    return list(_numpy_core().__cpu_dispatch__)


def numpy_features() -> list[str]:
    """Those of `numpy_dispatched` that this process uses."""
    core = _numpy_core()
    return [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]


def _numpy_core() -> Any:
    package = (
        "numpy._core" if numpy.lib.NumpyVersion(numpy.__version__) >= "2.0.0" else "numpy.core"
    )
    return importlib.import_module(f"{package}._multiarray_umath")


def _numba() -> str:
    from numba.core.registry import cpu_target

    _, name, _ = cpu_target.target_context.codegen().magic_tuple()
    return name


def _opencv() -> list[str]:
    """`*` marks what is chosen at run time and `?` what is not there or switched off."""
    import cv2

    names = cv2.getCPUFeaturesLine().split()
    return [name.lstrip("*") for name in names if not name.endswith("?")]


def _openblas() -> str | None:
    import scipy.linalg  # noqa: F401  loads its OpenBLAS

    try:
        lines = MAPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    paths = {line.split(maxsplit=5)[-1] for line in lines if "openblas" in line}
    cores = [_core_name(path) for path in sorted(paths) if "opencv" not in path]
    return ", ".join(dict.fromkeys(c for c in cores if c)) or None


def _core_name(path: str) -> str | None:
    """What the OpenBLAS at `path`, which this process has loaded, takes the processor for."""
    if not os.path.isfile(path):
        return None
    library = ctypes.CDLL(path)
    for name in CORE_NAMES:
        if hasattr(library, name):
            function = getattr(library, name)
            function.restype = ctypes.c_char_p
            said = function()
            return said.decode() if said else None
    return None
