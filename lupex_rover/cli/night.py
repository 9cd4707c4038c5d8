"""`lupex night`: will the rover live through the next darkness, and when does it wake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError

STEP_MIN = 10
SEARCH_DAYS = 400
BACK_DAYS = 45  # the dusk of a night that runs already is looked for
MARGIN_NS = 86400 * 10**9  # the ephemeris is interpolated a little beyond
LEAST_DAYS = 28  # to the end of the ephemeris: the Sun once round


def night(
    map_: Annotated[
        Path, typer.Option("--map", help="Read this elevation map, such as a GeoTIFF.")
    ],
    at: Annotated[
        tuple[float, float], typer.Option(help="Take the place at these x and y of the map, m.")
    ],
    from_: Annotated[
        str, typer.Option("--from", help="Look from this UTC on, such as 2029-01-01.")
    ],
    soc: Annotated[float, typer.Option(help="Begin the night with this charge, 0..1.")] = 0.9,
    least_h: Annotated[
        float, typer.Option(help="Take no darkness shorter than this for a night, h.")
    ] = 6.0,
    height_m: Annotated[
        float, typer.Option(help="Put the array this far above the ground, m.")
    ] = 2.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Let this fail; you may repeat it: battery-heater, electronics-heater, panel,"
            " late-dawn, reset, clock."
        ),
    ] = None,
    band: Annotated[
        int | None, typer.Option(help="Read this band of a map that has several, from 1.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; docs/power.md explains its keys.")
    ] = False,
    draw: Annotated[Path | None, typer.Option(help="Draw into this file, .png or .html.")] = None,
) -> None:
    """Run the rover's power and heat through the next night at a place, and say if it survives."""
    from lupex_rover.cli.common.place import check_on_map, eclipses_told, polar_map, void_told
    from lupex_rover.core.time import from_iso
    from lupex_rover.ephemeris.bodies import check_time
    from lupex_rover.report.plot_file import check_picture
    from lupex_rover.simulator.night_preview import FAULTS, live_through
    from lupex_rover.simulator.params import EngineParams
    from lupex_rover.simulator.site.darkness import longest_dark_h, next_darkness

    check_picture(draw)
    for name, value, low, high in (("soc", soc, 0.01, 1.0), ("least-h", least_h, 0.2, 1000.0),
                                   ("height-m", height_m, 0.0, 100.0)):  # fmt: skip
        if not low <= value <= high:
            raise UserError(f"--{name}: {value} is outside {low:g} .. {high:g}")
    for name in fault or ():
        if name not in FAULTS:
            raise UserError(f"--fault: {name!r} is unknown; known: {', '.join(FAULTS)}")
    start_ns = check_time(from_iso(from_, "--from"), "--from")
    ground = polar_map(map_, band)
    check_on_map(ground, *at, "--at")
    times, seen = _sky(ground, at, start_ns, height_m, BACK_DAYS)
    dark = next_darkness(times, seen[3], seen[0], least_h, start_ns)
    if dark is not None and (dark.dusk_ns == times[0] or not dark.ends):
        from_ns = max(dark.dusk_ns, start_ns)  # dark for longer than was looked back, or on and on
        times, seen = _sky(ground, at, from_ns, height_m)
        dark = next_darkness(times, seen[3], seen[0], least_h)
    told: dict[str, Any] = {"x_m": at[0], "y_m": at[1], "from_utc": from_, "soc_at_dusk": soc}
    told |= void_told(ground)
    if dark is None:
        now = times >= start_ns
        if draw is not None:
            _draw_sky(draw, f"No night of {least_h:g} h", times[now], seen[:, now])
        longest_h = longest_dark_h(times[now], seen[3][now])
        days = (int(times[-1]) - start_ns) / 8.64e13
        told |= _no_night(soc, least_h, longest_h, days)
        told["eclipses"] = eclipses_told(_eclipses(at, start_ns, int(times[-1])))
        _print(told, as_json)
        return
    p = EngineParams()
    ground_k = (p.ground_lit_k, p.ground_dark_k)
    eclipses = _eclipses(at, min(start_ns, dark.dusk_ns), int(times[-1]))
    light_at = _between(times, seen)
    lived = live_through(dark, light_at, soc, ground_k, faults=fault or (), eclipses=eclipses)
    if draw is not None:
        _draw(draw, dark, lived, times, seen)
    told |= _told(dark, lived) | _after(dark, times, seen, least_h)
    until_ns = dark.dawn_ns + round((told["light_h"] or 0.0) * 3.6e12)
    told["eclipses"] = eclipses_told([e for e in eclipses if e.begin_ns <= until_ns])
    _print(told, as_json)


def _no_night(soc: float, least_h: float, dark_h: float, days: float) -> dict[str, Any]:
    reason = f"never dark for {least_h:g} h within {days:.0f} days; nothing was simulated"
    nothing = ("dusk_utc", "dawn_utc", "margin_wh", "wake_utc", "wake_by", "charge_utc", "flat_utc",
               "min_battery_degc", "min_electronics_degc", "set_points_degc", "code",
               "foretold", "light_h", "next_dark_h")  # fmt: skip
    return {"survives": True, "reason": reason, "dark_h": round(dark_h, 2), "soc_min": soc,
            **dict.fromkeys(nothing)}  # fmt: skip


def _after(dark: Any, times: Any, seen: Any, least_h: float) -> dict[str, Any]:
    """How long the light lasts after dawn, and how long the next night; null where unknown."""
    from lupex_rover.simulator.site.darkness import next_darkness

    then = times >= dark.dawn_ns
    following = next_darkness(times[then], seen[3][then], seen[0][then], least_h)
    if not dark.ends or following is None:
        return {"light_h": None, "next_dark_h": None}
    hours = [following.dusk_ns - dark.dawn_ns, following.dawn_ns - following.dusk_ns]
    light_h, dark_h = (round(h / 3.6e12, 2) for h in hours)
    return {"light_h": light_h, "next_dark_h": dark_h if following.ends else None}


def _told(dark: Any, lived: Any) -> dict[str, Any]:
    """What the command prints; null for what does not happen, as dawn in permanent shadow."""
    from lupex_rover.core.time import to_iso

    hours = round((dark.dawn_ns - dark.dusk_ns) / 3.6e12, 2)
    return {
        "survives": lived.survives, "reason": lived.reason,
        "dusk_utc": to_iso(dark.dusk_ns),
        "dawn_utc": to_iso(dark.dawn_ns) if dark.ends else None,
        "dark_h": hours if dark.ends else None,
        "soc_min": round(lived.soc_min, 4),
        "margin_wh": round(lived.margin_wh, 1) if dark.ends else None,
        "wake_utc": to_iso(lived.wake_ns) if lived.wake_ns else None,
        "wake_by": lived.wake_by or None,
        "charge_utc": to_iso(lived.charge_ns) if lived.charge_ns else None,
        "flat_utc": to_iso(lived.flat_ns) if lived.flat_ns else None,
        "min_battery_degc": round(lived.battery_degc, 1),
        "min_electronics_degc": round(lived.electronics_degc, 1),
        "set_points_degc": list(lived.decisions[0].set_points),
        "code": lived.decisions[0].code, "foretold": lived.decisions[0].text,
    }  # fmt: skip


def _sky(
    dem: Any, at: tuple[float, float], start_ns: int, height_m: float, back_days: int = 0
) -> Any:
    """Times (N,), and (4, N) the Sun's azimuth, elevation, rad, the share of it that is seen
    there, and the share over the terrain were there no Earth: no eclipse begins or ends a night.

    From `back_days` before the start; no farther than the ephemeris reaches.
    """
    import numpy as np

    from lupex_rover.cli.common.place import horizon_of
    from lupex_rover.core.constants import NS
    from lupex_rover.ephemeris import SkyTable
    from lupex_rover.ephemeris.bodies import FIRST_NS, LAST_NS
    from lupex_rover.terrain.disc import disc_share
    from lupex_rover.terrain.sun_share import share_past

    x, y = at
    step_ns = STEP_MIN * 60 * NS
    first, last = (d * 1440 // STEP_MIN for d in (-back_days, SEARCH_DAYS))
    times = start_ns + step_ns * np.arange(first, last, dtype=np.int64)
    times = times[(times >= FIRST_NS + MARGIN_NS) & (times < LAST_NS - MARGIN_NS)]
    if times[-1] - start_ns < LEAST_DAYS * 86400 * NS:
        raise UserError(f"--from: the ephemeris ends with 2099, less than {LEAST_DAYS} days later")
    sky = SkyTable(x, y, int(times[0]), int(times[-1])).many(times)
    eye = float(dem.height(x, y)) + height_m
    horizon = horizon_of(dem, x, y, eye, times.size)
    seen = share_past(sky.sun, sky.earth, horizon)
    ground = disc_share(*sky.sun, horizon)
    return times, np.array([sky.sun_azimuth_rad, sky.sun_elevation_rad, seen, ground])


def _between(times: Any, seen: Any) -> Any:
    """UTC ns -> azimuth, elevation, share; the sample before it, the Sun moves 0.08 degrees."""
    step = int(times[1] - times[0])
    last = times.size - 1

    def light_at(t_ns: int) -> tuple[float, float, float]:
        i = min((t_ns - int(times[0])) // step, last)
        return float(seen[0, i]), float(seen[1, i]), float(seen[2, i])

    return light_at


def _draw_sky(path: Path, title: str, times: Any, seen: Any) -> None:
    import numpy as np

    from lupex_rover.core.time import to_iso
    from lupex_rover.report.curves import SHARE, Panel, curves

    panels = (
        Panel("elevation, deg", {"Sun (level plane)": np.degrees(seen[1])}),
        Panel("disc seen, %", {"Sun": 100.0 * seen[2]}, limits=SHARE),
    )
    curves(path, title, [to_iso(int(k)) for k in times], panels)


def _draw(path: Path, dark: Any, lived: Any, times: Any, seen: Any) -> None:
    import numpy as np

    from lupex_rover.core.time import to_iso
    from lupex_rover.report.curves import SHARE, Panel, curves

    t, soc, array_w, load_w, battery, electronics = (np.array(v) for v in zip(*lived.history))
    elevation = np.degrees(np.interp(t, times, seen[1]))
    panels = (
        Panel("charge, %", {"battery": 100.0 * soc}, limits=SHARE),
        Panel("power, W", {"array": array_w, "loads (1 h mean)": load_w}),
        Panel("temperature, degC", {"battery": battery, "electronics": electronics}),
        Panel("elevation, deg", {"Sun (level plane)": elevation}),
        Panel("disc seen, %", {"Sun": 100.0 * np.interp(t, times, seen[2])}, limits=SHARE),
    )
    title = f"Night: {'survives' if lived.survives else 'lost'}; {lived.reason}"
    moments = {"dusk": dark.dusk_ns, "dawn": dark.dawn_ns, "wakes": lived.wake_ns}
    marked = {name: to_iso(t_ns) for name, t_ns in moments.items() if t_ns}
    curves(path, title, [to_iso(int(k)) for k in t], panels, marked)


def _eclipses(at: tuple[float, float], first_ns: int, last_ns: int) -> Any:
    """What the place sees of them between two times."""
    from lupex_rover.ephemeris import sky
    from lupex_rover.ephemeris.eclipses import passages

    return passages(lambda times: sky(*at, times), first_ns, last_ns)


def _print(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(told))
        return
    from lupex_rover.cli.common.place import eclipse_lines

    for key, value in told.items():
        if key != "eclipses":
            print(f"{key:22} {'-' if value is None else value}")
    for line in eclipse_lines(told["eclipses"]):
        print(line)
