"""The file by which the simulator tells flight where the boards are."""

import threading
import time

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import make_folder, shipped
from lupex_rover.scenarios import run_file, run_folder
from lupex_rover.scenarios import scenario as scenarios


def test_flight_waits_until_the_ports_are_told(tmp_path):
    run_folder.for_simulation(tmp_path, scenarios.read("reference", seed=4), 0.0, ["flight"])
    ports = {"MOB": "/dev/pts/99"}
    teller = threading.Timer(0.3, run_folder.tell_ports, (tmp_path, ports))
    teller.start()
    start = time.monotonic()
    run = run_folder.read_with_ports(tmp_path, lambda: False)
    assert run.ports == ports and run.seed == 4
    assert time.monotonic() - start >= 0.2


def test_ports_of_an_earlier_run_are_forgotten(tmp_path):
    scenario = scenarios.read("reference")
    run_folder.for_simulation(tmp_path, scenario, 0.0, [])
    run_folder.tell_ports(tmp_path, {"MOB": "/dev/pts/1"})
    first = run_file.read(tmp_path).token
    run_folder.for_simulation(tmp_path, scenario, 0.0, [])
    assert len(first) == 16 and run_file.read(tmp_path).token != first
    with pytest.raises(UserError, match="no ports"):
        run_folder.read_with_ports(tmp_path, lambda: True)


def test_launch_arguments_that_are_no_numbers_are_refused(tmp_path):
    with pytest.raises(UserError, match="seed:=x"):
        run_folder.launch_simulation(str(tmp_path), "reference", "x", "1", ["flight"])
    for seed, speed, named in (("-1", "1", "seed: -1"), ("1", "nan", "speed: nan")):
        with pytest.raises(UserError, match=f"launch argument {named}"):
            run_folder.launch_simulation(str(tmp_path), "reference", seed, speed, ["flight"])
    assert not list(tmp_path.iterdir())


def test_a_launched_run_in_a_file_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(UserError, match="file: is a file; name a folder"):
        run_folder.launch_simulation(str(path), "reference", "1", "1", ["flight"])
    with pytest.raises(UserError, match="in: cannot be made"):
        make_folder(path / "in")


def test_a_shipped_file_is_found_and_an_unknown_one_is_named():
    assert shipped("config/rover.yaml").is_file()
    with pytest.raises(UserError, match=r"config/nothing\.yaml"):
        shipped("config/nothing.yaml")
