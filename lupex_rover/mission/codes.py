"""Codes of the mission executive."""

CODES = {
    "MIS-000": "phase complete",
    "MIS-001": "touchdown was not reached in time; check landing/state and the lander link",
    "MIS-002": "a board does not answer after its load was switched on; check its cable and load",
    "MIS-003": "the rover did not reach its goal; see the NAV code before this one",
    "MIS-004": "no sample was taken; see the DRL code before this one",
    "MIS-005": "a sample could not be measured; see the SCI code before this one",
    "MIS-006": "the battery was not charged before the light went; the night is entered as it is",
    "MIS-007": "the power manager does not allow this now; recharge first",
    "MIS-008": "the phase took longer than its limit and was ended",
    "MIS-009": "the drill's bit may be in the ground; retract it before driving",
    "MIS-010": "computer started again after hibernation; plan resumed",
    "MIS-011": "mission complete; summary sent",
    "MIS-012": "still dark after waking; going back to sleep",
    "MIS-013": "a board is held in SAFE and was not released; see the HLT code before this one",
}
