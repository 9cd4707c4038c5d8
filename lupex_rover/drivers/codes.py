"""Codes of the drivers."""

from __future__ import annotations

from lupex_rover.core.codes import FAULT, WARNING, Code, Codes

CODES = Codes({
    "DRV-001": Code(
        FAULT,
        "a board did not confirm a telecommand after all resends; check cable and power",
    ),
    "DRV-002": Code(WARNING, "a board refused a telecommand; the text names the status"),
    "DRV-003": Code(
        WARNING,
        "a command was not sent: unknown, out of range, or by its stamp too old, too far ahead,"
        " overtaken or a repeat; mend its sender, or set the clocks",
    ),
    "DRV-004": Code(
        WARNING,
        "a board sent a number that is not finite; its message was dropped; check the sensor"
        " that the text names, and the board's software",
    ),
    "DRV-005": Code(
        WARNING,
        "more telecommands were asked for than the board confirms, and the oldest was not"
        " sent; find the sender that asks too often",
    ),
    "DRV-006": Code(
        WARNING,
        "a board's clock is ahead of the computer's; its messages are stamped as they come;"
        " set the time of whichever is wrong (request set_time)",
    ),
    "DRV-007": Code(
        FAULT,
        "motion was stopped or not begun: a node that must stand behind it is silent; look why"
        " the node that the text names does not run; `leases` of the driver says whose are needed",
    ),
})  # fmt: skip
