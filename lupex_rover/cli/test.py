"""`lupex test`: the test suite, in the environment that `lupex` made.

The whole suite runs on two cores (pytest-xdist), parts of it on one, so that a debugger works.
"""

from __future__ import annotations

import os
from pathlib import Path

import typer

from lupex_rover.core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 2
# pytest gets what this command does not know.
CONTEXT_SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True}


def test(context: typer.Context) -> None:
    """Run the tests; pytest gets what follows (`lupex test test/unit -k drill`)."""
    if not (ROOT / "test").is_dir():
        raise UserError(f"{ROOT}: no tests here; run `./lupex test` in a source checkout")
    import pytest

    rest = list(context.args)
    if not any(not a.startswith("-") and Path(a.split("::")[0]).exists() for a in rest):
        rest = [*shared_out(rest), str(ROOT / "test")]
    raise typer.Exit(int(pytest.main(["-c", str(ROOT / "pyproject.toml"), *rest])))


def shared_out(arguments: list[str]) -> list[str]:
    """pytest's arguments for the whole suite: on two cores unless they say otherwise."""
    told = any(a in ("--pdb", "--collect-only", "--co") or a.startswith("-n") for a in arguments)
    if told or (os.cpu_count() or 1) < PROCESSES:
        return arguments
    return ["-n", str(PROCESSES), "--dist", "loadgroup", *arguments]
