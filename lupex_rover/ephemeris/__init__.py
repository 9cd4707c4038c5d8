"""Sun and Earth as seen from a place near the lunar south pole."""

from lupex_rover.ephemeris.site_frame import latlon_of, site_frame, xy_of
from lupex_rover.ephemeris.sky import Sky, SkyTable, sky

__all__ = ["Sky", "SkyTable", "latlon_of", "site_frame", "sky", "xy_of"]
