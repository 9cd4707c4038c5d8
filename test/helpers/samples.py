"""One message of every type of the graph, with values that are all different."""

import dataclasses

import numpy as np

from lupex_rover.bags.own_bag import BagWriter
from lupex_rover.core import types
from lupex_rover.core.transforms import Pose
from lupex_rover.graph import TOPICS

STAMP_NS = 1_893_456_000_123_456_789
LENGTHS = {"velocity_mps": 3, "array_a": 3, "load_w": 16, "target_m": 3, "position_sigma_m": 3}


def pose(rng):
    return Pose(rng.normal(size=3), rng.normal(size=4))


def stamped(rng):
    return types.Transform(STAMP_NS, "map", "odom", pose(rng))


SPECIAL = {
    "Imu": lambda r: types.Imu(
        STAMP_NS, r.normal(size=3), r.normal(size=3), "base_link", 2e-4, 3e-3
    ),
    "Image": lambda r: types.Image(STAMP_NS, "cam", r.integers(0, 255, (48, 64), dtype=np.uint8)),
    "CameraInfo": lambda r: types.CameraInfo(STAMP_NS, "cam", 64, 48, 70.5, 71.5, 31.5, 23.5, 0.3),
    "Odometry": lambda r: types.Odometry(
        STAMP_NS, "odom", "base_link", pose(r), r.normal(size=3), r.normal(size=3),
        r.normal(size=(6, 6)), r.normal(size=(6, 6)),
    ),
    "Path": lambda r: types.Path(STAMP_NS, "map", r.normal(size=(5, 3))),
    "Grid": lambda r: types.Grid(
        STAMP_NS, "map", 0.25, -3.0, 4.0, r.integers(-1, 101, (6, 9)).astype(np.int8)
    ),
    "JointState": lambda r: types.JointState(
        STAMP_NS, ("a", "b"), r.normal(size=2), r.normal(size=2), r.normal(size=2)
    ),
    "Transforms": lambda r: types.Transforms((stamped(r), stamped(r))),
    "Battery": lambda r: types.Battery(
        STAMP_NS, 28.5, -3.25, 11.5, 0.75, 50.0, 100.0, 128.0, 2, 1, True, 8
    ),
    "Diagnostics": lambda r: types.Diagnostics(
        STAMP_NS,
        (types.Diagnostic(1, "eps", "low", {"volt": "24"}), types.Diagnostic(0, "x", "ok")),
    ),
    "Clock": lambda r: types.Clock(STAMP_NS),
    "ActionRecord": lambda r: types.ActionRecord(
        "result", "drive_to", "id 1", 4, types.DriveToResult("NAV-000", "°", *r.normal(size=2))
    ),
}  # fmt: skip


def sample(kind, seed=0):
    """An instance of the `core.types` class named `kind`."""
    rng = np.random.default_rng(seed)
    if kind in SPECIAL:
        return SPECIAL[kind](rng)
    cls = getattr(types, kind)
    return cls(**{f.name: _value(f, rng) for f in dataclasses.fields(cls)})


def _value(field, rng):
    if field.name == "stamp_ns":
        return STAMP_NS
    if field.name == "covariance":
        return rng.normal(size=(6, 6))
    if field.name == "telecommand":
        return "0x2a"  # of a board that nobody declared
    by_type = {
        "int": lambda: int(rng.integers(1, 200)),
        "float": lambda: float(rng.normal()),
        "bool": lambda: True,
        "str": lambda: f"text {field.name} °",
        "bytes": lambda: rng.bytes(11),
        "Pose": lambda: pose(rng),
        "Array": lambda: rng.normal(size=LENGTHS.get(field.name, 4)),
        "tuple[str, ...]": lambda: ("mobility", "drill"),
        "tuple[int, ...]": lambda: (7, 2**40),
    }
    return by_type[field.type]()


def all_topics():
    return sorted(TOPICS)


def write_bag(path, step_ns):
    """Three samples of every topic, `step_ns` apart."""
    with BagWriter(path) as writer:
        for k in range(3):
            for topic in all_topics():
                writer.write_message(topic, sample(TOPICS[topic].type, k), STAMP_NS + k * step_ns)
    return path


def assert_equal(a, b, where="message"):
    """Field by field; floats of float32 fields must be given as exact float32 values."""
    if dataclasses.is_dataclass(a):
        assert type(a) is type(b), where
        for field in dataclasses.fields(a):
            assert_equal(getattr(a, field.name), getattr(b, field.name), f"{where}.{field.name}")
    elif isinstance(a, np.ndarray):
        np.testing.assert_allclose(a, b, rtol=1e-15, atol=0, err_msg=where)
    elif isinstance(a, float):
        assert a == b or abs(a - b) <= 1e-12 * abs(a), where
    elif isinstance(a, tuple):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b)):
            assert_equal(x, y, f"{where}[{i}]")
    else:
        assert a == b, where
