"""Injected faults that are done to processes, on a process that only sleeps."""

import os
import resource
import subprocess
import threading
import time
from contextlib import nullcontext

import pytest

from lupex_rover.hosts.beats import Beats, alive, file_of
from lupex_rover.hosts.ros.hangs import Hangs, hang_file
from lupex_rover.hosts.ros.process_faults import ProcessFaults
from lupex_rover.scenarios.injected_fault import At, InjectedFault
from lupex_rover.simulator.faults.injector import HostFault


def change(kind, target, begins=True, severity=1.0):
    return HostFault(0, InjectedFault(At(time_s=0.0), kind, target, 1.0, severity), begins)


def until(what, wait_s=5.0):
    end = time.monotonic() + wait_s
    while not what():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def sleeper(tmp_path, monkeypatch):
    """A process that sleeps and, by its beats, is `flight` with a navigator."""
    with subprocess.Popen(["sleep", "60"]) as child:
        monkeypatch.setattr("lupex_rover.hosts.beats.os.getpid", lambda: child.pid)
        Beats(file_of(tmp_path, "flight"), ["navigator"])
        monkeypatch.undo()
        yield child
        child.kill()


def test_kill_and_stop(tmp_path, sleeper):
    faults = ProcessFaults(tmp_path)
    faults.do(change("stop", "flight"))
    until(lambda: not alive(sleeper.pid))
    faults.do(change("stop", "flight", begins=False))
    until(lambda: alive(sleeper.pid))
    faults.do(change("kill", "flight"))
    assert sleeper.wait(5) == -9


def test_a_starved_process_stands_still_most_of_the_time_and_then_no_more(tmp_path, sleeper):
    faults = ProcessFaults(tmp_path)
    faults.do(change("starve", "flight"))
    seen = [alive(sleeper.pid) for _ in range(40) if time.sleep(0.01) is None]
    assert sum(seen) < len(seen) / 2
    faults.do(change("starve", "flight", begins=False))
    time.sleep(0.15)
    assert all(alive(sleeper.pid) for _ in range(20) if time.sleep(0.01) is None)


def test_a_full_disk_is_a_limit_of_the_size_of_files(tmp_path, sleeper):
    faults = ProcessFaults(tmp_path)
    before = resource.prlimit(sleeper.pid, resource.RLIMIT_FSIZE)
    faults.do(change("fill", "flight"))
    assert resource.prlimit(sleeper.pid, resource.RLIMIT_FSIZE)[0] == 0
    faults.do(change("fill", "flight", begins=False))
    assert resource.prlimit(sleeper.pid, resource.RLIMIT_FSIZE)[0] == before[1]


def test_a_component_hangs_in_the_process_that_ran_it_and_in_no_later_one(tmp_path, sleeper):
    faults = ProcessFaults(tmp_path)
    faults.do(change("hang", "navigator"))
    assert hang_file(tmp_path, "navigator").read_text() == str(sleeper.pid)
    begun = []
    turn = Hangs(tmp_path).around(lambda name, t_ns: nullcontext(begun.append(name)))
    turn("navigator", 0)  # this process is another one
    assert begun == ["navigator"]
    hang_file(tmp_path, "navigator").write_text(str(os.getpid()))
    done = threading.Event()
    thread = threading.Thread(target=lambda: (turn("navigator", 0), done.set()))
    thread.start()
    turn("health", 0)
    assert begun == ["navigator", "health"] and not done.wait(0.1)
    faults.do(change("hang", "navigator", begins=False))
    assert done.wait(5)
    thread.join()


def test_a_state_is_spoilt_on_the_disk(tmp_path):
    (tmp_path / "state").mkdir()
    path = tmp_path / "state" / "executive.json"
    path.write_bytes(b"{}" * 500)
    ProcessFaults(tmp_path).do(change("corrupt", "executive"))
    spoilt = sum(a != b for a, b in zip(path.read_bytes(), b"{}" * 500))
    assert 10 < spoilt < 100


def test_what_is_not_there_is_told_and_ends_nothing(tmp_path, capsys):
    faults = ProcessFaults(tmp_path)
    faults.do(change("kill", "flight"))
    faults.do(change("kill", "flight", begins=False))
    faults.do(change("corrupt", "power"))
    said = capsys.readouterr().err
    assert "no process runs flight" in said and "power has persisted nothing" in said
