"""The supervisor starts again what ends or hangs, alone, as its table says."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from lupex_rover.core.errors import Broken, UserError
from lupex_rover.hosts import beats
from lupex_rover.runs import supervision
from lupex_rover.runs.child_processes import Children
from lupex_rover.runs.service_manager import ServiceManager
from lupex_rover.runs.supervision import ComponentRule, ProcessRule, Table
from lupex_rover.runs.supervisor import Supervisor, supervised

BEATING = """
import sys, time
from pathlib import Path
from lupex_rover.hosts.beats import Beats, file_of
beats = Beats(file_of(Path(sys.argv[2]), sys.argv[3]), ["arm"])
beats.loop()
if len(sys.argv) > 4:
    beats.begin("arm")
    time.sleep(60)
while True:
    beats.loop()
    time.sleep(0.01)
"""


class Watch:
    """A supervisor on a clock of its own, and what it told."""

    def __init__(self, children, **rule):
        self.ahead_s = 0.0
        self.told = []
        table = Table({"default": ProcessRule(**rule)}, {"default": ComponentRule(turn_s=5.0)})
        self.supervisor = Supervisor(
            children, self.told.append, lambda: 7, table, lambda: time.monotonic() + self.ahead_s
        )

    def until(self, code, seconds=20.0):
        end = time.monotonic() + seconds
        while [e.code for e in self.told[-1:]] != [code]:
            assert time.monotonic() < end, self.told
            self.supervisor.look()
            time.sleep(0.01)
        return self.told[-1]


@pytest.fixture
def children(tmp_path, monkeypatch):
    (tmp_path / "child_of_test.py").write_text("import sys; exec(sys.argv[1])")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    with Children(tmp_path) as made:
        yield made


def begin(watch, children, text, *arguments, name="flight"):
    folder = str(children.folder)
    return watch.supervisor.start(name, "child_of_test", text, folder, name, *arguments)


def test_one_that_is_killed_is_started_again_alone(children):
    watch = Watch(children)
    first = begin(watch, children, BEATING)
    other = begin(watch, children, BEATING, name="vision")
    while not all(one.up for one in watch.supervisor._processes):
        watch.supervisor.look()
    first.kill()
    event = watch.until("HST-020")
    assert event.text.startswith("flight: ended with signal 9; started again in 0.2 s")
    assert event.source == "supervisor" and event.stamp_ns == 7
    assert watch.until("HST-022").text.startswith("flight was away for ")
    assert other.poll() is None and len(watch.told) == 2


def test_a_component_that_hangs_is_named_and_its_process_started_again(children):
    watch = Watch(children)
    child = begin(watch, children, BEATING, "hang")
    while not all(one.up for one in watch.supervisor._processes):
        watch.supervisor.look()
    watch.ahead_s = 4.0
    watch.supervisor.look()
    assert child.poll() is None and not watch.told
    watch.ahead_s = 6.0
    assert "component arm has been in one turn for 6" in watch.until("HST-021").text
    assert child.poll() == -signal.SIGKILL


def test_a_loop_that_is_silent_and_a_start_that_does_not_end_are_told(children):
    watch = Watch(children, silent_s=20.0, start_s=100.0)
    stopped = begin(watch, children, BEATING)
    while not all(one.up for one in watch.supervisor._processes):
        watch.supervisor.look()
    stopped.send_signal(signal.SIGSTOP)
    watch.ahead_s = 21.0
    assert "its loop has been silent for 2" in watch.until("HST-021").text
    mute = Watch(children, start_s=100.0)
    begin(mute, children, "import time; time.sleep(60)", name="mute")
    mute.supervisor.look()
    mute.ahead_s = 101.0
    assert "mute: it is not up 101 s after its begin" in mute.until("HST-021").text


def test_the_wait_doubles_to_a_limit_and_then_the_process_is_given_up(children):
    rule = {"first_wait_s": 1.0, "longest_wait_s": 3.0, "restarts_per_hour": 3, "silent_s": None}
    watch = Watch(children, needed=False, **rule)
    begin(watch, children, "raise ValueError('seven')")
    waits = []
    for _ in range(3):
        waits.append(watch.until("HST-020").text.rpartition("again in ")[2])
        watch.told.clear()
        watch.ahead_s += 3.1
        watch.supervisor.look()  # begun again
    assert waits == ["1.0 s", "2.0 s", "3.0 s"]
    watch.until("HST-023")
    watch.supervisor.look()  # the others go on without it
    needed = Watch(children, needed=True, restarts_per_hour=0, silent_s=None)
    begin(needed, children, "raise ValueError('seven')", name="needed")
    with pytest.raises(Broken, match="needed ended with code 1: ValueError: seven"):
        needed.until("nothing")


def test_bad_input_at_the_first_start_ends_the_run_and_an_end_that_may_be_is_silent(children):
    watch = Watch(children, may_end=True)
    begin(watch, children, "pass").wait(20)
    watch.supervisor.look()
    assert not watch.told and not watch.supervisor._processes
    begin(watch, children, "sys.exit(print('lupex: map: missing', file=sys.stderr) or 2)")
    with pytest.raises(UserError, match="^map: missing$"):
        watch.until("nothing")


def test_the_table_that_comes_with_the_package_and_one_that_is_wrong(tmp_path):
    table = supervision.read()
    assert table.process("cameras").may_end and not table.process("vision").needed
    assert table.process("nobody") == table.process("default")
    path = tmp_path / "s.yaml"
    for text, said in [
        ("processes: {flight: {silent: 3}}", r"s.yaml.processes.flight: .*silent"),
        ("components: {arm: {turn_s: -1}}", r"s.yaml.components.arm.turn_s"),
        ("processes: {flight: 3}", "expected keys and values"),
        ("processes: {x: {first_wait_s: 60, longest_wait_s: 1}}", "longer than"),
        ("nodes: {}", "nodes"),
    ]:
        path.write_text(text)
        with pytest.raises(UserError, match=said):
            supervision.read(path)


def test_the_service_manager_hears_that_all_is_up_and_that_it_lives(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(5)
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}
        manager = ServiceManager(told)
        manager.ready("2 processes are up")
        manager.alive()
        manager.alive()  # not yet again
        manager.stopping()
        said = [heard.recv(100) for _ in range(3)]
    assert said == [b"READY=1\nSTATUS=2 processes are up", b"WATCHDOG=1", b"STOPPING=1"]
    manager.stopping()  # nobody listens any more
    ServiceManager({}).ready("nobody asked")


PARENT = """
import subprocess, sys, threading, time
from pathlib import Path
from lupex_rover.runs.child_processes import Children
with Children(Path(sys.argv[1])) as children:
    print("ready", flush=True)
    for k in range(100):
        child = children.start(f"child{k}", "child_of_test", "import time; time.sleep(60)")
        print(child.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_no_child_is_left_whatever_signal_comes_while_they_are_made(children, tmp_path, number):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout.readline() == "ready\n"
    time.sleep(0.05)
    parent.send_signal(number)
    parent.wait(20)
    mark = b"child_of_test\0import time; time.sleep(60)\0"
    end = time.monotonic() + 5
    while left := [p for p in _commands() if mark in p]:
        assert time.monotonic() < end, left
        time.sleep(0.02)


def _commands():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                yield file.read()
        except OSError:
            continue


def test_a_supervisor_beats_from_its_begin_to_its_end(tmp_path):
    with supervised(tmp_path) as (_, supervisor):
        first = beats.read(tmp_path, "supervisor")
        assert first.pid == os.getpid() and not first.loop.count
        supervisor.look()
        supervisor.rest()
        assert beats.read(tmp_path, "supervisor").loop.count == 5
    assert beats.read(tmp_path, "supervisor") is None
