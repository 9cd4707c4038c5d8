"""One fault over time: raised after it persisted, latched, cleared when it is well over."""

from __future__ import annotations

from lupex_rover.health.table import FaultRule


class Latch:
    """State of one rule.

    Attributes
    ----------
    active : bool
        The fault is latched.
    value : float
        The signal when it was last seen.
    """

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.active = False
        self.value = float("nan")
        self._bad_s: float | None = None
        self._good_s = 0.0

    def forget(self) -> None:
        """Count anew; an active fault stays latched."""
        self._bad_s = None
        self._good_s = 0.0

    @property
    def at_rest(self) -> bool:
        """Neither latched nor counting."""
        return not self.active and self._bad_s is None

    def reset(self) -> None:
        """As new: nothing latched."""
        self.active = False
        self.forget()

    def update(self, value: float, dt_s: float) -> str:
        """Take the signal's `value` after `dt_s`; ``"raised"``, ``"cleared"`` or ``""``."""
        rule = self.rule
        watched = rule.watched(value)
        self.value = value
        if self.active:
            self._good_s = self._good_s + dt_s if rule.good(watched) else 0.0
            if self._good_s < max(rule.clear_s, 1e-9):
                return ""
            self.active = False
            self._bad_s = None
            return "cleared"
        if not rule.bad(watched):
            self._bad_s = None
            return ""
        self._bad_s = 0.0 if self._bad_s is None else self._bad_s + dt_s
        if self._bad_s < rule.persistence_s:
            return ""
        self.active = True
        self._good_s = 0.0
        return "raised"
