"""`lupex params` and `lupex codes`: one a line, found by name; an unknown name gets the nearest."""

import json

import pytest


@pytest.fixture
def lupex(lupex):
    """Exit code, lines, errors."""

    def run(*words):
        code, out, err = lupex(*words)
        return code, out.splitlines(), err

    return run


def test_a_parameter_is_one_line_with_all_that_is_known_of_it(lupex):
    code, lines, _ = lupex("params", "nodes.landing.matcher.window_sigma")
    assert code == 0 and len(lines) == 1
    line = lines[0]
    assert line.startswith("nodes.landing.matcher.window_sigma  3.0  [1]  1 .. 10  half width")
    assert line.endswith("<scenario, rover.yaml>")


def test_every_parameter_is_listed_and_none_spans_two_lines(lupex):
    code, lines, _ = lupex("params")
    _, rows, _ = lupex("params", "--json")
    assert code == 0 and len(lines) == len(rows) > 700
    assert [json.loads(row)["path"] for row in rows] == [line.split("  ")[0] for line in lines]
    assert all(line.count("  ") >= 6 for line in lines)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("nodes.executive.night", "nodes.executive.night.heat.leak_wpk"),
        ("window_sigma", "nodes.landing.matcher.window_sigma"),
        ("matcher.window_sigma", "matcher.window_sigma"),
        ("simulator.regolith", "simulator.regolith.dry_low_m"),
        ("craters", "least_confidence"),
    ],
)
def test_a_part_of_the_path_or_a_command_finds_it(lupex, name, path):
    code, rows, _ = lupex("params", name, "--json")
    assert code == 0 and path in {json.loads(row)["path"] for row in rows}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("params", "nodes.landing.matcher.windw_sigma"), "nodes.landing.matcher.window_sigma"),
        (("params", "windw_sigma"), "matcher.window_sigma"),
        (("params", "zzzzzz"), "lists all"),
        (("params", "speed"), "speed_mps"),
        (("codes", "NOPE"), "begin with DRL, DRV"),
        (("codes", "NAV-999"), "NAV-0"),
        (("codes", "nva-004"), "NAV-004"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(lupex, words, told):
    code, lines, err = lupex(*words)
    assert code == 2 and not lines and told in err and err.count("\n") == 1


def test_codes_say_what_happened_and_what_to_do(lupex):
    code, lines, _ = lupex("codes", "nav")
    assert code == 0 and len(lines) > 5 and all(line.startswith("NAV-") for line in lines)
    _, rows, _ = lupex("codes", "NAV-002", "--json")
    row = json.loads(rows[0])
    assert row["component"] == "navigation" and row["advice"] == "choose another goal"
    assert len(lupex("codes")[1]) > 130
