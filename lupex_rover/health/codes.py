"""Codes of the health monitor; rules of the fault table name one of these."""

from __future__ import annotations

from lupex_rover.core.codes import FAULT, INFO, WARNING, Code, Codes


def _watched(text: str) -> Code:
    """A code for rules of the fault table."""
    return Code(WARNING, text, FAULT, "where the rule in the fault table says so")


CODES = Codes({
    "HLT-000": Code(INFO, "a fault has cleared; no action needed"),
    "HLT-001": _watched("a board fell silent; check its load, its cable and its driver"),
    "HLT-002": _watched(
        "a board is too hot or too cold; stop using it and check its heater or its shade"
    ),
    "HLT-003": _watched(
        "a board reports fault bits; read them, cure the cause, leave safe with ENABLE 0"
    ),
    "HLT-004": _watched("a link loses packets; check the cable and the baud rate"),
    "HLT-005": _watched(
        "a board leaves telecommands without an answer; check the link and power-cycle it"
    ),
    "HLT-006": _watched(
        "the rover is tilted beyond its limit and was stopped; plan a way to flatter ground"
    ),
    "HLT-007": _watched("a drive motor is too hot and was stopped; let it cool, drive slower"),
    "HLT-008": _watched(
        "a drive motor draws too much and was stopped; check for a blocked crawler"
    ),
    "HLT-009": _watched(
        "the battery is outside its temperatures; check heater, set point and shade"
    ),
    "HLT-010": _watched("the battery voltage is outside its limits; recharge, or stop charging"),
    "HLT-011": _watched("the charge is very low; go to light and hibernate"),
    "HLT-012": _watched("the bus voltage is outside its limits; switch loads off"),
    "HLT-013": _watched("the position is uncertain; stop and take a fix"),
    "HLT-014": _watched("the IMU reads a force the Moon cannot make; do not trust it"),
    "HLT-015": Code(
        INFO,
        "a hold in SAFE: the board left it and was ordered back, or was released; where it is"
        " held see the fault that holds it",
        WARNING,
        "where the board left SAFE, or its fault is not over",
    ),
    "HLT-016": Code(
        WARNING,
        "a request names a board that this rover has not got, and nobody carries it out; mend"
        " its sender",
    ),
})  # fmt: skip
