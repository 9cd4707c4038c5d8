"""What is compiled at first use is compiled by `prepare`: a first step waits for nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "replay"
SCRIPT = """
import gc, json, sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from lupex_rover.runs import replay_cases
from lupex_rover.runs.replay_run import prepare, read_context, records

def compiled():
    found = [d for d in gc.get_objects() if isinstance(d, Dispatcher)]
    return {d.py_func.__module__ + "." + d.py_func.__name__: len(d.signatures)
            for d in found if d.py_func.__module__.startswith("lupex_rover.")}

cases = replay_cases.read(Path(sys.argv[1]) / "cases.yaml")
replay = prepare(cases.cases[sys.argv[2]].components, read_context(cases.folder / cases.run))
start = compiled()
for component in replay.components:
    component.prepare()
before = compiled()
replay.run(records(cases.bag(sys.argv[2])), lambda t_ns: None)
after = compiled()
print(json.dumps([[n for n, count in late.items() if count > early.get(n, 0)]
                  for early, late in ((start, before), (before, after))]))
"""


@pytest.mark.parametrize("case", ["landing", "navigation"])
def test_nothing_is_compiled_after_it(case):
    """Functions compiled, or read from where that is kept, by `prepare` and during the replay."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(FOLDER), case],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    prepared, late = json.loads(done.stdout)
    assert len(prepared) >= 3, "there is nothing to be compiled: the test shows nothing"
    assert late == []
