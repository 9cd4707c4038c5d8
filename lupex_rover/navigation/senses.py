"""The newest of what the navigator hears, and the mobility board's switch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

import numpy as np

from lupex_rover.core.component import Outbox
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.types import (
    BoardAck,
    BoardHousekeeping,
    BoardRequest,
    DriveState,
    Grid,
    Odometry,
)

Array = np.ndarray
BOARD = "MOB"
ENABLE_ID = 0x04  # ICD
STATE_ACTIVE, STATE_SAFE = 2, 3  # ICD
ANSWER_S = 1.5  # housekeeping older than this after ENABLE may be from before it
YAW_SIGMA_LIMIT_RAD = 0.3  # a heading worse than this is no heading


@dataclasses.dataclass
class Senses:
    """The newest of what the navigator hears."""

    t_ns: int = 0
    pose: Odometry | None = None
    wheels: DriveState | None = None
    board: BoardHousekeeping | None = None
    acks: list[BoardAck] = dataclasses.field(default_factory=list)
    costmap: Grid | None = None
    new_costmap: bool = False
    power_mode: str = "normal"
    energy_wh: float = math.inf  # in the battery

    @property
    def xy(self) -> Array:
        """(2,) in map, m."""
        assert self.pose is not None
        return self.pose.pose.position_m[:2]

    def located(self, age_limit_s: float) -> bool:
        """A pose that is fresh and has a heading."""
        if self.pose is None or seconds(self.t_ns, self.pose.stamp_ns) > age_limit_s:
            return False
        return bool(self.pose.pose_covariance[5, 5] < YAW_SIGMA_LIMIT_RAD**2)


def latest_of(board: str, reports: Iterable[BoardHousekeeping]) -> BoardHousekeeping | None:
    """The newest housekeeping report of one board."""
    found = None
    for report in reports:
        if report.board == board:
            found = report
    return found


class BoardSwitch:
    """Enables the mobility board and sees whether it is active."""

    def __init__(self, wait_s: float, tries: int) -> None:
        self._wait_s, self._tries = wait_s, tries
        self._asked_ns: int | None = None
        self._asks = 0

    @property
    def used(self) -> bool:
        """ENABLE was sent at least once: the board must be disabled in the end."""
        return self._asked_ns is not None

    def active(self, s: Senses) -> bool:
        """The board answered the last ENABLE, or reports that it is active."""
        asked = self._asked_ns
        if asked is None:
            return False
        acked = any(
            a.board == BOARD and a.message_id == ENABLE_ID and a.status == 0
            and a.stamp_ns >= asked
            for a in s.acks
        )  # fmt: skip
        told = s.board is not None and s.board.state == STATE_ACTIVE and s.board.stamp_ns > asked
        if acked or told:
            self._asks = 0
        return acked or told

    def ask(self, s: Senses, out: Outbox) -> bool:
        """Send ENABLE when the last one has had its time; False when all tries are used up."""
        if self._asked_ns is not None and self._asks > 0:
            if seconds(s.t_ns, self._asked_ns) < self._wait_s:
                return True
            if self._asks >= self._tries:
                return False
        if s.board is not None and s.board.state == STATE_SAFE:
            out.publish("boards/request", BoardRequest(s.t_ns, BOARD, "disable"))
        out.publish("boards/request", BoardRequest(s.t_ns, BOARD, "enable"))
        self._asked_ns = s.t_ns
        self._asks += 1
        return True

    def lost(self, s: Senses) -> bool:
        """A report that is newer than the last ENABLE says that the board is not active."""
        if s.board is None or s.board.state == STATE_ACTIVE or self._asked_ns is None:
            return False
        return s.board.stamp_ns >= self._asked_ns + ns(ANSWER_S)

    def off(self, s: Senses, out: Outbox) -> None:
        """Send ENABLE 0."""
        out.publish("boards/request", BoardRequest(s.t_ns, BOARD, "disable"))
