"""Horizons of every place of a map, computed once and kept in a file.

Distances on the map's stereographic grid are put right with the scale at its middle (Snyder 1987,
eq. 21-4), which holds to 0.2 % on maps 200 km across near the pole; heights are taken on the sphere
of the map's mean height. Angles are kept as int16.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.core.errors import UserError
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.horizon_far import FarGround
from lupex_rover.terrain.horizon_rays import entries, row_tops, split, tangents

Array = np.ndarray
Tell = Callable[[float], None]
N_AZ = 720
SCALE = 20_000.0  # counts per rad: 0.003 degrees each
KEPT = 6  # files in the cache, the newest
STALE_S = 86400.0  # an unfinished file this old belongs to no one
VERSION = b"horizon-masks-3"


def horizon_masks(
    ground: Dem,
    eyes: Dem,
    n_az: int = N_AZ,
    around: Dem | None = None,
    tell: Tell = lambda share: None,
) -> Array:
    """Horizon seen from each point of `eyes` over `ground`.

    Parameters
    ----------
    eyes : Dem
        Its heights are those of the eyes, m above the sphere; it stands on cells 0, n, 2n .. of the
        ground.
    n_az : int
        Azimuths 2 pi k / n_az clockwise from grid north.
    around : Dem or None
        A wider map, for the horizon beyond the ground.
    tell : Tell
        Called with the share that is done.

    Returns
    -------
    ndarray, shape (n_az, rows, cols)
        int16, SCALE counts per rad; about -pi/2 where the map ends at once.

    Raises
    ------
    UserError
        The eyes do not stand on the cells of the ground.
    """
    masks = np.empty((n_az, *eyes.heights.shape), np.int16)
    for k, plane in enumerate(_planes(ground, eyes, n_az, around)):
        masks[k] = plane
        tell((k + 1) / n_az)
    return masks


def _planes(ground: Dem, eyes: Dem, n_az: int, around: Dem | None) -> Iterator[Array]:
    """(rows, cols) int16 of one azimuth after the other."""
    every = round(eyes.resolution_m / ground.resolution_m)
    step = every * ground.resolution_m
    off = (eyes.x0 - ground.x0, eyes.y0 - ground.y0, eyes.resolution_m - step)
    if every < 1 or max(abs(v) for v in off) > 1e-6 * ground.resolution_m:
        raise UserError("eyes: they must stand on cells 0, n, 2n .. of the ground's map")
    mean = float(ground.heights.mean(dtype=np.float64))
    parts = split((ground.heights - mean).astype(np.float32), every)
    tops = row_tops(parts)
    z = np.ascontiguousarray(eyes.heights - mean, np.float32)
    radius = MOON_RADIUS_M + mean
    cell_m = ground.resolution_m / grid_scale(ground) * radius / MOON_RADIUS_M
    far = FarGround(around, ground, eyes, n_az) if around is not None else None
    out = np.empty(z.shape, np.float32)
    for k in range(n_az):
        whole, share = entries(2.0 * math.pi * k / n_az, max(ground.heights.shape))
        tangents(
            parts, tops, z, whole, share, cell_m, 0.5 / radius, ground.heights.shape, out
        )  # fmt: skip
        if far is not None:
            far.raise_to(out, k)
        yield np.round(SCALE * np.arctan(out)).astype(np.int16)


def grid_scale(dem: Dem) -> float:
    """Metres of the grid per metre on the sphere, at the middle of the map."""
    x_min, y_min, x_max, y_max = dem.extent
    rho = math.hypot(x_min + x_max, y_min + y_max) / 2.0
    return 1.0 + (rho / (2.0 * MOON_RADIUS_M)) ** 2


def key_of(ground: Dem, eyes: Dem, n_az: int = N_AZ, around: Dem | None = None) -> str:
    """A name that changes with anything the masks depend on."""
    h = hashlib.sha256(VERSION)
    for dem in (ground, eyes, around):
        if dem is None:
            continue
        h.update(np.array([dem.x0, dem.y0, dem.resolution_m, *dem.heights.shape, n_az]).tobytes())
        h.update(dem.heights.tobytes())
    return h.hexdigest()[:24]


def cached_masks(
    folder: Path,
    ground: Dem,
    eyes: Dem,
    around: Dem | None = None,
    tell: Tell = lambda share: None,
) -> Array:
    """`horizon_masks`, kept in `folder` under `key_of`; a damaged file is made anew.

    The planes are mapped from the file, not held in memory: an instant needs four of them.
    """
    path = folder / f"{key_of(ground, eyes, around=around)}.npy"
    shape = (N_AZ, *eyes.heights.shape)
    masks = _open(path, shape)
    if masks is None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(path, shape, _planes(ground, eyes, N_AZ, around), tell)
        except OSError:  # a cache that cannot be written only costs memory and time
            return horizon_masks(ground, eyes, around=around, tell=tell)
        masks = _open(path, shape)
    tell(1.0)
    return horizon_masks(ground, eyes, around=around, tell=tell) if masks is None else masks


def _open(path: Path, shape: tuple[int, ...]) -> Array | None:
    try:
        masks = np.asarray(np.load(path, mmap_mode="r"))
    except (OSError, ValueError, EOFError):
        return None
    return masks if masks.shape == shape and masks.dtype == np.int16 else None


def _write(path: Path, shape: tuple[int, ...], planes: Iterator[Array], tell: Tell) -> None:
    """Write plane after plane to a file of this process alone, which then takes the name.

    One that was not finished is taken away; of a process that was killed, after `STALE_S`.
    """
    for left in path.parent.glob("*.part"):
        if time.time() - left.stat().st_mtime > STALE_S:
            left.unlink(missing_ok=True)
    head = {"descr": "<i2", "fortran_order": False, "shape": shape}
    handle, name = tempfile.mkstemp(".part", path.stem, path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            np.lib.format.write_array_header_1_0(file, head)
            for k, plane in enumerate(planes):
                file.write(plane.tobytes())
                tell((k + 1) / shape[0])
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    newest = sorted(path.parent.glob("*.npy"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in newest[KEPT:]:
        old.unlink(missing_ok=True)
