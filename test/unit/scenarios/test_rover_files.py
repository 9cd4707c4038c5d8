"""The rover's installation: unit and rules agree with config/rover.yaml and the command line."""

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from lupex_rover.core.errors import UserError
from lupex_rover.core.types import BOARDS
from lupex_rover.protocol.declaration import BoardDeclaration
from lupex_rover.scenarios import rover_config, run_file

ROOT = Path(__file__).parents[3]
UNIT = (ROOT / "config/systemd/lupex.service").read_text()
RULES = (ROOT / "config/udev/99-lupex.rules").read_text()
PORTS = yaml.safe_load((ROOT / "config/rover.yaml").read_text())["ports"]


def test_udev_makes_the_ports_that_the_configuration_opens():
    made = {"/dev/" + name for name in re.findall(r'SYMLINK\+="(\S+?)"', RULES)}
    assert made == set(PORTS.values())
    assert set(PORTS) == set(BOARDS)


def test_how_often_a_lost_port_is_looked_for_reaches_the_flight_process(tmp_path):
    for name in ("plan.json", "map.tif"):
        (tmp_path / name).write_text("{}")
    given = {"ports": PORTS, "plan": "plan.json", "onboard_map": "map.tif", "reopen_s": 7.5}
    (tmp_path / "rover.yaml").write_text(yaml.safe_dump(given))
    (tmp_path / "run").mkdir()
    rover_config.write_run(rover_config.read(tmp_path / "rover.yaml"), tmp_path / "run")
    assert run_file.read(tmp_path / "run").reopen_s == 7.5


def test_a_board_from_outside_flies_where_its_port_is_given(tmp_path, monkeypatch):
    for name in ("plan.json", "map.tif"):
        (tmp_path / name).write_text("{}")
    given = {"ports": {**PORTS, "MAST": "/dev/mast"}, "plan": "plan.json", "onboard_map": "map.tif"}
    path = tmp_path / "rover.yaml"
    path.write_text(yaml.safe_dump(given))
    with pytest.raises(UserError, match=r"yaml\.ports: 'MAST' is unknown; known: MOB,"):
        rover_config.read(path)
    mast, other = (BoardDeclaration(n, i, "") for n, i in (("MAST", 0x120), ("OTHER", 0x121)))
    monkeypatch.setattr(rover_config, "added", lambda: (mast, other))
    monkeypatch.setattr(rover_config, "declarations", lambda: dict.fromkeys(given["ports"]))
    (tmp_path / "run").mkdir()
    rover_config.write_run(rover_config.read(path), tmp_path / "run")
    assert run_file.read(tmp_path / "run").boards == ("MAST",)


def test_every_rule_is_whole():
    lines = [line for line in RULES.splitlines() if line and not line.startswith("#")]
    pair = r'[A-Z]+(\{[\w/]+\})?(==|=|\+=)"[^"]*"'
    assert all(re.fullmatch(rf"{pair}(, {pair})*", line) for line in lines)


def test_cases_of_programs_that_would_open_a_boards_port():
    """Tags as ModemManager's reference has them; on the port, and on the adapter behind it."""
    ports = [line for line in RULES.splitlines() if "SYMLINK" in line]
    adapter = next(line for line in RULES.splitlines() if "usb_device" in line)
    assert len(ports) == len(BOARDS)
    for line in (*ports, adapter):
        assert 'ENV{ID_MM_DEVICE_IGNORE}="1"' in line and 'ENV{SYSTEMD_WANTS}=""' in line
    assert all('ENV{ID_MM_PORT_IGNORE}="1"' in line for line in ports)
    named = re.findall(r'ATTRS\{serial\}=="(\S+?)"', RULES)
    pattern = re.search(r'ATTR\{serial\}=="(\S+?)"', adapter).group(1)
    assert len(named) == len(BOARDS) and all(fnmatch(name, pattern) for name in named)


@pytest.mark.skipif(not shutil.which("udevadm"), reason="udevadm is not here")
def test_udev_accepts_the_rules():
    command = ["udevadm", "verify", str(ROOT / "config/udev/99-lupex.rules")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if "nknown" in done.stderr:
        pytest.skip("this udevadm has no verify (before systemd 254)")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_unit_runs_a_command_that_is_there():
    words = re.search(r"^ExecStart=(.*)$", UNIT, re.MULTILINE).group(1).split()
    assert words[0].endswith("/lupex") and words[1:3] == ["up", "rover"]
    from typer.main import get_command

    from lupex_rover.cli.app import app

    command: Any = get_command(app)
    options = {o for p in command.commands["up"].params for o in p.opts}
    assert {w for w in words if w.startswith("--")} <= options


def test_the_unit_waits_for_what_the_supervisor_says():
    said = dict(line.split("=", 1) for line in UNIT.splitlines() if "=" in line and line[0] != "#")
    assert said["Type"] == "notify" and said["NotifyAccess"] == "main"
    assert 5 <= int(said["WatchdogSec"]) <= 60 and said["Restart"] == "always"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_accepts_the_unit(tmp_path):
    unit = tmp_path / "lupex.service"
    unit.write_text(UNIT.replace("/opt/lupex_rover", str(ROOT)))
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "lupex.service" in line]
    assert ours == []
