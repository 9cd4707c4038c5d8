"""One driver per board: which topic is which telecommand, which telemetry is which topic."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover import graph
from lupex_rover.core.command_order import OLD
from lupex_rover.core.component import Inbox, Outbox
from lupex_rover.core.sensor_limits import is_place, is_speed
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.types import (
    LOADS,
    WHEELS,
    Altimeter,
    DeliverCommand,
    DrillCommand,
    DrillTelemetry,
    DriveCommand,
    DriveState,
    GateCommand,
    HeaterSet,
    HibernateCommand,
    Imu,
    JointState,
    LandingState,
    LoadSwitch,
    PowerTelemetry,
    SlotCommand,
    SlotData,
    SlotPower,
    StarAttitude,
)
from lupex_rover.drivers.board_driver import (
    COMMON_INPUTS,
    COMMON_OUTPUTS,
    MOTION_INPUTS,
    BoardDriver,
    MotionDriver,
)
from lupex_rover.drivers.eps_params import EpsDriverParams
from lupex_rover.drivers.lease import NONE_NEEDED, LeaseParams
from lupex_rover.protocol import messages as m

JOINTS = tuple(f"{w}_drive_joint" for w in WHEELS) + tuple(f"{w}_steer_joint" for w in WHEELS)
JOINT_PERIOD_NS = ns(0.099)
NAV_PERIOD_NS = ns(0.49)
NAV_AGE_S = 1.0  # of a landing state that guidance is given (assumed)
IMU_DECIMATION = 5


def _tuple(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


class MobilityDriver(MotionDriver):
    """Tracks and steering; `track_radius_m` turns travel into the angle of a drive joint."""

    name = "mobility_driver"
    board = serial = "MOB"
    inputs = (*MOTION_INPUTS, graph.MOBILITY_COMMAND)
    outputs = (*COMMON_OUTPUTS, graph.MOBILITY_STATE, graph.JOINT_STATES)

    def __init__(self, track_radius_m: float, lease: LeaseParams = NONE_NEEDED) -> None:
        super().__init__(lease)
        self._radius_m = track_radius_m
        self._joints_ns = 0
        self.takes(graph.MOBILITY_COMMAND, self._drive)
        self.telemetry = {m.DriveState: self._state}

    def _drive(self, c: DriveCommand) -> m.Drive:
        return m.Drive(_tuple(c.track_speed_mps), _tuple(c.steer_angle_rad))

    def _state(self, p: m.DriveState, stamp_ns: int, out: Outbox) -> None:
        travel, speed, steer, current, degc = (np.array(v) for v in p)
        out.publish(graph.MOBILITY_STATE, DriveState(stamp_ns, travel, speed, steer, current, degc))
        if 0 <= stamp_ns - self._joints_ns < JOINT_PERIOD_NS:
            return
        self._joints_ns = stamp_ns
        angles = np.concatenate([travel / self._radius_m, steer])
        none = np.empty(0)  # the board tells neither the rate of steering nor a torque
        out.publish(graph.JOINT_STATES, JointState(stamp_ns, JOINTS, angles, none, none))


class ImuDriver(BoardDriver):
    """Averages `IMU_DECIMATION` samples into one message, so that no rotation is lost."""

    name = "imu_driver"
    board = serial = "IMU"
    inputs = COMMON_INPUTS
    outputs = (*COMMON_OUTPUTS, graph.IMU_DATA)

    def __init__(self) -> None:
        super().__init__()
        self._samples: list[tuple[float, ...]] = []
        self._begin_ns = 0
        self.telemetry = {m.Inertial: self._sample}

    def _sample(self, p: m.Inertial, stamp_ns: int, out: Outbox) -> None:
        gap = stamp_ns - self._begin_ns
        if not 0 < gap < ns(1.0):  # first after a pause: its interval is one sample
            self._samples.clear()
            self._begin_ns = stamp_ns - ns(0.01)
        self._samples.append(p.angular_rate_rps + p.specific_force_mps2)
        if len(self._samples) < IMU_DECIMATION:
            return
        mean = np.array(self._samples).mean(axis=0)
        interval_s = (stamp_ns - self._begin_ns) / 1e9
        out.publish(graph.IMU_DATA, Imu(stamp_ns, mean[:3], mean[3:], interval_s=interval_s))
        self._samples.clear()
        self._begin_ns = stamp_ns


class StarTrackerDriver(BoardDriver):
    name = "star_tracker_driver"
    board = serial = "STR"
    inputs = COMMON_INPUTS
    outputs = (*COMMON_OUTPUTS, graph.STAR_TRACKER_ATTITUDE)

    def __init__(self) -> None:
        super().__init__()
        self.telemetry = {m.Attitude: self._attitude}

    def _attitude(self, p: m.Attitude, stamp_ns: int, out: Outbox) -> None:
        q = np.array(p.orientation_xyzw)
        message = StarAttitude(stamp_ns, q, p.sigma_rad, bool(p.valid))
        out.publish(graph.STAR_TRACKER_ATTITUDE, message)


class EpsDriver(BoardDriver):
    name = "eps_driver"
    board = serial = "EPS"
    inputs = (*COMMON_INPUTS, graph.POWER_SWITCH, graph.POWER_HEATER, graph.POWER_HIBERNATE)
    outputs = (*COMMON_OUTPUTS, graph.POWER_TELEMETRY)

    def __init__(self, params: EpsDriverParams | None = None) -> None:
        super().__init__()
        self._p = params or EpsDriverParams()
        self.takes(graph.POWER_SWITCH, self._switch)
        self.takes(graph.POWER_HEATER, self._heater)
        self.takes(graph.POWER_HIBERNATE, self._hibernate)
        self.telemetry = {m.Power: self._power}

    def _switch(self, c: LoadSwitch) -> m.Switch:
        if c.load not in LOADS:
            raise ValueError(f"unknown load {c.load[:40]!r}")
        return m.Switch(LOADS.index(c.load), int(c.on))

    def _heater(self, c: HeaterSet) -> m.Heater:
        low, high = self._p.least_set_point_degc, self._p.most_set_point_degc
        if not (math.isnan(c.set_point_degc) or low <= c.set_point_degc <= high):
            raise ValueError(f"set point {c.set_point_degc:.4g} degC is not in {low:g} to {high:g}")
        return m.Heater(c.heater, float(c.set_point_degc))

    def _hibernate(self, c: HibernateCommand) -> m.Hibernate:
        low, high = self._p.least_hibernate_s, self._p.most_hibernate_s
        if not low <= c.duration_s <= high:
            raise ValueError(f"duration {c.duration_s:.4g} s is not in {low:g} to {high:g}")
        return m.Hibernate(round(c.duration_s))

    def _power(self, p: m.Power, stamp_ns: int, out: Outbox) -> None:
        out.publish(
            graph.POWER_TELEMETRY,
            PowerTelemetry(
                stamp_ns, p.bus_v, p.battery_v, p.battery_a, p.battery_degc,
                np.array(p.array_a), p.loads_on, np.array(p.load_w),
            ),
        )  # fmt: skip


class DrillDriver(MotionDriver):
    name = "drill_driver"
    board = serial = "DRL"
    inputs = (*MOTION_INPUTS, graph.DRILL_COMMAND, graph.DRILL_GATE, graph.DRILL_DELIVER)
    outputs = (*COMMON_OUTPUTS, graph.DRILL_TELEMETRY)
    may_be_refused = ("Deliver",)  # nothing held, or the bit in the ground: the drill tells

    def __init__(self, lease: LeaseParams = NONE_NEEDED) -> None:
        super().__init__(lease)
        self.takes(graph.DRILL_COMMAND, self._drill)
        self.takes(graph.DRILL_GATE, self._gate)
        self.takes(graph.DRILL_DELIVER, self._deliver)
        self.telemetry = {m.DrillState: self._state}

    def _drill(self, c: DrillCommand) -> m.Drill:
        return m.Drill(c.auger_rpm, c.feed_mps, c.wob_limit_n, int(c.percussion))

    def _gate(self, c: GateCommand) -> m.Gate:
        return m.Gate(int(c.open))

    def _deliver(self, c: DeliverCommand) -> m.Deliver:
        return m.Deliver(c.cup)

    def _state(self, p: m.DrillState, stamp_ns: int, out: Outbox) -> None:
        out.publish(graph.DRILL_TELEMETRY, DrillTelemetry(stamp_ns, *p))


class ScienceDriver(BoardDriver):
    name = "science_driver"
    board = serial = "SCI"
    inputs = (*COMMON_INPUTS, graph.SCIENCE_SLOT_POWER, graph.SCIENCE_SLOT_COMMAND)
    outputs = (*COMMON_OUTPUTS, graph.SCIENCE_SLOT_DATA)

    def __init__(self) -> None:
        super().__init__()
        self.takes(graph.SCIENCE_SLOT_POWER, self._power)
        self.takes(graph.SCIENCE_SLOT_COMMAND, self._slot)
        self.telemetry = {m.SlotData: self._data}

    def _power(self, c: SlotPower) -> m.SlotPower:
        return m.SlotPower(c.slot, int(c.on))

    def _slot(self, c: SlotCommand) -> m.SlotCommand:
        return m.SlotCommand(c.slot, c.opcode, bytes(c.data))

    def _data(self, p: m.SlotData, stamp_ns: int, out: Outbox) -> None:
        out.publish(graph.SCIENCE_SLOT_DATA, SlotData(stamp_ns, *p))


class LanderDriver(BoardDriver):
    name = "lander_driver"
    board = serial = "LND"
    inputs = COMMON_INPUTS
    outputs = (*COMMON_OUTPUTS, graph.LANDING_ALTIMETER)

    def __init__(self) -> None:
        super().__init__()
        self.telemetry = {m.Altimeter: self._altimeter}

    def _altimeter(self, p: m.Altimeter, stamp_ns: int, out: Outbox) -> None:
        velocity = np.array(p.velocity_mps)
        message = Altimeter(stamp_ns, p.slant_range_m, velocity, bool(p.valid), bool(p.touchdown))
        out.publish(graph.LANDING_ALTIMETER, message)


class GuidanceDriver(BoardDriver):
    """Hands the landing filter's state to the lander's guidance once it rests on fixes."""

    name = "guidance_driver"
    board = serial = "LGC"
    inputs = (*COMMON_INPUTS, graph.LANDING_STATE)
    outputs = COMMON_OUTPUTS

    def __init__(self) -> None:
        super().__init__()
        self._sent_ns = 0

    def extra(self, t_ns: int, inbox: Inbox, out: Outbox) -> None:
        state = inbox.latest(graph.LANDING_STATE)
        if state is None or state.touchdown or state.fixes == 0:
            return
        if 0 <= t_ns - self._sent_ns < NAV_PERIOD_NS:
            return
        self._sent_ns = t_ns
        age_s = seconds(t_ns, state.stamp_ns)
        if age_s > NAV_AGE_S:  # the telecommand has no time: it would be taken for one of now
            self._refuse(t_ns, "LandingState", OLD, f"{age_s:.1f} s old", out)
        else:
            self.command(self._update, state, t_ns, out)

    def _update(self, state: LandingState) -> m.NavUpdate:
        if not (is_place(state.pose.position_m) and is_place(state.target_m)):
            raise ValueError("a place that is not on the Moon")
        if not is_speed(state.velocity_mps):
            raise ValueError("a speed that no lander has")
        return m.NavUpdate(
            _tuple(state.pose.position_m), _tuple(state.velocity_mps), _tuple(state.target_m)
        )
