"""How the tests share two cores: a file's tests stay together; those that start programs or keep
time take turns on the first worker, before which the others, which only reckon, step back."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
IN_TURN = ("integration", "system", "unit/cli", "unit/hosts", "unit/transport", "unit/run_folder")
STEP_BACK = 10  # of the scheduler's niceness


def pytest_configure(config):
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    if worker != "gw0":
        os.nice(STEP_BACK)


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: group(item) != "in turn")  # the first group goes to gw0


def group(item):
    file = item.path.relative_to(HERE).as_posix()
    return "in turn" if file.startswith(IN_TURN) else file
