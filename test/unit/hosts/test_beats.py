"""Beats: what a process writes is what its watcher reads, however it ends."""

import os
import subprocess
import sys
import time
from contextlib import nullcontext

import pytest

from lupex_rover.hosts import beats


def test_a_turn_is_seen_while_it_lasts_and_when_it_ended(tmp_path):
    mine = beats.Beats(beats.file_of(tmp_path, "flight"), ["drill", "navigator"])
    turn = mine.around(lambda name, t_ns: nullcontext())
    before = time.monotonic_ns()
    with turn("navigator", 0):
        seen = beats.read(tmp_path, "flight")
        assert [b.name for b in seen.beats] == [beats.LOOP, "drill", "navigator"]
        assert [b.in_turn for b in seen.beats] == [False, False, True]
        assert before <= seen.beats[2].began_ns <= time.monotonic_ns()
    mine.loop()
    seen = beats.read(tmp_path, "flight")
    assert seen.pid == os.getpid()
    assert [b.count for b in seen.beats] == [1, 0, 1] and not any(b.in_turn for b in seen.beats)


def test_a_turn_that_raises_has_ended(tmp_path):
    mine = beats.Beats(beats.file_of(tmp_path, "flight"), ["drill"])
    with pytest.raises(ValueError), mine.around(lambda name, t_ns: nullcontext())("drill", 0):
        raise ValueError
    assert not beats.read(tmp_path, "flight").beats[1].in_turn


@pytest.mark.parametrize("data", [b"", b"LXBEATS1", bytes(500), os.urandom(300)])
def test_what_is_no_file_of_beats_says_nothing(tmp_path, data):
    (tmp_path / "beats").mkdir()
    beats.file_of(tmp_path, "flight").write_bytes(data)
    assert beats.read(tmp_path, "flight") is None
    assert beats.read(tmp_path, "nobody") is None


def test_a_process_is_alive_until_it_is_killed_and_not_while_it_is_stopped():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert beats.alive(child.pid)
    child.send_signal(19)  # SIGSTOP
    _until(lambda: not beats.alive(child.pid))
    child.kill()
    _until(lambda: not beats.alive(child.pid))  # dead and not buried
    child.wait()
    assert not beats.alive(child.pid)


def test_the_folder_of_beats_goes_with_its_run_and_what_a_killed_run_left_goes_before(tmp_path):
    with beats.kept(tmp_path):
        left = (tmp_path / "beats").resolve()
        (left / "flight").write_bytes(b"old")
        with beats.kept(tmp_path):  # as if the first had been killed
            assert not (tmp_path / "beats" / "flight").exists() and not left.exists()
    assert not (tmp_path / "beats").is_symlink()


def _until(true):
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
