"""Codes of the landing component and its matcher."""

from __future__ import annotations

from lupex_rover.core.codes import INFO, WARNING, Code, Codes

CODES = Codes({
    "LND-000": Code(INFO, "fix accepted"),
    "LND-001": Code(
        WARNING,
        "no fix: too little texture or light in the image; wait for the next image",
    ),
    "LND-002": Code(
        WARNING,
        "no fix: the map does not cover what the camera should see; check the prior and map",
    ),
    "LND-003": Code(
        WARNING,
        "no fix: no place in the search window stands out; widen the prior or check the map",
    ),
    "LND-004": Code(
        WARNING,
        "no fix: too few patches agree with one pose; check camera, Sun and map",
    ),
    "LND-005": Code(
        WARNING,
        "no fix: the solved pose contradicts the prior height or attitude; check both",
    ),
    "LND-006": Code(
        WARNING,
        "no fix: too low for the resolution of the map; the filter coasts on the altimeter",
    ),
    "LND-007": Code(
        WARNING,
        "fix refused by the filter: too far from its estimate; check for a false match",
    ),
    "LND-008": Code(WARNING, "no fix: the Sun is below the horizon"),
    "LND-009": Code(
        WARNING,
        "no fix: the picture or its json cannot be used; mend the field that is named",
    ),
    "LND-010": Code(INFO, "first vision fix taken"),
    "LND-011": Code(
        WARNING,
        "altimeter measurement refused by the filter; check the altimeter if it repeats",
    ),
    "LND-012": Code(
        WARNING,
        "star tracker attitude refused by the filter; check alignment if it repeats",
    ),
    "LND-013": Code(
        WARNING,
        "no fix: the picture does not tell the pose well enough; wait for the next image",
    ),
    "LND-014": Code(
        INFO,
        "fix accepted at a place that craters proposed; the prior's place was wrong",
    ),
    "LND-020": Code(INFO, "target moved to a safer place nearby"),
    "LND-021": Code(INFO, "touchdown"),
    "LND-022": Code(
        WARNING,
        "touchdown told high over the ground, not believed unless it lasts; check the legs",
    ),
    "LND-023": Code(
        WARNING,
        "sample stamped in the future refused; check the clocks of boards and computer",
    ),
    "LND-024": Code(
        WARNING,
        "a picture, its camera info or a star attitude cannot be right and was left out; check"
        " its sender",
    ),
})  # fmt: skip
