"""`lupex replay --machines`: the list, what a process is told, what it says, and how it ends."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lupex_rover.bags.own_bag import BagReader, BagWriter
from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError
from lupex_rover.runs import replay_machines
from lupex_rover.runs.arithmetic_libraries import libraries, numpy_features
from lupex_rover.runs.replay_machines import NUMPY, Host, Machine

FOLDER = Path(__file__).parents[2] / "replay"
LISTED = replay_machines.read(FOLDER / "machines.yaml")
ONE = "{machines: {plain: {variables: {NUMBA_CPU_NAME: generic}}}}"


def lupex(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def cases(tmp_path, monkeypatch):
    """One cheap case and one machine, in a folder of their own; the temporary folder is in it."""
    shutil.copytree(FOLDER / "run", tmp_path / "run")
    shutil.copyfile(FOLDER / "power.mcap", tmp_path / "power.mcap")
    (tmp_path / "cases.yaml").write_text("cases: {power: {components: [power]}}")
    (tmp_path / "machines.yaml").write_text(ONE)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "cases.yaml"


# --- the list


def test_the_machines_of_the_repository_say_what_they_stand_for_and_differ():
    assert all(machine.stands_for for machine in LISTED.machines.values())
    told = [tuple(sorted(machine.variables.items())) for machine in LISTED.machines.values()]
    assert len(set(told)) == len(told)


def test_the_first_three_change_pictures_linear_algebra_code_and_arrays():
    first = LISTED.pick(None, 3).values()
    changed = {variable for machine in first for variable in machine.variables}
    assert changed >= {"OPENCV_CPU_DISABLE", "OPENBLAS_CORETYPE", "NUMBA_CPU_NAME", NUMPY}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{machines: {a: {variables: {PATH: x}}}}", "machines.a.variables: 'PATH' is none of"),
        ("{machines: {a: {}}}", "machines.a"),
        ("{machines: {a: {variables: {NUMBA_NUM_THREADS: 1}}}}", "NUMBA_NUM_THREADS"),
        ("{machines: {a: {variables: {}, need: [avx2]}}}", "unknown key 'need'"),
    ],
)
def test_a_wrong_list_is_named(tmp_path, text, named):
    path = tmp_path / "machines.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=named) as told:
        replay_machines.read(path)
    assert str(path) in str(told.value)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--machines", "--only", "moon"], "no machine 'moon'; has plain"),
        (["--machines", "--first", 0], "--first: 0"),
        (["--machines", "--case", "moon"], "no case 'moon'"),
        (["--machines", "--update"], "--update"),
        (["--first", 3], "--machines"),
        (["--missions"], "--machines"),
    ],
)
def test_wrong_options_are_named(cases, arguments, named):
    done = lupex("replay", "--cases", cases, *arguments)
    assert isinstance(done.exception, UserError) and named in str(done.exception)


# --- what a process is told


def test_a_process_has_what_its_machine_says_an_empty_cache_and_nothing_else_that_emulates():
    ours = {"PATH": "/bin", "NUMBA_CPU_NAME": "haswell", "NUMBA_CACHE_DIR": "/full"}
    machine = Machine({"OPENBLAS_CORETYPE": "Nehalem", "OMP_NUM_THREADS": "2"})
    assert replay_machines.environment(machine, Path("/new"), ours) == {
        "PATH": "/bin", "NUMBA_CACHE_DIR": "/new", "OPENBLAS_CORETYPE": "Nehalem",
        "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip


def test_numpy_is_told_only_names_that_it_knows(monkeypatch):
    monkeypatch.setattr(replay_machines, "numpy_dispatched", lambda: ["X86_V3", "X86_V4"])
    told = replay_machines.environment(Machine({NUMPY: "AVX2 X86_V3"}), Path("/new"), {})
    assert told[NUMPY] == "X86_V3"


def test_a_machine_is_skipped_that_the_host_cannot_be(monkeypatch):
    host = Host("some processor", "x86_64", frozenset({"avx2"}))
    assert replay_machines.obstacle(Machine({}, needs=("avx2",)), host) == ""
    why = replay_machines.obstacle(Machine({}, needs=("avx2", "avx512f")), host)
    assert why == "the processor lacks avx512f"
    monkeypatch.setattr(replay_machines, "numpy_features", lambda: ["X86_V3"])
    assert "numpy uses none" in replay_machines.obstacle(Machine({NUMPY: "X86_V4"}), host)
    assert replay_machines.obstacle(Machine({NUMPY: "X86_V4 X86_V3"}), host) == ""


def test_the_host_is_read_from_what_the_system_says(tmp_path):
    told = tmp_path / "cpuinfo"
    told.write_text("processor : 0\nmodel name : Some CPU\nflags : fpu avx2\n\nprocessor : 1\n")
    host = replay_machines.read_host(told)
    assert host.model == "Some CPU" and host.flags == {"fpu", "avx2"}
    assert replay_machines.read_host(tmp_path / "none").flags == frozenset()


# --- whether libraries took notice


HEEDED = {"numba": "generic", "openblas": "Nehalem", "opencv": ["SSE", "AVX"], "numpy": ["X86_V3"]}


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"NUMBA_CPU_NAME": "generic", "OPENBLAS_CORETYPE": "Nehalem"}, ""),
        ({"OPENCV_CPU_DISABLE": "AVX2,FMA3", NUMPY: "X86_V4"}, ""),
        ({"NUMBA_CPU_NAME": "haswell"}, "numba compiles for generic, not haswell"),
        ({"OPENBLAS_CORETYPE": "Haswell"}, "OpenBLAS takes the processor for Nehalem, not Haswell"),
        ({"OPENCV_CPU_DISABLE": "AVX2,AVX"}, "opencv still uses AVX"),
        ({NUMPY: "X86_V3 X86_V4"}, "numpy still uses X86_V3"),
    ],
)
def test_a_library_that_took_no_notice_is_named(variables, why):
    assert replay_machines.unheeded(Machine(variables), HEEDED) == why


def test_the_libraries_of_this_process_are_told():
    told = libraries()
    assert told["numba"] and "SSE2" in told["opencv"]
    assert told["numpy"] == numpy_features()


# --- runs


def test_cases_that_differ_are_all_named():
    seen = {"topic": "power/state", "index": 3, "t_ns": 0, "field": "soc"}
    seen |= {"ours": "0.5", "recorded": "0.6"}
    reports = [
        {"case": "power", "differences": [seen]}, {"case": "drill", "differences": []},
        {"case": "health", "differences": [seen]},
    ]  # fmt: skip
    told = replay_machines.first_difference(reports)
    assert told.startswith("power, power/state message 3 at 1970-01-01T00:00:00")
    assert told.endswith("soc is 0.5, recorded 0.6; also health")
    assert replay_machines.first_difference(reports[1:2]) == ""


def test_a_machine_gives_what_was_recorded_and_leaves_nothing(cases):
    done = lupex("replay", "--machines", "--cases", cases, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    [machine] = told["machines"]
    assert machine["outcome"] == "as recorded" and machine["libraries"]["numba"] == "generic"
    assert machine["components"][0]["messages"]["power/state"]["replayed"] > 1000
    assert told["host"].startswith(replay_machines.read_host().model)
    assert list((cases.parent / "temporary").iterdir()) == []


def test_the_first_difference_is_told_and_exits_1(cases):
    bag = cases.parent / "power.mcap"
    messages = list(BagReader(bag).records())
    lost = [k for k, (topic, _, _) in enumerate(messages) if topic == "power/state"][5]
    with BagWriter(bag) as writer:
        for topic, data, t_ns in messages[:lost] + messages[lost + 1 :]:
            writer.write(topic, data, t_ns)
    done = lupex("replay", "--machines", "--cases", cases)
    assert done.exit_code == 1
    assert done.stdout.startswith("host: ")
    assert "plain: DIFFERENT, 1 reference bags" in done.stdout
    assert "power, power/state message 5 at 20" in done.stdout and "recorded" in done.stdout


def test_a_process_that_ends_otherwise_has_failed_with_its_last_words(cases):
    (cases.parent / "power.mcap").unlink()
    done = lupex("replay", "--machines", "--cases", cases)
    assert done.exit_code == 1
    assert "plain: FAILED: ended with code 2: lupex: " in done.stdout
    assert "power.mcap" in done.stdout


def test_where_no_machine_can_be_emulated_nothing_is_shown(cases):
    text = "{machines: {plain: {variables: {}, needs: [no_such_flag]}}}"
    (cases.parent / "machines.yaml").write_text(text)
    done = lupex("replay", "--machines", "--cases", cases)
    assert done.exit_code == 1
    assert "plain: skipped: the processor lacks no_such_flag" in done.stdout
    assert "no machine could be emulated" in done.stderr


def test_missions_are_flown_and_one_that_fails_is_told(monkeypatch, tmp_path):
    """The processes are stood in for by their exit codes and outputs."""
    said = {"replay": (0, json.dumps({"libraries": HEEDED, "components": []}))}

    class Process:
        folder = tmp_path

        def __call__(self, what, command, *arguments):
            if command == "mission":
                return (1, "log\nmission failed: lost") if "2" in arguments else (0, "success")
            return said[command]

    found = replay_machines._one("plain", Machine({}), Process(), (), (1, 2, 3))
    assert found.missions == {1: "succeeded", 2: "FAILED", 3: "succeeded"}
    assert found.bad and "mission failed: lost" in str(found)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_ends_its_process_and_leaves_nothing(cases, how):
    temporary = cases.parent / "temporary"
    command = subprocess.Popen(
        [sys.executable, "-m", "lupex_rover.cli", "replay", "--machines", "--cases", str(cases)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    assert "reference bags, 0 s" in command.stderr.readline()
    tasks = Path(f"/proc/{command.pid}/task/{command.pid}/children")
    child = None
    while child is None and command.poll() is None:
        child = next(iter(tasks.read_text().split()), None)
    command.send_signal(how)
    command.communicate(timeout=60)
    assert command.returncode == 130
    assert child and not Path(f"/proc/{child}").exists()
    assert list(temporary.iterdir()) == []
