"""Boards held in SAFE: by which faults, until when, and what is ordered meanwhile.

A fault whose response is SAFE begins a hold. While it lasts, a board that is seen in another state
(its power came back, someone sent ENABLE 0) is ordered to SAFE again. Once nothing holds it any
more health itself sends the ENABLE 0 that leaves SAFE; no other component may.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lupex_rover.core.types import BoardHousekeeping, BoardRequest
from lupex_rover.core.types.boards import STATE_SAFE
from lupex_rover.health.table import CLEARED, GROUND

LEAVE_TRIES = 3  # ENABLE 0 is sent so often to a board that stays in SAFE


@dataclass
class Hold:
    """Of one fault.

    Attributes
    ----------
    boards : tuple[str, ...]
        Still held.
    release : str
        GROUND or CLEARED.
    clear_s : float
        The fault has been clear for so long.
    """

    boards: tuple[str, ...]
    release: str
    release_s: float
    clear_s: float = 0.0

    def words(self) -> str:
        if self.release == GROUND:
            return "until the ground releases it"
        return f"until it has been clear for {self.release_s:g} s"


class Holds:
    """All holds, and the boards that are being led out of SAFE.

    Attributes
    ----------
    changed : bool
        Something is to be kept for the next life; whoever keeps it sets this back.
    """

    def __init__(self) -> None:
        self.changed = False
        self._holds: dict[str, Hold] = {}  # by fault
        self._leaving: dict[str, int] = {}  # board -> tries left
        self._others: set[str] = set()  # boards that someone else ordered to SAFE
        self._own: deque[BoardRequest] = deque(maxlen=64)
        self._seen_safe: set[str] = set()  # since it is held

    # --- begin and end --------------------------------------------------------------------------

    def begin(self, fault: str, hold: Hold) -> None:
        self._holds[fault] = hold
        self.changed = True
        for board in hold.boards:
            self._leaving.pop(board, None)

    def faults(self, board: str) -> list[str]:
        """The faults that hold `board`."""
        return [fault for fault, hold in self._holds.items() if board in hold.boards]

    def words(self) -> dict[str, str]:
        """Board -> what holds it."""
        boards = dict.fromkeys(b for hold in self._holds.values() for b in hold.boards)
        return {
            b: "; ".join(f"{fault} {self._holds[fault].words()}" for fault in self.faults(b))
            for b in boards
        }

    def to_clear(self) -> list[str]:
        """Faults whose holds end by themselves."""
        return [fault for fault, hold in self._holds.items() if hold.release == CLEARED]

    def bad(self, fault: str) -> None:
        """The fault is there: its time counts anew."""
        self._holds[fault].clear_s = 0.0

    def clear(self, fault: str, dt_s: float) -> tuple[str, ...]:
        """The fault was clear for `dt_s` more; the boards of its hold if that ends it."""
        hold = self._holds[fault]
        hold.clear_s += dt_s
        if hold.clear_s < hold.release_s:
            return ()
        del self._holds[fault]
        self.changed = True
        for board in hold.boards:
            if board not in self._others:
                self._lead_out(board)
        return hold.boards

    def hear(self, requests: Iterable[BoardRequest]) -> list[tuple[str, list[str]]]:
        """What others ask of boards; (board, faults) of each that the ground releases."""
        released = []
        for request in requests:
            board = request.board
            if request in self._own:
                continue
            if request.command == "safe":
                self._others.add(board)
                self._leaving.pop(board, None)
            elif request.command in ("release", "enable", "disable"):
                self._others.discard(board)
            if request.command == "release":
                released.append((board, self._release(board)))
        return released

    def _release(self, board: str) -> list[str]:
        faults = self.faults(board)
        for fault in faults:
            hold = self._holds[fault]
            hold.boards = tuple(b for b in hold.boards if b != board)
            if not hold.boards:
                del self._holds[fault]
        self.changed = self.changed or bool(faults)
        self._lead_out(board)
        return faults

    def _lead_out(self, board: str) -> None:
        if not self.faults(board):
            self._leaving[board] = LEAVE_TRIES
            self._seen_safe.discard(board)

    # --- orders ---------------------------------------------------------------------------------

    def order(self, t_ns: int, board: str, command: str) -> BoardRequest:
        """A request of health's own, remembered as such."""
        request = BoardRequest(t_ns, board, command)
        self._own.append(request)
        return request

    def escaped(self, reports: Iterable[BoardHousekeeping]) -> dict[str, bool]:
        """Held boards that are not in SAFE; True where one was already seen in it."""
        found = {}
        for board, state in _states(reports).items():
            if not self.faults(board):
                continue
            if state == STATE_SAFE:
                self._seen_safe.add(board)
            else:
                found[board] = board in self._seen_safe
                self._seen_safe.discard(board)
        return found

    def leaving(self, reports: Iterable[BoardHousekeeping]) -> list[str]:
        """Released boards that are still in SAFE and to be sent ENABLE 0."""
        found = []
        for board, state in _states(reports).items():
            tries = self._leaving.get(board, 0)
            if state != STATE_SAFE or tries <= 0:
                self._leaving.pop(board, None)
                continue
            self._leaving[board] = tries - 1
            found.append(board)
        return found

    def powered_off(self, board: str) -> None:
        """What it was in is over; holds stay."""
        self._leaving.pop(board, None)
        self._others.discard(board)
        self._seen_safe.discard(board)

    # --- over a restart -------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """What `restore` needs."""
        return {fault: dataclasses.asdict(hold) for fault, hold in self._holds.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back `state()`; the time a fault has been clear counts anew."""
        self._holds = {
            str(fault): Hold(
                tuple(map(str, kept["boards"])), str(kept["release"]), float(kept["release_s"])
            )
            for fault, kept in state.items()
        }


def _states(reports: Iterable[BoardHousekeeping]) -> dict[str, int]:
    """The newest state of each board."""
    return {report.board: report.state for report in reports}
