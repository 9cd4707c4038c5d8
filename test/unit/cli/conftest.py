"""What the tests of commands share."""

import sys

import pytest

from lupex_rover.cli.app import main


@pytest.fixture
def lupex(monkeypatch, capsys, tmp_path):
    """Runs a command in this process: exit code, stdout, stderr. Caches go to a folder of it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lupex", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return end.value.code or 0, told.out, told.err

    return run
