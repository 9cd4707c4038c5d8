"""The generated pages: what they hold, and that the committed ones are what the code says."""

from pathlib import Path
from typing import Any

import pytest
import typer

from lupex_rover import graph
from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError
from lupex_rover.dictionary import load
from lupex_rover.manual import pages, tables

DOCS = Path(__file__).parents[3] / "docs"
GROUP: Any = typer.main.get_command(app)


def test_generated_pages_are_what_the_code_says():
    """When this fails: `./lupex docs --update`, and commit what it wrote."""
    assert [p.relative_to(DOCS).as_posix() for p in pages.stale(DOCS, GROUP)] == []


def test_reference_pages_leave_nothing_out():
    made = {p.name: text for p, text in pages.made(DOCS, GROUP).items()}
    assert all(f"`{name}`" in made["topics.md"] for name in (*graph.TOPICS, "executive"))
    assert all(f"## {name}\n" in made["actions.md"] for name in graph.ACTIONS)
    assert all(f"lupex {name}\n" in made["commands.md"] for name in GROUP.commands)
    for word in ("LandingParams", "ReliefParams", "`gate_sigma`", "2 to 20"):
        assert word in made["parameters.md"]
    known = load()
    for name in (*(c.name for c in known.commands), *(p.name for p in known.telemetry)):
        assert f"`{name}`" in made["dictionary.md"]
    below = "Set in a scenario (`config/scenarios/`) or `config/rover.yaml`, below `nodes.landing`."
    assert below in made["parameters.md"]
    for code in ("`LND-000`", "`HST-007`", "`SIM-001`"):
        assert code in made["codes.md"]


def test_a_stale_page_is_found_and_written(tmp_path):
    (tmp_path / "a.md").write_text(
        "# A\n\n<!-- generated: codes drill -->\nold\n<!-- end generated -->\n\nkept\n"
    )
    assert tmp_path / "a.md" in pages.stale(tmp_path, GROUP)
    written = pages.update(tmp_path, GROUP)
    assert {p.name for p in written} == {
        "a.md", "topics.md", "actions.md", "codes.md", "parameters.md", "commands.md",
        "dictionary.md",
    }  # fmt: skip
    text = (tmp_path / "a.md").read_text()
    assert "`DRL-000`" in text and "\nold\n" not in text and text.endswith("kept\n")
    assert pages.stale(tmp_path, GROUP) == []


@pytest.mark.parametrize("asked", ["poems", "codes nowhere", "topics nobody"])
def test_a_part_that_nobody_makes_is_refused(tmp_path, asked):
    (tmp_path / "a.md").write_text(f"<!-- generated: {asked} -->\n<!-- end generated -->\n")
    with pytest.raises(UserError, match=r"a\.md"):
        pages.made(tmp_path, GROUP)


def test_a_table_escapes_upright_lines():
    assert tables.table(("a", "b"), [("x | y", "")]).endswith("| x \\| y |  |")
