"""How the stand-in simulator is paced, and the sections a scenario may override."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import ordered, param

# sections of a scenario's `simulator`, and where in this package their classes stand
SECTIONS = {
    "world": "site.world:WorldParams",
    "lander": "lander.params:LanderParams",
    "mobility": "mobility.params:MobilityParams",
    "inertial": "sensors.inertial:InertialParams",
    "drill": "drill.params:DrillParams",
    "regolith": "drill.regolith:RegolithParams",
    "instruments": "payload.params:InstrumentParams",
    "eps": "power.params:EpsParams",
    "engine": "params:EngineParams",
    "gazebo": "gazebo.params:GazeboParams",
}


def check_sections(names: Iterable[str], where: str) -> None:
    """Raise a UserError that names `where` and a section which the simulator does not have."""
    for name in names:
        if name not in SECTIONS:
            known = ", ".join(SECTIONS)
            raise UserError(f"{where}.simulator: unknown section {name!r}; known: {known}")


@dataclass(frozen=True)
class EngineParams:
    tick_s: float = param(0.1, "tick while something moves", unit="s", low=0.01, high=0.5)
    drill_tick_s: float = param(
        0.2, "tick while only the drill moves", unit="s", low=0.01, high=0.4
    )
    substep_s: float = param(
        0.01, "step of physics and boards inside a tick", unit="s", low=0.005, high=0.05,
    )  # fmt: skip
    idle_tick_s: float = param(1.0, "tick when nothing moves", unit="s", low=0.1, high=5)
    standby_tick_s: float = param(
        60.0, "tick when only the computer is on", unit="s", low=1, high=60
    )
    sleep_tick_s: float = param(60.0, "step in hibernation", unit="s", low=1, high=600)
    quick_s: float = param(1.0, "time of short ticks after a telecommand", unit="s", low=0, high=60)
    descent_camera_s: float = param(2.0, "interval of descent images", unit="s", low=0.1, high=60)
    descent_camera_px: int = param(
        512, "width and height of a descent image", unit="px", low=64, high=2048,
    )  # fmt: skip
    descent_fov_deg: float = param(
        48.0, "field of view of the descent camera", unit="deg", low=10, high=110,
    )  # fmt: skip
    stereo_s: float = param(
        5.0, "interval of stereo pairs while driving", unit="s", low=0.1, high=60,
    )  # fmt: skip
    stereo_width_px: int = param(320, "width of a stereo image", unit="px", low=64, high=2048)
    stereo_height_px: int = param(240, "height of a stereo image", unit="px", low=48, high=2048)
    stereo_fov_deg: float = param(
        70.0, "horizontal field of view of the stereo cameras", unit="deg", low=20, high=120,
    )  # fmt: skip
    near_margin_m: float = param(
        70.0, "width of 0.25 m terrain round the places of work", unit="m", low=45, high=500,
    )  # fmt: skip
    descent_size_m: float = param(
        1600.0, "side of the 1 m terrain under the descent", unit="m", low=200, high=5000,
    )  # fmt: skip
    fine_below_m: float = param(
        350.0, "height below which there is 0.25 m terrain with rocks", unit="m", low=0, high=1000,
    )  # fmt: skip
    fine_size_m: float = param(
        240.0, "side of the 0.25 m terrain round the landing target", unit="m", low=50, high=500,
    )  # fmt: skip
    descent_mount_rad: float = param(
        0.0, "unknown misalignment of the descent camera, one sigma of each axis",
        unit="rad", low=0, high=0.02,
    )  # fmt: skip
    ground_lit_k: float = param(
        220.0, "temperature of sunlit ground under the rover", unit="K", low=40, high=400,
        source="Diviner, Williams et al. 2017, polar lit ground",
    )  # fmt: skip
    ground_dark_k: float = param(
        90.0, "temperature of ground in the dark", unit="K", low=30, high=300,
        source="Diviner, Williams et al. 2017, polar shadow",
    )  # fmt: skip
    array_height_m: float = param(2.0, "height of the array's middle", unit="m", low=0, high=5)
    lander_link_s: float = param(
        60.0, "time after touchdown in which the lander's boards stay on",
        unit="s", low=0, high=1e5,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "substep_s", "tick_s", "idle_tick_s", "standby_tick_s")
