"""The top of the command line: what nobody foresaw is one line and a file, never a traceback."""

import os
import subprocess
import sys

import pytest

from lupex_rover.cli import app, codes
from lupex_rover.core.errors import UserError


@pytest.fixture
def broken(monkeypatch, tmp_path):
    """`lupex codes` raises what it is given."""
    monkeypatch.setenv("LUPEX_SCRATCH", str(tmp_path))
    monkeypatch.delenv("LUPEX_DEBUG", raising=False)

    def break_by(error):
        def raises():
            raise error

        for command in app.app.registered_commands:
            if command.callback is codes.codes:
                monkeypatch.setattr(command, "callback", raises)

    return break_by


def test_cases_of_what_nobody_foresaw(broken, capsys, tmp_path):
    broken(KeyError("two\nlines"))
    assert app.run(["codes"]) == 1
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    (log,) = (tmp_path / "log").iterdir()
    assert line == (
        "lupex: `lupex codes` broke on what nobody foresaw"
        f" (KeyError: 'two\\nlines'); please report it with {log}"
    )
    text = log.read_text()
    assert text.startswith("lupex codes\n") and "Traceback" in text and "raises" in text


def test_a_log_that_cannot_be_written_costs_the_log_alone(broken, capsys, monkeypatch):
    broken(ValueError("x"))
    monkeypatch.setattr("tempfile.mkstemp", lambda *_: (_ for _ in ()).throw(OSError("full")))
    assert app.run(["codes"]) == 1
    assert capsys.readouterr().err == (
        "lupex: `lupex codes` broke on what nobody foresaw (ValueError: x);"
        " LUPEX_DEBUG=1 shows where\n"
    )


@pytest.mark.parametrize("error", [ValueError("x"), UserError("file: wrong")])
def test_who_asks_for_it_sees_the_exception(broken, monkeypatch, error):
    broken(error)
    monkeypatch.setenv("LUPEX_DEBUG", "1")
    with pytest.raises(type(error)):
        app.run(["codes"])


def test_a_reader_that_goes_away_is_no_error():
    code = "import sys; from lupex_rover.cli.app import run; sys.exit(run(['codes', '--json']))"
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run([sys.executable, "-c", code], stdout=writes, stderr=subprocess.PIPE)
    os.close(writes)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_python_without_our_libraries_is_told_in_one_line():
    code = (
        "import runpy, sys\n"
        "sys.modules['typer'] = None\n"
        "sys.argv = ['lupex', 'doctor']\n"
        "runpy.run_module('lupex_rover.cli', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("lupex: ") and "typer" in line and "call ./lupex" in line
