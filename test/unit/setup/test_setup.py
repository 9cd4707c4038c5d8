"""`./lupex` itself: it mends what was interrupted, skips what is done, and says what is wrong."""

import functools
import importlib.machinery
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "lupex"


@pytest.fixture(scope="module")
def script():
    loader = importlib.machinery.SourceFileLoader("lupex_script", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def setup(script, tmp_path, monkeypatch):
    """A set-up whose steps only note that they ran."""
    made = script.Setup(str(tmp_path), sys.executable, "3.11", "wheels")
    made.ran, made.fail = [], None

    def note(name):
        made.ran.append(name)
        if made.fail == name:
            raise KeyboardInterrupt

    for name in ("make_venv", "rewrite_paths", "interfaces", "first_imports"):
        setattr(made, name, functools.partial(note, name))
    made.fetch = lambda lists: note(Path(lists[0]).stem)
    return made


STEPS = ["make_venv", "ros", "rewrite_paths", "interfaces", "development", "first_imports"]


def test_finished_steps_are_not_done_again(setup):
    setup.run()
    setup.run()
    assert setup.ran[:2] == STEPS[:2]
    assert sorted(setup.ran) == sorted(STEPS)


def test_interrupted_set_up_goes_on_where_it_stopped(setup):
    setup.fail = "rewrite_paths"
    with pytest.raises(KeyboardInterrupt):
        setup.run()
    setup.fail, ran = None, set(setup.ran)
    setup.ran.clear()
    setup.run()
    assert sorted(setup.ran) == sorted({*STEPS[2:4], *STEPS} - ran | {"rewrite_paths"})


def test_a_changed_message_rebuilds_the_messages_only(setup, script, monkeypatch):
    setup.run()
    files = script.input_files()
    changed = next(f for f in files if f.endswith("DriveState.msg"))
    digest = script.digest
    monkeypatch.setattr(
        script, "digest", lambda *p: digest(*p, *(["edited"] if changed in p else []))
    )
    setup.ran.clear()
    setup.run()
    assert setup.ran == ["interfaces"]


def test_half_installed_packages_are_installed_again(setup, tmp_path):
    site = tmp_path / "venv/lib/python3.11/site-packages"
    for name, files, there in (
        ("whole", ["whole.py"], ["whole.py"]),
        ("cut", ["cut.py", "cut_more.py"], ["cut.py"]),
        ("unrecorded", None, []),
    ):
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        if files is not None:
            (info / "RECORD").write_text("".join(f"{f},sha256=x,1\n" for f in files))
        for file in there:
            (site / file).write_text("")
    setup.drop_half_installed()
    assert [p.name for p in sorted(site.glob("*.dist-info"))] == ["whole-1.0.dist-info"]


def test_it_falls_back_where_the_checkout_cannot_be_written(script, tmp_path, monkeypatch):
    monkeypatch.delenv("LUPEX_HOME", raising=False)
    monkeypatch.setattr(script, "ROOT", "/proc/self")  # nobody writes there
    monkeypatch.setenv("HOME", str(tmp_path))
    assert script.home_folder().startswith(str(tmp_path / ".cache/lupex-"))
    monkeypatch.setenv("HOME", "/proc/self")
    monkeypatch.setattr(script.tempfile, "gettempdir", lambda: str(tmp_path / "t"))
    assert script.home_folder().startswith(str(tmp_path / "t"))
    monkeypatch.setenv("LUPEX_HOME", "/proc/self/no")
    with pytest.raises(script.SetupError, match="LUPEX_HOME"):
        script.home_folder()


def run(folder, home, **env):
    clean = {"PATH": os.environ["PATH"], "HOME": str(home), "LUPEX_HOME": str(home), **env}
    return subprocess.run(
        [sys.executable, str(folder / "lupex"), "doctor"], env=clean, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip


@pytest.fixture
def checkout(tmp_path):
    """What set-up reads, without the program."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "lupex_rover_interfaces", folder / "lupex_rover_interfaces")
    for name in ("locks", "tools"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy2(ROOT / "lupex", folder / "lupex")
    return folder


def test_no_fitting_python_is_said_with_what_each_lacks(checkout, script, tmp_path, monkeypatch):
    for name, answer in (("old", "[[3, 8, 1], true, '/x']"), ("bare", "[[3, 12, 1], false, '/y']")):
        program = tmp_path / name
        program.write_text("#!/bin/sh\ncat <<'E'\n" + answer.replace("'", '"') + "\nE\n")
        program.chmod(0o755)
    monkeypatch.setattr(
        script, "candidates", lambda home: [str(tmp_path / n) for n in ("old", "bare", "none")]
    )
    with pytest.raises(script.SetupError) as said:
        script.find_python(str(tmp_path))
    assert "3.8.1" in str(said.value)
    assert "python3-dev" in str(said.value)
    assert "python3-venv" in str(said.value)


def test_a_failing_step_shows_the_end_of_the_log_and_exits_2(checkout, tmp_path):
    wrong = f"no-such-package-of-lupex==9.9 --hash=sha256:{'0' * 64}\n"
    (checkout / "locks/ros.txt").write_text(wrong)
    home = tmp_path / "home"
    home.mkdir()
    done = run(checkout, home, PIP_NO_INDEX="1")
    assert done.returncode == 2, done.stderr
    assert "no-such-package-of-lupex" in done.stderr
    assert "Call ./lupex again" in done.stderr
    assert str(home / "setup.log") in done.stderr
    assert not (home / "ready.json").exists()


def test_a_missing_compiler_is_named(checkout, tmp_path):
    empty = tmp_path / "bin"
    empty.mkdir()
    done = run(checkout, tmp_path, PATH=str(empty))
    assert done.returncode == 2
    assert "apt install g++" in done.stderr


def test_ready_environment_starts_without_set_up(checkout, script, tmp_path):
    """The record of a finished set-up is enough: the program is started with our paths."""
    home = tmp_path / "home"
    python = home / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"; echo "$PYTHONPATH"; echo "$ROS_LOG_DIR"\n')
    python.chmod(0o755)
    files = subprocess.run(
        [sys.executable, "-c", (
            "import importlib.machinery as m, json\n"
            f"l = m.SourceFileLoader('s', {str(checkout / 'lupex')!r}).load_module()\n"
            "print(json.dumps(l.stat_list()))"
        )], capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    ready = {
        "root": str(checkout), "home": str(home), "files": json.loads(files), "wish": "wheels",
        "python": str(python), "own_path": ["/messages"], "set": {}, "ros": "wheels", "why": "",
        "extras": ["development"],
    }  # fmt: skip
    (home / "ready.json").write_text(json.dumps(ready))
    done = run(checkout, home)
    assert done.returncode == 0, done.stderr
    arguments, path, log = done.stdout.split("\n")[:3]
    assert arguments == "-m lupex_rover.cli doctor"
    assert path == f"{checkout}{os.pathsep}/messages"
    assert log.startswith(str(home))
    (checkout / "locks/ros.txt").write_text("no-such-package-of-lupex==9.9\n")
    assert run(checkout, home, PIP_NO_INDEX="1").returncode == 2  # a changed input is noticed


def test_a_changed_kernel_gets_a_new_folder_for_compiled_code(script, tmp_path, monkeypatch):
    package = tmp_path / "lupex_rover" / "terrain"
    package.mkdir(parents=True)
    kernel, other = package / "kernel.py", package / "other.py"
    kernel.write_text("from numba import njit\n")
    other.write_text("x = 1\n")
    monkeypatch.setattr(script, "ROOT", str(tmp_path))
    first = script.compiled(str(tmp_path))
    other.write_text("x = 2\n")
    assert script.compiled(str(tmp_path)) == first
    kernel.write_text("from numba import njit  # changed\n")
    second = script.compiled(str(tmp_path))
    kernel.write_text("from numba import njit  # changed again\n")
    third = script.compiled(str(tmp_path))
    assert len({first, second, third}) == 3
    assert sorted(os.listdir(tmp_path / "numba")) == sorted(map(os.path.basename, (second, third)))
