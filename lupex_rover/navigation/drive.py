"""One drive: the states between a goal and its result.

starting (waiting for a pose and for the board to be active) -> driving <-> blocked (no way; waits
for a better map) or backing (away from where it got stuck) -> stopping (zero command, disable).
Whatever goes wrong, the first thing commanded is a stop. A board in SAFE ends the drive and stays
in it: whoever ordered that releases it.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from lupex_rover import graph
from lupex_rover.core.component import (
    ABORTED,
    SUCCEEDED,
    Outbox,
)
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.transforms import tilt_of, yaw_of
from lupex_rover.core.types import (
    DriveCommand,
    DriveState,
    DriveToFeedback,
    DriveToGoal,
    DriveToResult,
    Path,
)
from lupex_rover.core.types.boards import HOUSEKEEPING_S
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.navigation.board_enable import BoardEnable
from lupex_rover.navigation.codes import CODES
from lupex_rover.navigation.follower import Follower
from lupex_rover.navigation.kinematics import crawler_command
from lupex_rover.navigation.navigator_inputs import NavigatorInputs
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.navigation.route import Route
from lupex_rover.navigation.stuck_detector import StuckDetector
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
FEEDBACK_S = 1.0
COSTMAP_SETTLE_S = 1.5  # least time between two plans while blocked
WHEELS_SILENT_S = 2.0
IN_SAFE = "it is in SAFE; whoever ordered that must release it"
REACHED = 0.3  # part of the tolerance the follower aims for
FORGIVE_M = 5.0  # so far after a recovery it no longer counts
STARTING, DRIVING, BLOCKED, BACKING, STOPPING = (
    "starting", "driving", "blocked", "backing", "stopping",
)  # fmt: skip


class Drive:
    """A goal under way.

    Attributes
    ----------
    feedback : DriveToFeedback or None
        What is to be told after this step; None: nothing is due.
    result : tuple[int, DriveToResult] or None
        Status and result of the goal, set when the drive is over.
    failed : list[tuple[float, float, float]]
        (x, y, radius) of places where the rover got stuck; shared between drives.
    """

    def __init__(
        self,
        params: NavigatorParams,
        vehicle: Vehicle,
        onboard_map: Dem,
        goal: DriveToGoal,
        failed: list[tuple[float, float, float]],
    ) -> None:
        self._p = params
        self._vehicle = vehicle
        self._limited = dataclasses.replace(vehicle, track_limit_mps=params.track_limit_mps)
        self._map = onboard_map
        self.goal = goal
        self.failed = failed
        self.feedback: DriveToFeedback | None = None
        self.result: tuple[int, DriveToResult] | None = None
        self._goal_xy = np.array([goal.x_m, goal.y_m])
        self._follower = Follower(
            dataclasses.replace(
                params.follower,
                tolerance_m=max(params.follower.tolerance_m, REACHED * goal.tolerance_m),
            ),
            vehicle,
            params.speed_mps,
        )
        self._progress = StuckDetector(params)
        self._route: Route | None = None
        self.state = STARTING
        self._begun_ns: int | None = None
        self._since_ns: int | None = None  # begin of this state
        self._limit_ns: int | None = None
        self._switch = BoardEnable(params.enable_wait_s, params.enable_tries)
        self._losses = 0  # of the board's active state
        self._planned_ns = 0
        self._told_ns = 0
        self._lost_ns: int | None = None
        self._blocks = 0
        self._ends = 0
        self._recoveries: list[float] = []  # distance driven at each
        self._back_from: Array | None = None
        self._end: tuple[str, str, int] = ("", "", ABORTED)
        self._commanded = (0.0, 0.0)

    # --- the host side --------------------------------------------------------------------------

    def step(self, s: NavigatorInputs, out: Outbox) -> None:
        """One period."""
        self.feedback = None
        if self._since_ns is None:
            self._since_ns = s.t_ns
        if self._begun_ns is None:
            self._begun_ns = s.t_ns
        if self.state != STOPPING:
            self._guard(s, out)
        if s.new_costmap and s.costmap is not None and self._route is not None:
            self._route.paste(s.costmap)
        handler = {
            STARTING: self._start, DRIVING: self._drive, BLOCKED: self._wait,
            BACKING: self._back, STOPPING: self._settle,
        }[self.state]  # fmt: skip
        handler(s, out)
        if self.result is None and seconds(s.t_ns, self._told_ns) >= FEEDBACK_S:
            self._told_ns = s.t_ns
            self.feedback = self._feedback(s)

    def stop(self, code: str, detail: str = "", status: int = ABORTED) -> None:
        """End the drive; the stop is commanded from the next step on."""
        if self.state == STOPPING:
            return
        text = f"{CODES[code].text}{': ' + detail if detail else ''}"
        self._end = (code, text, status)
        self.state, self._since_ns = STOPPING, None

    def halt(self, s: NavigatorInputs, out: Outbox) -> None:
        """Command a stop now."""
        self._command(s, out, 0.0, 0.0)

    def wheels(self, state: DriveState) -> None:
        """Telemetry of the mobility board."""
        self._progress.wheels(state)

    # --- rules that always hold -----------------------------------------------------------------

    def _guard(self, s: NavigatorInputs, out: Outbox) -> None:
        if self._limit_ns is not None and s.t_ns > self._limit_ns:
            self.stop("NAV-006", f"{self._distance(s):.1f} m left")
        elif s.power_mode == "survival":
            self.stop("NAV-008")
        elif s.held:
            self.stop("NAV-007", f"held in SAFE: {s.held}")
        elif self._is_in_safe(s):
            self.stop("NAV-007", IN_SAFE)
        elif self.state == STARTING:
            return
        elif not s.located(self._p.pose_age_s):
            self._lost_ns = s.t_ns if self._lost_ns is None else self._lost_ns
            if seconds(s.t_ns, self._lost_ns) > self._p.pose_wait_s:
                self.stop("NAV-003")
        elif s.wheels is None or not s.fresh(s.wheels.stamp_ns, WHEELS_SILENT_S):
            self.stop("NAV-007", "no telemetry from the mobility board")
        else:
            self._lost_ns = None
            self._check_board(s, out)

    def _is_in_safe(self, s: NavigatorInputs) -> bool:
        """The board is in SAFE, told since the goal came, or before it and nothing since."""
        if s.safe_ns is None:
            return False
        assert self._begun_ns is not None
        return s.safe_ns >= self._begun_ns or seconds(s.t_ns, self._begun_ns) > HOUSEKEEPING_S

    def _check_board(self, s: NavigatorInputs, out: Outbox) -> None:
        """The board left its active state: enable it again, a few times."""
        if not self._switch.lost(s):
            return
        self._losses += 1
        if self._losses > self._p.enable_tries:
            self.stop("NAV-007", "it left its active state again and again")
            return
        board = s.board
        assert board is not None
        self._say(out, s, "NAV-007", f"state {board.state}, faults {board.fault_bits:#x}")
        self._enter(STARTING, s)

    # --- states ---------------------------------------------------------------------------------

    def _enter(self, state: str, s: NavigatorInputs) -> None:
        self.state, self._since_ns = state, s.t_ns
        self._progress.clear()
        self._follower.reset()

    def _start(self, s: NavigatorInputs, out: Outbox) -> None:
        assert self._since_ns is not None
        if not s.located(self._p.pose_age_s):
            if seconds(s.t_ns, self._since_ns) > self._p.pose_wait_s:
                self.stop("NAV-003")
            return
        if s.safe_ns is not None:
            return  # that was before this goal: its next report says what holds now
        if not self._switch.active(s):
            if not self._switch.ask(s, out):
                self.stop("NAV-007", "no answer to ENABLE")
            return
        self._command(s, out, 0.0, 0.0)
        if self._route is None:
            self._open_route(s, out)
        self._plan(s, out)

    def _open_route(self, s: NavigatorInputs, out: Outbox) -> None:
        p, start = self._p, s.xy
        self._route = Route(p, self._map, start, self._goal_xy, self.goal.tolerance_m, self.failed)
        if s.costmap is not None:
            self._route.paste(s.costmap)
        least_s = self._distance(s) / p.speed_mps
        self._limit_ns = s.t_ns + ns(p.time_factor * least_s + p.time_extra_s)
        self._say(out, s, "NAV-011", f"{self._distance(s):.1f} m to go")

    def _drive(self, s: NavigatorInputs, out: Outbox) -> None:
        if self._lost_ns is not None:
            self._progress.clear()
            self._command(s, out, 0.0, 0.0)
            return
        if self._hindered(s, out) or self._outdated(s) and not self._plan(s, out):
            self._command(s, out, 0.0, 0.0)
            return
        assert self._route is not None and self._route.plan is not None and s.pose is not None
        x, y = s.xy
        yaw = yaw_of(s.pose.pose.matrix)
        way = self._follower.update(
            np.array([x, y, yaw]),
            self._route.plan.points_m,
            s.t_ns * 1e-9,
            self._progress.slip,
        )
        if way.done:
            self._command(s, out, 0.0, 0.0)
            self._arrive(s, out)
            return
        v, omega = self._command(s, out, way.v_mps, way.omega_rps)
        self._progress.update(s.t_ns, x, y, yaw, v, omega, 0.1)

    def _arrive(self, s: NavigatorInputs, out: Outbox) -> None:
        """The end of the path: the goal, or as near as there was a way."""
        if self._distance(s) <= self.goal.tolerance_m:
            self.stop("NAV-000", status=SUCCEEDED)
            return
        self._ends += 1
        if self._ends > self._p.recoveries:
            self.stop("NAV-002", f"{self._distance(s):.1f} m left at the end of the way")
            return
        assert self._route is not None
        self._route.plan = None
        self._plan(s, out)

    def _hindered(self, s: NavigatorInputs, out: Outbox) -> bool:
        """Stuck or tilted: back up."""
        assert s.pose is not None
        tilt = math.degrees(tilt_of(s.pose.pose.matrix))
        if tilt > self._p.tilt_limit_deg:
            self._recover(s, out, "NAV-005", f"{tilt:.0f} degrees")
        elif why := self._progress.stuck:
            self._recover(s, out, "NAV-004", why)
        return self.state != DRIVING

    def _recover(self, s: NavigatorInputs, out: Outbox, code: str, why: str) -> None:
        driven = self._progress.driven_m
        recent = [d for d in self._recoveries if driven - d < FORGIVE_M]
        if len(recent) >= self._p.recoveries:
            self.stop(code, why)
            return
        self._recoveries = [*recent, driven]
        assert s.pose is not None
        ahead = s.pose.pose.matrix[:2, 0]
        at = s.xy + ahead / np.linalg.norm(ahead) * self._p.blocked_ahead_m
        self.failed.append((float(at[0]), float(at[1]), self._p.blocked_radius_m))
        self._say(out, s, "NAV-012", f"{code}: {why}")
        self._back_up(s)

    def _back_up(self, s: NavigatorInputs) -> None:
        self._enter(BACKING, s)
        self._back_from = s.xy.copy()

    def _outdated(self, s: NavigatorInputs) -> bool:
        """Is a new plan due?"""
        route = self._route
        assert route is not None
        if route.plan is None:
            return True
        if not s.new_costmap:
            return False
        return route.blocked(s.xy) or seconds(s.t_ns, self._planned_ns) >= self._p.replan_s

    def _plan(self, s: NavigatorInputs, out: Outbox) -> bool:
        """Plan; driving when there is a way, blocked when not."""
        assert self._route is not None
        before = self._route.plan
        self._planned_ns = s.t_ns
        if not self._route.replan(s.xy):
            if self._distance(s) <= self.goal.tolerance_m:
                self.stop("NAV-000", status=SUCCEEDED)
            elif self.state != BLOCKED:
                self._enter(BLOCKED, s)
            return False
        plan = self._route.plan
        assert plan is not None
        if plan is not before:
            if plan.steep and not (before and before.steep):
                self._say(out, s, "NAV-014", "")
            elif plan.tight and not (before and before.tight):
                self._say(out, s, "NAV-013", "")
            z = self._map.height(plan.points_m[:, 0], plan.points_m[:, 1])
            out.publish(
                graph.NAVIGATION_PATH,
                Path(s.t_ns, "map", np.column_stack([plan.points_m, z])),
            )
        if self.state != DRIVING:
            self._enter(DRIVING, s)
        return True

    def _wait(self, s: NavigatorInputs, out: Outbox) -> None:
        """Blocked: stand, and plan again when the map is new; back up in between."""
        self._command(s, out, 0.0, 0.0)
        if self._lost_ns is not None:
            return
        assert self._since_ns is not None
        fresh = s.new_costmap and seconds(s.t_ns, self._planned_ns) >= COSTMAP_SETTLE_S
        if fresh and self._plan(s, out):
            return
        if seconds(s.t_ns, self._since_ns) < self._p.blocked_wait_s or self.state != BLOCKED:
            return
        self._blocks += 1
        if self._blocks >= self._p.blocked_tries:
            self.stop("NAV-002", f"{self._distance(s):.1f} m left")
        else:
            self._back_up(s)

    def _back(self, s: NavigatorInputs, out: Outbox) -> None:
        if self._lost_ns is not None:
            self._command(s, out, 0.0, 0.0)
            return
        assert self._back_from is not None and self._since_ns is not None
        p = self._p
        limit_s = 2.0 * p.backup_m / p.backup_speed_mps + 15.0
        gone = float(np.hypot(*(s.xy - self._back_from)))
        if gone >= p.backup_m or seconds(s.t_ns, self._since_ns) > limit_s:
            self._command(s, out, 0.0, 0.0)
            assert self._route is not None
            self._route.plan = None
            self._plan(s, out)
            return
        self._command(s, out, -p.backup_speed_mps, 0.0)

    def _settle(self, s: NavigatorInputs, out: Outbox) -> None:
        """Zero command for a moment, then disable and give the result."""
        if self._since_ns is None:
            self._since_ns = s.t_ns
        if self._switch.used:
            self._command(s, out, 0.0, 0.0)
            if seconds(s.t_ns, self._since_ns) < self._p.settle_s:
                return
            self._switch.off(s, out)
        code, text, status = self._end
        result = DriveToResult(code, text, self._progress.driven_m, self._distance(s))
        self._say(out, s, code, text, plain=True)
        self.result = status, result

    # --- hands ----------------------------------------------------------------------------------

    def _command(
        self, s: NavigatorInputs, out: Outbox, v: float, omega: float
    ) -> tuple[float, float]:
        """Send a twist; returns the one really asked for (zero while the crawlers steer)."""
        steer_now = s.wheels.steer_angle_rad if s.wheels is not None else None
        command = crawler_command(v, omega, self._limited, steer_now)
        out.publish(
            graph.MOBILITY_COMMAND, DriveCommand(s.t_ns, command.speed_mps, command.steer_rad)
        )
        part = command.share if command.speed_mps.any() else 0.0
        return v * part, omega * part

    def _distance(self, s: NavigatorInputs) -> float:
        return float(np.hypot(*(s.xy - self._goal_xy))) if s.pose is not None else math.inf

    def _feedback(self, s: NavigatorInputs) -> DriveToFeedback:
        return DriveToFeedback(self._distance(s), self._progress.driven_m, self._progress.slip)

    def _say(
        self, out: Outbox, s: NavigatorInputs, code: str, detail: str, plain: bool = False
    ) -> None:
        text = detail if plain else f"{CODES[code].text}{': ' + detail if detail else ''}"
        out.publish(graph.MISSION_EVENT, CODES.event(s.t_ns, "navigator", code, text))
