"""Component `navigator`: serves `drive_to`, one goal at a time."""

from __future__ import annotations

import math

from lupex_rover import graph
from lupex_rover.core import holds
from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import (
    ABORTED,
    CANCELED,
    Component,
    GoalRequest,
    Inbox,
    Outbox,
)
from lupex_rover.core.goal_server import GoalServer
from lupex_rover.core.sensor_limits import are_crawlers
from lupex_rover.core.types import DriveToGoal, DriveToResult
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.navigation.board_enable import BoardEnable
from lupex_rover.navigation.codes import CODES
from lupex_rover.navigation.drive import Drive
from lupex_rover.navigation.navigator_inputs import BOARD, NavigatorInputs
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.navigation.warm_up import warm_up_route
from lupex_rover.terrain.dem import Dem

REMEMBERED = 12  # places where the rover got stuck


class Navigator(Component):
    """Drives to a point of `map` along ground that the maps say is passable."""

    name = "navigator"
    inputs = (graph.LOCALIZATION_POSE, graph.NAVIGATION_COSTMAP, graph.MOBILITY_STATE,
              graph.BOARDS_HOUSEKEEPING, graph.BOARDS_ACK, graph.POWER_STATE,
              graph.DIAGNOSTICS)  # fmt: skip
    outputs = (graph.MOBILITY_COMMAND, graph.BOARDS_REQUEST, graph.NAVIGATION_PATH,
               graph.MISSION_EVENT)  # fmt: skip
    serves = (graph.DRIVE_TO,)
    period_s = 0.1

    def __init__(self, params: NavigatorParams, vehicle: Vehicle, onboard_map: Dem) -> None:
        self._p = params
        self._vehicle = vehicle
        self._map = onboard_map
        self._senses = NavigatorInputs()
        self._drive: Drive | None = None
        self._server = GoalServer(graph.DRIVE_TO)
        self._refused = Complaints()
        self._failed: list[tuple[float, float, float]] = []

    def prepare(self) -> None:
        """A made-up goal is planned for."""
        warm_up_route(self._p)

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        """Take in goals and messages; carry the drive on."""
        out = Outbox()
        if not inbox and self._drive is None:
            return out
        self._hear(t_ns, inbox)
        for request in self._server.arrived(inbox):
            self._accept(request, out)
        if self._drive is not None:
            if self._server.canceled(inbox):
                self._drive.stop("NAV-001", status=CANCELED)
            self._drive.step(self._senses, out)
            if self._drive.feedback is not None:
                self._server.tell(self._drive.feedback, out)
            if self._drive.result is not None:
                self._server.end(*self._drive.result, out)
                self._drive = None
        return out

    def safe(self, t_ns: int) -> Outbox:
        """Zero command and, unless the board may be in SAFE, disable."""
        out = Outbox()
        if self._drive is None:
            return out
        self._senses.t_ns = t_ns
        drive, self._drive = self._drive, None
        drive.halt(self._senses, out)
        BoardEnable.off(self._senses, out)
        result = DriveToResult("NAV-001", CODES["NAV-001"].text, 0.0, math.inf)
        self._server.end(ABORTED, result, out)
        return out

    def _hear(self, t_ns: int, inbox: Inbox) -> None:
        s = self._senses
        s.t_ns = t_ns
        s.pose = inbox.latest(graph.LOCALIZATION_POSE) or s.pose
        s.hear_board(inbox.all(graph.BOARDS_HOUSEKEEPING), inbox.all(graph.BOARDS_ACK))
        told = holds.held(inbox.all(graph.DIAGNOSTICS))
        s.held = s.held if told is None else told.get(BOARD, "")
        costmap = inbox.latest(graph.NAVIGATION_COSTMAP)
        s.new_costmap = costmap is not None
        s.costmap = costmap or s.costmap
        power = inbox.latest(graph.POWER_STATE)
        if power is not None:
            s.power_mode = power.mode
            s.energy_wh = power.energy_wh
        for wheels in inbox.all(graph.MOBILITY_STATE):
            turned = wheels.steer_angle_rad
            if not are_crawlers(wheels.track_travel_m, wheels.track_speed_mps, turned):
                continue  # localization tells it
            s.wheels = wheels
            if self._drive is not None:
                self._drive.wheels(wheels)

    def _accept(self, request: GoalRequest[DriveToGoal], out: Outbox) -> None:
        goal = request.goal
        code, why = ("NAV-009", "") if self._drive is not None else self._refusal(goal)
        if code:
            text = CODES[code].text + (f": {why}" if why else "")
            if self._refused.add(code, self._senses.t_ns):
                more = text + self._refused.so_far(code)
                event = CODES.event(self._senses.t_ns, self.name, code, more)
                out.publish(graph.MISSION_EVENT, event)
            result = DriveToResult(code, text, 0.0, math.inf)
            self._server.refuse(request, result, out)
            return
        del self._failed[:-REMEMBERED]
        self._drive = Drive(self._p, self._vehicle, self._map, goal, self._failed)
        self._server.begin(request)

    def _refusal(self, goal: DriveToGoal) -> tuple[str, str]:
        """Code of what is wrong with a goal, and more words; empty when it is good."""
        at = f"({goal.x_m:.6g}, {goal.y_m:.6g}) m"
        if not 0.0 < goal.tolerance_m < math.inf:
            return "NAV-010", f"tolerance {goal.tolerance_m:.4g} m"
        if not (math.isfinite(goal.x_m) and math.isfinite(goal.y_m)):
            return "NAV-010", at
        if not self._map.contains(goal.x_m, goal.y_m):
            return "NAV-010", f"{at} is not on the map"
        pose = self._senses.pose
        if pose is not None:
            x, y, _ = pose.pose.position_m
            away_m = math.hypot(goal.x_m - x, goal.y_m - y)
            if away_m > self._p.goal_limit_m:
                return "NAV-010", f"{at} is {away_m:.0f} m away, above {self._p.goal_limit_m:g} m"
        # The reserve is the executive's to guard: a rover short of it may have to reach the light.
        need_wh, there_wh = self._need_wh(goal), self._senses.energy_wh
        if need_wh > there_wh:
            return "NAV-015", f"{need_wh:.0f} Wh of {there_wh:.0f} Wh"
        return "", ""

    def _need_wh(self, goal: DriveToGoal) -> float:
        """Energy of the straight way, Wh; 0 while the pose is not known."""
        pose = self._senses.pose
        if pose is None:
            return 0.0
        x, y, _ = pose.pose.position_m
        return self._p.drive_whpm * math.hypot(goal.x_m - x, goal.y_m - y)
