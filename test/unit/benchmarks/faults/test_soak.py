"""Growth is found, and what a process holds is what the kernel says."""

import os
import subprocess
import sys
import threading

from benchmarks.faults.processes import Held, held_by, tree_of, with_words
from benchmarks.faults.soak import growth


def test_growth_behind_the_warm_up_is_found():
    warm = [Held(10, 3, 50.0)] * 10
    steady = warm + [Held(12, 4, 100.0)] * 90
    assert growth(steady)["grew"] == []
    leaks = warm + [Held(12 + k // 10, 4, 100.0 + k) for k in range(90)]
    assert growth(leaks)["grew"] == ["descriptors", "memory_mb"]
    threads = warm + [Held(12, 4 + k // 80, 100.0) for k in range(90)]
    assert growth(threads)["grew"] == ["threads"]


def test_what_this_process_holds():
    before = held_by(os.getpid())
    assert before is not None and before.memory_mb > 5.0
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    with open(__file__) as _:
        after = held_by(os.getpid())
    done.set()
    thread.join()
    assert after is not None
    assert (after.threads, after.descriptors) == (before.threads + 1, before.descriptors + 1)
    assert held_by(2**22 + 1) is None


def test_a_child_is_found_by_tree_and_by_words():
    words = [sys.executable, "-c", "import time; time.sleep(60)", "--name", "sleeper-of-this-test"]
    child = subprocess.Popen(words)
    try:
        assert tree_of(os.getpid())[child.pid] == "sleeper-of-this-test"
        assert with_words("sleeper-of-this-test", "time.sleep") == [child.pid]
    finally:
        child.kill()
        child.wait()
    assert child.pid not in tree_of(os.getpid())
