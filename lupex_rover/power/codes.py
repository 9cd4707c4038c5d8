"""Codes of the power manager and its budget."""

CODES: dict[str, str] = {
    "PWR-000": "affordable: the charge stays above the reserve with margin",
    "PWR-001": "load switched off because the charge is low; recharge, then switch it on again",
    "PWR-002": "saving mode: low charge; go to light, switch off what is not needed",
    "PWR-003": "survival mode: very low charge; only computer and survival heaters are kept",
    "PWR-004": "battery or bus under-voltage; every load but computer and heaters is switched off",
    "PWR-005": "a load draws more than its limit and was switched off; check it before using it",
    "PWR-006": "no telemetry from the EPS board; check its cable and driver",
    "PWR-007": "refused: not enough energy above the reserve; recharge or do less",
    "PWR-008": "refused: the battery does not last through this darkness; find light or recharge",
    "PWR-009": "battery too cold to take charge while there is light; heating it first",
    "PWR-010": "state of charge estimated anew after a gap in telemetry",
    "PWR-011": "normal mode: the charge is sufficient",
    "PWR-012": "battery warm enough to take charge again",
    "PWR-013": "a load that is shed was switched on; switched off again",
    "PWR-014": "a panel of the array gives nothing in full sunlight; look at it, plan without it",
}
