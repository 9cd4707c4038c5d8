"""Files of each kind with random damage: read, or refused in one line that names the file."""

import random
import re
import warnings
from typing import Any

import pytest
from test_lens_cases import FISHEYE, calibration

from lupex_rover.cli.common.frame_json import parse_frame
from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import shipped
from lupex_rover.drivers.camera import read_calibration
from lupex_rover.health import table
from lupex_rover.mission.plan import load_plan
from lupex_rover.scenarios import rover_config
from lupex_rover.scenarios import scenario as scenarios

COUNT = 60  # of each kind
SPLICES = [
    b"*a", b"&a ", b"<<: ", b"!!int ", b"!!binary ", b"---\n", b"\t", b"\x00", b"\xff\xfe", b"\xe9",
    b"\xef\xbb\xbf", b"1e400", b"-", b".nan", b"9" * 30, b"9" * 5000, b'"', b"'", b"{", b"}", b"[",
    b"]", b":", b"\n", b" ", b"\\u0000", b"\\ud800", b"null", b"true", b"yes", b"010", b"NaN",
    b"? ", b"| ", b"%YAML 9.9\n", b"#", b"../", b"\r", b"[" * 300,
]  # fmt: skip
FRAME = (
    b'{"camera": {"width": 64, "height": 64, "fx": 70.0, "fy": 70.0, "cx": 31.5, "cy": 31.5,'
    b' "distortion_model": "plumb_bob", "distortion_coefficients": [-0.2, 0.1, 0.0, 0.0]},'
    b' "prior": {"position_m": [5.0, 5.0, 6.0], "orientation_xyzw": [1.0, 0.0, 0.0, 0.0],'
    b' "position_sigma_m": [1.0, 1.0, 1.0], "orientation_sigma_rad": 0.005},'
    b' "sun": {"azimuth_deg": 40.0, "elevation_deg": 3.0}}'
)
PLAN = (
    b'{"start_ns": 1881597600000000000, "landing_target": [-1.5, 2.0], "landing_azimuth_rad": 3.2,'
    b' "drill_target": [1.0, 2.0], "haven": [3.0, 4.0], "drill_depths_m": [0.5, 1.0],'
    b' "night_start_ns": 1881790200000000000, "night_end_ns": 1882236600000000000}'
)
KINDS: dict[str, tuple[Any, Any]] = {  # what makes it in a folder, what reads it
    "rover.yaml": (lambda _: shipped("config/rover.yaml").read_bytes(), rover_config.load),
    "scenario.yaml": (
        lambda _: shipped("config/scenarios/reference.yaml").read_bytes(),
        lambda path: scenarios.read(str(path)),
    ),
    "faults.yaml": (lambda _: shipped("config/faults.yaml").read_bytes(), table.read),
    "eye.yaml": (
        lambda folder: calibration(folder, FISHEYE, camera_model="fisheye").read_bytes(),
        read_calibration,
    ),
    "frame.json": (lambda _: FRAME, lambda path: parse_frame(read_json(path, finite=False))),
    "plan.json": (lambda _: PLAN, load_plan),
}


def damaged(whole, rng):
    data = bytearray(whole)
    for _ in range(rng.choice([1, 1, 2, 4])):
        at, what = rng.randrange(len(data)), rng.randrange(6)
        if what == 0:
            data[at] = rng.randrange(256)
        elif what == 1:
            data[at:at] = rng.choice(SPLICES)
        elif what == 2:
            del data[at : at + rng.choice([1, 5, 50])]
        elif what == 3:
            start = rng.randrange(len(data))
            data[at:at] = data[start : start + rng.choice([5, 40, 200])]
        elif what == 4 and (words := list(re.finditer(rb"[\w.+-]+", bytes(data)))):
            word = rng.choice(words)
            data[word.start() : word.end()] = rng.choice(SPLICES)
        elif what == 5:
            del data[at + 1 :]
        data = data or bytearray(b"x")
    return bytes(data)


@pytest.mark.parametrize("kind", KINDS)
def test_cases_a_damaged_file_is_read_or_refused_in_one_line(tmp_path, kind):
    make, read = KINDS[kind]
    whole, rng, path = make(tmp_path), random.Random(22), tmp_path / kind
    path.write_bytes(whole)
    read(path)
    refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # one would stand in somebody's terminal
        for _ in range(COUNT):
            path.write_bytes(damaged(whole, rng))
            try:
                read(path)
            except UserError as error:
                refused += 1
                text = str(error)
                assert "\n" not in text and text.encode()
                assert kind == "frame.json" or kind in text  # `land` names the frame itself
    assert COUNT / 10 < refused < COUNT
