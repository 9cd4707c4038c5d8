"""Parameters of localization, mapping and the navigator."""

from __future__ import annotations

from dataclasses import dataclass, field

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import ordered, param
from lupex_rover.navigation.follower_params import FollowerParams


@dataclass(frozen=True)
class LocalizationParams:
    slip_level: float = param(0.03, "slip of a crawler on level regolith", low=0, high=0.5)
    slip_per_slope: float = param(0.35, "slip per tangent of the slope uphill", low=0, high=5)
    slip_per_slope2: float = param(1.8, "slip per squared tangent, signed", low=0, high=20)
    slip_limit: float = param(0.8, "slip model stops here, both signs", low=0.1, high=0.99)
    slip_memory: float = param(0.25, "weight of a new visual slip reading", low=0, high=1)
    slip_sigma: float = param(0.10, "error of the slip model, part of distance", low=0, high=1)
    lateral_sigma: float = param(0.05, "sideways drift, part of distance", low=0, high=1)
    vertical_sigma: float = param(0.02, "height drift, part of distance", low=0, high=1)
    visual_scale_sigma: float = param(
        0.01,
        "scale error of visual odometry",
        low=0,
        high=0.5,
        source="assumed: stereo calibration",
    )
    gyro_sigma_rps: float = param(
        1e-3, "gyro noise of one message", unit="rad/s", low=1e-7, high=0.1
    )
    bias_walk_rps: float = param(
        1e-6, "gyro bias random walk per root second", unit="rad/s", low=0, high=1e-2
    )
    gravity_sigma_rad: float = param(
        0.01, "levelling by specific force at rest", unit="rad", low=1e-4, high=0.2
    )
    gravity_after_s: float = param(
        10.0,
        "level by gravity when no star fix came for so long",
        unit="s",
        low=0,
        high=1e5,
    )
    still_speed_mps: float = param(
        1e-3, "tracks slower than this stand still", unit="m/s", low=0, high=0.05
    )
    still_after_s: float = param(
        2.0, "rates count as zero when still for so long", unit="s", low=0, high=60
    )
    map_height_sigma_m: float = param(
        1.0, "ground against the onboard map", unit="m", low=0.05, high=100
    )
    map_height_every_m: float = param(
        10.0,
        "onboard map height is used once in so many metres",
        unit="m",
        low=1,
        high=1000,
    )
    star_jump_sigma_rad: float = param(
        0.3, "attitude uncertainty at touchdown", unit="rad", low=0.01, high=3
    )
    start_sigma_m: float = param(
        1.0,
        "position uncertainty when the ground gives the start",
        unit="m",
        low=0.01,
        high=1000,
    )
    persist_s: float = param(10.0, "least time between kept poses", unit="s", low=1, high=3600)
    idle_period_s: float = param(0.5, "output interval while still", unit="s", low=0.1, high=10)


@dataclass(frozen=True)
class MappingParams:
    window_m: float = param(40.0, "side of the rolling window", unit="m", low=10, high=200)
    cell_m: float = param(0.25, "cell of the elevation map", unit="m", low=0.05, high=1)
    disparities: int = param(64, "search range, multiple of 16", unit="px", low=16, high=256)
    block_px: int = param(5, "matching block, odd", unit="px", low=3, high=21)
    match_sigma_px: float = param(0.3, "disparity noise", unit="px", low=0.05, high=2)
    range_min_m: float = param(0.8, "nearest point used", unit="m", low=0.1, high=10)
    range_max_m: float = param(9.0, "farthest point used", unit="m", low=2, high=50)
    dark_level: int = param(8, "darker pixels are not matched", unit="DN", low=0, high=255)
    texture_level: float = param(
        2.0, "least standard deviation in a block", unit="DN", low=0, high=255
    )
    slope_limit_deg: float = param(
        20.0, "steeper ground is entered only if there is no other way", unit="deg", low=5, high=45
    )
    slope_last_deg: float = param(
        25.0,
        "steeper ground is impassable",
        unit="deg",
        low=6,
        high=46,
        source="assumed: 5 deg below the friction angle of loose soil, Lunar Sourcebook table 9.12",
    )
    step_limit_m: float = param(0.25, "higher steps are impassable", unit="m", low=0.05, high=1)
    plane_radius_m: float = param(0.75, "half side of the fitted plane", unit="m", low=0.25, high=3)
    prior_extra_cost: int = param(8, "added where only the onboard map speaks", low=0, high=50)
    hidden_looks: int = param(
        1, "pairs that look at ground from near by and do not see it: it is hidden", low=1, high=100
    )
    lit_part: float = param(
        0.2, "with less of the ground near by ever seen, it is dark and nothing counts as hidden",
        low=0, high=1,
    )  # fmt: skip
    min_points: int = param(3, "points a cell needs in one pair", low=1, high=100)
    visual_range_m: float = param(
        15.0, "visual odometry looks no farther", unit="m", low=2, high=100
    )
    faint_part: float = param(
        0.2,
        "with less of the picture matched, visual odometry matches dark ground too",
        low=0,
        high=1,
    )
    feature_count: int = param(150, "visual odometry features", low=20, high=1000)
    feature_min: int = param(15, "fewer tracked features: no visual odometry", low=6, high=500)
    feature_sigma_px: float = param(0.3, "feature tracking noise", unit="px", low=0.05, high=5)

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
    speed_mps: float = param(0.10, "greatest track speed asked for", unit="m/s", low=0.01, high=0.3)
    track_limit_mps: float = param(
        0.12, "no track is told to run faster", unit="m/s", low=0.01, high=0.3
    )
    goal_limit_m: float = param(
        400.0, "goals farther away are refused", unit="m", low=10, high=5000
    )
    drive_whpm: float = param(
        0.3, "all loads over a metre of way", unit="Wh/m", low=0, high=100,
        source="flights of the reference mission: 0.2",
    )  # fmt: skip
    plan_cell_m: float = param(0.5, "cell of the planning grid", unit="m", low=0.25, high=2)
    plan_margin_m: float = param(25.0, "grid beyond start and goal", unit="m", low=5, high=100)
    clearance_m: float = param(
        1.15,
        "centre to impassable ground",
        unit="m",
        low=0.3,
        high=5,
        source="half diagonal of rover",
    )
    clearance_tight_m: float = param(
        0.85,
        "the same when nothing else is left",
        unit="m",
        low=0.3,
        high=5,
        source="half width",
    )
    comfort_m: float = param(
        2.2, "nearer to impassable ground costs more", unit="m", low=0.3, high=10
    )
    comfort_weight: float = param(3.0, "cost of closeness", low=0, high=100)
    cost_weight: float = param(4.0, "cost of rough ground", low=0, high=100)
    prior_slope_limit_deg: float = param(
        20.0,
        "onboard map slope entered only if there is no other way",
        unit="deg",
        low=5,
        high=45,
    )
    prior_slope_last_deg: float = param(
        25.0, "onboard map slope that is impassable", unit="deg", low=6, high=46
    )
    steep_cost: float = param(12.0, "cost of ground that is steeper than wanted", low=0, high=100)
    escape_m: float = param(
        1.6, "the rover may leave closed cells this near", unit="m", low=0, high=5
    )
    look_ahead_m: float = param(
        8.0,
        "closed cells on the path this near force a new plan",
        unit="m",
        low=1,
        high=50,
    )
    replan_s: float = param(10.0, "plan again at least so often", unit="s", low=1, high=600)
    pose_age_s: float = param(1.0, "older poses stop the rover", unit="s", low=0.1, high=10)
    pose_wait_s: float = param(30.0, "wait so long for a pose", unit="s", low=1, high=600)
    enable_wait_s: float = param(3.0, "wait for the board's answer", unit="s", low=0.2, high=60)
    enable_tries: int = param(3, "ENABLE sent so often", low=1, high=10)
    tilt_limit_deg: float = param(
        27.0, "backs up from a greater tilt; below health's limit, config/faults.yaml", unit="deg",
        low=5, high=60,
    )  # fmt: skip
    progress_window_s: float = param(40.0, "progress is judged over", unit="s", low=5, high=600)
    progress_min: float = param(0.25, "least progress, part of what was commanded", low=0, high=1)
    stall_current_a: float = param(
        1.2,
        "mean motor current of tracks that only churn",
        unit="A",
        low=0.1,
        high=100,
        source="assumed: a crawler's share of the weight times tan 32 deg at the gear",
    )
    stall_s: float = param(8.0, "such a current this long is a stall", unit="s", low=0.5, high=60)
    backup_m: float = param(1.0, "back up when stuck", unit="m", low=0.1, high=5)
    backup_speed_mps: float = param(0.06, "speed backwards", unit="m/s", low=0.01, high=0.3)
    blocked_ahead_m: float = param(
        1.3, "where the rover got stuck: so far ahead", unit="m", low=0, high=5
    )
    blocked_radius_m: float = param(0.5, "is closed with this radius", unit="m", low=0.1, high=5)
    recoveries: int = param(3, "back-ups without progress in between", low=0, high=20)
    blocked_wait_s: float = param(
        6.0, "wait for a new costmap when blocked", unit="s", low=0, high=120
    )
    blocked_tries: int = param(4, "plans tried when blocked", low=1, high=50)
    settle_s: float = param(0.5, "zero command before disable", unit="s", low=0.1, high=5)
    time_factor: float = param(4.0, "drive may take so many times its least time", low=1, high=50)
    time_extra_s: float = param(300.0, "and this", unit="s", low=0, high=1e5)

    def check(self) -> None:
        ordered(self, "clearance_tight_m", "clearance_m", "comfort_m")
        ordered(self, "prior_slope_limit_deg", "prior_slope_last_deg")
        ordered(self, "backup_speed_mps", "track_limit_mps")
