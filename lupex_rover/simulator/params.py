"""How the stand-in simulator is paced, and the sections a scenario may override."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param

# sections of a scenario's `simulator`, and where in this package their classes stand
SECTIONS = {
    "world": "site.world:WorldParams",
    "lander": "lander.params:LanderParams",
    "mobility": "mobility.params:MobilityParams",
    "inertial": "sensors.inertial:InertialParams",
    "drill": "drill.params:DrillParams",
    "regolith": "site.regolith:RegolithParams",
    "instruments": "payload.params:InstrumentParams",
    "eps": "power.params:EpsParams",
    "engine": "params:EngineParams",
    "gazebo": "gazebo.params:GazeboParams",
}


@dataclass(frozen=True)
class EngineParams:
    tick_s: float = param(0.1, "tick while something moves", unit="s", low=0.01, high=0.5)
    drill_tick_s: float = param(
        0.2, "tick while only the drill moves", unit="s", low=0.01, high=0.4
    )
    substep_s: float = param(
        0.01, "physics and boards inside a tick", unit="s", low=0.005, high=0.05
    )
    idle_tick_s: float = param(1.0, "tick when nothing moves", unit="s", low=0.1, high=5)
    standby_tick_s: float = param(
        60.0, "tick when only the computer is on", unit="s", low=1, high=60
    )
    sleep_tick_s: float = param(60.0, "step in hibernation", unit="s", low=1, high=600)
    quick_s: float = param(
        1.0, "short ticks this long after a telecommand", unit="s", low=0, high=60
    )
    descent_camera_s: float = param(2.0, "descent image interval", unit="s", low=0.1, high=60)
    descent_camera_px: int = param(
        512, "descent image width and height", unit="px", low=64, high=2048
    )
    descent_fov_deg: float = param(
        48.0, "descent camera field of view", unit="deg", low=10, high=110
    )
    stereo_s: float = param(5.0, "stereo pair interval while driving", unit="s", low=0.1, high=60)
    stereo_width_px: int = param(320, "stereo image width", unit="px", low=64, high=2048)
    stereo_height_px: int = param(240, "stereo image height", unit="px", low=48, high=2048)
    stereo_fov_deg: float = param(
        70.0, "stereo horizontal field of view", unit="deg", low=20, high=120
    )
    near_margin_m: float = param(
        70.0, "0.25 m terrain this far round the places of work", unit="m", low=45, high=500
    )
    descent_size_m: float = param(
        1600.0, "1 m terrain under the descent", unit="m", low=200, high=5000
    )
    fine_below_m: float = param(
        350.0, "0.25 m terrain with rocks below this height", unit="m", low=0, high=1000
    )
    fine_size_m: float = param(
        240.0, "side of that terrain round the target", unit="m", low=50, high=500
    )
    descent_mount_rad: float = param(
        0.0, "descent camera's unknown misalignment, 1 sigma each axis", unit="rad", low=0,
        high=0.02,
    )  # fmt: skip
    ground_lit_k: float = param(
        220.0, "ground under the rover in the Sun", unit="K", low=40, high=400,
        source="Diviner, Williams et al. 2017, polar lit ground",
    )  # fmt: skip
    ground_dark_k: float = param(
        90.0, "ground in the dark", unit="K", low=30, high=300,
        source="Diviner, Williams et al. 2017, polar shadow",
    )  # fmt: skip
    array_height_m: float = param(2.0, "height of the array's middle", unit="m", low=0, high=5)
    lander_link_s: float = param(
        60.0, "lander boards stay on after touchdown", unit="s", low=0, high=1e5
    )

    def check(self) -> None:
        ordered(self, "substep_s", "tick_s", "idle_tick_s", "standby_tick_s")
