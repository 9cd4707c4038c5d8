"""`report.html`: one self-contained page that tells a run."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from lupex_rover import graph
from lupex_rover.core.files import write_whole
from lupex_rover.core.topic import Topic
from lupex_rover.core.types import Image
from lupex_rover.mission.steps import phase_of
from lupex_rover.report import energy_figure, figures, fixes, story
from lupex_rover.report.story import Story
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import read_dem

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1f2933;margin:0;background:#f6f7f9}
main{max-width:1080px;margin:0 auto;padding:24px}
section{background:#fff;border:1px solid #e1e5ea;border-radius:8px;padding:16px 24px;margin:20px 0}
h1{margin:.2em 0} h2{margin:.1em 0 .5em;font-size:1.25em}
.badge{display:inline-block;padding:2px 12px;border-radius:12px;color:#fff;font-weight:600}
.success{background:#2b8a3e}.partial{background:#e67700}.failure{background:#c92a2a}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.tile{background:#f6f7f9;border-radius:6px;padding:10px 14px}.tile b{display:block;font-size:1.35em}
table{border-collapse:collapse;width:100%;font-size:.9em}
td,th{padding:4px 10px;border-bottom:1px solid #e9ecef;text-align:left;vertical-align:top}
.warning{color:#b35900}.fault{color:#c92a2a;font-weight:600}.scroll{max-height:420px;overflow:auto}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:10px}
.pictures img{width:100%;border-radius:4px;background:#000}.note{color:#52606d;font-size:.9em}
"""


def write(folder: Path, stream: Iterable[tuple[str, Any, int]]) -> Path:
    """Make `report.html` of the run in `folder` from its bag's (topic, message, t_ns)."""
    told = story.load(folder, stream)
    onboard = read_dem(folder / "onboard_map.tif")
    path = folder / "report.html"
    write_whole(path, render(told, onboard))
    return path


def render(told: Story, onboard: Dem) -> str:
    """The page as text."""
    result = told.result
    title = f"{result['scenario']}, seed {result['seed']}"
    sections = [
        section("Phases", _phases(result)),
        plotted(
            f"Descent: vision fixes over the orbital map{_when(result, 'descent')}",
            figures.landing_map(told, onboard),
            "Shadows are those the orbital map predicts for the start of the descent.",
        ),
        plotted(
            f"Descent: error against altitude{_when(result, 'descent')}",
            figures.landing_errors(told),
        ),
        section("Descent camera", _pictures(told, graph.CAMERA_DESCENT_IMAGE_RAW)),
        section("Some of the lander's fixes", _fixes(told, onboard)),
        plotted(
            f"Traverse: path and shadows{_when(result, 'traverse')}",
            figures.traverse_map(told, onboard),
            "Shadows are those the orbital map predicts for the start of the traverse.",
        ),
        section("Stereo camera, left eye", _pictures(told, graph.STEREO_LEFT_IMAGE_RAW)),
        plotted(f"Drill and water over depth{_when(result, 'drill')}", figures.drill_profile(told)),
        plotted(
            f"Energy and heat{_whole(result)}",
            energy_figure.power_history(told),
            "Shaded: the Sun's disc is wholly hidden at the array. Sun and Earth: over the"
            " level plane, without terrain. While the computer sleeps only the simulator's truth"
            " goes on.",
        ),
        section("Injected faults", _injected(result)),
        section("Events and faults", _events(result)),
    ]
    return document(
        title,
        f"<h1>{text(title)} <span class='badge {text(result['outcome'])}'>"
        f"{text(result['outcome'])}</span></h1>{_words(told.description)}<p class='note'>Flown in"
        " the stand-in simulator: terrain, physics and pictures are simulated; truth is the"
        " simulator's.</p>"
        f"{_unmet(result)}{_tiles(result)}"
        f"{''.join(sections)}",
    )


def text(value: object) -> str:
    """Whatever it is, as text of a page or in quotes of a tag: nothing in it is markup."""
    return html.escape(str(value))


def document(title: str, body: str) -> str:
    """A self-contained page with our style and plotly."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{text(title)}'
        f"</title><style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body><main>"
        f"{body}</main></body></html>"
    )


def section(title: str, body: str) -> str:
    """A part of the page under its title; nothing where there is no body."""
    return f"<section><h2>{text(title)}</h2>{body}</section>" if body else ""


def plotted(title: str, figure: go.Figure | None, note: str = "") -> str:
    """A section with a plot; nothing where there is none."""
    if figure is None:
        return ""
    body = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
    return section(title, body + (f"<p class='note'>{text(note)}</p>" if note else ""))


def _when(result: dict[str, Any], name: str) -> str:
    """The span of a phase, behind a title; nothing where it was not flown."""
    flown = [p for p in result["phases"] if phase_of(p["name"]) == name]
    return _span(flown[0]["start_utc"], flown[-1]["end_utc"]) if flown else ""


def _span(start_utc: str, end_utc: str) -> str:
    first, last = (t[:16].replace("T", " ") for t in (start_utc, end_utc))
    return f", {first} to {last[11:] if last[:10] == first[:10] else last} UTC"


def _whole(result: dict[str, Any]) -> str:
    """The span of all phases, behind a title."""
    phases = result["phases"]
    return _span(phases[0]["start_utc"], phases[-1]["end_utc"]) if phases else ""


def _words(words: str) -> str:
    return f"<p>{text(words)}</p>" if words else ""


def _unmet(result: dict[str, Any]) -> str:
    lines = "".join(f"<li class='fault'>{text(line)}</li>" for line in result["unmet"])
    return section("Not met", f"<ul>{lines}</ul>") if lines else ""


def _show(value: float | None, unit: str, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f} {unit}"


def _tiles(result: dict[str, Any]) -> str:
    soc = result["power"]["min_soc"]
    facts = (
        ("landing error", _show(result["landing"]["error_m"], "m")),
        ("fixes used / refused", f"{result['landing']['fixes']} / {result['landing']['rejected']}"),
        ("driven to the target", _show(result["traverse"]["distance_m"], "m")),
        ("most tilt", _show(result["traverse"]["max_tilt_deg"], "°")),
        ("drilled", _show(result["drill"]["depth_m"], "m", 2)),
        ("samples measured", str(len(result["science"]["samples"]))),
        ("darkness survived", _show(result["power"]["night_h"], "h")),
        ("least charge", _show(None if soc is None else 100 * soc, "%")),
    )
    tiles = "".join(f"<div class='tile'>{k}<b>{text(v)}</b></div>" for k, v in facts)
    return f"<section><div class='tiles'>{tiles}</div></section>"


def _phases(result: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{text(p['name'])}</td><td>{text(p['start_utc'])}</td>"
        f"<td>{text(p['end_utc'])}</td>"
        f"<td class='{'' if p['outcome'] == 'succeeded' else 'fault'}'>{text(p['outcome'])}</td>"
        f"<td>{text(p['code'])}</td></tr>"
        for p in result["phases"]
    )
    head = "<tr><th>phase</th><th>from</th><th>to</th><th>outcome</th><th>code</th></tr>"
    return f"<table>{head}{rows}</table>" if rows else ""


def _events(result: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr class='{text(e['severity'])}'><td>{text(e['utc'])}</td><td>{text(e['source'])}</td>"
        f"<td>{text(e['code'])}</td><td>{text(e['text'])}</td></tr>"
        for e in result["events"]
    )
    head = "<tr><th>UTC</th><th>from</th><th>code</th><th>what</th></tr>"
    return f"<div class='scroll'><table>{head}{rows}</table></div>" if rows else ""


def _injected(result: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{text(one['injected_utc'] or 'never: ' + one['at'] + ' did not come')}</td>"
        f"<td>{text(one['kind'])} {text(one['target'])}, {one['for_s']:g} s,"
        f" severity {one['severity']:g}</td><td>{text(_noticed(one))}</td>"
        f"<td>{'<br>'.join(text(_event_words(e)) for e in one['done'])}</td>"
        f"<td>{text(_cost(one['cost']))}</td></tr>"
        for one in result.get("faults", ())
    )
    head = "<tr><th>injected</th><th>what</th><th>noticed</th><th>then</th><th>cost</th></tr>"
    note = (
        "<p class='note'>Noticed: the first warning or fault after it that is about what is at"
        " fault. Then: what these parts, health and the executive said next.</p>"
    )
    return f"<table>{head}{rows}</table>{note}" if rows else ""


def _event_words(event: dict[str, Any]) -> str:
    return f"{event['source']} {event['code']} {event['text']}"


def _noticed(one: dict[str, Any]) -> str:
    if one["noticed"] is None:
        return "by nobody" if one["injected_utc"] else ""
    return f"after {one['noticed_after_s']:.1f} s: {_event_words(one['noticed'])}"


def _cost(cost: dict[str, Any] | None) -> str:
    if cost is None:
        return ""
    return f"{cost['warnings_and_faults']} warnings and faults, quiet {cost['until_quiet_s']:.0f} s"


def _fixes(told: Story, onboard: Dem) -> str:
    shots = "".join(
        f"<p><img alt='fix' style='width:100%' src='{figures.data_uri(picture)}'></p>"
        for picture in fixes.fix_pictures(told, onboard, figures.sun_at(told, "descent"))
    )
    note = (
        "<p class='note'>From the left: the picture laid on the map from the fix; the map under the"
        " Sun; where patches were found, with offsets eight times their length; what is left.</p>"
    )
    return shots + note if shots else ""


def _pictures(told: Story, topic: Topic[Image]) -> str:
    shots = "".join(
        f"<img alt='{text(topic)}' src='{figures.png_uri(image.pixels)}'>"
        for image in told.pictures(topic)
    )
    return f"<div class='pictures'>{shots}</div>" if shots else ""
