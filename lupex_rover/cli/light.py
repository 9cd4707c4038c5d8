"""`lupex light`: maps of light and of the Earth's visibility over a span, and safe havens."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError

MOST_PLACES = 300_000  # 432 MB of masks
MOST_INSTANTS = 100_000


def light(
    map_: Annotated[
        Path, typer.Option("--map", help="Read this elevation map, such as a GeoTIFF.")
    ],
    from_: Annotated[str, typer.Option("--from", help="Begin at this UTC, such as 2029-01-01.")],
    days: Annotated[float, typer.Option(help="Look at this many days.")],
    step_h: Annotated[
        float, typer.Option(help="Let this many hours lie between two instants.")
    ] = 2.0,
    step_m: Annotated[
        float | None,
        typer.Option(help="Let this many m lie between places; terrain stays as fine as the map."),
    ] = None,
    height_m: Annotated[
        float, typer.Option(help="Put the array this far above the ground, m.")
    ] = 2.0,
    band: Annotated[
        int | None, typer.Option(help="Read this band of a map that has several, from 1.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print havens and means as JSON.")
    ] = False,
    draw: Annotated[Path | None, typer.Option(help="Draw into this file, .png or .html.")] = None,
) -> None:
    """Map where it is light for how long and where Earth is seen, and rank safe havens."""
    from lupex_rover.cli.common.place import eclipses_at, polar_map, void_told
    from lupex_rover.core.time import from_iso
    from lupex_rover.ephemeris import sky
    from lupex_rover.ephemeris.bodies import check_time
    from lupex_rover.report.plot_file import check_picture
    from lupex_rover.terrain.light_span import edge_m

    check_picture(draw)
    times = _instants(check_time(from_iso(from_, "--from"), "--from"), days, step_h)
    if not 0.0 <= height_m <= 100.0:
        raise UserError(f"--height-m: {height_m} is outside 0 .. 100")
    ground = polar_map(map_, band)
    eyes = _eyes(ground, step_m, height_m)
    span, best = _measure(ground, eyes, times, step_h)
    x_min, y_min, x_max, y_max = eyes.extent
    middle = (x_min + x_max) / 2.0, (y_min + y_max) / 2.0
    eclipses = eclipses_at(lambda t: sky(*middle, t), int(times[0]), int(times[-1]))
    known = ... if eyes.void is None else ~eyes.void
    told = {
        "from": from_, "days": days, "step_h": step_h, "places": list(eyes.heights.shape),
        "step_m": eyes.resolution_m, "mean_light": round(float(span.light[known].mean()), 4),
        "mean_earth": round(float(span.earth[known].mean()), 4), "edge_m": edge_m(eyes),
        "havens": best, "eclipses": eclipses,
    }  # fmt: skip
    told |= void_told(eyes)
    if draw is not None:
        title = f"Light, Earth and darkness, {days:g} days from {from_} UTC, every {step_h:g} h"
        _draw(draw, title, span, eyes, best)
    if as_json:
        print(json.dumps(told))
    else:
        _table(told)


def _instants(start_ns: int, days: float, step_h: float) -> Any:
    import numpy as np

    from lupex_rover.ephemeris.bodies import check_time

    if not 0.0 < days <= 7305.0:
        raise UserError(f"--days: {days} is outside 0 .. 7305")
    if not 0.01 <= step_h <= 1000.0:
        raise UserError(f"--step-h: {step_h} is outside 0.01 .. 1000")
    if step_h > days * 24.0:
        raise UserError(f"--step-h: {step_h} is longer than the span of {days * 24.0:g} h")
    count = max(1, math.ceil(days * 24.0 / step_h - 1e-9))
    if count > MOST_INSTANTS:
        raise UserError(f"--step-h: {step_h} gives {count} instants; at most {MOST_INSTANTS}")
    check_time(start_ns + (count - 1) * step_h * 3.6e12, "--from and --days")
    return start_ns + np.round(np.arange(count) * step_h * 3.6e12).astype(np.int64)


def _eyes(ground: Any, step_m: float | None, height_m: float) -> Any:
    """The places, eyes `height_m` above the ground; coarser than the map where it is large."""
    import numpy as np

    from lupex_rover.terrain.dem import Dem

    x_min, y_min, x_max, y_max = ground.extent
    finest = math.sqrt(ground.heights.size / MOST_PLACES) * ground.resolution_m
    if step_m is None:
        step_m = ground.resolution_m * max(1, math.ceil(finest / ground.resolution_m - 1e-9))
        if step_m > ground.resolution_m:
            print(
                f"map of {ground.heights.size} cells: light every {step_m:g} m (--step-m), over"
                f" terrain of {ground.resolution_m:g} m",
                file=sys.stderr,
            )
    if not 0.0 < step_m < math.inf:
        raise UserError(f"--step-m: {step_m} is no length above zero")
    step_m = max(1, round(step_m / ground.resolution_m)) * ground.resolution_m
    if not step_m <= min(x_max - x_min, y_max - y_min):
        raise UserError(f"--step-m: {step_m} is finer than the map's cells or wider than the map")
    if step_m < finest * 0.999:
        raise UserError(f"--step-m: {step_m} gives too many places; at least {finest:.3g}")
    x = np.arange(x_min, x_max + 1e-6 * step_m, step_m)
    y = np.arange(y_min, y_max + 1e-6 * step_m, step_m)
    places = np.meshgrid(x, y)
    void = ~ground.known(*places)
    if void.all():
        raise UserError(f"--step-m: {step_m}: the map has no height at any of the places")
    return Dem(ground.height(*places) + height_m, x_min, y_min, step_m, void)


def _measure(ground: Any, eyes: Any, times: Any, step_h: float) -> Any:
    import numpy as np
    from rich.console import Console
    from rich.progress import Progress

    from lupex_rover.core.cache_folder import cache_folder
    from lupex_rover.ephemeris.bodies import bodies_many
    from lupex_rover.terrain.horizon_masks import cached_masks
    from lupex_rover.terrain.light_span import havens, over

    both = bodies_many(times)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        one, two = bar.add_task("horizons", total=1.0), bar.add_task("light", total=1.0)
        folder = cache_folder("horizons")
        masks = cached_masks(
            folder, ground, eyes, tell=lambda share: bar.update(one, completed=share)
        )
        span = over(masks, eyes, both, step_h, lambda share: bar.update(two, completed=share))
    x, y = eyes.grid()
    places = np.meshgrid(x, y)
    slope = np.asarray(ground.slope(*places))
    slope[~ground.known(*places, around_m=ground.resolution_m)] = math.pi / 2
    return span, havens(span, eyes, slope)


def _draw(path: Path, title: str, span: Any, eyes: Any, best: list[dict[str, Any]]) -> None:
    import numpy as np

    from lupex_rover.report.maps import MapLayer, maps

    def known(values: Any) -> Any:
        return values if eyes.void is None else np.where(eyes.void, np.nan, values)

    layers = (
        MapLayer("Sun's disc seen, mean, %", known(100.0 * span.light)),
        MapLayer("Earth's disc seen, mean, %", known(100.0 * span.earth)),
        MapLayer("longest darkness, h", known(span.longest_dark_h), "magma_r"),
    )
    marks = [(h["x_m"], h["y_m"], str(h["rank"])) for h in best]
    maps(path, title, layers, eyes.extent, marks)


def _table(told: dict[str, Any]) -> None:
    from rich.table import Table

    from lupex_rover.cli.common.place import eclipse_lines
    from lupex_rover.cli.common.table import wide_console

    table = Table("rank", "x m", "y m", "longest dark h", "light", "Earth", "slope deg")
    for h in told["havens"]:
        table.add_row(
            str(h["rank"]), f"{h['x_m']:.0f}", f"{h['y_m']:.0f}", f"{h['longest_dark_h']:.1f}",
            f"{h['mean_light']:.3f}", f"{h['mean_earth']:.3f}", f"{h['slope_deg']:.1f}",
        )  # fmt: skip
    console = wide_console()
    console.print(table)
    console.print(f"whole map: light {told['mean_light']:.3f}, Earth {told['mean_earth']:.3f}")
    for line in eclipse_lines(told["eclipses"]):
        console.print(line, highlight=False)
