"""Component `localization`: where the rover is in `map`.

Attitude from gyro and star tracker, position from tracks, slip model and visual odometry, height
tied weakly to the onboard map. Before touchdown the pose is the landing filter's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lupex_rover import graph
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.time import due, seconds
from lupex_rover.core.transforms import Pose, matrix_to_quat, quat_multiply
from lupex_rover.core.types import DriveState, Imu, LandingState, Odometry, StarAttitude
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.ephemeris import site_frame
from lupex_rover.navigation import frames
from lupex_rover.navigation.attitude import AttitudeFilter
from lupex_rover.navigation.codes import CODES
from lupex_rover.navigation.dead_reckoning import DeadReckoning
from lupex_rover.navigation.input_gate import InputGate
from lupex_rover.navigation.kept_pose import KeptPose
from lupex_rover.navigation.params import LocalizationParams
from lupex_rover.navigation.slip import SlipModel
from lupex_rover.navigation.wheel_odometry import Gap, Step, WheelOdometry
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
IMU_GAP_S = 0.5  # longer without a message: the gyro was off
STAR_DELAY_S = 2.0  # a fix older than this is not used
VISUAL_JUMP_M = 0.5  # farther than the tracks can run, by so much: a wrong match (assumed)
VISUAL_SIGMA_LIMIT_M = 1.0  # visual odometry says "lost" with a larger one
JOINTS_PERIOD_S = 0.5
REST_S = 1.0  # updates at rest are made this often
YAW_ODOMETRY_SIGMA = 0.2  # part of the turn, when only the tracks tell it (assumed)
GAP_SIGMA = 0.15  # of the way that the tracks went unheard: a curve, and slip


class Localization(Component):
    """Estimates `map_T_base`.

    Parameters
    ----------
    params, vehicle : LocalizationParams and Vehicle
        As named.
    onboard_map : Dem
        Elevation map the rover carries.
    site_m : tuple[float, float]
        (2,) place whose local vertical and grid north are the axes of `map`.
    start_m : tuple[float, float] or None
        (2,) where the rover stands when there is no descent in the plan; None otherwise.

    Attributes
    ----------
    intake : InputGate
        What was not taken in, counted.
    """

    name = "localization"
    inputs = (graph.IMU_DATA, graph.MOBILITY_STATE, graph.STAR_TRACKER_ATTITUDE,
              graph.LANDING_STATE, graph.NAVIGATION_VISUAL_ODOMETRY)  # fmt: skip
    outputs = (graph.ODOM, graph.LOCALIZATION_POSE, graph.TF, graph.TF_STATIC, graph.MISSION_EVENT)
    period_s = 0.1

    def __init__(
        self,
        params: LocalizationParams,
        vehicle: Vehicle,
        onboard_map: Dem,
        site_m: tuple[float, float],
        start_m: tuple[float, float] | None = None,
    ) -> None:
        self._p = params
        self._vehicle = vehicle
        self._map = onboard_map
        self._site = site_m
        self._map_q_moon = matrix_to_quat(site_frame(*site_m).T)
        self._attitude = AttitudeFilter(params.gyro_sigma_rps, params.bias_walk_rps)
        self._slip = SlipModel(params)
        self._wheels = WheelOdometry(vehicle, params.still_speed_mps)
        self._position = DeadReckoning(
            params.slip_sigma, params.lateral_sigma, params.vertical_sigma,
            params.visual_scale_sigma,
        )  # fmt: skip
        self.intake = InputGate()
        self._gap: Gap | None = None  # since a kept pose; until the tracks are heard
        self._dropped = ""  # why a kept pose was not taken back
        self._landed = False
        self._t_ns = 0
        self._imu_ns: int | None = None
        self._rate = np.zeros(3)
        self._force = np.zeros(3)
        self._star_ns: int | None = None
        self._rested_ns = 0
        self._moved_ns: int | None = None
        self._speed = np.zeros(3)
        self._visual: Odometry | None = None
        self._height_at_m = 0.0
        self._kept_ns = 0
        self._kept_m: Array | None = None
        self._said_ns = 0
        self._static_said = False
        self._drive_state: DriveState | None = None
        self._joints_ns = 0
        if start_m is not None:
            x, y = start_m
            z = float(onboard_map.height(float(x), float(y))) + vehicle.base_height_m
            self._start(np.array([x, y, z]), np.full(3, params.start_sigma_m), None)

    # --- life -----------------------------------------------------------------------------------

    def restore(self, state: dict[str, Any]) -> None:
        """Take back the kept pose; one that cannot be is dropped, and told at the next step."""
        try:
            kept = KeptPose.of(state, self._map)
        except ValueError as error:
            self._dropped = str(error)
            return
        self._position.restore(state["position"])
        self._attitude.reset(kept.attitude_xyzw, kept.attitude_sigma_rad)
        self._attitude.bias_rps = kept.bias_rps
        self._slip.offset = kept.slip_offset
        self._height_at_m = self._position.travel_m
        self._gap = kept.tracks
        self._landed = True

    def _start(self, position_m: Array, sigma_m: Array, q_xyzw: Array | None) -> None:
        self._position.reset(position_m, np.diag(np.asarray(sigma_m, float) ** 2))
        q = np.array([0.0, 0.0, 0.0, 1.0]) if q_xyzw is None else q_xyzw
        sigma = math.pi if q_xyzw is None else self._p.star_jump_sigma_rad
        self._attitude.reset(q, np.full(3, sigma))
        self._star_ns = None
        self._landed = True

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        """Take in all sensors and publish the pose."""
        out = Outbox()
        self._t_ns = t_ns
        self._say_static(t_ns, out)
        if self._dropped:
            text, self._dropped = f"{CODES['NAV-019'].text} ({self._dropped})", ""
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, self.name, "NAV-019", text))
        rates = self.intake.good(graph.IMU_DATA, t_ns, inbox, out)
        wheels = self.intake.good(graph.MOBILITY_STATE, t_ns, inbox, out)
        stars = self.intake.good(graph.STAR_TRACKER_ATTITUDE, t_ns, inbox, out)
        descent = self.intake.good(graph.LANDING_STATE, t_ns, inbox, out)
        looks = self.intake.good(graph.NAVIGATION_VISUAL_ODOMETRY, t_ns, inbox, out)
        if not self._landed:
            if not descent:
                return out
            landing = descent[-1]
            if not landing.touchdown:
                self._follow(t_ns, landing, out)
                return out
            sigma = np.asarray(landing.position_sigma_m, float)
            self._start(landing.pose.position_m, sigma, landing.pose.orientation_xyzw)
        self._turn(rates)
        self._look_at_stars(stars)
        self._roll(t_ns, wheels)
        for seen in looks:
            self._see(seen)
        still = self._still(t_ns)
        if not still or due(t_ns, self._said_ns, self._p.idle_period_s):
            self._say(t_ns, out)
        self._keep(t_ns, still, out)
        return out

    def _follow(self, t_ns: int, landing: LandingState, out: Outbox) -> None:
        """During descent the pose is the landing filter's."""
        covariance = np.diag([*(np.asarray(landing.position_sigma_m) ** 2), 1e-4, 1e-4, 1e-4])
        speed = landing.pose.matrix.T @ landing.velocity_mps
        self._publish(landing.stamp_ns, landing.pose, np.zeros(3), speed, np.zeros(3),
                      covariance, out)  # fmt: skip

    # --- sensors --------------------------------------------------------------------------------

    def _turn(self, messages: list[Imu]) -> None:
        """Gyro propagation; mean over the step's messages."""
        if not messages:
            return
        last = messages[-1]
        before = self._imu_ns if self._imu_ns is not None else messages[0].stamp_ns
        self._imu_ns = last.stamp_ns
        self._rate = np.mean([m.angular_rate_rps for m in messages], axis=0)
        self._force = np.mean([m.specific_force_mps2 for m in messages], axis=0)
        dt = seconds(last.stamp_ns, before)
        if dt <= 0.0:
            return
        if dt > IMU_GAP_S + 0.2 * len(messages):
            self._attitude.coast(min(dt, 3600.0), 1e-4 if self._still(last.stamp_ns) else 0.02)
            return
        self._attitude.propagate(self._rate, dt)
        if self._still(last.stamp_ns) and due(last.stamp_ns, self._rested_ns, REST_S):
            self._rested_ns = last.stamp_ns
            self._rest(last.stamp_ns)

    def _rest(self, stamp_ns: int) -> None:
        """Zero rate; levelling by gravity where no star tracker does it."""
        self._attitude.update_still(self._rate)
        if self._star_ns is None or due(stamp_ns, self._star_ns, self._p.gravity_after_s):
            self._attitude.update_gravity(self._force, self._p.gravity_sigma_rad)

    def _look_at_stars(self, messages: list[StarAttitude]) -> None:
        for m in messages:
            if not m.valid or seconds(self._t_ns, m.stamp_ns) > STAR_DELAY_S:
                continue
            q = np.asarray(m.orientation_xyzw, float)
            norm = float(q @ q)
            if not (0.5 < norm < 2.0 and m.sigma_rad > 0.0):
                continue
            late = max(0.0, seconds(self._imu_ns or m.stamp_ns, m.stamp_ns))
            turned = np.linalg.norm(self._rate) * min(late, STAR_DELAY_S)
            map_q_base = quat_multiply(self._map_q_moon, q / math.sqrt(norm))
            if self._star_ns is None:
                self._attitude.reset(map_q_base, np.full(3, m.sigma_rad + turned))
            else:
                self._attitude.update_star(map_q_base, math.hypot(m.sigma_rad, turned))
            self._star_ns = m.stamp_ns

    def _roll(self, t_ns: int, messages: list[DriveState]) -> None:
        """Wheel odometry, less slip, along the attitude."""
        if not messages:
            self._position.mark(t_ns)
            self._speed = np.zeros(3)
            return
        self._drive_state = messages[-1]
        self._close_gap(messages[0])
        step = self._wheels.step(messages[-1])
        if step is not None:
            self._advance(messages[-1].stamp_ns, step)

    def _close_gap(self, first: DriveState) -> None:
        """Go where the tracks went since the pose was kept, or doubt it by as much."""
        gap, self._gap = self._gap, None
        if gap is None:
            return
        moved = gap.ahead_m(first, self._vehicle, self._p.persist_s)
        if moved is None:
            if np.abs(gap.speed_mps).max() >= self._p.still_speed_mps:
                self._position.loosen(gap.longest_m(self._vehicle, self._p.persist_s))
            return
        length = math.hypot(*moved)
        if length > 0.0:
            R = self._attitude.matrix
            track = R[:, 0] * moved[0] + R[:, 1] * moved[1]
            self._position.move(first.stamp_ns, track * (1.0 - self._slip.predict(0.0)), length)
            self._position.loosen(GAP_SIGMA * length)

    def _advance(self, stamp_ns: int, step: Step) -> None:
        if not step.still:
            self._moved_ns = stamp_ns
        if step.dx_m == 0.0 and step.dy_m == 0.0 and step.dyaw_rad == 0.0:
            self._position.mark(stamp_ns)
            self._speed = np.zeros(3)
            return
        if self._gyro_silent(stamp_ns):
            self._attitude.turn(step.dyaw_rad, YAW_ODOMETRY_SIGMA * abs(step.dyaw_rad))
        R = self._attitude.matrix
        track = R[:, 0] * step.dx_m + R[:, 1] * step.dy_m
        length = math.hypot(step.dx_m, step.dy_m)
        slope = math.asin(max(-1.0, min(1.0, float(track[2]) / length))) if length > 0 else 0.0
        keep = 1.0 - self._slip.predict(slope)
        self._position.move(stamp_ns, track * keep, length)
        self._speed = np.array([step.dx_m, step.dy_m, 0.0]) * (keep / step.dt_s)
        self._tie_height()

    def _tie_height(self) -> None:
        travel = self._position.travel_m
        if travel - self._height_at_m < self._p.map_height_every_m:
            return
        self._height_at_m = travel
        x, y, _ = self._position.position_m
        if self._map.contains(x, y):
            ground = float(self._map.height(float(x), float(y)))
            self._position.fuse_height(
                ground + self._vehicle.base_height_m, self._p.map_height_sigma_m
            )

    def _see(self, seen: Odometry) -> None:
        """A message says how far the rover went since the one before it."""
        before, self._visual = self._visual, seen
        covariance = np.asarray(seen.pose_covariance, float)[:3, :3]
        if before is None or not (covariance.diagonal() < VISUAL_SIGMA_LIMIT_M**2).all():
            return
        span = self._position.between(before.stamp_ns, seen.stamp_ns)
        if span is None:
            return
        moved = seen.pose.position_m - before.pose.position_m
        span_s = seconds(seen.stamp_ns, before.stamp_ns)
        if float(np.linalg.norm(moved)) > self._vehicle.track_limit_mps * span_s + VISUAL_JUMP_M:
            return  # farther than tracks can carry it: another pair of pictures tells
        track, travel, _ = span
        self._learn_slip(moved, track, travel)
        self._position.fuse(before.stamp_ns, seen.stamp_ns, moved, covariance)

    def _learn_slip(self, moved: Array, track: Array, travel: float) -> None:
        length = float(np.linalg.norm(track))
        if travel < 0.05 or length < 0.5 * travel * (1.0 - self._p.slip_limit):
            return
        ahead = track / length
        slope = math.asin(max(-1.0, min(1.0, float(ahead[2]))))
        self._slip.learn(1.0 - float(moved @ ahead) / travel, slope)

    # --- outputs --------------------------------------------------------------------------------

    def _still(self, t_ns: int) -> bool:
        """The tracks have stood for a while; without word from them the rover cannot move."""
        return self._moved_ns is None or due(t_ns, self._moved_ns, self._p.still_after_s)

    def _gyro_silent(self, t_ns: int) -> bool:
        return self._imu_ns is None or due(t_ns, self._imu_ns, IMU_GAP_S)

    @property
    def _oriented(self) -> bool:
        return bool(self._attitude.sigma_rad.max() < 0.5)

    def _say(self, t_ns: int, out: Outbox) -> None:
        if not self._oriented:
            return
        self._said_ns = t_ns
        covariance = np.zeros((6, 6))
        covariance[:3, :3] = self._position.covariance
        R = self._attitude.matrix
        covariance[3:, 3:] = R @ self._attitude.covariance[:3, :3] @ R.T
        rate = self._rate - self._attitude.bias_rps
        if self._gyro_silent(t_ns):
            rate = np.zeros(3)
        odom = Pose(self._position.odom_m, self._attitude.q)
        self._publish(t_ns, odom, self._position.correction_m, self._speed, rate, covariance, out)
        if self._drive_state and due(t_ns, self._joints_ns, JOINTS_PERIOD_S):
            self._joints_ns = t_ns
            out.publish(graph.TF, frames.joints(self._drive_state, self._vehicle))

    def _publish(
        self,
        t_ns: int,
        odom: Pose,
        correction_m: Array,
        speed: Array,
        rate: Array,
        covariance: Array,
        out: Outbox,
    ) -> None:
        pose = Pose(odom.position_m + correction_m, odom.orientation_xyzw)
        base = "base_link"
        out.publish(graph.ODOM, Odometry(t_ns, "odom", base, odom, speed, rate, covariance))
        out.publish(
            graph.LOCALIZATION_POSE,
            Odometry(t_ns, "map", base, pose, speed, rate, covariance),
        )
        out.publish(graph.TF, frames.moving(t_ns, odom, correction_m))

    def _say_static(self, t_ns: int, out: Outbox) -> None:
        if not self._static_said:
            self._static_said = True
            out.publish(graph.TF_STATIC, frames.static(t_ns, self._vehicle, self._site))

    def _keep(self, t_ns: int, still: bool, out: Outbox) -> None:
        """Keep the pose over a loss of power: when it changed, not too often."""
        if not self._oriented or not due(t_ns, self._kept_ns, self._p.persist_s):
            return
        here = np.concatenate([self._position.position_m, self._attitude.q])
        if self._kept_m is not None and np.abs(here - self._kept_m).max() < 1e-3:
            return
        self._kept_ns, self._kept_m = t_ns, here
        out.persist = {
            "position": self._position.state(),
            "attitude_xyzw": self._attitude.q.tolist(),
            "attitude_sigma_rad": self._attitude.sigma_rad.tolist(),
            "bias_rps": self._attitude.bias_rps.tolist(),
            "slip_offset": self._slip.offset,
            "tracks": self._wheels.kept(),
        }
