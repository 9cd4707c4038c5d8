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
for component in replay.components:
    if sys.argv[3] == "prepared":
        component.prepare()
before = compiled()
replay.run(records(cases.bag(sys.argv[2])), lambda t_ns: None)
after = compiled()
print(json.dumps([n for n, count in after.items() if count > before.get(n, 0)]))
"""


def late(case, prepared):
    """Functions that were compiled, or read from where that is kept, while the bag was replayed."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(FOLDER), case, prepared],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", ["landing", "navigation"])
def test_nothing_is_compiled_after_it(case):
    assert late(case, "unprepared")  # there is something to be compiled
    assert late(case, "prepared") == []
