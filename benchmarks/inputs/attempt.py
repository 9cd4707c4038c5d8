"""One kind of spoilt inputs, read in this process: a line of JSON before and after each.

`python -m benchmarks.inputs.attempt KIND FIRST BEHIND_LAST FOLDER`. What kills or holds the process
shows by the line that is missing; `bench_inputs` then begins it anew behind.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import os
import re
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.inputs import samples
from benchmarks.inputs.mutate import mutated
from lupex_rover.core.errors import Broken, UserError

HUNG_S = 30.0
MOST_BYTES = 4 << 30  # above what the libraries take; what asks for more is told so


def main(kind: str, first: int, behind: int, folder: Path) -> None:
    """Attempt the inputs of a kind with the seeds from `first` on."""
    whole = samples.make(kind, folder / "whole")
    for sample in whole:  # what is imported and compiled at first is no input's
        sample.read(sample.folder)
    plain_s = [max(_plain(s, folder / f"plain{k}") for k in range(2)) for s in whole]
    _, used = _memory()
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_BYTES, -1))
    told = sys.stdout
    with contextlib.redirect_stdout(io.StringIO()):
        for seed in range(first, behind):
            which = seed % len(whole)
            print(json.dumps({"begun": seed}), file=told, flush=True)
            found = attempt(whole[which], seed, folder / "spoilt")
            row = {"seed": seed, "sample": whole[which].name, "plain_s": plain_s[which], **found}
            print(json.dumps(row), file=told, flush=True)


def _plain(sample: samples.Sample, folder: Path) -> float:
    """Processor time of a whole input, in `folder`: what was found of it before does not help."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sample.folder, folder, symlinks=True)
    return seconds(partial(sample.read, folder))[0]


def spoil(sample: samples.Sample, seed: int, folder: Path) -> Path:
    """A copy of a whole input in `folder`, spoilt."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sample.folder, folder, symlinks=True)
    path = folder / sample.spoil
    path.write_bytes(mutated(path.read_bytes(), seed, sample.text))
    return folder


def attempt(sample: samples.Sample, seed: int, folder: Path) -> dict[str, Any]:
    """Read one spoilt input: outcome, time and memory."""
    at = spoil(sample, seed, folder)
    before, _ = _memory(reset=True)
    faulthandler.dump_traceback_later(HUNG_S, exit=True)
    took_s, outcome, why = seconds(lambda: sample.read(at))
    faulthandler.cancel_dump_traceback_later()
    after, _ = _memory()
    return {
        "outcome": outcome, "why": why, "s": took_s, "grown": grown(sample, at),
        "mb": round(max(after - before, 0) / 1e6, 1),
    }  # fmt: skip


def grown(sample: samples.Sample, at: Path) -> float:
    """How many times as large as the whole file the spoilt one in `at` is; 1 where it shrank."""
    before, after = ((f / sample.spoil).stat().st_size for f in (sample.folder, at))
    return max(1.0, after / before)


def seconds(call: Callable[[], Any]) -> tuple[float, str, str]:
    """Processor time of a call and of the processes that it began, its outcome, what was said."""
    began = _processor_s()
    outcome, why = "read", ""
    try:
        call()
    except (UserError, Broken) as error:
        why = str(error)
        outcome = "refused" if "\n" not in why and why else "refused unclearly"
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        outcome, why = "broke", f"{type(error).__name__} at {where}: {error}"
    return _processor_s() - began, outcome, why[:200]


def _processor_s() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _memory(reset: bool = False) -> tuple[int, int]:
    """Largest resident memory since the last reset, and the address space in use, bytes."""
    if reset:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    text = Path(f"/proc/{os.getpid()}/status").read_text()
    found = {k: int(v) << 10 for k, v in re.findall(r"(VmHWM|VmSize):\s+(\d+) kB", text)}
    return found["VmHWM"], found["VmSize"]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
