"""No text of a run is markup in a page: names, descriptions, events, seeds, file names."""

import copy
import json
from pathlib import Path

import pytest

from lupex_rover.report import campaign_page, curves, maps, page
from lupex_rover.report.story import Story

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&"
RUN = Path(__file__).parents[2] / "replay" / "run"
RESULT = json.loads((RUN / "result.json").read_text())
PLAN = json.loads((RUN / "plan.json").read_text())


def spoilt(value):
    """Every text below `value` that is no time is another's."""
    if isinstance(value, dict):
        return {key: spoilt(part) for key, part in value.items()}
    if isinstance(value, list):
        return [spoilt(part) for part in value]
    return EVIL if isinstance(value, str) else value


def harmless(html: str) -> bool:
    return "<script>alert" not in html and "<img src=x" not in html and "&lt;script&gt;" in html


def test_every_text_of_a_result_is_escaped(monkeypatch):
    monkeypatch.setattr(page, "get_plotlyjs", lambda: "")
    result = spoilt(copy.deepcopy(RESULT))
    result["events"] = result["events"] or [
        dict.fromkeys(("utc", "source", "code", "text", "severity"), EVIL)
    ]
    result["unmet"] = [EVIL]
    told = Story(result, PLAN, EVIL)
    for part in (
        page._phases(result),
        page._events(result),
        page._unmet(result),
        page._words(EVIL),
    ):
        assert harmless(part)
    monkeypatch.setattr(page.figures, "landing_map", lambda *_: None)
    monkeypatch.setattr(page.figures, "traverse_map", lambda *_: None)
    monkeypatch.setattr(page, "_fixes", lambda *_: "")
    html = page.render(told, None)
    assert harmless(html) and harmless(page.document(EVIL, page.section(EVIL, "")))


def test_a_campaigns_texts_are_escaped(monkeypatch):
    monkeypatch.setattr(page, "get_plotlyjs", lambda: "")
    row = {"seed": 1, "outcome": EVIL, "why": EVIL, "hard": None}
    assert harmless(campaign_page._failures([row], {1: f"./lupex mission {EVIL}"}))
    assert harmless(campaign_page._tiles({EVIL: EVIL}))


@pytest.mark.parametrize("make", ["curves", "maps"])
def test_titles_and_marks_of_drawings_are_escaped(make, monkeypatch):
    from datetime import datetime

    import numpy as np

    if make == "curves":
        stamps = [datetime(2029, 1, 1), datetime(2029, 1, 2)]
        panel = curves.Panel("y", {"a": np.array([1.0, 2.0])})
        html = curves._page(EVIL, stamps, [panel], {EVIL: stamps[0]})
    else:
        layer = maps.MapLayer("y", np.zeros((3, 3)), "greys")
        html = maps._page(EVIL, [layer], (0.0, 0.0, 10.0, 10.0), [(1.0, 1.0, EVIL)])
    shown = html[html.rindex("Plotly.newPlot") :]
    assert "<script>alert" not in html and "<script" not in shown
    assert "\\u0026lt;script" in shown or "&lt;script" in shown
