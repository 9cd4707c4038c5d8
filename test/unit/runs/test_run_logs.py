import signal
import subprocess
import sys

import pytest

from lupex_rover.core.errors import Broken
from lupex_rover.runs import run_logs
from lupex_rover.runs.child_processes import Children
from lupex_rover.scenarios import run_files


def lives(path, *texts):
    for text in texts:
        with run_logs.open_log(path) as log:
            log.write(text)


def test_a_later_life_keeps_what_an_earlier_one_said(tmp_path):
    path = tmp_path / "flight.log"
    lives(path, "first\n", "", "third\n\nof two lines\n")
    assert "first\n" in path.read_text() and path.read_text().count(run_logs.BEGUN) == 3
    assert run_logs.last_life(path) == ["third", "of two lines"]
    lives(path, "")
    assert run_logs.last_life(path) == []  # the words of the dead are not taken for its own


def test_a_long_log_is_rotated_and_the_oldest_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(run_logs, "MOST_BYTES", 100)
    path = tmp_path / "flight.log"
    lives(path, *(f"life {k} {'x' * 100}\n" for k in range(6)))
    names = ["flight.log", "flight.log.1", "flight.log.2", "flight.log.3"]
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    assert [run_logs.last_life(tmp_path / n)[0][:6] for n in names] == [
        "life 5", "life 4", "life 3", "life 2",
    ]  # fmt: skip


def test_how_a_child_ended_is_kept(tmp_path):
    with Children(tmp_path) as children:
        child = children.start("flight", "timeit", "-n1", "import os; os.kill(os.getpid(), 9)")
        child.wait(20)
        with pytest.raises(Broken, match="code -9: it said nothing"):
            children.check()
    with (tmp_path / run_files.EXITS).open("a") as file:
        file.write('{"process": "cut')
    (one,) = run_logs.exits(tmp_path)
    assert (one["process"], one["code"]) == ("flight", -9)
    assert one["meaning"].startswith("killed by SIGKILL, from outside or because")


@pytest.mark.parametrize(
    ("text", "said"),
    [("import sys; sys.exit(2)", "bad input"), ("1 / 0", "something of ours broke"),
     ("import os; os.abort()", "killed by SIGABRT, a library gave up")],
)  # fmt: skip
def test_exit_codes_in_words(text, said):
    code = subprocess.run([sys.executable, "-c", text], check=False, capture_output=True).returncode
    assert run_logs.meaning(code) == said
    assert run_logs.meaning(-signal.SIGTERM) == "killed by SIGTERM"
