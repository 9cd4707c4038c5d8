"""Codes of the mission executive."""

from __future__ import annotations

from lupex_rover.core.codes import FAULT, INFO, WARNING, Code, Codes

CODES = Codes({
    "MIS-000": Code(INFO, "phase complete"),
    "MIS-001": Code(
        FAULT,
        "touchdown was not reached in time; check landing/state and the lander link",
    ),
    "MIS-002": Code(
        FAULT,
        "a board does not answer after its load was switched on; check its cable and load",
    ),
    "MIS-003": Code(
        WARNING,
        "the rover did not reach its goal; see the NAV code before this one",
        FAULT,
        "where it ends the phase",
    ),
    "MIS-004": Code(FAULT, "no sample was taken; see the DRL code before this one"),
    "MIS-005": Code(FAULT, "a sample could not be measured; see the SCI code before this one"),
    "MIS-006": Code(
        WARNING,
        "the battery was not charged before the light went; the night is entered as it is",
        FAULT,
        "where it ends the phase",
    ),
    "MIS-007": Code(
        WARNING,
        "the power manager does not allow this now; recharge first",
        FAULT,
        "where it ends the phase",
    ),
    "MIS-008": Code(
        WARNING,
        "the phase took longer than its limit and was ended",
        FAULT,
        "where it ends the phase",
    ),
    "MIS-009": Code(
        FAULT, "the drill's bit may be in the ground; it was not retracted, and nothing is driven"
    ),
    "MIS-010": Code(INFO, "computer started again after hibernation; plan resumed"),
    "MIS-011": Code(INFO, "mission complete; summary sent"),
    "MIS-012": Code(WARNING, "still dark after waking; going back to sleep"),
    "MIS-013": Code(
        WARNING,
        "a board is held in SAFE and was not released; see the HLT code before this one",
        FAULT,
        "where it ends the phase",
    ),
    "MIS-014": Code(
        WARNING,
        "a phase broke by a mistake of the software or a value that cannot be, and is tried again;"
        " report the text",
        FAULT,
        "where it ends the phase",
    ),
    "MIS-015": Code(
        WARNING, "the night's phase failed; the rover sleeps by the plan until the latest dawn"
    ),
    "MIS-016": Code(WARNING, "a condition of the phase does not hold; see which the text names"),
    "MIS-017": Code(
        WARNING,
        "the phases that the text names are left out, for one before them failed; see its code",
    ),
    "MIS-018": Code(INFO, "the phase goes on; what was done before is not done again"),
    "MIS-019": Code(INFO, "the phase waits for what the text says"),
    "MIS-021": Code(
        WARNING,
        "a phase from outside did not do all it should; see the event before it",
        FAULT,
        "where it ends the phase",
    ),
    "MIS-022": Code(INFO, "every load is switched on for its warmth"),
    "MIS-020": Code(INFO, "the drill's bit may be in the ground; it is retracted before driving"),
})  # fmt: skip
