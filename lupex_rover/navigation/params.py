"""Parameters of localization, mapping and the navigator."""

from __future__ import annotations

from dataclasses import dataclass, field

from lupex_rover.core.constants import TRACK_LIMIT_MPS
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import ordered, param
from lupex_rover.navigation.follower_params import FollowerParams


@dataclass(frozen=True)
class LocalizationParams:
    slip_level: float = param(
        0.03, "slip of a crawler on level regolith", unit="1", low=0, high=0.5,
    )  # fmt: skip
    slip_per_slope: float = param(
        0.35, "growth of slip per tangent of the slope uphill", unit="1", low=0, high=5,
    )  # fmt: skip
    slip_per_slope2: float = param(
        1.8, "growth of slip per squared tangent of the slope, signed", unit="1", low=0, high=20,
    )  # fmt: skip
    slip_limit: float = param(
        0.8, "greatest slip of the slip model, of either sign", unit="1", low=0.1, high=0.99,
    )  # fmt: skip
    slip_memory: float = param(
        0.25, "weight of a new visual reading of the slip", unit="1", low=0, high=1,
    )  # fmt: skip
    slip_sigma: float = param(
        0.10, "error of the slip model, one sigma, over the distance driven",
        unit="1", low=0, high=1,
    )  # fmt: skip
    lateral_sigma: float = param(
        0.05, "sideways drift, one sigma, over the distance driven", unit="1", low=0, high=1,
    )  # fmt: skip
    vertical_sigma: float = param(
        0.02, "height drift, one sigma, over the distance driven", unit="1", low=0, high=1,
    )  # fmt: skip
    visual_scale_sigma: float = param(
        0.01, "scale error of visual odometry, one sigma", unit="1", low=0, high=0.5,
        source="assumed: stereo calibration",
    )  # fmt: skip
    gyro_sigma_rps: float = param(
        1e-3, "gyro noise of one message, one sigma", unit="rad/s", low=1e-7, high=0.1,
    )  # fmt: skip
    bias_walk_rps: float = param(
        1e-6, "random walk of the gyro bias per root second", unit="rad/s", low=0, high=1e-2,
    )  # fmt: skip
    gravity_sigma_rad: float = param(
        0.01, "error of levelling by the specific force at rest, one sigma",
        unit="rad", low=1e-4, high=0.2,
    )  # fmt: skip
    gravity_after_s: float = param(
        10.0, "time without a star fix after which the rover levels itself by gravity",
        unit="s", low=0, high=1e5,
    )  # fmt: skip
    still_speed_mps: float = param(
        1e-3, "track speed below which the tracks count as still", unit="m/s", low=0, high=0.05,
    )  # fmt: skip
    still_after_s: float = param(
        2.0, "time that the tracks must be still before rates count as zero",
        unit="s", low=0, high=60,
    )  # fmt: skip
    map_height_sigma_m: float = param(
        1.0, "height error of the ground against the onboard map, one sigma",
        unit="m", low=0.05, high=100,
    )  # fmt: skip
    map_height_every_m: float = param(
        10.0, "distance after which the height of the onboard map is used again",
        unit="m", low=1, high=1000,
    )  # fmt: skip
    star_jump_sigma_rad: float = param(
        0.3, "attitude error at touchdown, one sigma", unit="rad", low=0.01, high=3,
    )  # fmt: skip
    start_sigma_m: float = param(
        1.0, "position error of a start that the ground gives, one sigma",
        unit="m", low=0.01, high=1000,
    )  # fmt: skip
    persist_s: float = param(
        10.0, "least time between two poses that are kept", unit="s", low=1, high=3600,
    )  # fmt: skip
    idle_period_s: float = param(
        0.5, "time between two outputs while the rover is still", unit="s", low=0.1, high=10,
    )  # fmt: skip


@dataclass(frozen=True)
class MappingParams:
    window_m: float = param(
        40.0, "side of the rolling window of the map", unit="m", low=10, high=200,
    )  # fmt: skip
    cell_m: float = param(0.25, "cell size of the elevation map", unit="m", low=0.05, high=1)
    disparities: int = param(
        64, "search range of the disparity, a multiple of 16", unit="px", low=16, high=256,
    )  # fmt: skip
    block_px: int = param(5, "width of a matching block, an odd number", unit="px", low=3, high=21)
    match_sigma_px: float = param(
        0.3, "noise of the disparity, one sigma", unit="px", low=0.05, high=2,
    )  # fmt: skip
    range_min_m: float = param(
        0.8, "distance of the nearest point that is used", unit="m", low=0.1, high=10,
    )  # fmt: skip
    range_max_m: float = param(
        9.0, "distance of the farthest point that is used", unit="m", low=2, high=50,
    )  # fmt: skip
    dark_level: int = param(
        8, "brightness below which pixels are not matched", unit="DN", low=0, high=255,
    )  # fmt: skip
    texture_level: float = param(
        2.0, "least standard deviation of the brightness in a block that is matched",
        unit="DN", low=0, high=255,
    )  # fmt: skip
    slope_limit_deg: float = param(
        20.0, "slope above which ground is entered only if there is no other way",
        unit="deg", low=5, high=45,
    )  # fmt: skip
    slope_last_deg: float = param(
        25.0, "slope above which ground is impassable", unit="deg", low=6, high=46,
        source="assumed: 5 deg below the friction angle of loose soil, Lunar Sourcebook table"
        " 9.12",
    )  # fmt: skip
    step_limit_m: float = param(
        0.25, "height above which a step is impassable", unit="m", low=0.05, high=1,
    )  # fmt: skip
    plane_radius_m: float = param(
        0.75, "half side of the plane that is fitted for the slope", unit="m", low=0.25, high=3,
    )  # fmt: skip
    prior_extra_cost: int = param(
        8, "cost that is added where only the onboard map tells the ground", low=0, high=50,
    )  # fmt: skip
    hidden_looks: int = param(
        1, "number of stereo pairs that look at ground near by and do not see it before it"
        " counts as hidden", low=1, high=100,
    )  # fmt: skip
    lit_part: float = param(
        0.2, "part of the ground near by that must have been seen; with less it is dark, and"
        " nothing counts as hidden", unit="1", low=0, high=1,
    )  # fmt: skip
    min_points: int = param(
        3, "number of points that a cell needs in one stereo pair", low=1, high=100,
    )  # fmt: skip
    visual_range_m: float = param(
        15.0, "greatest distance that visual odometry looks to", unit="m", low=2, high=100,
    )  # fmt: skip
    faint_part: float = param(
        0.2, "part of the picture matched below which visual odometry matches dark ground too",
        unit="1", low=0, high=1,
    )  # fmt: skip
    feature_count: int = param(
        150, "number of features that visual odometry tracks", low=20, high=1000,
    )  # fmt: skip
    feature_min: int = param(
        15, "number of tracked features below which there is no visual odometry", low=6, high=500,
    )  # fmt: skip
    feature_sigma_px: float = param(
        0.3, "noise of feature tracking, one sigma", unit="px", low=0.05, high=5,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "range_min_m", "range_max_m")
        ordered(self, "slope_limit_deg", "slope_last_deg")
        ordered(self, "feature_min", "feature_count")
        if self.disparities % 16:
            raise UserError(f"disparities: {self.disparities} is no multiple of 16")
        if self.block_px % 2 == 0:
            raise UserError(f"block_px: {self.block_px} is even; give an odd number")


@dataclass(frozen=True)
class NavigatorParams:
    follower: FollowerParams = field(default_factory=FollowerParams)
    speed_mps: float = param(
        0.10, "speed on a straight path", unit="m/s", low=0.01, high=TRACK_LIMIT_MPS,
    )  # fmt: skip
    track_limit_mps: float = param(
        0.12, "greatest track speed that is commanded", unit="m/s", low=0.01, high=TRACK_LIMIT_MPS,
    )  # fmt: skip
    goal_limit_m: float = param(
        400.0, "distance above which a goal is refused", unit="m", low=10, high=5000,
    )  # fmt: skip
    drive_whpm: float = param(
        0.3, "energy that all loads take per metre of way", unit="Wh/m", low=0, high=100,
        source="flights of the reference mission: 0.2",
    )  # fmt: skip
    plan_cell_m: float = param(0.5, "cell size of the planning grid", unit="m", low=0.25, high=2)
    plan_margin_m: float = param(
        25.0, "width of the planning grid beyond start and goal", unit="m", low=5, high=100,
    )  # fmt: skip
    clearance_m: float = param(
        1.15, "distance of the rover's centre to impassable ground that a plan keeps",
        unit="m", low=0.3, high=5, source="half diagonal of rover",
    )  # fmt: skip
    clearance_tight_m: float = param(
        0.85, "distance of the rover's centre to impassable ground that a plan keeps when"
        " nothing else is left", unit="m", low=0.3, high=5, source="half width",
    )  # fmt: skip
    comfort_m: float = param(
        2.2, "distance to impassable ground below which a path costs more",
        unit="m", low=0.3, high=10,
    )  # fmt: skip
    comfort_weight: float = param(
        3.0, "weight of the cost of closeness to impassable ground", unit="1", low=0, high=100,
    )  # fmt: skip
    cost_weight: float = param(4.0, "weight of the cost of rough ground", unit="1", low=0, high=100)
    prior_slope_limit_deg: float = param(
        20.0,
        "slope of the onboard map above which ground is entered only if there is no other way",
        unit="deg", low=5, high=45,
    )  # fmt: skip
    prior_slope_last_deg: float = param(
        25.0, "slope of the onboard map above which ground is impassable",
        unit="deg", low=6, high=46,
    )  # fmt: skip
    steep_cost: float = param(
        12.0, "cost of ground that is steeper than wanted", unit="1", low=0, high=100,
    )  # fmt: skip
    escape_m: float = param(
        1.6, "distance within which the rover may leave closed cells", unit="m", low=0, high=5,
    )  # fmt: skip
    look_ahead_m: float = param(
        8.0, "distance within which closed cells on the path force a new plan",
        unit="m", low=1, high=50,
    )  # fmt: skip
    replan_s: float = param(10.0, "longest time between two plans", unit="s", low=1, high=600)
    pose_age_s: float = param(
        1.0, "age of the pose above which the rover stops", unit="s", low=0.1, high=10,
    )  # fmt: skip
    pose_wait_s: float = param(
        30.0, "time that a drive waits for a pose", unit="s", low=1, high=600,
    )  # fmt: skip
    enable_wait_s: float = param(
        3.0, "time that a drive waits for the mobility board's answer", unit="s", low=0.2, high=60,
    )  # fmt: skip
    enable_tries: int = param(3, "number of times that ENABLE is sent", low=1, high=10)
    tilt_limit_deg: float = param(
        27.0,
        "tilt above which the rover backs up; it lies below health's limit in config/faults.yaml",
        unit="deg", low=5, high=60,
    )  # fmt: skip
    progress_window_s: float = param(
        40.0, "time over which progress is judged", unit="s", low=5, high=600,
    )  # fmt: skip
    progress_min: float = param(
        0.25, "least progress, over what was commanded", unit="1", low=0, high=1,
    )  # fmt: skip
    stall_current_a: float = param(
        1.2,
        "mean motor current of tracks that only churn",
        unit="A",
        low=0.1,
        high=100,
        source="assumed: a crawler's share of the weight times tan 32 deg at the gear",
    )
    stall_s: float = param(
        8.0, "time at the stall current that counts as a stall", unit="s", low=0.5, high=60,
    )  # fmt: skip
    backup_m: float = param(
        1.0, "distance that the rover backs up when it is stuck", unit="m", low=0.1, high=5,
    )  # fmt: skip
    backup_speed_mps: float = param(
        0.06, "speed of backing up", unit="m/s", low=0.01, high=TRACK_LIMIT_MPS,
    )  # fmt: skip
    blocked_ahead_m: float = param(
        1.3, "distance ahead of the place where the rover got stuck to the middle of the ground"
        " that is closed", unit="m", low=0, high=5,
    )  # fmt: skip
    blocked_radius_m: float = param(
        0.5, "radius of the ground that is closed where the rover got stuck",
        unit="m", low=0.1, high=5,
    )  # fmt: skip
    recoveries: int = param(
        3, "number of times that the rover backs up without progress in between", low=0, high=20,
    )  # fmt: skip
    blocked_wait_s: float = param(
        6.0, "time that a blocked rover waits for a new costmap", unit="s", low=0, high=120,
    )  # fmt: skip
    blocked_tries: int = param(4, "number of plans that a blocked rover tries", low=1, high=50)
    settle_s: float = param(
        0.5, "time of commanded standstill before the board is disabled", unit="s", low=0.1, high=5,
    )  # fmt: skip
    time_factor: float = param(
        4.0, "time allowed for a drive, over its least time, before `time_extra_s` is added",
        unit="1", low=1, high=50,
    )  # fmt: skip
    time_extra_s: float = param(
        300.0, "time allowed for a drive beyond `time_factor` times its least time",
        unit="s", low=0, high=1e5,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "clearance_tight_m", "clearance_m", "comfort_m")
        ordered(self, "prior_slope_limit_deg", "prior_slope_last_deg")
        ordered(self, "backup_speed_mps", "track_limit_mps")
        ordered(self, "speed_mps", "track_limit_mps")
        slowest = self.follower.min_speed_mps
        if slowest > self.speed_mps:
            raise UserError(
                f"follower.min_speed_mps: {slowest:g} is above speed_mps {self.speed_mps:g}"
            )
