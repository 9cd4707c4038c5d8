"""Codes of science."""

from __future__ import annotations

from lupex_rover.core.codes import FAULT, INFO, WARNING, Code, Codes

CODES = Codes({
    "SCI-000": Code(INFO, "water measured"),
    "SCI-001": Code(INFO, "analysis started"),
    "SCI-002": Code(WARNING, "goal refused: cup must be 0 to 11"),
    "SCI-003": Code(WARNING, "goal refused: another sample is being analysed"),
    "SCI-004": Code(
        FAULT,
        "the analyser's records stopped; check the payload load and the SCI cable",
    ),
    "SCI-005": Code(FAULT, "the analyser refused a command; see its status record"),
    "SCI-006": Code(FAULT, "no ACK from the SCI board; check the payload load and the SCI cable"),
    "SCI-007": Code(FAULT, "the cup holds too little sample to measure"),
    "SCI-008": Code(FAULT, "the oven did not reach its temperature in time"),
    "SCI-009": Code(
        FAULT,
        "the data do not give a water content: pressure curve too short or not finite",
    ),
    "SCI-010": Code(
        WARNING,
        "mass loss and pressure disagree; sigma was widened, look at the curves",
    ),
    "SCI-011": Code(WARNING, "weighed mass differs from the drill's; the weighed one is used"),
    "SCI-012": Code(
        INFO,
        "canceled; heater off, chamber vented, slot off",
        FAULT,
        "where its host ended it",
    ),
    "SCI-013": Code(WARNING, "records that are short or not finite were dropped"),
    "SCI-014": Code(FAULT, "pressure above the gauge's range; heating stopped"),
    "SCI-015": Code(
        WARNING,
        "goal refused: depth or mass cannot be; give what the drill measured, mass 0 where unknown",
    ),
    "SCI-016": Code(INFO, "the cup was measured before; its result is told again, nothing heated"),
    "SCI-017": Code(
        WARNING,
        "goal refused: the cup was heated before and not measured, its water is no more the"
        " sample's; `analyze_again` heats it all the same",
    ),
    "SCI-018": Code(
        WARNING,
        "the computer stopped within an analysis; heater off, chamber vented, slot off",
    ),
})  # fmt: skip
