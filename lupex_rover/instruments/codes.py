"""Codes of payload instruments."""

CODES = {
    "INS-000": "a command went to the instrument",
    "INS-001": "command refused: unknown, or an argument missing or out of range; see the text",
    "INS-002": "records of a slot cannot be read by its instrument and are left out; check that the"
    " right instrument is named for the slot",
}
