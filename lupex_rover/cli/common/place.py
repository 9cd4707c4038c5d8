"""A place on a map, its skyline and eclipses there: shared by `sun`, `light` and `night`."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lupex_rover.core.errors import UserError

FINE_BINS = 7200  # azimuths of a skyline that serves many times: 0.05 degrees apart


def polar_map(path: Path, band: int | None = None) -> Any:
    """The elevation map in `path`, whose x and y must be those of the lunar south pole's grid.

    Parameters
    ----------
    band : int or None
        The one to read of several; None: the only one with values.

    Raises
    ------
    UserError
        Another grid, or no map; see `terrain.dem_file`.
    """
    from lupex_rover.terrain import dem_file

    dem_file.check_south_polar(path)
    return dem_file.read_dem(path, band=band)


def check_on_map(dem: Any, x: float, y: float, option: str) -> None:
    """Refuse a place that is NaN, off the map or where it has no height, naming `option`.

    Raises
    ------
    UserError
        As said.
    """
    if not (math.isfinite(x) and math.isfinite(y)):
        raise UserError(f"{option}: {x} {y} is not a place")
    if not dem.contains(x, y):
        box = ", ".join(f"{v:.0f}" for v in dem.extent)
        raise UserError(
            f"{option}: the place (x {x:.0f}, y {y:.0f} m) is off the map, which covers {box} m"
        )
    if not dem.known(x, y):
        raise UserError(
            f"{option}: the map has no height at the place (x {x:.0f}, y {y:.0f} m); take another"
            " or fill the map's void"
        )


def void_told(dem: Any) -> dict[str, float]:
    """Part of a map's cells that hold no height, as the commands tell it; empty where all do.

    Horizons across them are those of the nearest cell.
    """
    return {} if dem.void is None else {"void": round(float(dem.void.mean()), 4)}


def horizon_of(dem: Any, x: float, y: float, z_eye_m: float, rays: int) -> Callable[[Any], Any]:
    """A function from grid azimuths (N,), rad, to the horizon, rad, exact on bilinear ground.

    Fewer than `FINE_BINS` rays are followed one by one; for more, rays 0.05 degrees apart are
    followed once and read between.
    """
    import numpy as np

    from lupex_rover.terrain.horizon import mask_at
    from lupex_rover.terrain.skyline import skyline

    def exact(azimuths: Any) -> Any:
        return skyline([dem], x, y, z_eye_m, np.asarray(azimuths, float))

    if rays < FINE_BINS:
        return exact
    mask = exact(2.0 * np.pi / FINE_BINS * np.arange(FINE_BINS))
    return lambda azimuths: mask_at(mask, azimuths)


def eclipses_at(sky_at: Callable[[Any], Any], first_ns: int, last_ns: int) -> list[dict[str, Any]]:
    """The eclipses that a place sees between two times, as the commands tell them in JSON.

    Parameters
    ----------
    sky_at : Callable[[Any], Any]
        Times (N,), UTC ns -> the `ephemeris.Sky` of the place.
    """
    from lupex_rover.ephemeris.eclipses import passages

    return eclipses_told(passages(sky_at, first_ns, last_ns))


def eclipses_told(seen: Any) -> list[dict[str, Any]]:
    """Passages through an eclipse (`ephemeris.eclipses.Passage`) as JSON."""
    from lupex_rover.core.time import to_iso

    return [
        {
            "name": p.eclipse.name, "kind": p.eclipse.kind,
            "greatest_utc": to_iso(p.eclipse.greatest_ns), "begin_utc": to_iso(p.begin_ns),
            "darkest_utc": to_iso(p.darkest_ns), "end_utc": to_iso(p.end_ns),
            "least_fraction": round(p.least, 4),
        }
        for p in seen
    ]  # fmt: skip


def eclipse_lines(told: list[dict[str, Any]]) -> list[str]:
    """The same, a line each."""
    return [
        f"{e['name']}: from {e['begin_utc'][:19]} to {e['end_utc'][:19]} UTC, darkest"
        f" {e['darkest_utc'][:19]} with {e['least_fraction']:.1%} of the Sun left"
        for e in told
    ]


def eclipse_marks(told: list[dict[str, Any]]) -> dict[str, str]:
    """Name -> time of its darkest, for a drawing over time."""
    return {f"{e['kind']} eclipse {e['greatest_utc'][:10]}": e["darkest_utc"] for e in told}
