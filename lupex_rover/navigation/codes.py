"""Codes of navigation: code -> what happened and what to do."""

from __future__ import annotations

from lupex_rover.core.codes import FAULT, INFO, WARNING, Code, Codes

CODES = Codes({
    "NAV-000": Code(INFO, "the goal is reached"),
    "NAV-001": Code(WARNING, "canceled: motion stopped and disabled as asked"),
    "NAV-002": Code(
        WARNING,
        "blocked: no passable way to the goal on the known terrain; choose another goal",
    ),
    "NAV-003": Code(
        WARNING,
        "no fresh position estimate: motion stopped; check localization and the IMU",
    ),
    "NAV-004": Code(
        WARNING,
        "stuck: the tracks turn but the rover does not move on; choose another way",
    ),
    "NAV-005": Code(WARNING, "tilt above the limit: motion stopped; choose a flatter way"),
    "NAV-006": Code(
        WARNING,
        "the drive took longer than its distance allows; look at the path and send it again",
    ),
    "NAV-007": Code(
        WARNING,
        "the mobility board refused to enable or left its active state; check its faults",
    ),
    "NAV-008": Code(WARNING, "power manager is in survival mode: motion stopped; recharge first"),
    "NAV-009": Code(WARNING, "another drive is under way: cancel it first"),
    "NAV-010": Code(
        WARNING,
        "goal refused: not finite or outside the onboard map; check its coordinates",
    ),
    "NAV-011": Code(INFO, "driving to the goal"),
    "NAV-012": Code(WARNING, "backing up to try another way"),
    "NAV-013": Code(INFO, "no way with full clearance: planning with less clearance"),
    "NAV-014": Code(
        WARNING,
        "no way on slopes that are wanted: planning over steeper ground, watch the tilt",
    ),
    "NAV-015": Code(
        WARNING,
        "goal refused: the battery does not hold what the way takes; recharge first",
    ),
    "NAV-016": Code(WARNING, "left out, a number is not finite; check the sensor"),
    "NAV-017": Code(WARNING, "left out, stamped in the future; check the clocks"),
    "NAV-018": Code(
        WARNING,
        "left out, a number is beyond what sensor or rover can do; check the sensor",
    ),
    "NAV-019": Code(
        FAULT,
        "the pose that was kept cannot be and was dropped; do not drive before the place is"
        " known again, check the disk",
    ),
    "NAV-020": Code(
        WARNING,
        "left out, a camera cannot be so; check who says what the stereo cameras are",
    ),
})  # fmt: skip
