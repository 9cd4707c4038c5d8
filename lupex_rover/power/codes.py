"""Codes of the power manager and its budget."""

from __future__ import annotations

from lupex_rover.core.codes import FAULT, INFO, WARNING, Code, Codes

CODES = Codes({
    "PWR-000": Code(INFO, "affordable: the charge stays above the reserve with margin"),
    "PWR-001": Code(
        WARNING,
        "load switched off because the charge is low; recharge, then switch it on again",
    ),
    "PWR-002": Code(WARNING, "saving mode: low charge; go to light, switch off what is not needed"),
    "PWR-003": Code(
        FAULT,
        "survival mode: very low charge; only computer and survival heaters are kept",
    ),
    "PWR-004": Code(
        FAULT,
        "battery or bus under-voltage; every load but computer and heaters is switched off",
    ),
    "PWR-005": Code(
        FAULT,
        "a load draws more than its limit and was switched off; check it before using it",
    ),
    "PWR-006": Code(FAULT, "no telemetry from the EPS board; check its cable and driver"),
    "PWR-007": Code(
        WARNING,
        "refused: not enough energy above the reserve; recharge or do less",
        FAULT,
        "where a phase is refused for it",
    ),
    "PWR-008": Code(
        FAULT,
        "refused: the battery does not last through this darkness; find light or recharge",
    ),
    "PWR-009": Code(
        WARNING,
        "battery too cold to take charge while there is light; heating it first",
    ),
    "PWR-010": Code(INFO, "state of charge estimated anew after a gap in telemetry"),
    "PWR-011": Code(INFO, "normal mode: the charge is sufficient"),
    "PWR-012": Code(INFO, "battery warm enough to take charge again"),
    "PWR-013": Code(WARNING, "a load that is shed was switched on; switched off again"),
    "PWR-014": Code(
        FAULT,
        "a panel of the array gives nothing in full sunlight; look at it, plan without it",
    ),
    "PWR-015": Code(
        WARNING,
        "a reading of the EPS cannot be, and was left out or replaced; check the sensor that"
        " the text names",
    ),
})  # fmt: skip
