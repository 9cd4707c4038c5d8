"""A campaign that is interrupted ends its programs, begins no other, and keeps no half result."""

import subprocess
import sys
import threading
import time

import pytest

from benchmarks.faults.crew import Crew, Stopped

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_stopped_it_ends_what_runs_and_begins_nothing():
    crew = Crew()
    begun: list[subprocess.Popen[str]] = []
    told: list[str] = []

    def fly():
        try:
            with crew.member(SLEEPS) as child:
                begun.append(child)
                child.communicate()
        except Stopped:
            told.append("stopped")

    threads = [threading.Thread(target=fly) for _ in range(2)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 20
    while len(begun) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    crew.stop()
    for thread in threads:
        thread.join(20)
    assert told == ["stopped", "stopped"]
    assert all(child.poll() is not None for child in begun)
    with pytest.raises(Stopped), crew.member(SLEEPS):
        pass


def test_a_program_that_ends_is_no_stop_and_one_that_is_left_is_ended():
    crew = Crew()
    with crew.member([sys.executable, "-c", "raise SystemExit(3)"]) as child:
        child.communicate()
    assert child.returncode == 3
    with crew.member(SLEEPS) as child:
        pass
    assert child.poll() is not None
