"""The Moon's axes at many times at once: the IAU rotation model, libration in its main terms.

Archinal et al. 2018, "Report of the IAU Working Group on Cartographic Coordinates and Rotational
Elements: 2015", table 2 (the Moon's elements are those of the 2009 report). It follows the
mean-Earth axes to about 150 m on the ground, 0.005 degrees.
"""

from __future__ import annotations

from typing import Any

import astronomy
import numpy as np

from lupex_rover.core.constants import NS

Array = np.ndarray
J2000_NS = 946_728_000 * NS  # 2000-01-01T12:00:00 UTC
LEAP_2017_NS = 1_483_228_800 * NS  # since when TT - UTC has stayed the same
TT_MINUS_UTC_S = 69.184  # 37 leap seconds + 32.184 s; IERS Bulletin C
DAY_S = 86400.0

# E1 .. E13: degrees at J2000, degrees a day
PHASE = np.array([
    (125.045, -0.0529921), (250.089, -0.1059842), (260.008, 13.0120009), (176.625, 13.3407154),
    (357.529, 0.9856003), (311.589, 26.4057084), (134.963, 13.0649930), (276.617, 0.3287146),
    (34.226, 1.7484877), (15.134, -0.1589763), (119.743, 0.0036096), (239.961, 0.1643573),
    (25.053, 12.9590088),
])  # fmt: skip
# Right ascension and spin go with the sines of E, declination with the cosines; degrees
ASCENSION = np.array(
    [-3.8787, -0.1204, 0.0700, -0.0172, 0.0, 0.0072, 0.0, 0.0, 0.0, -0.0052, 0.0, 0.0, 0.0043]
)
DECLINATION = np.array(
    [1.5419, 0.0239, -0.0278, 0.0068, 0.0, -0.0029, 0.0009, 0.0, 0.0, 0.0008, 0.0, 0.0, -0.0009]
)
SPIN = np.array(
    [3.5610, 0.1208, -0.0642, 0.0158, 0.0252, -0.0066, -0.0047, -0.0046, 0.0028, 0.0052, 0.0040,
     0.0019, -0.0044]
)  # fmt: skip


def days_tt(t_ns: Any) -> Array:
    """Days of terrestrial time since J2000.

    UTC keeps the 37 leap seconds of 2017 (none is announced); earlier, universal time is taken
    for it, and TT - UT is that of astronomy-engine.
    """
    times = np.asarray(t_ns, np.int64)
    days = (times - J2000_NS) / NS / DAY_S
    old = times < LEAP_2017_NS
    tt = days + TT_MINUS_UTC_S / DAY_S
    if np.any(old):
        tt = np.where(old, [astronomy.Time(d).tt for d in np.ravel(days)], np.ravel(tt))
    return np.reshape(tt, days.shape)


def moon_axes(t_ns: Any) -> Array:
    """`j2000_R_moon` (..., 3, 3): columns are the Moon-fixed x, y, z axes in J2000 axes.

    Parameters
    ----------
    t_ns : Any
        (...) UTC, ns.
    """
    d = days_tt(t_ns)
    centuries = d / 36525.0
    e = np.radians(PHASE[:, 0] + PHASE[:, 1] * d[..., None])
    sin_e, cos_e = np.sin(e), np.cos(e)
    alpha = np.radians(269.9949 + 0.0031 * centuries + sin_e @ ASCENSION)
    delta = np.radians(66.5392 + 0.0130 * centuries + cos_e @ DECLINATION)
    w = np.radians((38.3213 + 13.17635815 * d - 1.4e-12 * d * d + sin_e @ SPIN) % 360.0)
    level = np.cos(delta)
    z = np.stack([level * np.cos(alpha), level * np.sin(alpha), np.sin(delta)], axis=-1)
    node = np.stack([-np.sin(alpha), np.cos(alpha), np.zeros_like(alpha)], axis=-1)
    x = np.cos(w)[..., None] * node + np.sin(w)[..., None] * np.cross(z, node)
    return np.stack([x, np.cross(z, x), z], axis=-1)
