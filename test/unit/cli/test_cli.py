"""The command line as a user meets it: its map, its exit codes, its one clear line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from calling import call

from lupex_rover.cli.app import COMMANDS
from lupex_rover.cli.test import keep_bytecode, shared_out

ROOT = Path(__file__).parents[3]


def lupex(*arguments, cwd=ROOT):
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    return subprocess.run(
        [sys.executable, "-m", "lupex_rover.cli", *arguments],
        env=env, cwd=cwd, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_help_is_a_map_of_the_program():
    done = lupex("--help")
    assert done.returncode == 0
    assert done.stdout.split()[:2] == ["Usage:", "lupex"]
    lines = done.stdout.splitlines()
    heads = {
        panel: n for n, line in enumerate(lines) for panel in COMMANDS if f"─ {panel} ─" in line
    }
    assert list(heads) == list(COMMANDS)
    for panel, names in COMMANDS.items():
        end = next(n for n, x in enumerate(lines) if n > heads[panel] and x.startswith("╰"))
        shown = {x[1:].split()[0] for x in lines[heads[panel] + 1 : end] if x[2:3] != " "}
        assert shown == set(names)


def test_every_command_calls_the_program_lupex():
    names = [name for names in COMMANDS.values() for name in names]
    assert len(names) == len(set(names))
    code = (
        "import sys\n"
        "from lupex_rover.cli.app import main\n"
        f"for words in {[[n] for n in names] + [['bag', 'play'], ['bag', 'info']]}:\n"
        "    sys.argv = ['/any/where/__main__.py', *words, '--help']\n"
        "    try: main()\n"
        "    except SystemExit as done: assert not done.code\n"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    uses = [x.split("[")[0].split() for x in done.stdout.splitlines() if x.startswith(" Usage: ")]
    asked = [[n] for n in names] + [["bag", "play"], ["bag", "info"]]
    assert [use[: 2 + len(words)] for use, words in zip(uses, asked)] == [
        ["Usage:", "lupex", *words] for words in asked
    ]
    assert "python -m" not in done.stdout and "__main__" not in done.stdout


def test_help_reads_no_library_that_draws_or_calculates():
    code = (
        "import sys\n"
        "import lupex_rover.cli.app\n"
        "slow = {'matplotlib', 'plotly', 'scipy', 'numba', 'cv2', 'mujoco', 'rclpy', 'rasterio'}\n"
        "print(*sorted(slow & set(sys.modules)))"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("mission", "--scenario", "no_such"), "no_such"),
        (("mission", "--host", "gazebo"), "gazebo"),
        (("mission", "--seed", "-1"), "-1"),
        (("mission", "--phases", "descent,picnic"), "picnic"),
        (("sim", "--physics", "magic"), "magic"),
        (("sim", "--speed", "nan"), "--speed: nan"),
        (("sim", "--speed", "-1"), "--speed: -1"),
        (("sim", "--boards", "--seed", "-3"), "--seed: -3"),
        (("sim", "--scenario", "no_such"), "no_such"),
        (("up", "--seed", "2147483648"), "--seed: 2147483648"),
        (("up", "--speed", "inf"), "--speed: inf"),
        (("up", "--scenario", "no_such"), "no_such"),
        (("up", "rover", "--config", "no.yaml"), "no.yaml"),
        (("up", "replay", "--bag", "no.mcap"), "no.mcap"),
        (("up", "replay", "--bag", "no.mcap", "--speed", "0"), "--speed: 0"),
        (("up", "submarine"), "submarine"),
        (("report", "no/such/folder"), "no/such/folder"),
        (("bench", "nothing"), "nothing"),
        (("bench", "power", "--count", "3"), "--count"),
        (("bench", "landing", "--scenes", "third"), "third"),
        (("bench", "landing", "--only", "fourth"), "fourth"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(arguments, named, tmp_path):
    done = call(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and named in lines[0], done.stderr
    assert list(tmp_path.iterdir()) == []  # nothing is left half-written


def test_unknown_command_and_option_are_named():
    for arguments, named in ((("fly",), "fly"), (("mission", "--sed", "1"), "--sed")):
        done = call(*arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("lupex: ") and named in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_ctrl_c_while_the_program_is_still_being_read_is_quiet():
    """Typer is the first library that is imported; here Ctrl-C comes just then."""
    code = (
        "import runpy, sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "sys.argv = ['lupex', 'doctor']\n"
        "runpy.run_module('lupex_rover.cli', run_name='__main__')"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_doctor_tells_the_same_as_json():
    done = lupex("doctor", "--json")
    told = json.loads(done.stdout)
    assert told["ok"] == (done.returncode == 0) == all(f["ok"] for f in told["findings"])
    assert {"Python", "ROS 2", "messages", "LOLA map"} <= {f["what"] for f in told["findings"]}
    assert all(f["remedy"] for f in told["findings"] if not f["ok"])


def test_doctor_names_what_is_missing_and_what_to_do():
    code = (
        "import sys; sys.modules['rclpy'] = None\n"
        "sys.argv = ['lupex', 'doctor']\n"
        "from lupex_rover.cli.app import main; main()"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 2
    line = next(x for x in done.stdout.splitlines() if "ROS 2" in x)
    assert line.startswith("no") and "call ./lupex" in line


def test_bytecode_is_kept_in_the_scratch_folder_where_the_checkout_may_not_have_it():
    said = {"LUPEX_SCRATCH": "/s", "PYTHONDONTWRITEBYTECODE": "1"}
    keep_bytecode(said)
    assert said == {"LUPEX_SCRATCH": "/s", "PYTHONPYCACHEPREFIX": "/s/bytecode"}
    for left in ({"LUPEX_SCRATCH": "/s"}, {"PYTHONDONTWRITEBYTECODE": "1"}):
        same = dict(left)
        keep_bytecode(same)
        assert same == left


def test_the_whole_suite_runs_on_two_cores_unless_told_otherwise(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert shared_out(["-x"]) == ["-n", "2", "--dist", "loadscope", "--no-loadscope-reorder", "-x"]
    for own in (["-n", "0"], ["-n4"], ["--pdb"], ["--collect-only"]):
        assert shared_out(own) == own
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert shared_out([]) == []
