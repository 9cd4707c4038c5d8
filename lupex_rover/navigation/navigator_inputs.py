"""The newest of what the navigator hears, and the mobility board's switch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

import numpy as np

from lupex_rover.core.sensor_limits import is_place
from lupex_rover.core.time import AHEAD_S, seconds
from lupex_rover.core.types import (
    BoardAck,
    BoardHousekeeping,
    DriveState,
    Grid,
    Odometry,
)
from lupex_rover.core.types.boards import REFUSED, STATE_SAFE

Array = np.ndarray
BOARD = "MOB"
ENABLE, SAFE, DRIVE = "ENABLE", "SAFE", "DRIVE"  # telecommands, ICD
ANSWER_S = 1.5  # housekeeping older than this after ENABLE may be from before it
YAW_SIGMA_LIMIT_RAD = 0.3  # a heading worse than this is no heading


@dataclasses.dataclass
class NavigatorInputs:
    """The newest of what the navigator hears.

    Attributes
    ----------
    board_ns : int
        When the board's newest housekeeping came.
    safe_ns : int or None
        When the board was last told to be in SAFE; None: it is not, as far as is known.
    held : str
        Why health holds the board in SAFE; empty: it does not.
    refused : bool
        It refused ENABLE or DRIVE and no housekeeping came since: it may be in SAFE, and is not
        active in any case.
    """

    t_ns: int = 0
    pose: Odometry | None = None
    wheels: DriveState | None = None
    board: BoardHousekeeping | None = None
    board_ns: int = 0
    safe_ns: int | None = None
    refused: bool = False
    held: str = ""
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

    def hear_board(self, reports: Iterable[BoardHousekeeping], acks: list[BoardAck]) -> None:
        """What came of the board at `t_ns`; ages count from arrival, as its clock may be wrong."""
        for report in reports:
            if report.board == BOARD:
                self.board, self.board_ns = report, self.t_ns
                self.safe_ns = self.t_ns if report.state == STATE_SAFE else None
                self.refused = False
        self.acks = acks
        for ack in acks:
            if ack.board == BOARD:
                self._hear_ack(ack)

    def _hear_ack(self, ack: BoardAck) -> None:
        if ack.status == 0 and ack.telecommand == SAFE:
            self.safe_ns = self.t_ns
        elif ack.status == 0 and ack.telecommand == ENABLE:
            self.safe_ns, self.refused = None, False
        elif ack.status == REFUSED and ack.telecommand in (ENABLE, DRIVE):
            self.refused = True

    @property
    def may_be_safe(self) -> bool:
        """The board is in SAFE or may be: it is not active, and ENABLE 0 could end SAFE."""
        return self.safe_ns is not None or self.refused

    def fresh(self, stamp_ns: int, age_limit_s: float) -> bool:
        """Not too old, and not from the future."""
        return -AHEAD_S <= seconds(self.t_ns, stamp_ns) <= age_limit_s

    def located(self, age_limit_s: float) -> bool:
        """A pose that is fresh, at a place, and has a heading."""
        if self.pose is None or not self.fresh(self.pose.stamp_ns, age_limit_s):
            return False
        if not is_place(self.pose.pose.position_m):
            return False
        return bool(self.pose.pose_covariance[5, 5] < YAW_SIGMA_LIMIT_RAD**2)
