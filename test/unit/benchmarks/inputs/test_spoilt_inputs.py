"""Spoilt inputs through the commands: exit 0, 1 or 2, a clear line, no traceback, soon, small."""

import contextlib
import io
import os
import resource
import subprocess
import sys
import time

import pytest

from benchmarks.inputs import attempt, bench_inputs, samples
from benchmarks.inputs.mutate import mutated
from lupex_rover.cli.app import run

EACH = 10  # of five kinds
MOST_S, MOST_KB = 5.0, 2_000_000
CLOCK_S = 0.5  # what other work on the machine may add to twice the time


@pytest.fixture(scope="module", params=list(samples.MAKERS))
def whole(request, tmp_path_factory):
    """Samples of a kind that a command reads, with the command's time for the whole file."""
    made = samples.make(request.param, tmp_path_factory.mktemp(request.param))
    read = [s for s in made if s.words]
    for sample in read:
        assert _said(sample.words(sample.folder))[0] == 0  # and what is compiled is, by now
    return [(s, _said(s.words(s.folder))[2]) for s in read]


def _said(words):
    """Exit code, lines on stderr and processor time of a command, in this process."""
    err, began = io.StringIO(), time.process_time()
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
        code = run(words)
    return code, err.getvalue().splitlines(), time.process_time() - began


def _clear(code, lines):
    """One line where the file is refused; a line for each problem of one that is read in part."""
    if code == 2:
        return len(lines) == 1 and lines[0].startswith("lupex: ")
    return (
        all(line.startswith(("problem: ", "note: ", "lupex: ")) for line in lines) if code else True
    )


def test_cases_of_spoilt_files_through_the_commands(whole, tmp_path, monkeypatch):
    monkeypatch.delenv("LUPEX_DEBUG", raising=False)
    for seed in range(EACH):
        sample, whole_s = whole[seed % len(whole)]
        at = attempt.spoil(sample, seed, tmp_path / "spoilt")
        code, lines, took_s = _said(sample.words(at))
        where = f"{sample.name}, seed {seed}: exit {code}, {lines}"
        assert code in (0, 1, 2), where
        assert not any("Traceback" in line or "nobody foresaw" in line for line in lines), where
        assert _clear(code, lines), where
        assert took_s < min(MOST_S, 2.0 * whole_s * attempt.grown(sample, at) + CLOCK_S), where
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MOST_KB


@pytest.mark.parametrize(
    ("kind", "which", "seed"), [("bags", 0, 0), ("maps", 2, 41), ("json", 0, 0)]
)
def test_cases_of_spoilt_files_in_a_process_of_their_own(kind, which, seed, tmp_path):
    """GDAL's message on the map of seed 41 is no UTF-8, which rasterio's callback cannot raise."""
    sample = samples.make(kind, tmp_path / "whole")[which]
    words = sample.words(attempt.spoil(sample, seed, tmp_path / "spoilt"))
    done = subprocess.run([sys.executable, "-m", "lupex_rover.cli", *words], cwd=bench_inputs.ROOT,
                          env=os.environ, capture_output=True, text=True)  # fmt: skip
    assert done.returncode in (0, 1, 2) and "Traceback" not in done.stderr
    assert _clear(done.returncode, done.stderr.splitlines()), done.stderr


def test_a_seed_spoils_a_file_in_the_same_way_each_time():
    text = b"a: 1.5\nb: [2, 3]\nc: {d: e}\n" * 9
    for seed in range(200):
        assert mutated(text, seed, True) == mutated(text, seed, True) != text
        assert mutated(text, seed, False) == mutated(text, seed, False) != text
    assert len({mutated(text, seed, True) for seed in range(200)}) > 180


def test_what_breaks_hangs_or_is_slow_is_told(tmp_path):
    assert attempt.seconds(lambda: 1)[1:] == ("read", "")
    assert attempt.seconds(lambda: dict[str, int]()["x"])[1] == "broke"
    row = {"seed": 1, "sample": "s", "plain_s": 0.1, "s": 0.15, "mb": 1.0, "why": "", "grown": 1.0}
    rows = [{**row, "outcome": outcome} for outcome in ("read", "broke", "hung")]
    rows += [{**row, "outcome": "refused", "s": 0.3}, {**row, "outcome": "read", "mb": 3e3}]
    told = bench_inputs.summary("maps", rows)
    assert told["outcomes"] == {"read": 2, "broke": 1, "hung": 1, "refused": 1}
    assert (told["to_mend"], told["slowest_s"], told["largest_mb"]) == (4, 0.3, 3e3)
    assert told["most_times_the_whole"] == 3.0


def test_a_few_of_a_kind_in_a_process_of_their_own():
    rows = bench_inputs.attempts("json", 4)
    assert [r["seed"] for r in rows] == [0, 1, 2, 3]
    assert {r["outcome"] for r in rows} <= {"read", "refused"}
