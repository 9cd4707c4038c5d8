"""Parts of the ROS host that need no graph: gate, persisted state, ports."""

import os
import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")

from lupex_rover.core.component import ABORTED, Component, GoalRequest, Inbox, Outbox
from lupex_rover.core.errors import UserError
from lupex_rover.hosts.ros.lifecycle_gate import LifecycleGate
from lupex_rover.hosts.ros.ports import Ports
from lupex_rover.transport.pty_port import PtyPort


class Speaker(Component):
    """Says what it got; its safe state is one message."""

    name, inputs, outputs, period_s = "speaker", ("in",), ("out",), 0.0

    def __init__(self, serial=None):
        self.serial = serial
        self.lives = []

    def step(self, t_ns, inbox):
        out = Outbox()
        for message in [*inbox.all("in"), *([inbox.rx] if inbox.rx else [])]:
            out.publish("out", message)
        return out

    def safe(self, t_ns):
        out = Outbox()
        out.publish("out", "safe")
        return out

    def restore(self, state):
        self.lives.append(state)


def step(gate, heard, **inbox):
    heard.clear()
    gate.step(0, Inbox(**inbox))
    return [message for _, message in heard]


@pytest.mark.parametrize("serial", [None, "MOB"])
def test_inactive_takes_no_command_but_a_driver_s_telemetry_flows(serial):
    heard = []
    gate = LifecycleGate(Speaker(serial), lambda out: heard.extend(out.messages))
    both = {"messages": {"in": ["go"]}, "rx": b"tm"}
    assert step(gate, heard, **both) == ([b"tm"] if serial else [])
    gate.activate()
    assert step(gate, heard, **both) == ["go", b"tm"]
    gate.deactivate()
    assert step(gate, heard, messages={"in": ["go"]}) == ["safe"]
    assert step(gate, heard, messages={"in": ["go"]}) == []


def test_safe_is_said_only_while_active_and_restore_once_per_life():
    heard = []
    gate = LifecycleGate(Speaker(), lambda out: heard.extend(out.messages))
    gate.safe(0)
    assert heard == []
    gate.activate()
    gate.safe(0)
    assert heard == [("out", "safe")]
    gate.restore({"n": 1})
    gate.restore({"n": 2})
    inner: Any = gate.inner
    assert inner.lives == [{"n": 1}]


def test_a_component_that_cannot_use_what_was_kept_begins_without_it():
    class Picky(Speaker):
        def restore(self, state):
            raise KeyError("n")

    whys = []
    gate = LifecycleGate(Picky(), lambda out: None, lambda why: whys.append(why) or Speaker())
    gate.restore({})
    assert type(gate.inner) is Speaker and "cannot be taken back (KeyError" in whys[0]


def test_a_port_that_is_missing_at_the_start_is_told_and_taken_in_when_it_comes(tmp_path):
    path = tmp_path / "MOB"
    ports = Ports({"MOB": str(path)}, reopen_s=0.1)
    for board in ("MOB", "IMU"):
        ports.open(board)
    assert [n.code for n in ports.news] == ["HST-024"] * 2
    assert "it is looked for" in ports.news[0].text
    assert "no port is given for board IMU" in ports.news[1].text
    ports.write({"MOB": b"nobody"})
    assert ports.read() == {"MOB": b"", "IMU": b""} and ports.filenos() == []
    master, slave = os.openpty()
    path.symlink_to(os.ttyname(slave))
    assert wait_until(lambda: ports.read() and ports.news[2:])
    assert ports.news[2].code == "HST-025" and "missed 6 bytes" in ports.news[2].text
    os.write(master, b"here")
    assert wait_until(lambda: ports.read()["MOB"]) == b"here"
    ports.close_all()


def test_ports_read_all_that_the_other_end_has_sent():
    board = PtyPort()
    ports = Ports({"MOB": board.path})
    ports.open("MOB")
    rng = np.random.default_rng(1)
    sent = 0
    for size in rng.integers(1, 3000, 30):
        data = rng.bytes(int(size))
        board.write(data)
        sent += len(data)
        assert ports.read_until({"MOB": sent, "IMU": 99})["MOB"] == data
    assert ports.write({"MOB": b"abc", "IMU": b"nobody"})
    assert ports.sent == {"MOB": 3}
    ports.close_all()
    board.close()


def test_port_opened_late_accepts_what_it_has_missed():
    board = PtyPort()
    ports = Ports({"MOB": board.path})
    ports.open("MOB")
    assert ports.read_until({"MOB": 500}) == {"MOB": b""}
    board.write(b"xyz")
    assert ports.read_until({"MOB": 503}) == {"MOB": b"xyz"}
    ports.close_all()
    board.close()


def test_missing_taken_and_unnamed_ports_are_refused_by_name(tmp_path):
    ports = Ports({"MOB": str(tmp_path / "no_such"), "IMU": os.devnull + "/x"})
    for board, said in (("MOB", "no_such"), ("EPS", "EPS")):
        with pytest.raises(UserError, match=said):
            ports.open(board)
    terminal = PtyPort()
    first = Ports({"DRL": terminal.path})
    first.open("DRL")
    with pytest.raises(UserError, match="in use by another"):
        Ports({"DRL": terminal.path}).open("DRL")
    first.close_all()
    terminal.close()


def test_a_lost_port_is_told_once_left_out_and_found_again(tmp_path):
    paths = {board: tmp_path / board for board in ("MOB", "DRL")}
    pairs = {board: os.openpty() for board in paths}
    for board, path in paths.items():
        path.symlink_to(os.ttyname(pairs[board][1]))
    ports = Ports({board: str(path) for board, path in paths.items()}, reopen_s=0.1)
    for board in paths:
        ports.open(board)
    for number in pairs["MOB"]:
        os.close(number)
    paths["MOB"].unlink()
    os.write(pairs["DRL"][0], b"drill")
    assert wait_until(lambda: ports.read()["DRL"]) == b"drill"
    for _ in range(20):
        assert ports.read() == {"MOB": b"", "DRL": b""}
        time.sleep(0.01)
    assert len(ports.filenos()) == 1
    ports.write({"MOB": b"nobody"})
    [(_, lost)] = ports.news
    assert "MOB:" in lost and str(paths["MOB"]) in lost and "lost" in lost
    pairs["MOB"] = os.openpty()
    paths["MOB"].symlink_to(os.ttyname(pairs["MOB"][1]))
    assert wait_until(lambda: ports.read() and ports.news[1:])
    assert len(ports.news) == 2 and "missed 6 bytes" in ports.news[1].text
    assert len(ports.filenos()) == 2
    ports.write({"MOB": b"hello"})
    assert os.read(pairs["MOB"][0], 5) == b"hello"
    ports.close_all()
    for number in (*pairs["MOB"], *pairs["DRL"]):
        os.close(number)


def test_a_port_that_takes_nothing_is_told_once_and_the_others_are_served():
    stuck, board = PtyPort(), PtyPort()
    ports = Ports({"MOB": stuck.path, "DRL": board.path})
    for name in ("MOB", "DRL"):
        ports.open(name)
    began = time.monotonic()
    for _ in range(300):
        ports.write({"MOB": bytes(300), "DRL": b"."})
        ports.read()
    assert time.monotonic() - began < 3.0
    assert [text.split(":")[0] for _, text in ports.news] == ["MOB"]
    assert "does not take" in ports.news[0].text
    assert board.read() == b"." * 300
    ports.close_all()
    for terminal in (stuck, board):
        terminal.close()


def test_a_lost_terminal_of_a_number_and_one_in_simulation_are_not_opened_again(tmp_path):
    for reopen_s, name in ((0.0, None), (None, tmp_path / "mob")):
        master, slave = os.openpty()
        if name is not None:
            name.symlink_to(os.ttyname(slave))
        ports = Ports({"MOB": str(name or os.ttyname(slave))}, reopen_s)
        ports.open("MOB")
        os.close(slave)
        os.close(master)
        for _ in range(3):
            ports.read()
        assert ["not looked for" in text for _, text in ports.news] == [True]
        assert ports.filenos() == []
        ports.close_all()


def wait_until(get):
    """The first true answer of `get` within 5 s, else its last."""
    end = time.monotonic() + 5.0
    while not (got := get()) and time.monotonic() < end:
        time.sleep(0.01)
    return got


def test_safe_that_was_said_at_once_is_not_said_again_at_the_next_step():
    heard = []
    gate = LifecycleGate(Speaker(), lambda out: heard.extend(out.messages))
    gate.activate()
    gate.safe(0)
    gate.deactivate()
    assert step(gate, heard) == []
    gate.activate()
    gate.step(0, Inbox())
    gate.deactivate()
    assert step(gate, heard) == ["safe"]


def test_an_inactive_component_s_goal_is_refused():
    gate = LifecycleGate(Speaker(), lambda out: None)
    request = GoalRequest("drive_to", "g1", None)
    (result,) = gate.step(0, Inbox(goals=[request])).results
    assert (result.goal_id, result.status, result.result.code) == ("g1", ABORTED, "HST-001")
