"""`./lupex`: where ROS comes from, which libraries, who installs them, and two things at once."""

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def script(monkeypatch):
    loader = importlib.machinery.SourceFileLoader("lupex_script", str(ROOT / "lupex"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    monkeypatch.delenv("LUPEX_WITHOUT_ROS", raising=False)
    monkeypatch.delenv("LUPEX_EXTRAS", raising=False)
    monkeypatch.setattr(module, "system_ros", lambda: False)
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setattr(module.platform, "machine", lambda: "x86_64")
    return module


@pytest.fixture
def pythons(script, tmp_path, monkeypatch):
    """Makes `script` see Pythons of these versions only: (3, 12, 1), or with False: no headers."""

    def see(*versions):
        paths = []
        for version, *headers in versions:
            path = tmp_path / "python{}.{}.{}".format(*version)
            answer = json.dumps([list(version), not headers or headers[0], str(path)])
            path.write_text(f"#!/bin/sh\necho '{answer}'\n")
            path.chmod(0o755)
            paths.append(str(path))
        monkeypatch.setattr(script, "candidates", lambda home: paths)

    return see


def test_ros_comes_as_wheels_where_they_exist(script, pythons, tmp_path):
    pythons(((3, 14, 0),), ((3, 11, 7),))
    ros, why, python, version = script.choose(str(tmp_path))
    assert (ros, why, version) == ("wheels", "", "3.11.7")
    assert python.endswith("python3.11.7")


def test_a_sourced_ros_is_taken_as_it_is_on_any_machine(script, pythons, tmp_path, monkeypatch):
    pythons(((3, 12, 3),))
    monkeypatch.setattr(script, "system_ros", lambda: True)
    monkeypatch.setattr(script.platform, "machine", lambda: "aarch64")
    assert script.choose(str(tmp_path))[:2] == ("sourced", "")


@pytest.mark.parametrize(("system", "machine"), [("linux", "aarch64"), ("darwin", "arm64")])
def test_other_machines_go_without_ros_and_need_no_headers(
    script, pythons, tmp_path, monkeypatch, system, machine
):
    pythons(((3, 14, 0), False))
    monkeypatch.setattr(script.sys, "platform", system)
    monkeypatch.setattr(script.platform, "machine", lambda: machine)
    ros, why, _, version = script.choose(str(tmp_path))
    assert (ros, version) == ("none", "3.14.0")
    assert machine in why
    assert "source a ROS 2 Jazzy" in why
    script.check_tools(ros)  # nothing is compiled


def test_a_newer_python_than_the_wheels_goes_without_ros(script, pythons, tmp_path):
    pythons(((3, 14, 0),))
    ros, why, _, _ = script.choose(str(tmp_path))
    assert ros == "none"
    assert "3.10 to 3.13" in why
    assert "3.14.0" in why


def test_missing_headers_are_said_rather_than_ros_left_out(script, pythons, tmp_path):
    pythons(((3, 12, 1), False))
    with pytest.raises(script.SetupError, match="python3-dev"):
        script.choose(str(tmp_path))


def test_ros_can_be_left_out_by_a_variable(script, pythons, tmp_path, monkeypatch):
    pythons(((3, 11, 7),))
    monkeypatch.setenv("LUPEX_WITHOUT_ROS", "1")
    assert script.choose(str(tmp_path))[0] == "none"
    assert script.wish() == "none"
    monkeypatch.setenv("LUPEX_WITHOUT_ROS", "0")
    assert script.wish() == "wheels"


def test_the_sets_are_chosen_by_a_variable_and_remembered(script, tmp_path, monkeypatch):
    home = str(tmp_path)
    assert script.wanted_extras(home) == ["development"]
    monkeypatch.setenv("LUPEX_EXTRAS", "simulation, ground")
    assert script.wanted_extras(home) == ["ground", "simulation"]
    monkeypatch.delenv("LUPEX_EXTRAS")
    (tmp_path / "extras").write_text("flight")
    assert script.wanted_extras(home) == ["flight"]
    monkeypatch.setenv("LUPEX_EXTRAS", "flights")
    with pytest.raises(script.SetupError, match="flights.*choose from flight"):
        script.wanted_extras(home)


@pytest.mark.parametrize(
    ("ros", "extras", "lists"),
    [
        ("wheels", ["development"], [["ros"], ["development", "no-deps"]]),
        ("wheels", ["flight"], [["ros"], ["flight"]]),
        ("none", ["flight"], [["flight"]]),
        ("none", ["ground", "simulation"], [["ground", "simulation", "no-deps"]]),
        ("sourced", ["flight"], [["sourced/flight"]]),
    ],
)
def test_what_is_installed(script, tmp_path, ros, extras, lists):
    made = script.Setup(str(tmp_path), sys.executable, "3.12", ros, extras)
    got, built = [], []
    for name in ("make_venv", "rewrite_paths", "interfaces", "first_imports"):
        setattr(made, name, lambda name=name: built.append(name))
    made.fetch = lambda paths: got.append(paths)
    made.run()
    assert got == [script.locks(*names) for names in lists]
    assert ("interfaces" in built) == (ros != "none")


@pytest.fixture
def setup(script, tmp_path):
    made = script.Setup(str(tmp_path), sys.executable, "3.11", "wheels")
    made.here.log = open(made.log_path, "w+")
    yield made
    made.here.log.close()


def program(tmp_path, name, text):
    path = tmp_path / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


UV = 'case "$1" in --version) echo "uv 0.9.1";; *) echo "$@" >>{}; exit {};; esac\n'


def test_the_users_uv_installs_with_hashes(setup, tmp_path, monkeypatch):
    calls = tmp_path / "calls"
    program(tmp_path, "uv", UV.format(calls, 0))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    setup.fetch(["/locks/a.txt"])
    assert "--require-hashes --no-deps -r /locks/a.txt" in calls.read_text()


def test_pip_goes_on_where_uv_fails_and_a_line_says_so(setup, tmp_path, monkeypatch, capsys):
    calls = tmp_path / "calls"
    program(tmp_path, "uv", UV.format(calls, 1))
    setup.venv_python = program(tmp_path, "python", f'echo "$@" >>{calls}\n')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    setup.fetch(["/locks/a.txt"])
    assert "uv could not install; pip tries" in capsys.readouterr().err
    assert "-m pip install" in calls.read_text()
    assert calls.read_text().count("--require-hashes --no-deps -r /locks/a.txt") == 2


def test_a_full_disk_is_not_tried_twice(setup, script, tmp_path, monkeypatch):
    program(tmp_path, "uv", "echo uv 0.9.1\n[ $1 = --version ] && exit\n"
            "echo 'No space left on device (os error 28)'; exit 2\n")  # fmt: skip
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(script.SetupError, match="uv ended with 2"):
        setup.fetch(["/locks/a.txt"])


def test_where_uv_cannot_be_had_pip_installs(setup, script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script.shutil, "which", lambda name, path=None: None)
    setup.python = program(tmp_path, "no-pip", "exit 1\n")
    assert setup.find_uv() == ""
    assert "pip installs (slower)" in capsys.readouterr().err


def test_a_uv_too_old_is_not_used(setup, tmp_path, monkeypatch):
    program(tmp_path, "uv", "echo uv 0.1.2\n")
    setup.python = program(tmp_path, "no-pip", "exit 1\n")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert setup.find_uv() == ""


def test_two_jobs_go_on_at_once_and_leave_one_log(setup):
    meeting = threading.Barrier(2)

    def job(name):
        def work():
            meeting.wait(10)
            setup.call(["echo", "from", name])

        return name, work

    setup.together([job("first"), job("second")])
    log = Path(setup.log_path).read_text()
    assert log.index("from first") < log.index("from second")


def test_when_one_job_fails_the_other_is_ended_and_the_failure_is_told_last(setup, script):
    def fails():
        time.sleep(0.2)
        setup.call(["sh", "-c", "echo the reason; exit 3"])

    start = time.monotonic()
    with pytest.raises(script.SetupError, match="sh ended with 3"):
        setup.together([("bad", fails), ("long", lambda: setup.call(["sleep", "60"]))])
    assert time.monotonic() - start < 20
    assert Path(setup.log_path).read_text().splitlines()[-1] == "the reason"


def test_a_rewritten_file_is_a_new_one(script, tmp_path):
    """The installer's cache may hold the same file by a link."""
    kept, used = tmp_path / "kept", tmp_path / "used"
    kept.write_text("old")
    used.hardlink_to(kept)
    script.replace_file(str(used), "new")
    assert (kept.read_text(), used.read_text()) == ("old", "new")


LEAKS = {
    "CONDA_PREFIX": "/opt/conda/envs/isis",
    "ISISROOT": "/opt/isis",
    "QGIS_PREFIX_PATH": "/usr",
    "PYTHONHOME": "/opt/conda",
    "LD_PRELOAD": "/opt/conda/envs/isis/lib/libjemalloc.so libfaketime.so.1:/gone/lib.so",
    "LD_LIBRARY_PATH": "/opt/conda/envs/isis/lib:/opt/isis/lib:/usr/local/cuda/lib",
    "PYTHONPATH": "/opt/isis/python:/usr/share/qgis/python:/home/me/node:"
    "/opt/other/lib/python3.9/site-packages:/opt/ros/jazzy/lib/python3.12/site-packages",
    "AMENT_PREFIX_PATH": "/home/me/ws/install/a:/opt/ros/jazzy",
    "PATH": "/usr/bin",
}


def test_cases_of_what_leaks_in_from_other_environments(script):
    env = script.isolated(LEAKS, sourced=False)
    assert "PYTHONHOME" not in env and env["LD_PRELOAD"] == "libfaketime.so.1"
    assert env["LD_LIBRARY_PATH"] == "/usr/local/cuda/lib"
    assert env["PYTHONPATH"] == "/home/me/node"  # as the guides of nodes from outside say
    assert env["LUPEX_LEFT_OUT"] == "PYTHONHOME,PYTHONPATH,LD_LIBRARY_PATH,LD_PRELOAD"
    assert script.isolated({"PATH": "x"}, False) == {"PATH": "x", "LUPEX_LEFT_OUT": ""}


def test_a_sourced_ros_goes_on_working_also_one_in_conda(script):
    ros = "/opt/ros/jazzy/lib/python3.12/site-packages"
    assert script.isolated(LEAKS, sourced=True)["PYTHONPATH"] == "/home/me/node:" + ros
    conda = {**LEAKS, "AMENT_PREFIX_PATH": LEAKS["CONDA_PREFIX"], "PYTHONPATH": ""}
    assert script.isolated(conda, True)["LD_LIBRARY_PATH"] == (
        "/opt/conda/envs/isis/lib:/usr/local/cuda/lib"
    )


def test_the_program_starts_without_the_leaks_and_with_the_users_own_code(
    script, tmp_path, monkeypatch
):
    for name, value in LEAKS.items():
        monkeypatch.setenv(name, value)
    started = {}
    monkeypatch.setattr(script.os, "execve", lambda *a: started.update(a[2]))
    ready = {"set": {"LD_LIBRARY_PATH": "/v/lib"}, "ros": script.WHEELS, "own_path": ["/v/own"]}
    script.start(str(tmp_path), {**ready, "why": "", "extras": ["flight"]}, [])
    assert started["PYTHONPATH"] == f"{ROOT}:/v/own:/home/me/node"
    assert started["LD_LIBRARY_PATH"] == "/v/lib" and "PYTHONHOME" not in started


def test_cases_of_a_python_home_that_is_another_pythons():
    env = {"PATH": os.environ["PATH"], "PYTHONHOME": "/nowhere", "LUPEX_HOME": "/proc/none"}
    done = subprocess.run([ROOT / "lupex"], env=env, capture_output=True, text=True)
    assert done.returncode == 2 and "LUPEX_HOME=/proc/none cannot be written" in done.stderr
