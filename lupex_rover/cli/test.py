"""`lupex test`: the test suite, in the environment that `lupex` made.

The whole suite runs on two cores (pytest-xdist), parts of it on one, so that a debugger works.
`--coverage` says at the end which share of the lines ran (pytest-cov), not counting what numba
compiled nor what ran in processes that tests started.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import typer

from lupex_rover.core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 2
COVERAGE = "--coverage"
# pytest gets what this command does not know.
CONTEXT_SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True}


def test(context: typer.Context) -> None:
    """Run the tests; pytest gets what follows (`lupex test test/unit -k drill`).

    --coverage tells at the end which share of lines ran.
    """
    if not (ROOT / "test").is_dir():
        raise UserError(f"{ROOT}: no tests here; run `./lupex test` in a source checkout")
    import pytest

    keep_bytecode(os.environ)
    rest = [a for a in context.args if a != COVERAGE]
    if not any(not a.startswith("-") and Path(a.split("::")[0]).exists() for a in rest):
        rest = [*shared_out(rest), str(ROOT / "test")]
    plugins = []
    if COVERAGE in context.args:
        if sys.version_info >= (3, 12):  # a tenth of the time; the tracer before trebles it
            os.environ.setdefault("COVERAGE_CORE", "sysmon")
        rest += ["--cov=lupex_rover", "--cov-report=xml", f"--cov-config={ROOT / 'pyproject.toml'}"]
        plugins = [CoverageLine()]
    raise typer.Exit(int(pytest.main(["-c", str(ROOT / "pyproject.toml"), *rest], plugins)))


def keep_bytecode(environ: MutableMapping[str, str]) -> None:
    """Let the many processes that tests start share what Python compiled.

    Where the environment forbids `__pycache__` in the checkout, it is kept in our scratch folder.
    """
    scratch = environ.get("LUPEX_SCRATCH")
    if scratch and environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        environ.setdefault("PYTHONPYCACHEPREFIX", os.path.join(scratch, "bytecode"))


class CoverageLine:
    """A plugin of pytest that tells the total in one line."""

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        measured = terminalreporter.config.pluginmanager.getplugin("_cov")
        total = getattr(measured, "cov_total", None)
        if total is not None:
            terminalreporter.write_line(f"TOTAL coverage of lupex_rover: {total:.0f} % of lines")


def shared_out(arguments: list[str]) -> list[str]:
    """pytest's arguments for the whole suite: on two cores unless they say otherwise."""
    told = any(a in ("--pdb", "--collect-only", "--co") or a.startswith("-n") for a in arguments)
    if told or (os.cpu_count() or 1) < PROCESSES:
        return arguments
    return ["-n", str(PROCESSES), "--dist", "loadscope", "--no-loadscope-reorder", *arguments]
