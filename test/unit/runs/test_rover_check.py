"""`lupex up rover --check`: every file, port and camera has its line; nothing is started."""

import json
import re
import shutil
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from lupex_rover.cli import app
from lupex_rover.core.types import BOARDS
from lupex_rover.protocol import frame
from lupex_rover.protocol.boards import declarations
from lupex_rover.protocol.packet import Packet, encode
from lupex_rover.runs import rover_check
from lupex_rover.transport.pty_port import PtyPort

RUN = Path(__file__).parents[2] / "replay" / "run"
W, H = 64, 48


class Bench:
    """Pseudo-terminals on which boards speak all the while."""

    def __init__(self):
        self.ports = {board: PtyPort() for board in BOARDS}
        self.urls = {board: port.path for board, port in self.ports.items()}
        self.silent: set[str] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._speak)

    def _speak(self):
        while not self._end.wait(0.02):
            for board in set(self.ports) - self.silent:
                apid = declarations()[board].apid
                packet = encode(Packet(apid, False, 0, 1, 0, b""))
                self.ports[board].write(frame.encode(packet))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        for port in self.ports.values():
            port.close()


@pytest.fixture
def bench():
    with Bench() as made:
        yield made


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Writes a configuration and checks it: exit code, state and text by thing, stderr."""
    monkeypatch.setattr(rover_check, "LISTEN_S", 0.3)
    monkeypatch.setattr("lupex_rover.cli.up.why_no_ros", lambda: "")
    for name in ("plan.json", "onboard_map.tif"):
        shutil.copy(RUN / name, tmp_path)

    def run(ports, *words, **changed):
        given = {"ports": ports, "plan": "plan.json", "onboard_map": "onboard_map.tif", **changed}
        path = tmp_path / "rover.yaml"
        path.write_text(yaml.safe_dump(given))
        before = sorted(tmp_path.rglob("*"))
        argv = ["lupex", "up", "rover", "--check", "--config", str(path), *words]
        monkeypatch.setattr("sys.argv", argv)
        with pytest.raises(SystemExit) as done:
            app.main()
        out, err = capsys.readouterr()
        assert sorted(tmp_path.rglob("*")) == before
        lines = [re.split(r"\s{2,}", line, maxsplit=2) for line in out.splitlines()[:-1]]
        return done.value.code, {what: (state, text) for state, what, text in lines}, err

    return run


def eye(tmp_path, name, baseline_m=0.0, **changed):
    """A recorded picture and a calibration; the values of its camera."""
    k = [60.0, 0, 31.5, 0, 60.0, 23.5, 0, 0, 1]
    told = {
        "image_width": W, "image_height": H, "camera_matrix": {"data": k},
        "distortion_coefficients": {"data": [0.0] * 5},
        "rectification_matrix": {"data": np.eye(3).ravel().tolist()},
        "projection_matrix": {
            "data": [60.0, 0, 31.5, -60.0 * baseline_m, 0, 60.0, 23.5, 0, 0, 0, 1, 0]
        },
    } | changed  # fmt: skip
    (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(told))
    cv2.imwrite(str(tmp_path / f"{name}0.png"), np.full((H, W), 90, np.uint8))
    return {"source": f"{name}%d.png", "calibration": f"{name}.yaml"}


def test_cases_all_is_well_with_every_board_and_camera(bench, check, tmp_path):
    cameras = {"stereo/left": eye(tmp_path, "left"), "stereo/right": eye(tmp_path, "right", 0.3)}
    code, told, err = check(bench.urls, cameras=cameras)
    assert (code, err) == (0, "")
    assert {state for state, _ in told.values()} == {"ok"}
    assert set(told) == {
        "ROS 2", "configuration", "plan", "map", "plan on the map", "vehicle", "host", "nodes",
        "stereo pair", *(f"port {b}" for b in BOARDS),
        *(f"{what} {eye}" for what in ("calibration", "camera") for eye in cameras),
    }  # fmt: skip
    assert "0.300 m apart" in told["stereo pair"][1]
    for board in BOARDS:
        assert re.search(r"opens, [1-9]\d* packets", told[f"port {board}"][1])


def test_cases_ports_that_are_missing_swapped_taken_or_silent_are_told(bench, check):
    bench.silent.add("DRL")
    urls = bench.urls | {
        "MOB": "/dev/none", "IMU": bench.urls["STR"], "SCI": "socket://127.0.0.1:1", "EPS": "what://"
    }  # fmt: skip
    del urls["LGC"]
    urls["LND"], bench.ports["LND"], bench.ports["EPS"] = (
        bench.urls["LND"], bench.ports["EPS"], bench.ports["LND"],
    )  # fmt: skip
    code, told, err = check(urls)
    assert (code, err) == (1, "")
    for board, state, words in (
        ("MOB", "degraded", "/dev/none: port is not there; .*without MOB it does not drive"),
        ("STR", "degraded", "in use by another program"),  # IMU holds it
        ("IMU", "degraded", "STR speaks there, not IMU; are cables swapped"),
        ("LND", "degraded", "EPS speaks there, not LND"),
        ("SCI", "degraded", "socket://127.0.0.1:1: port cannot be opened"),
        ("EPS", "degraded", "what://: port cannot be opened"),
        ("LGC", "degraded", "no port is given; set ports.LGC"),
        ("DRL", "note", "opens; nothing came"),
    ):
        assert told[f"port {board}"][0] == state
        assert re.search(words, told[f"port {board}"][1]), told[f"port {board}"]
    assert told["cameras"][0] == "note"


def test_cases_every_wrong_file_has_its_line(check, tmp_path):
    (tmp_path / "plan.json").write_text('{"start_ns": 1}')
    (tmp_path / "onboard_map.tif").write_bytes(b"no map")
    cameras = {"stereo/left": eye(tmp_path, "left", distortion_model="fov"),
               "camera/descent": eye(tmp_path, "down") | {"sorce": "x"}}  # fmt: skip
    code, told, _ = check({}, cameras=cameras, vehicle={"urdf": "none.urdf"}, host={"failures": 1})
    assert code == 2
    for what, words in (
        ("plan", "landing_target' is missing"),
        ("map", "onboard_map.tif"),
        ("vehicle", "none.urdf"),
        ("host", "unknown key 'failures'"),
        ("calibration stereo/left", "'fov' is not known"),
        ("calibration camera/descent", "unknown key 'sorce'.*did you mean 'source'"),
    ):
        assert told[what][0] == "wrong" and re.search(words, told[what][1]), told[what]
    assert told["nodes"][0] == "note" and told["stereo pair"][0] == "degraded"


@pytest.mark.parametrize(
    ("changed", "what", "state", "words"),
    [
        ({"nodes": {"health": {"jump": 3}}}, "nodes", "wrong", "nodes.health: unknown key 'jump'"),
        ({"seed": 2**40}, "configuration", "wrong", "seed: 1099511627776 is outside"),
        ({"nodes": {"driller": {}}}, "nodes", "wrong", "driller"),
        ({"extra_nodes": {"mine": "no.module:X"}}, "nodes", "wrong", "cannot be loaded"),
        ({"plan": "none.json"}, "plan", "wrong", "plan: 'none.json' is no file"),
        ({"cameras": {"stereo/left": {"size": 9}}}, "camera stereo/left", "degraded", "9, 9"),
        ({"cameras": {"stereo/left": {"source": "x"}}}, "camera stereo/left", "degraded", "opened"),
        ({"cameras": {"stereo/right": {"baseline_m": -0.3}}}, "stereo pair", "wrong", "-0.3 m"),
        ({"cameras": {"stereo/right": {"height": 40}}}, "stereo pair", "wrong", "different sizes"),
    ],
)
def test_cases_what_is_wrong_inside_is_told(check, tmp_path, changed, what, state, words):
    if "cameras" in changed:
        (name, odd), *_ = changed["cameras"].items()
        cameras = {
            "stereo/left": eye(tmp_path, "left"),
            "stereo/right": eye(tmp_path, "right", 0.3),
        }
        side = name.split("/")[1]
        if "baseline_m" in odd:
            cameras[name] = eye(tmp_path, side, odd["baseline_m"])
        elif "height" in odd:
            cameras[name] = eye(tmp_path, side, 0.3, image_height=odd["height"])
        elif "size" in odd:
            cv2.imwrite(str(tmp_path / f"{side}0.png"), np.zeros((9, 9), np.uint8))
        else:
            cameras[name]["source"] = odd["source"]
        changed = {"cameras": cameras}
    code, told, _ = check({}, **changed)
    assert told[what][0] == state and re.search(words, told[what][1]), told[what]
    assert code == (2 if state == "wrong" else 1)


def test_cases_a_plan_of_another_site_is_not_on_the_map(check, tmp_path):
    plan = json.loads((tmp_path / "plan.json").read_text())
    plan["haven"][0] = 900_000.0
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    code, told, _ = check({})
    assert code == 2 and told["plan on the map"][0] == "wrong"
    assert re.search(r"haven \(900000, .*not on the map", told["plan on the map"][1])


def test_cases_a_configuration_with_a_doubled_key_is_refused_with_both_lines(
    check, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "twice.yaml"
    path.write_text("ports:\n  MOB: a\n  MOB: b\n")
    monkeypatch.setattr("sys.argv", ["lupex", "up", "rover", "--check", "--config", str(path)])
    with pytest.raises(SystemExit) as done:
        app.main()
    err = capsys.readouterr().err
    assert done.value.code == 2 and err.count("\n") == 1
    assert "line 3 (key 'MOB' stands twice, first in line 2)" in err


def test_cases_a_machine_without_ros_is_checked_all_the_same(bench, check, monkeypatch):
    monkeypatch.setattr("lupex_rover.cli.up.why_no_ros", lambda: "no wheels for it")
    code, told, _ = check(bench.urls)
    assert (code, told["ROS 2"]) == (1, ("degraded", "no wheels for it"))
    assert told["port MOB"][0] == "ok"


def test_cases_check_goes_with_the_rover_alone(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["lupex", "up", "simulation", "--check"])
    with pytest.raises(SystemExit) as done:
        app.main()
    assert done.value.code == 2 and "--check goes with `up rover`" in capsys.readouterr().err
