"""`lupex sun`: Sun and Earth over a place, at a time or over days."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError

MOST_ROWS = 200_000


def sun(
    lat: Annotated[
        float, typer.Option(help="Take the place at this planetocentric latitude, degrees.")
    ],
    lon: Annotated[float, typer.Option(help="Take the place at this east longitude, degrees.")],
    utc: Annotated[str, typer.Option(help="Tell it for this time, such as 2029-01-01T00:00:00Z.")],
    height_m: Annotated[
        float, typer.Option(help="Put the eye this far above the map's ground, or the sphere, m.")
    ] = 0.0,
    days: Annotated[
        float, typer.Option(help="Tell a series over this many days from then on.")
    ] = 0.0,
    step_min: Annotated[
        float, typer.Option(help="Let this many minutes lie between two instants of the series.")
    ] = 60.0,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="Let the terrain of this elevation map hide the discs."),
    ] = None,
    band: Annotated[
        int | None, typer.Option(help="Read this band of a map that has several, from 1.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the series as JSON, not as a table.")
    ] = False,
    draw: Annotated[Path | None, typer.Option(help="Draw into this file, .png or .html.")] = None,
) -> None:
    """Tell where Sun and Earth stand over a place, how much of each is seen, and eclipses."""
    from lupex_rover.core.time import from_iso
    from lupex_rover.ephemeris.bodies import check_time
    from lupex_rover.report.plot_file import check_picture

    check_picture(draw)
    times = _times(check_time(from_iso(utc, "--utc"), "--utc"), days, step_min)
    rows, eclipses, void = _rows(lat, lon, height_m, times, map_, band)
    if draw is not None:
        title = f"Sun and Earth in the sky at latitude {lat:.4f}, longitude {lon:.4f} deg"
        _draw(draw, title, rows, eclipses)
    if days == 0.0:
        print(json.dumps(rows[0] | {"eclipses": eclipses} | void))
    elif as_json:
        told = {"lat_deg": lat, "lon_deg": lon, "series": rows, "eclipses": eclipses}
        print(json.dumps(told | void))
    elif draw is None:
        _table(rows, eclipses)
    else:
        print(draw)


def _times(start_ns: int, days: float, step_min: float) -> Any:
    import numpy as np

    from lupex_rover.ephemeris.bodies import check_time

    if not 0.0 <= days <= 36525.0:
        raise UserError(f"--days: {days} is outside 0 .. 36525")
    if not 0.01 <= step_min <= 1e6:
        raise UserError(f"--step-min: {step_min} is outside 0.01 .. 1000000")
    count = int(days * 1440.0 / step_min + 1e-9) + 1
    if count > MOST_ROWS:
        raise UserError(f"--step-min: {step_min} gives {count} rows; at most {MOST_ROWS}")
    check_time(start_ns + (count - 1) * step_min * 60e9, "--utc and --days")
    return start_ns + np.round(np.arange(count) * step_min * 60e9).astype(np.int64)


def _rows(
    lat: float, lon: float, height_m: float, times: Any, map_: Path | None, band: int | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, float]]:
    """The series, the eclipses that it meets, and what of the map is void."""
    import numpy as np

    from lupex_rover.cli.common.place import eclipses_at
    from lupex_rover.core.time import to_iso
    from lupex_rover.ephemeris.place import check_place, place_sky
    from lupex_rover.terrain.disc import disc_share
    from lupex_rover.terrain.sun_share import share_past

    check_place(lat, lon, height_m)
    where = math.radians(lat), math.radians(lon)
    ground_m, horizon, void = _ground(*where, height_m, map_, band, len(times))
    sky = place_sky(*where, ground_m + height_m, times)

    def grid_horizon(azimuths: Any) -> Any:
        return horizon(azimuths + where[1])  # grid north lies at true azimuth -longitude

    shares = share_past(sky.sun, sky.earth, grid_horizon), disc_share(*sky.earth, grid_horizon)
    columns = [
        (np.degrees(disc.azimuth_rad), np.degrees(disc.elevation_rad), share)
        for disc, share in zip((sky.sun, sky.earth), shares)
    ]
    keys = ("azimuth_deg", "elevation_deg", "fraction")
    digits = (5, 5, 4)
    rows = []
    for i, t in enumerate(times.tolist()):
        seen = [
            {k: round(float(v[i]), d) for k, v, d in zip(keys, values, digits)}
            for values in columns
        ]
        rows.append({"utc": to_iso(t), "sun": seen[0], "earth": seen[1]})
    eclipses = eclipses_at(
        lambda t: place_sky(*where, ground_m + height_m, t), int(times[0]), int(times[-1])
    )
    return rows, eclipses, void


def _ground(
    latitude: float,
    longitude: float,
    height_m: float,
    map_: Path | None,
    band: int | None,
    count: int,
) -> Any:
    """Height of the ground, m, a function from grid azimuths to the horizon, rad, and its void."""
    import numpy as np

    from lupex_rover.cli.common.place import check_on_map, horizon_of, polar_map, void_told
    from lupex_rover.ephemeris import xy_of
    from lupex_rover.terrain.disc import STRIPS

    if map_ is None:
        return 0.0, np.zeros_like, {}
    dem = polar_map(map_, band)
    if height_m < 0.0:
        raise UserError(f"--height-m: {height_m} is under the map's ground")
    x, y = xy_of(latitude, longitude) if latitude < 1.5 else (math.inf, math.inf)
    if math.isfinite(x):
        check_on_map(dem, float(x), float(y), "--lat --lon")
    else:
        raise UserError("--lat --lon: the place is off the map, which is of the south")
    ground_m = float(dem.height(float(x), float(y)))
    horizon = horizon_of(dem, float(x), float(y), ground_m + height_m, 2 * STRIPS * count)
    return ground_m, horizon, void_told(dem)


def _draw(
    path: Path, title: str, rows: list[dict[str, Any]], eclipses: list[dict[str, Any]]
) -> None:
    import numpy as np

    from lupex_rover.cli.common.place import eclipse_marks
    from lupex_rover.report.curves import SHARE, Panel, curves

    def of(key: str, factor: float = 1.0) -> dict[str, Any]:
        return {b.title(): np.array([factor * r[b][key] for r in rows]) for b in ("sun", "earth")}

    panels = (
        Panel("elevation, deg", of("elevation_deg")),
        Panel("azimuth, deg", of("azimuth_deg"), directions=True),
        Panel("disc seen, %", of("fraction", 100.0), limits=SHARE),
    )
    curves(path, title, [r["utc"] for r in rows], panels, eclipse_marks(eclipses))


def _table(rows: list[dict[str, Any]], eclipses: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from lupex_rover.cli.common.place import eclipse_lines
    from lupex_rover.cli.common.table import wide_console

    table = Table("UTC", "Sun az", "el", "share", "Earth az", "el", "share")
    for r in rows:
        cells = [f"{r[b][k]:.3f}" for b in ("sun", "earth")
                 for k in ("azimuth_deg", "elevation_deg", "fraction")]  # fmt: skip
        table.add_row(r["utc"], *cells)
    console = wide_console()
    console.print(table)
    for line in eclipse_lines(eclipses):
        console.print(line, highlight=False)
