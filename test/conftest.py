"""How the tests share two cores: a file's tests stay together; those that keep time take turns on
the first worker, before which the others step back."""

import os
import signal
import threading
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Tests that keep time, or whose programs would meet on ports, graph or processes.
IN_TURN = (
    "integration", "system/test_ros", "system/test_launch", "unit/bags/test_bag_play",
    "unit/hosts", "unit/transport", "unit/cli/test_up_", "unit/runs/test_child_processes",
    "unit/runs/test_domain", "unit/runs/test_out_folder", "unit/scenarios/test_run",
)  # fmt: skip
TOGETHER = ("examples",)  # share their flights
STEP_BACK = 10  # of the scheduler's niceness


def pytest_configure(config):
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    if worker != "gw0":
        os.nice(STEP_BACK)
    if threading.current_thread() is threading.main_thread():
        _take_signals_again()


def _take_signals_again():
    """What a shell begins in the background ignores signals that the tests send to children."""
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, usual)


def pytest_collection_modifyitems(items):
    """Longest groups first: they begin while the other worker has enough to do beside them."""
    items.sort(key=lambda item: ORDER.get(group(item.nodeid).split("/")[0], len(ORDER)))


ORDER = {"in turn": 0, "examples": 1, "system": 2}


def group(nodeid):
    """The tests that one worker runs in a row: of a file, or what stands above."""
    file = nodeid.split("::")[0].removeprefix(HERE.name + "/")
    if file.startswith(IN_TURN):
        return "in turn"
    return next((name for name in TOGETHER if file.startswith(name)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """xdist's marks of groups have no effect from pytest 9.2 on, which makes node ids otherwise."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group(nodeid)

    return ByGroup(config, log)
