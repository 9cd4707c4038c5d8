"""A child that dies is told with its last words: 2 for bad input, 1 for what broke."""

import subprocess
import sys

import pytest

from lupex_rover.cli import app
from lupex_rover.core.errors import Broken, UserError
from lupex_rover.runs.child_processes import Children


@pytest.fixture
def die(tmp_path, monkeypatch):
    """Starts a child of this text and waits for its end."""
    (tmp_path / "child_of_test.py").write_text("import sys; exec(sys.argv[1])")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)

    def run(children, text):
        children.start("flight", "child_of_test", text).wait(20)

    return run


def test_bad_input_of_a_child_is_bad_input(tmp_path, die):
    with Children(tmp_path) as children:
        die(children, "sys.exit(print('lupex: port: no such device', file=sys.stderr) or 2)")
        with pytest.raises(UserError, match="^port: no such device$"):
            children.check()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise ValueError('seven')", "code 1: ValueError: seven"),
        ("import os; os.kill(os.getpid(), 9)", "code -9: it said nothing"),
    ],
)
def test_a_crash_or_a_kill_is_told_and_is_no_bad_input(tmp_path, die, text, said):
    with Children(tmp_path) as children:
        die(children, text)
        with pytest.raises(Broken, match="flight ended") as told:
            children.check()
    assert said in str(told.value) and "flight.log" in str(told.value)


def test_the_command_line_exits_with_one(monkeypatch, capsys):
    def broken(*_, **__):
        raise Broken("flight ended with code -9")

    monkeypatch.setattr(app, "get_command", lambda program: broken)
    with pytest.raises(SystemExit) as done:
        app.main()
    assert done.value.code == 1
    assert capsys.readouterr().err == "lupex: flight ended with code -9\n"


def test_leaving_ends_what_runs(tmp_path, die):
    with Children(tmp_path) as children:
        child = children.start("sleeper", "child_of_test", "import time; time.sleep(60)")
        children.check()
    assert isinstance(child, subprocess.Popen) and child.poll() is not None
    assert isinstance(child.args, list) and sys.executable in child.args
