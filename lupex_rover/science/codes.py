"""Codes of science."""

CODES = {
    "SCI-000": "water measured",
    "SCI-001": "analysis started",
    "SCI-002": "goal refused: cup must be 0 to 11",
    "SCI-003": "goal refused: another sample is being analysed",
    "SCI-004": "the analyser's records stopped; check the payload load and the SCI cable",
    "SCI-005": "the analyser refused a command; see its status record",
    "SCI-006": "no ACK from the SCI board; check the payload load and the SCI cable",
    "SCI-007": "the cup holds too little sample to measure",
    "SCI-008": "the oven did not reach its temperature in time",
    "SCI-009": "the data do not give a water content: pressure curve too short or not finite",
    "SCI-010": "mass loss and pressure disagree; sigma was widened, look at the curves",
    "SCI-011": "weighed mass differs from the drill's; the weighed one is used",
    "SCI-012": "canceled; heater off, chamber vented, slot off",
    "SCI-013": "records that are short or not finite were dropped",
    "SCI-014": "pressure above the gauge's range; heating stopped",
}
