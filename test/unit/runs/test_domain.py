"""Runs on one machine do not meet on the graph."""

import subprocess
import sys

from lupex_rover.runs import child_processes

HOLD = """
import sys
from lupex_rover.runs import child_processes
print(child_processes._free_domain(int(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def test_two_runs_that_would_choose_the_same_domain_get_different_ones(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(child_processes.tempfile, "tempdir", None)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, "100"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        theirs = int(other.stdout.readline())
        assert theirs == 100
        assert child_processes._free_domain(100) == 1
    finally:
        other.communicate("")
    assert child_processes._free_domain(100) == 100  # given back with the process
