"""Component `landing`: from inertial data, altimeter, stars and images to where the lander is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover import graph
from lupex_rover.core.camera import Camera
from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.constants import NS
from lupex_rover.core.sensor_limits import is_attitude
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.transforms import Pose, matrix_to_quat, quat_multiply
from lupex_rover.core.types import (
    Altimeter,
    Image,
    Imu,
    LandingFix,
    LandingState,
    StarAttitude,
)
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.landing.codes import CODES
from lupex_rover.landing.estimation.filter import LandingFilter
from lupex_rover.landing.estimation.filter_state import (
    BA,
    BF,
    BG,
    BV,
    SIZE,
    A,
    Fix,
    Inertial,
    Measurement,
    P,
    Range,
    Star,
    State,
    V,
)
from lupex_rover.landing.estimation.fix_bias import FixBias
from lupex_rover.landing.estimation.touchdown_detector import TouchdownDetector
from lupex_rover.landing.hazards.divert import Divert
from lupex_rover.landing.kept_descent import KeptDescent
from lupex_rover.landing.matching.interface import ImageMatcher
from lupex_rover.landing.matching.matcher import Match, Matcher
from lupex_rover.landing.params import LandingParams, along_track, nominal_start
from lupex_rover.landing.warm_up import warm_up
from lupex_rover.terrain.dem import Dem

SENSORS = (graph.IMU_DATA, graph.LANDING_ALTIMETER, graph.STAR_TRACKER_ATTITUDE)
MOUNTING_RAD = 3e-4  # camera against base_link (assumed calibrated to this)
HEIGHT_FLOOR_M = 1.0  # the prior's height is not better than the map
STAR_AGE_S = 2.0  # of the attitude that the filter begins with (assumed)
JOLT_MPS, JOLT_RAD = 2.0, 0.1  # what touchdown may change between two samples (assumed)


@dataclass(frozen=True)
class Site:
    """What the ground tells before the descent.

    `moon_R_map` is the site frame at the target; `sun(t_ns)` gives azimuth from grid north and
    elevation, rad; `start_ns` is when powered descent begins.
    """

    onboard_map: Dem
    target_xy: tuple[float, float]
    azimuth_rad: float
    start_ns: int
    moon_R_map: np.ndarray
    sun: Callable[[int], tuple[float, float]]


class Landing(Component):
    """Runs filter and matcher until a little after touchdown, then does nothing.

    Parameters
    ----------
    site : Site
        Plan and onboard map.
    base_T_camera : Pose
        Mounting of the descent camera (optical axes).
    base_height_m : float
        Of base_link over the ground when the vehicle stands.
    params : LandingParams
        Filter, matcher and hazard parameters.
    matcher : ImageMatcher or None
        One from outside, instead of the matcher that `params` sets.
    """

    name = "landing"
    inputs = (*SENSORS, graph.CAMERA_DESCENT_IMAGE_RAW, graph.CAMERA_DESCENT_CAMERA_INFO)
    outputs = (graph.LANDING_FIX, graph.LANDING_STATE, graph.MISSION_EVENT)
    period_s = 0.1

    def __init__(
        self,
        site: Site,
        base_T_camera: Pose,
        base_height_m: float,
        params: LandingParams,
        matcher: ImageMatcher | None = None,
    ) -> None:
        self._site = site
        self._base_T_camera = base_T_camera
        self._base_height_m = base_height_m
        self._params = params
        self._matcher = matcher or Matcher(site.onboard_map, params.matcher)
        self._map_R_moon = matrix_to_quat(np.asarray(site.moon_R_map, float).T)
        self._plan_xy = np.array(site.target_xy, float)
        self._target = self._on_ground(self._plan_xy)
        self._divert = Divert(site.onboard_map, self._plan_xy, params.hazard)
        self._filter: LandingFilter | None = None
        self._camera: Camera | None = None
        self._contact = TouchdownDetector(params)
        self._landed_ns: int | None = None
        self._done = False
        self._fixes = self._rejected = 0
        self._told: set[str] = set()
        self._complaints = Complaints()
        self._kept: KeptDescent | None = None  # of an earlier life
        self._kept_ns = 0

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with the descent, or stay silent after it."""
        self._kept = kept = KeptDescent.from_plain(state)
        self._target, self._landed_ns, self._done = kept.target_m, kept.landed_ns, kept.done

    def _on_ground(self, xy: np.ndarray) -> np.ndarray:
        return np.array([*xy, float(self._site.onboard_map.height(float(xy[0]), float(xy[1])))])

    def prepare(self) -> None:
        """A made-up picture is matched and searched for hazards."""
        self._site.sun(self._site.start_ns)
        self._on_ground(self._plan_xy)
        warm_up(self._params.matcher, self._params.hazard)

    # --- step -----------------------------------------------------------------------------------

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        if self._done:
            return out
        messages: list[Imu | Altimeter | StarAttitude] = [
            *inbox.all(graph.IMU_DATA),
            *inbox.all(graph.LANDING_ALTIMETER),
            *inbox.all(graph.STAR_TRACKER_ATTITUDE),
        ]
        for message in sorted(messages, key=lambda m: m.stamp_ns):
            if message.stamp_ns <= t_ns + ns(self._params.ahead_s):
                self._sense(t_ns, message, out)
            else:
                self._tell_once(out, t_ns, "LND-023")
        info = inbox.latest(graph.CAMERA_DESCENT_CAMERA_INFO)
        if info is not None and info.camera.can_be:
            self._camera = info.camera
        elif info is not None:
            self._leave_out(t_ns, "camera info", "its numbers are no camera's", out)
        image = inbox.latest(graph.CAMERA_DESCENT_IMAGE_RAW)
        if image is not None and self._landed_ns is None:
            self._look(t_ns, image, out)
        self._report(t_ns, out)
        self._keep(t_ns, out)
        return out

    def _keep(self, t_ns: int, out: Outbox) -> None:
        """Keep the descent for a next life, once in a while and at its end."""
        state = self._filter.state if self._filter is not None else None
        if state is None or t_ns - self._kept_ns < ns(self._params.persist_s):
            return
        self._kept_ns = t_ns
        out.persist = KeptDescent.of(state, self._target, self._landed_ns, self._done).plain()

    def _sense(self, t_ns: int, message: Imu | Altimeter | StarAttitude, out: Outbox) -> None:
        if isinstance(message, Altimeter) and self._landed_ns is None:
            self._touch(message, out)
        if self._filter is None:
            if isinstance(message, StarAttitude) and message.valid:
                self._begin_with(t_ns, message, out)
            return
        taken = self._measurement(message)
        if taken is not None and not self._filter.add(taken):
            code = "LND-011" if isinstance(message, Altimeter) else "LND-012"
            self._tell_once(out, message.stamp_ns, code)

    def _touch(self, m: Altimeter, out: Outbox) -> None:
        """Whether the lander stands now."""
        height, sigma = math.nan, 0.0
        if self._filter is not None:
            state = self._filter.state
            x, y, z = state.position_m
            height = float(z) - self._base_height_m - self._map_height(float(x), float(y))
            sigma = math.sqrt(float(state.covariance[2, 2]))
        if self._contact.made(m, height, sigma):
            self._landed_ns = m.stamp_ns
            if self._filter is not None:
                self._filter.jolt(JOLT_MPS, JOLT_RAD)
            self._tell(out, m.stamp_ns, "LND-021", self._refused())
        elif m.touchdown:
            self._tell_once(out, m.stamp_ns, "LND-022")

    def _refused(self) -> str:
        """What the filter refused on the way down, in words; empty when nothing."""
        counts = self._filter.refused if self._filter is not None else {}
        named = ", ".join(f"{n} {name.lower()}" for name, n in sorted(counts.items()))
        return f"refused: {named}" if named else ""

    def _measurement(self, m: Imu | Altimeter | StarAttitude) -> Measurement | None:
        if isinstance(m, Imu):
            return Inertial(m.stamp_ns, m.angular_rate_rps, m.specific_force_mps2)
        if isinstance(m, StarAttitude) and m.valid:
            return Star(m.stamp_ns, self._in_map(m), m.sigma_rad)
        if isinstance(m, Altimeter) and m.valid:
            return Range(m.stamp_ns, m.slant_range_m, m.velocity_mps)
        return None

    def _in_map(self, star: StarAttitude) -> np.ndarray:
        """`map_R_base` from `moon_R_base`."""
        return quat_multiply(self._map_R_moon, np.asarray(star.orientation_xyzw, float))

    def _begin_with(self, t_ns: int, star: StarAttitude, out: Outbox) -> None:
        """An attitude that is old or none would spoil the estimate for good."""
        if seconds(t_ns, star.stamp_ns) > STAR_AGE_S:
            self._leave_out(t_ns, "star attitude", "too old to begin with", out)
        elif not is_attitude(np.asarray(star.orientation_xyzw, float), star.sigma_rad):
            self._leave_out(t_ns, "star attitude", "no attitude", out)
        else:
            self._start(star)

    def _start(self, star: StarAttitude) -> None:
        """The filter begins with the first star attitude, on the nominal path."""
        p, site = self._params, self._site
        if self._kept is not None and self._kept.of_use(star.stamp_ns):
            attitude = max(star.sigma_rad, p.filter.star_floor_rad)
            self._begin(self._kept.start(star.stamp_ns, self._in_map(star), attitude))
            return
        position, velocity = nominal_start(
            p.descent, self._on_ground(self._plan_xy), site.azimuth_rad
        )
        late_s = max(0.0, (star.stamp_ns - site.start_ns) / NS)
        sigma = np.zeros(SIZE)
        sigma[P] = [p.position_sigma_m, p.position_sigma_m, p.height_sigma_m]
        sigma[P] += late_s**2  # what braking adds that was not measured
        sigma[V] = p.velocity_sigma_mps + 2.0 * late_s
        sigma[A] = max(star.sigma_rad, p.filter.star_floor_rad)
        sigma[BG] = p.filter.gyro_bias
        sigma[BA] = p.filter.accel_bias
        sigma[BV] = p.filter.doppler_bias
        sigma[BF] = 1.0
        state = State(
            star.stamp_ns, position + late_s * velocity, velocity, self._in_map(star), np.zeros(3),
            np.zeros(3), np.zeros(3), np.zeros(4), np.diag(sigma**2), np.zeros(3),
        )  # fmt: skip
        self._begin(state)

    def _begin(self, state: State) -> None:
        p, site = self._params.filter, self._site
        bias = FixBias.of(p, site.onboard_map.resolution_m, site.sun(state.stamp_ns)[0])
        self._filter = LandingFilter(p, state, self._map_height, bias)

    def _map_height(self, x: float, y: float) -> float:
        dem = self._site.onboard_map
        return float(dem.height(x, y)) if dem.contains(x, y) else math.nan

    # --- vision ---------------------------------------------------------------------------------

    def _look(self, t_ns: int, image: Image, out: Outbox) -> None:
        if self._filter is None or self._camera is None:
            return
        if t_ns - image.stamp_ns > ns(self._params.image_age_s):
            return
        if image.stamp_ns - t_ns > ns(self._params.ahead_s):
            self._tell_once(out, t_ns, "LND-023")
            return
        if image.pixels.shape != (self._camera.height, self._camera.width):
            self._leave_out(t_ns, "picture", "not of the size that the camera info says", out)
            return
        state = self._filter.at(image.stamp_ns)
        pose = state.pose_at(image.stamp_ns) * self._base_T_camera
        sigma = np.sqrt(np.diag(state.covariance))
        prior = Prior(
            pose,
            np.maximum(sigma[P], [1.0, 1.0, HEIGHT_FLOOR_M]),
            float(np.hypot(sigma[A].max(), MOUNTING_RAD)),
        )
        azimuth, elevation = self._site.sun(image.stamp_ns)
        match = self._matcher.match(image.pixels, self._camera, prior, azimuth, elevation)
        code = match.code
        if match.accepted:
            code = self._take(image.stamp_ns, match, pose, out)
        elif match.code not in ("LND-006",):
            self._rejected += 1
        fix = LandingFix(
            image.stamp_ns, code == "LND-000", match.pose, match.covariance, match.inliers,
            match.score, code, 0.0,
        )  # fmt: skip
        out.publish(graph.LANDING_FIX, fix)
        self._consider_target(image, out)

    def _take(self, stamp_ns: int, match: Match, prior_pose: Pose, out: Outbox) -> str:
        """Give the fix to the filter; the code that tells what became of it."""
        assert self._filter is not None
        arm = prior_pose.matrix @ self._base_T_camera.inverse().position_m
        position = match.pose.position_m + arm
        fix = Fix(stamp_ns, position, match.covariance[:3, :3], match.inliers)
        if not self._filter.add(fix):
            self._rejected += 1
            self._tell(out, stamp_ns, "LND-007")
            return "LND-007"
        self._fixes += 1
        self._tell_once(out, stamp_ns, "LND-010")
        return "LND-000"

    def _consider_target(self, image: Image, out: Outbox) -> None:
        """Aim at a safer spot if there is one."""
        assert self._filter is not None and self._camera is not None
        state, sun = self._filter.at(image.stamp_ns), self._site.sun(image.stamp_ns)
        place = self._divert.place(
            image.pixels, self._camera, self._base_T_camera, state, state.pose_at(image.stamp_ns),
            self._target, sun,
        )  # fmt: skip
        if place is not None:
            moved = float(np.hypot(*(place - self._plan_xy)))
            self._target = self._on_ground(place)
            self._tell(out, image.stamp_ns, "LND-020", f"{moved:.0f} m from the plan")

    # --- what is said ---------------------------------------------------------------------------

    def _report(self, t_ns: int, out: Outbox) -> None:
        landed = self._landed_ns is not None
        if self._filter is None and not landed:
            return
        pose, velocity, sigma = self._estimate(t_ns)
        high = float(pose.position_m[2] - self._target[2]) > 350.0
        phase = "landed" if landed else "approach" if high else "vertical"
        out.publish(
            graph.LANDING_STATE,
            LandingState(
                t_ns,
                pose,
                velocity,
                sigma,
                self._fixes,
                self._rejected,
                phase,
                self._target,
                landed,
            ),
        )
        if landed and t_ns - int(self._landed_ns or 0) > ns(self._params.after_touchdown_s):
            self._done = True
            if self._filter is not None:
                kept = KeptDescent.of(self._filter.state, self._target, self._landed_ns, True)
                out.persist = kept.plain()
            self._filter = None

    def _estimate(self, t_ns: int) -> tuple[Pose, np.ndarray, np.ndarray]:
        """Pose of base, velocity, position sigma; the plan's word when the filter never began."""
        if self._filter is None:
            x = along_track(self._site.azimuth_rad)
            z = np.array([0.0, 0.0, 1.0])
            upright = np.column_stack((x, np.cross(z, x), z))
            p = self._params
            sigma = np.array([p.position_sigma_m, p.position_sigma_m, p.height_sigma_m])
            at = self._target + self._base_height_m * z
            if self._kept is not None:
                at, sigma = self._kept.position_m, self._kept.sigma[P]
            return Pose.from_matrix(at, upright), np.zeros(3), sigma
        state = self._filter.state
        pose = state.pose_at(t_ns)
        return pose, state.velocity_mps, np.sqrt(np.diag(state.covariance)[P])

    def _tell(self, out: Outbox, stamp_ns: int, code: str, more: str = "") -> None:
        text = CODES[code].text + (f" ({more})" if more else "")
        out.publish(graph.MISSION_EVENT, CODES.event(stamp_ns, self.name, code, text))

    def _leave_out(self, t_ns: int, what: str, why: str, out: Outbox) -> None:
        """Count what is not used, each kind by itself."""
        if self._complaints.add((what, why), t_ns):
            more = f"{what}: {why}{self._complaints.so_far((what, why))}"
            self._tell(out, t_ns, "LND-024", more)

    def _tell_once(self, out: Outbox, stamp_ns: int, code: str) -> None:
        if code not in self._told:
            self._told.add(code)
            self._tell(out, stamp_ns, code)
