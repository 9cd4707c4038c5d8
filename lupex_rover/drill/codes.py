"""Codes of the drill."""

from __future__ import annotations

from lupex_rover.core.codes import FAULT, INFO, WARNING, Code, Codes

CODES = Codes({
    "DRL-000": Code(INFO, "sample taken and delivered"),
    "DRL-001": Code(INFO, "drilling started"),
    "DRL-002": Code(INFO, "first contact or bottom of the hole reached"),
    "DRL-003": Code(
        WARNING,
        "binding: torque above the limit; bit is raised, cleared and goes on slower",
    ),
    "DRL-004": Code(WARNING, "auger stalled; bit is raised, cleared and goes on slower"),
    "DRL-005": Code(WARNING, "cuttings choke the flutes; bit is raised and spun clear"),
    "DRL-006": Code(WARNING, "bit too warm for the sample's ice; waiting for it to cool"),
    "DRL-007": Code(WARNING, "no progress; bit is raised, cleared and pushed harder"),
    "DRL-008": Code(INFO, "hard ground: percussion on until the bit is through"),
    "DRL-009": Code(
        WARNING,
        "telemetry stopped or not a number; drill held still, check the DRL cable and load",
        FAULT,
        "where it ends the goal",
    ),
    "DRL-010": Code(FAULT, "sample gate does not move; check the DRL board's fault bits"),
    "DRL-011": Code(FAULT, "too little sample in the gate; try again deeper"),
    "DRL-012": Code(FAULT, "the cup was not filled: board refused DELIVER; choose an empty cup"),
    "DRL-013": Code(
        WARNING,
        "DRL board is not active; switch the drill load on, leave SAFE with ENABLE 0",
        FAULT,
        "where it ends the goal",
    ),
    "DRL-014": Code(
        FAULT,
        "bit cannot be pulled out of the hole; do not drive; send `retract`, then hand commands",
    ),
    "DRL-015": Code(
        WARNING, "goal refused: depth must be 0.01 to 1.58 m, the cup 0 to 11 and empty"
    ),
    "DRL-016": Code(WARNING, "goal refused: the drill is busy with another one"),
    "DRL-017": Code(FAULT, "the hole here is already deeper than the goal; move or drill deeper"),
    "DRL-018": Code(FAULT, "too many recoveries for one goal; bit retracted, try another place"),
    "DRL-019": Code(FAULT, "the power manager withdrew the drill; recharge and try again"),
    "DRL-020": Code(INFO, "canceled; bit retracted and drill disabled"),
    "DRL-021": Code(FAULT, "a drilling phase took longer than its limit; bit retracted"),
    "DRL-022": Code(
        FAULT,
        "no ground found within the stroke; is the rover level and on the ground?",
    ),
    "DRL-023": Code(INFO, "bit out of the ground, gate shut, drill disabled"),
    "DRL-024": Code(INFO, "the cup holds this sample already; nothing is drilled for it again"),
    "DRL-025": Code(WARNING, "a sample is lost, for the reason in the text; drill another one"),
    "DRL-026": Code(
        INFO, "the gate holds a sample of before; a goal for its depth and cup hands it over",
    ),
    "DRL-027": Code(
        WARNING,
        "retract ended with the bit where it was; do not drive, send it again",
        FAULT,
        "where it was not canceled",
    ),
    "DRL-028": Code(WARNING, "the bit does not come with a step; it is pulled harder"),
    "DRL-029": Code(
        WARNING,
        "the computer stopped while the bit may have been in the ground; send `retract` before"
        " anything drives",
    ),
})  # fmt: skip
