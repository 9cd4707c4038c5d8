"""Whole inputs of each kind, how the program reads one, and the command that does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "test" / "replay" / "run"
GRID = "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=m +no_defs"
CALIBRATION = """image_width: 64
image_height: 64
camera_name: left
distortion_model: plumb_bob
camera_matrix: {rows: 3, cols: 3, data: [60.0, 0.0, 31.5, 0.0, 60.0, 31.5, 0.0, 0.0, 1.0]}
distortion_coefficients: {rows: 1, cols: 5, data: [-0.1, 0.01, 0.0, 0.0, 0.0]}
rectification_matrix: {rows: 3, cols: 3, data: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]}
projection_matrix: {rows: 3, cols: 4, data: [60.0, 0.0, 31.5, 0.0, 0.0, 60.0, 31.5, 0.0, 0.0, 0.0, 1.0, 0.0]}
"""  # noqa: E501
SUN = ("sun", "--lat", "-90", "--lon", "0", "--utc", "2029-01-01T00:00:00Z", "--map")
PARAMS = "least_radius_px: 6.0\nleast_confidence: 0.05\n"
FRAME = {
    "camera": {"width": 64, "height": 64, "fx": 70.0, "fy": 70.0, "cx": 31.5, "cy": 31.5},
    "prior": {
        "position_m": [0.0, 0.0, 600.0], "orientation_xyzw": [1.0, 0.0, 0.0, 0.0],
        "position_sigma_m": [10.0, 10.0, 5.0], "orientation_sigma_rad": 0.005,
    },
    "sun": {"azimuth_deg": 40.0, "elevation_deg": 3.0},
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One whole input.

    Attributes
    ----------
    name : str
        For reports.
    folder : Path
        Holds it alone, with what it needs.
    spoil : str
        File in `folder` that is to be spoilt.
    text : bool
        It is made of lines and words.
    read : Callable[[Path], Any]
        Reads it from a folder as the program does.
    words : Callable[[Path], list[str]] or None
        The command that reads it from a folder; empty where none reads it alone.
    """

    name: str
    folder: Path
    spoil: str
    text: bool
    read: Callable[[Path], Any]
    words: Callable[[Path], list[str]] | None = None


def _of(name: str, read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """`read`, of the file `name` of a folder."""
    return lambda at: read(at / name)


def _said(*words: str, name: str) -> Callable[[Path], list[str]]:
    """A command that ends with the file `name` of a folder."""
    return lambda at: [*words, f"{at}/{name}"]


def make(kind: str, folder: Path) -> list[Sample]:
    """The whole inputs of a kind, made below `folder`."""
    return MAKERS[kind](folder)


# --- bags ---------------------------------------------------------------------------------------


def _bags(folder: Path) -> list[Sample]:
    from rosbags.rosbag2 import StoragePlugin

    made = []
    for plugin, suffix in ((StoragePlugin.MCAP, "mcap"), (StoragePlugin.SQLITE3, "db3")):
        place = folder / suffix
        _write_bag(place / "bag", plugin)
        for name in (f"bag.{suffix}", "metadata.yaml"):
            made.append(Sample(f"{suffix} bag, {name}", place, f"bag/{name}", name[-1] == "l",
                               _read_bag, _bag_words))  # fmt: skip
    return made


def _bag_words(at: Path) -> list[str]:
    return ["bag", "info", f"{at}/bag", "--check"]


def _write_bag(place: Path, plugin: Any) -> None:
    from rosbags.rosbag2 import Writer
    from rosbags.typesys import Stores, get_typestore

    types = get_typestore(Stores.ROS2_JAZZY)
    place.parent.mkdir(parents=True)
    text, header = types.types["std_msgs/msg/String"], types.types["std_msgs/msg/Header"]
    time = types.types["builtin_interfaces/msg/Time"]
    with Writer(place, version=9, storage_plugin=plugin) as writer:
        one = writer.add_connection("/text", "std_msgs/msg/String", typestore=types)
        two = writer.add_connection("/head", "std_msgs/msg/Header", typestore=types)
        for k in range(100):
            t_ns = 1_700_000_000_000_000_000 + k * 10_000_000
            for line, message in ((one, text(f"m{k}" * 9)), (two, header(time(k, 0), "map"))):
                writer.write(line, t_ns, types.serialize_cdr(message, message.__msgtype__))


def _read_bag(at: Path) -> None:
    from lupex_rover.cli.bag import summary, undecoded

    summary(at / "bag")
    undecoded(at / "bag")


# --- maps and pictures --------------------------------------------------------------------------


def _maps(folder: Path) -> list[Sample]:
    import rasterio
    from rasterio.shutil import copy

    heights = (np.random.default_rng(1).standard_normal((64, 64)) * 20.0).cumsum(0).cumsum(1) / 50.0
    options: dict[str, Any] = {
        "driver": "GTiff", "width": 64, "height": 64, "count": 1, "crs": GRID,
        "transform": rasterio.transform.from_origin(-640.0, 640.0, 20.0, 20.0),
    }  # fmt: skip
    places = [folder / name for name in ("float", "scaled", "virtual", "netcdf")]
    for place in places:
        place.mkdir(parents=True)
    with rasterio.open(places[0] / "map.tif", "w", dtype="float32", compress="deflate",
                       tiled=True, blockxsize=32, blockysize=32, **options) as out:  # fmt: skip
        out.write(heights.astype(np.float32), 1)
    with rasterio.open(places[1] / "map.tif", "w", dtype="int16", nodata=-32768, **options) as out:
        out.write((heights * 2.0).astype(np.int16), 1)
        out.scales, out.offsets, out.units = (0.5,), (0.0,), ("m",)
    shutil.copy(places[0] / "map.tif", places[2])
    (places[2] / "map.vrt").write_text(
        f"<VRTDataset rasterXSize='64' rasterYSize='64'>\n<SRS>{GRID}</SRS>\n"
        "<GeoTransform>-640.0, 20.0, 0.0, 640.0, 0.0, -20.0</GeoTransform>\n"
        "<VRTRasterBand dataType='Float32' band='1'>\n<SimpleSource>\n"
        "<SourceFilename relativeToVRT='1'>map.tif</SourceFilename>\n<SourceBand>1</SourceBand>\n"
        "<SrcRect xOff='0' yOff='0' xSize='64' ySize='64'/>\n"
        "<DstRect xOff='0' yOff='0' xSize='64' ySize='64'/>\n"
        "</SimpleSource>\n</VRTRasterBand>\n</VRTDataset>\n"
    )
    copy(places[0] / "map.tif", places[3] / "map.nc", driver="netCDF")
    names = ("map.tif", "map.tif", "map.vrt", "map.nc")
    return [
        Sample(f"map, {place.name}", place, name, name == "map.vrt",
               _of(name, _read_map), _said(*SUN, name=name))
        for place, name in zip(places, names)
    ]  # fmt: skip


def _read_map(path: Path) -> None:
    from lupex_rover.terrain.dem_file import read_dem

    read_dem(path)


def _pictures(folder: Path) -> list[Sample]:
    import cv2

    pixels = _ground()
    made = []
    for name, picture in (
        ("p.png", pixels), ("p.jpg", pixels), ("p.pgm", pixels), ("p.tif", pixels * np.uint16(200)),
    ):  # fmt: skip
        place = folder / name[2:]
        place.mkdir(parents=True)
        cv2.imwrite(str(place / name), picture)
        made.append(Sample(f"picture, {name[2:]}", place, name, False,
                           _of(name, _read_picture), _said("craters", name=name)))  # fmt: skip
    return made


def _ground() -> np.ndarray:
    import cv2

    rough = np.random.default_rng(2).standard_normal((96, 96)).astype(np.float32)
    smooth = cv2.GaussianBlur(rough, (0, 0), 3.0)
    return np.clip(128 + 200 * smooth, 0, 255).astype(np.uint8)


def _read_picture(path: Path) -> None:
    from lupex_rover.cli.common.picture_file import read_picture

    read_picture(path, "IMAGE")


# --- yaml and json ------------------------------------------------------------------------------


def _yaml(folder: Path) -> list[Sample]:
    import cv2

    from lupex_rover.core.params_file import read_params
    from lupex_rover.craters.find import CraterParams
    from lupex_rover.drivers.camera import read_calibration
    from lupex_rover.runs import dispersions
    from lupex_rover.scenarios import rover_config, scenario

    def crater_words(at: Path) -> list[str]:
        return ["craters", f"{at}/p.png", "--params", f"{at}/a.yaml"]

    texts: dict[str, tuple[str, Callable[[Path], Any], Any]] = {
        "parameters": (PARAMS, lambda p: read_params(CraterParams, p), crater_words),
        "calibration": (CALIBRATION, read_calibration, None),
        "scenario": (_shipped("scenarios/reference.yaml"), lambda p: scenario.read(str(p)), None),
        "dispersions": (_shipped("campaigns/descent.yaml"), dispersions.read, None),
        "rover": (_shipped("rover.yaml"), rover_config.read, None),
    }
    made = []
    for name, (text, read, words) in texts.items():
        place = folder / name
        place.mkdir(parents=True)
        (place / "a.yaml").write_text(text, encoding="utf-8")
        cv2.imwrite(str(place / "p.png"), _ground())
        for beside in ("plan.json", "onboard_map.tif"):
            (place / beside).symlink_to(RUN / beside)
        made.append(Sample(f"yaml, {name}", place, "a.yaml", True,
                           _of("a.yaml", read), words))  # fmt: skip
    return made


def _shipped(name: str) -> str:
    return (ROOT / "config" / name).read_text(encoding="utf-8")


def _json(folder: Path) -> list[Sample]:
    import cv2

    from lupex_rover.cli.common.frame_json import parse_frame
    from lupex_rover.core.config_file import read_json
    from lupex_rover.mission.plan import load_plan

    frame, plan = folder / "frame", folder / "plan"
    (frame / "frames").mkdir(parents=True)
    plan.mkdir()
    (frame / "frames" / "frame_1.json").write_text(json.dumps(FRAME, indent=1))
    cv2.imwrite(str(frame / "frames" / "frame_1.png"), _ground()[:64, :64])
    shutil.copy(_maps(folder / "map")[0].folder / "map.tif", frame)
    shutil.copy(RUN / "plan.json", plan)
    return [
        Sample("json, frame", frame, "frames/frame_1.json", True,
               lambda at: parse_frame(read_json(at / "frames" / "frame_1.json")),
               lambda at: ["land", "--map", f"{at}/map.tif", "--frames", f"{at}/frames"]),
        Sample("json, plan", plan, "plan.json", True, lambda at: load_plan(at / "plan.json")),
    ]  # fmt: skip


MAKERS: dict[str, Callable[[Path], list[Sample]]] = {
    "bags": _bags, "maps": _maps, "pictures": _pictures, "yaml": _yaml, "json": _json,
}  # fmt: skip
