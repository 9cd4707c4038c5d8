"""`lupex test`: the test suite, in the environment that `lupex` made."""

from __future__ import annotations

from pathlib import Path

import typer

from lupex_rover.core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


def test(context: typer.Context) -> None:
    """Run the tests; what follows goes to pytest (`lupex test test/unit -k drill`)."""
    if not (ROOT / "test").is_dir():
        raise UserError(f"{ROOT}: no tests here; run `./lupex test` in a source checkout")
    import pytest

    rest = list(context.args)
    if not any(not a.startswith("-") and Path(a.split("::")[0]).exists() for a in rest):
        rest.append(str(ROOT / "test"))
    raise typer.Exit(int(pytest.main(["-c", str(ROOT / "pyproject.toml"), *rest])))
