"""Codes of the landing component and its matcher."""

CODES = {
    "LND-000": "fix accepted",
    "LND-001": "no fix: too little texture or light in the image; wait for the next image",
    "LND-002": "no fix: the map does not cover what the camera should see; check the prior and map",
    "LND-003": "no fix: no place in the search window stands out; widen the prior or check the map",
    "LND-004": "no fix: too few patches agree with one pose; check camera, Sun and map",
    "LND-005": "no fix: the solved pose contradicts the prior height or attitude; check both",
    "LND-006": "no fix: too low for the resolution of the map; the filter coasts on the altimeter",
    "LND-007": "fix refused by the filter: too far from its estimate; check for a false match",
    "LND-008": "no fix: the Sun is below the horizon",
    "LND-009": "no fix: the picture or its json cannot be used; mend the field that is named",
    "LND-010": "first vision fix taken",
    "LND-011": "altimeter measurement refused by the filter; check the altimeter if it repeats",
    "LND-012": "star tracker attitude refused by the filter; check alignment if it repeats",
    "LND-013": "no fix: the picture does not tell the pose well enough; wait for the next image",
    "LND-014": "fix accepted at a place that craters proposed; the prior's place was wrong",
    "LND-020": "target moved to a safer place nearby",
    "LND-021": "touchdown",
    "LND-022": "touchdown told high over the ground, not believed unless it lasts; check the legs",
    "LND-023": "sample stamped in the future refused; check the clocks of boards and computer",
}
