"""`lupex phases`: the table one a line, as JSON, and as a flow chart."""

import json
import re
from itertools import pairwise
from pathlib import Path

from lupex_rover.mission.phase_table import TABLE


def test_a_phase_is_one_line_with_all_that_the_table_says(lupex):
    code, out, _ = lupex("phases")
    lines = out.splitlines()
    assert code == 0 and [line.split("  ")[0] for line in lines] == list(TABLE)
    drill = lines[4]
    assert "energy: a charge of at least `drill_min_soc`" in drill
    assert "<before each motion: free(DRL)>" in drill
    assert lines[8].endswith("<failed: the rover sleeps by the plan>")


def test_one_phase_as_json(lupex):
    code, out, _ = lupex("phases", "return", "--json")
    told = json.loads(out)
    assert code == 0 and told["phase"] == "return" and told["tries"] == 3
    assert [need["look"] for need in told["needs"]][:2] == ["budget", "bit_out"]


def test_the_chart_leads_from_each_phase_to_the_next(lupex):
    code, out, _ = lupex("phases", "--mermaid")
    first, *lines = out.splitlines()
    assert code == 0 and first == "flowchart TD"
    edge = re.compile(r'  (\w+)(\["[^"\]]+"\])? -->(\|[^|]+\|)? (\w+)(\["[^"\]]+"\])?')
    edges = {(m[1], m[3] or "", m[4]) for m in map(edge.fullmatch, lines) if m}
    assert len(edges) == len(lines), "each line is one arrow"
    names = [*TABLE, "done"]
    assert {(a, "|succeeded|", b) for a, b in pairwise(names)} <= edges
    assert ("descent", "|failed|", "done") in edges
    assert ("night_by_plan", "", "wake") in edges


def test_the_steps_of_a_scenario_stand_in_its_order_with_sites_and_those_from_outside(
    lupex, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "examples" / "look_around"))
    own = tmp_path / "own.yaml"
    own.write_text(
        "site: {drill_sites: 2}\nphases: [traverse@2, look_around, drill@2.1]\n"
        "extra_phases: {look_around: 'look_around.phase:PHASE'}\n"
    )
    code, out, _ = lupex("phases", "--scenario", own)
    assert code == 0
    assert [line.split("  ")[0] for line in out.splitlines()] == [
        "traverse@2", "look_around", "drill@2.1"]  # fmt: skip
    _, out, _ = lupex("phases", "--scenario", own, "--mermaid")
    assert "  traverse_2 -->|broke, at most 3 tries| traverse_2" in out.splitlines()
    assert "  look_around -->|failed or not admitted| drill_2_1" in out.splitlines()


def test_wrong_words_are_refused(lupex):
    code, _, err = lupex("phases", "dril")
    assert code == 2 and "did you mean 'drill'" in err
    code, _, err = lupex("phases", "--mermaid", "--json")
    assert code == 2 and "choose one" in err
