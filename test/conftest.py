"""How the tests share two cores: a file's tests stay together; those that start programs or keep
time take turns on the first worker, before which the others, which only reckon, step back."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
IN_TURN = (
    "integration", "system", "examples", "unit/bags", "unit/cli", "unit/hosts", "unit/transport",
    "unit/setup", "unit/runs/test_child_processes", "unit/runs/test_domain",
    "unit/runs/test_out_folder", "unit/scenarios/test_run", "unit/scenarios/test_scenario",
)  # fmt: skip
ONLY_RECKON = ("unit/cli/test_land_", "unit/cli/test_light_command")
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
    alone = file.startswith(IN_TURN) and not file.startswith(ONLY_RECKON)
    return "in turn" if alone else file
