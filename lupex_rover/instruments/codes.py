"""Codes of payload instruments."""

from __future__ import annotations

from lupex_rover.core.codes import INFO, WARNING, Code, Codes

CODES = Codes({
    "INS-000": Code(INFO, "a command went to the instrument"),
    "INS-001": Code(
        WARNING,
        "command refused: unknown, or an argument missing or out of range; see the text",
    ),
    "INS-002": Code(
        WARNING,
        "records of a slot cannot be read by its instrument and are left out; check that the"
        " right instrument is named for the slot",
    ),
})  # fmt: skip
