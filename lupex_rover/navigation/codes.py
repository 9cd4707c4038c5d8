"""Codes of navigation: code -> what happened and what to do."""

CODES: dict[str, str] = {
    "NAV-000": "the goal is reached",
    "NAV-001": "canceled: motion stopped and disabled as asked",
    "NAV-002": "blocked: no passable way to the goal on the known terrain; choose another goal",
    "NAV-003": "no fresh position estimate: motion stopped; check localization and the IMU",
    "NAV-004": "stuck: the tracks turn but the rover does not move on; choose another way",
    "NAV-005": "tilt above the limit: motion stopped; choose a flatter way",
    "NAV-006": "the drive took longer than its distance allows; look at the path and send it again",
    "NAV-007": "the mobility board refused to enable or left its active state; check its faults",
    "NAV-008": "power manager is in survival mode: motion stopped; recharge first",
    "NAV-009": "another drive is under way: cancel it first",
    "NAV-010": "goal refused: not finite or outside the onboard map; check its coordinates",
    "NAV-011": "driving to the goal",
    "NAV-012": "backing up to try another way",
    "NAV-013": "no way with full clearance: planning with less clearance",
    "NAV-014": "no way on slopes that are wanted: planning over steeper ground, watch the tilt",
    "NAV-015": "goal refused: the battery does not hold what the way takes; recharge first",
    "NAV-016": "left out, a number is not finite; check the sensor",
    "NAV-017": "left out, stamped in the future; check the clocks",
}
