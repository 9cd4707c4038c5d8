"""What `lupex up rover` would find: each file read, each port and camera tried, nothing started."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core import params
from lupex_rover.core.config_file import beside, file_beside
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import to_iso
from lupex_rover.core.types import BOARDS
from lupex_rover.drivers.camera import Calibration, CameraConfig, CameraSource, read_calibration
from lupex_rover.hosts.ros.host_params import HostParams
from lupex_rover.mission.plan import MissionPlan, load_plan
from lupex_rover.nodes.build import components
from lupex_rover.nodes.context import Context
from lupex_rover.protocol.boards import declarations
from lupex_rover.protocol.frame import Deframer
from lupex_rover.protocol.packet import Packet, PacketError, decode
from lupex_rover.scenarios import rover_config
from lupex_rover.scenarios.rover_config import RoverConfig
from lupex_rover.scenarios.vehicle_config import nodes_beside
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import read_dem
from lupex_rover.transport.serial_port import SerialPort

OK, NOTE, DEGRADED, WRONG = "ok", "note", "degraded", "wrong"
LISTEN_S = 1.2  # housekeeping comes each second
LOOK_S = 0.02
LEFT, RIGHT = "stereo/left", "stereo/right"
WITHOUT = {  # what the rover cannot do without a board
    "MOB": "it does not drive",
    "IMU": "it knows neither tilt nor turn: no driving, no landing fixes",
    "STR": "its heading drifts",
    "EPS": "charge is unknown and no load is switched: no drilling, no night",
    "DRL": "it does not drill",
    "SCI": "nothing is measured",
    "LND": "no altitude over ground: no landing fixes",
    "LGC": "landing fixes reach nobody",
}
NO_PAIR = "no map is made of what lies ahead, so it does not drive far"


@dataclass(frozen=True)
class Finding:
    """One line.

    Attributes
    ----------
    state : str
        OK; NOTE, which is no fault; DEGRADED, something is missing; WRONG, a file is.
    """

    what: str
    state: str
    found: str


def check(path: Path | None) -> Iterator[Finding]:
    """A finding for each thing, as it is looked at.

    Raises
    ------
    UserError
        The configuration itself cannot be read.
    """
    config = rover_config.load(path)
    yield _tried("configuration", lambda: _run(config))
    yield from _files(config)
    yield from _cameras(config)
    yield from _ports(config.ports)


def _tried(what: str, look: Callable[[], str], bad: str = WRONG) -> Finding:
    """What `look` tells, or why it fails."""
    try:
        return Finding(what, OK, look())
    except UserError as error:
        return Finding(what, bad, str(error))
    except Exception as error:  # a file or device of somebody else's may lead a library to anything
        return Finding(what, bad, f"cannot be used ({type(error).__name__}: {error})")


def _run(config: RoverConfig) -> str:
    rover_config.run_of(config).check()
    return config.source


def _files(config: RoverConfig) -> Iterator[Finding]:
    """Plan, map, vehicle, and every node made of them."""
    file = Path(config.source)
    plans: list[MissionPlan] = []
    maps: list[Dem] = []

    def plan() -> str:
        plans.append(load_plan(file_beside(file, "plan", config.plan)))
        return f"{beside(file, config.plan)}, descent begins {to_iso(plans[0].start_ns)[:16]}Z"

    def ground() -> str:
        path = file_beside(file, "onboard_map", config.onboard_map)
        maps.append(read_dem(path, band=config.onboard_map_band))
        rows, cols = maps[0].heights.shape
        cell = f"{maps[0].resolution_m:g} m"
        return f"{beside(file, config.onboard_map)}, {cols} x {rows} cells of {cell}"

    yield _tried("plan", plan)
    yield _tried("map", ground)
    if plans and maps:
        yield _tried("plan on the map", lambda: _on_map(plans[0], maps[0]))
    yield _tried("vehicle", lambda: _vehicle(config))

    def host() -> str:
        params.load(HostParams, config.host, f"{file}.host")
        return "parameters are right"

    yield _tried("host", host)
    if plans and maps:
        yield _tried("nodes", lambda: _nodes(config, plans[0], maps[0]))
    else:
        yield Finding("nodes", NOTE, "not looked at: they need plan and map")


def _on_map(plan: MissionPlan, dem: Dem) -> str:
    places = {"landing_target": plan.landing_target, "haven": plan.haven}
    places |= {f"hole {one.site}.{one.hole}": one.at for one in plan.more_holes}
    for name, (x, y) in {**places, "drill_target": plan.drill_target}.items():
        if not dem.contains(x, y) or not np.isfinite(dem.height(x, y)):
            raise UserError(f"{name} ({x:.0f}, {y:.0f}) m is not on the map; are both of one site?")
    return "landing, drill and haven lie on it"


def _vehicle(config: RoverConfig) -> str:
    vehicle = config.vehicle.beside(Path(config.source)).vehicle()
    return f"{vehicle.source}, {vehicle.total_mass_kg:.0f} kg"


def _nodes(config: RoverConfig, plan: MissionPlan, dem: Dem) -> str:
    file = Path(config.source)
    made = components(
        Context(
            dem, plan, config.vehicle.beside(file).vehicle(), config.seed,
            nodes_beside(file, config.nodes), config.phases, str(file), config.extra_nodes,
            config.instruments, rover_config.run_of(config).boards, config.extra_phases,
        )
    )  # fmt: skip
    flown = f"phases {', '.join(config.phases)}" if config.phases else "they stand by for goals"
    return f"{len(made)}, {flown}"


def _ports(urls: dict[str, str]) -> Iterator[Finding]:
    """Each board's port, held with all others for as long as boards are listened to."""
    with ExitStack() as held:
        opened: dict[str, SerialPort] = {}
        for board in [*BOARDS, *(name for name in urls if name not in BOARDS)]:
            lost = f"; without {board} {WITHOUT[board]}" if board in WITHOUT else ""
            try:
                if not urls.get(board):
                    raise UserError(f"no port is given; set ports.{board}")
                opened[board] = SerialPort(urls[board])
                held.callback(opened[board].close)
            except UserError as error:
                yield Finding(f"port {board}", DEGRADED, f"{error}{lost}")
        heard = _listen(opened)
        for board, port in opened.items():
            yield _said(board, port, heard[board])


def _listen(ports: dict[str, SerialPort]) -> dict[str, list[Packet]]:
    """Packets that came on each port meanwhile."""
    heard: dict[str, list[Packet]] = {board: [] for board in ports}
    cut = {board: Deframer() for board in ports}
    end = time.monotonic() + LISTEN_S
    while ports and time.monotonic() < end:
        for board, port in ports.items():
            for data in cut[board].feed(port.read()):
                try:
                    heard[board].append(decode(data))
                except PacketError:
                    continue
        time.sleep(LOOK_S)
    return heard


def _said(board: str, port: SerialPort, heard: list[Packet]) -> Finding:
    what = f"port {board}"
    names = {declared.apid: name for name, declared in declarations().items()}
    others = sorted({names.get(p.apid, f"APID {p.apid:#x}") for p in heard} - {board})
    if port.lost:
        return Finding(what, DEGRADED, f"{port.url}: the device went away while it was listened to")
    if others:
        told = f"{port.url}: {', '.join(others)} speaks there, not {board}; are cables swapped?"
        return Finding(what, DEGRADED, told)
    if not heard:
        return Finding(what, NOTE, f"{port.url}: opens; nothing came in {LISTEN_S:g} s")
    return Finding(what, OK, f"{port.url}: opens, {len(heard)} packets in {LISTEN_S:g} s")


def _cameras(config: RoverConfig) -> Iterator[Finding]:
    """Calibrations, a picture of each camera, and whether two eyes are a pair."""
    base = Path(config.source).parent
    if not config.cameras:
        yield Finding("cameras", NOTE, "none are given; without a ROS driver that publishes them"
                      f" there are no landing fixes, and {NO_PAIR}")  # fmt: skip
        return
    found: dict[str, Calibration] = {}
    for name, values in config.cameras.items():
        where = f"{config.source}.cameras.{name}"
        look = partial(_calibration, base, name, values, where, found)
        finding = _tried(f"calibration {name}", look)
        yield finding
        if finding.state == OK:
            yield _tried(f"camera {name}", partial(_picture, base, name, values, where), DEGRADED)
    if (LEFT in config.cameras) != (RIGHT in config.cameras):
        yield Finding("stereo pair", DEGRADED, f"one eye is not given: {NO_PAIR}")
    elif LEFT in found and RIGHT in found:
        yield _tried("stereo pair", lambda: _pair(found[LEFT], found[RIGHT]))


def _calibration(
    base: Path, name: str, values: Any, where: str, found: dict[str, Calibration]
) -> str:
    camera = params.load(CameraConfig, values, where)
    c = found[name] = read_calibration(base / camera.calibration)
    return f"{base / camera.calibration}, {c.width} x {c.height} px, {c.lens.model}"


def _picture(base: Path, name: str, values: Any, where: str) -> str:
    camera = params.load(CameraConfig, values, where)
    source = CameraSource(name, camera, base)
    try:
        if not source.grab():
            raise UserError(f"{where}.source: {camera.source!r} gives no picture")
        source.read(0)
    finally:
        source.close()
    return f"{camera.source} gives pictures"


def _pair(left: Calibration, right: Calibration) -> str:
    if (left.width, left.height) != (right.width, right.height):
        raise UserError("the eyes' pictures are of different sizes")
    if not np.allclose(left.projection[:, :3], right.projection[:, :3], rtol=1e-6):
        raise UserError("projection_matrix of the eyes differ in focal length or centre; calibrate"
                        " them as a pair")  # fmt: skip
    baseline_m = -right.projection[0, 3] / right.projection[0, 0]
    if baseline_m <= 0.0:
        raise UserError(f"projection_matrix of {RIGHT} says a baseline of {baseline_m:g} m; it is"
                        " to lie to the right of the other eye")  # fmt: skip
    return f"{baseline_m:.3f} m apart"
