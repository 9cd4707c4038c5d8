"""The simulated mast: two motors that turn at 0.4 rad/s while their latch is open."""

from __future__ import annotations

from typing import Any

from lupex_rover.protocol.messages import AckStatus
from lupex_rover.simulator.boards import Board, DeviceContext
from mast_board.declaration import Latch, MastState, Point

RATE_RPS = 0.4
NOISE_RAD = 1e-4


class MastDevice(Board):
    name = "MAST"
    SAVED = ("_rng", "_angles", "_wanted", "_latched")  # of a run's snapshot

    def __init__(self, context: DeviceContext) -> None:
        self._rng = context.rng
        self._angles = [0.0, 0.0]
        self._wanted = [0.0, 0.0]
        self._latched = False
        super().__init__()
        self.actions = {Point: self._point, Latch: self._latch}
        self.telemetry = {MastState: self._state}

    def move(self, dt_s: float) -> None:
        for i, wanted in enumerate(self._wanted):
            way = wanted - self._angles[i]
            self._angles[i] += max(-RATE_RPS * dt_s, min(RATE_RPS * dt_s, way))

    def stop(self) -> None:
        self._wanted = list(self._angles)

    def _point(self, command: Point) -> AckStatus:
        if self._latched:
            return AckStatus.STATE
        self._wanted = [command.pan_rad, command.tilt_rad]
        return AckStatus.ACCEPTED

    def _latch(self, command: Latch) -> AckStatus:
        self._latched = bool(command.closed)
        self.stop()
        return AckStatus.ACCEPTED

    def _state(self) -> list[Any]:
        pan, tilt = (a + NOISE_RAD * self._rng.standard_normal() for a in self._angles)
        return [MastState(pan, tilt, int(self._latched))]


def make(context: DeviceContext) -> MastDevice:
    """The board, as the declaration names it."""
    return MastDevice(context)
