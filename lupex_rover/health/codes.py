"""Codes of the health monitor; rules of the fault table name one of these."""

CODES: dict[str, str] = {
    "HLT-000": "a fault has cleared; no action needed",
    "HLT-001": "a board fell silent; check its load, its cable and its driver",
    "HLT-002": "a board is too hot or too cold; stop using it and check its heater or its shade",
    "HLT-003": "a board reports fault bits; read them, cure the cause, leave safe with ENABLE 0",
    "HLT-004": "a link loses packets; check the cable and the baud rate",
    "HLT-005": "a board leaves telecommands without an answer; check the link and power-cycle it",
    "HLT-006": "the rover is tilted beyond its limit and was stopped; plan a way to flatter ground",
    "HLT-007": "a drive motor is too hot and was stopped; let it cool, drive slower",
    "HLT-008": "a drive motor draws too much and was stopped; check for a blocked crawler",
    "HLT-009": "the battery is outside its temperatures; check heater, set point and shade",
    "HLT-010": "the battery voltage is outside its limits; recharge, or stop charging",
    "HLT-011": "the charge is very low; go to light and hibernate",
    "HLT-012": "the bus voltage is outside its limits; switch loads off",
    "HLT-013": "the position is uncertain; stop and take a fix",
    "HLT-014": "the IMU reads a force the Moon cannot make; do not trust it",
    "HLT-015": "a hold in SAFE: the board left it and was ordered back, or was released; where"
    " it is held see the fault that holds it",
}
