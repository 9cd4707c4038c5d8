"""Nights of a place by its light: what an eclipse may and may not do."""

import numpy as np

from lupex_rover.planning.haven_light import Light, nights
from lupex_rover.planning.site_params import SiteParams

SITE = SiteParams()
HOURS, DUSK, DAWN = 900, 400, 490


def place(eclipse=None):
    """Full light but for one night; an eclipse of three hours at an hour of it."""
    share = np.ones(HOURS)
    share[DUSK:DAWN] = 0.0
    uncovered = np.ones(HOURS)
    if eclipse is not None:
        uncovered[eclipse : eclipse + 3] = 0.0
    return Light(share, share, share, uncovered)


def test_an_eclipse_is_no_night_and_splits_none():
    (night,) = nights(place(), SITE)
    assert (night.dusk_h, night.dawn_h) == (DUSK, DAWN)
    for hour in (20, DUSK + 40, 800):  # long before, in the dark, long after
        assert nights(place(hour), SITE) == [night]


def test_no_work_is_planned_in_an_eclipse():
    start = nights(place(), SITE)[0].start_h
    for hour in (start, DUSK - 10, DAWN + 2):
        assert nights(place(hour), SITE) == []
