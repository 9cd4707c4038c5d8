"""The board of examples/mast_board is found by its entry point, used end to end, and flown.

Each case is a process of its own: the boards that are installed are read once in a process.
"""

import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from flying import EXAMPLES, ROOT, json_said

from lupex_rover.bags.own_bag import BagReader
from lupex_rover.core.types import LOADS

EXAMPLE = EXAMPLES / "mast_board"
ON_A_WIRE = """
from mast_board.device import make
from mast_board.driver import MastCommand, MastDriver

import numpy as np
from lupex_rover.core.component import Inbox
from lupex_rover.core.types import BoardRequest
from lupex_rover.simulator.boards import DeviceContext

S = 10**9
driver, device = MastDriver(), make(DeviceContext(1, np.random.default_rng(1), S))
told, t, rx = [], S, b""

def turns(messages=None, count=1):
    global t, rx
    for _ in range(count):
        t += S // 100
        device.move(0.01)
        out = driver.step(t, Inbox(rx=rx, messages=messages or {}))
        device.feed(out.tx, t)
        device.advance(t)
        rx = device.take()
        told.extend(out.messages)

turns({"boards/request": [BoardRequest(t, "MAST", "enable")]}, 1)
turns(count=5)
for _ in range(20):
    turns({"mast/command": [MastCommand(t, 0.3, 0.1)]})
    turns(count=9)
turns(count=100)
angles = [m for topic, m in told if topic == "mast/state"]
assert abs(angles[-1].pan_rad - 0.3) < 0.002, angles[-1]
assert device.faults == 1  # nobody repeated: the dead-man
assert not [m for topic, m in told if topic == "mission/event"]
turns({"mast/command": [MastCommand(t, 3.5, 0.1)]})
events = [m for topic, m in told if topic == "mission/event"]
assert [e.code for e in events] == ["DRV-003"], events
assert device.unlisted() == set()
twin = make(DeviceContext(1, np.random.default_rng(1), S))
twin.restore(device.save())
t += S
for each in (device, twin):
    each.advance(t)
assert twin.take() == device.take() != b""
print("done")
"""


def installed(folder, points):
    """What an installer leaves of a package in `folder`: the names of its entry points."""
    info = folder / "some_board-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-board\nVersion: 0.1\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[lupex_rover.boards]", *lines]) + "\n")
    return folder


def environment(*folders):
    path = os.pathsep.join([str(f) for f in folders] + [os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}


@pytest.fixture
def env(tmp_path):
    group = (EXAMPLE / "pyproject.toml").read_text().split('entry-points."lupex_rover.boards"]')[1]
    points = dict(re.findall(r'^(\w+) = "(.+)"$', group.split("[")[0], re.M))
    return environment(installed(tmp_path, points), EXAMPLE, ROOT)


def lupex(env, *words, timeout_s=60):
    command = [sys.executable, "-m", "lupex_rover.cli", *map(str, words)]
    return subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s
    )


@pytest.fixture
def port(env):
    command = [sys.executable, "-m", "lupex_rover.cli", "sim", "--boards"]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sim:
        ports = json.loads(sim.stdout.readline())["boards"]
        assert list(ports)[-1] == "MAST"
        assert len(ports) == 8
        yield ports["MAST"]
        sim.send_signal(signal.SIGINT)
        assert sim.wait(20) == 0


def test_the_added_board_is_simulated_and_talked_to(env, port):
    listed = lupex(env, "board", "MAST", "list", "--json")
    names = [t["name"] for t in json.loads(listed.stdout)["telecommands"]]
    assert names == ["PING", "ENABLE", "SAFE", "SET_TIME", "POINT", "LATCH"]
    point = ["board", "MAST", "send", "POINT", "pan_rad=0.2", "tilt_rad=0.1", "--port", port]
    kept = lupex(env, *point, "--for", "1", "--json")
    assert kept.returncode == 0, kept.stderr
    assert json.loads(kept.stdout)["sent"] in range(3, 7)  # 5 Hz
    told = lupex(env, "board", "MAST", "watch", "--for", "1.3", "--json", "--port", port)
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    state = [line for line in lines if line["message"] == "MAST_STATE"][-1]
    assert state["pan_rad"] == pytest.approx(0.2, abs=0.001)
    latched = lupex(env, "board", "MAST", "send", "LATCH", "closed=1", "--port", port)
    assert latched.returncode == 0, latched.stderr
    refused = lupex(env, *point, "--for", "1")
    assert refused.returncode == 1
    assert "POINT was refused: state" in refused.stderr


def test_its_driver_and_its_device_understand_each_other(env):
    done = subprocess.run(
        [sys.executable, "-c", ON_A_WIRE], env=env, capture_output=True, text=True
    )
    assert done.stdout == "done\n", done.stderr


@pytest.mark.timeout(400)
@pytest.mark.parametrize("host", ["harness", "ros"])
def test_it_flies_with_node_load_and_fault_line(env, tmp_path, host):
    """Switched on, enabled and turned by a node; left alone it stops, and health tells."""
    table = tmp_path / "faults.yaml"
    own = (EXAMPLE / "faults.yaml").read_text().split("faults:\n")[1]
    table.write_text((ROOT / "config/faults.yaml").read_text() + own)
    scenario = tmp_path / "short.yaml"
    text = (EXAMPLE / "scenario.yaml").read_text()
    scenario.write_text(f"nodes: {{health: {{faults_file: {table}}}}}\n" + text)
    out = tmp_path / "out"
    flown = lupex(
        env, "mission", "--scenario", scenario, "--seed", 3, "--host", host, "--out", out,
        timeout_s=300,
    )  # fmt: skip
    bag = out / "mission.mcap"
    assert bag.exists(), flown.stdout + flown.stderr
    heard = {}
    wanted = {"boards/housekeeping", "boards/ack", "power/telemetry", "mission/event"}
    for topic, message, _ in BagReader(bag).messages(wanted):
        heard.setdefault(topic, []).append(message)
    # its node: housekeeping, the answer to a request, its own topics
    reports = [m for m in heard["boards/housekeeping"] if m.board == "MAST"]
    assert len(reports) > 15 and {1, 2, 3} <= {m.state for m in reports}
    acks = [m for m in heard["boards/ack"] if m.board == "MAST" and m.telecommand == "ENABLE"]
    assert acks and acks[0].status == 0
    assert max(m["pan_rad"] for m in json_said(bag, "/mast/state")) == pytest.approx(0.5, abs=0.01)
    # its load: nothing while off, the declared watts while on
    load = LOADS.index("spare_12")
    watts = {True: [], False: []}
    for m in heard["power/telemetry"]:
        watts[bool(m.loads_on >> load & 1)].append(m.load_w[load])
    assert set(watts[False]) == {0.0}
    assert np.mean(watts[True]) == pytest.approx(6.0, rel=0.02)
    # its line in the table: the dead-man is told, and SAFE ordered
    told = [m.text for m in heard["mission/event"] if m.source == "health"]
    assert any("mast_stopped.MAST: fault_bits.MAST is 1" in text for text in told), told
    assert reports[-1].state == 3 and reports[-1].fault_bits == 1


def test_a_board_that_is_not_installed_is_named(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("boards: [BOOM]")
    told = lupex(environment(ROOT), "mission", "--scenario", wrong, "--out", tmp_path / "out")
    assert told.returncode == 2
    assert "wrong.yaml.boards: 'BOOM' is no board that an installed package adds" in told.stderr


@pytest.mark.parametrize(
    ("declared", "named"),
    [
        ("BoardDeclaration('MOB', 0x130, '')", "the name MOB is already that of board MOB"),
        ("BoardDeclaration('NEW', 0x101, '')", "APID 0x101 is already that of board MOB"),
        ("BoardDeclaration('NEW', 0x130, '', (Telecommand(int, 0x04),))", "id is not within 0x10"),
        ("BoardDeclaration('new', 0x130, '')", "the name must be capitals"),
        ("BoardDeclaration('NEW', 0x130, '', load='drill')", "load 'drill' is none of spare_12"),
        ("BoardDeclaration('NEW', 0x130, '', power_w=3.0)", "power_w needs the load"),
        ("1", "is no BoardDeclaration"),
        ("no_such", "cannot be loaded"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_by_name(tmp_path, declared, named):
    code = "from lupex_rover.protocol.declaration import *\nNEW = " + declared + "\n"
    (tmp_path / "bad_board.py").write_text(code)
    env = environment(installed(tmp_path, {"NEW": "bad_board:NEW"}), ROOT)
    done = lupex(env, "board", "NEW", "list")
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "NEW = bad_board:NEW" in done.stderr
    assert len(done.stderr.splitlines()) == 1
