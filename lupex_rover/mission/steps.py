"""A step of the mission: a phase of the table, as it stands in the list of what is flown."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.mission.phase_table import PhaseRule


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    name : str
        As the list of phases has it.
    phase : str
        Key of the table.
    rule : PhaseRule
        Its row.
    """

    name: str
    phase: str
    rule: PhaseRule
