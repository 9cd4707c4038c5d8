"""Sun and Earth against JPL DE421: positions by skyfield, the Moon's axes by its librations.

DE421 gives principal axes; the constant rotation to mean-Earth axes is that of Williams, Boggs
and Folkner 2008 (JPL IOM 335-JW,DB,WF-20080314-001): 67.92, 78.56 and 0.30 arc seconds.
"""

import math

import numpy as np
import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris import SkyTable, latlon_of, site_frame, sky, xy_of
from lupex_rover.ephemeris.moon_axes import moon_axes

DAY_NS = 86400 * 10**9
DATES = [from_iso("2027-03-01") + int(k * 61.7 * DAY_NS) for k in range(18)]
ARCSEC = math.pi / 180 / 3600


def turn(axis, angle):
    c, s = math.cos(angle), math.sin(angle)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    m = np.eye(3)
    m[i, i] = m[j, j] = c
    m[i, j], m[j, i] = s, -s
    return m  # of the axes, not of the vector


def de421_axes(t_ns):
    """j2000_R_moon (mean Earth) from the integrated libration angles."""
    jplephem = pytest.importorskip("jplephem.ephem", reason="jplephem is not installed")
    de421 = pytest.importorskip("de421", reason="the de421 data package is not installed")
    jd = 2440587.5 + t_ns / DAY_NS + 69.184 / 86400  # TT - UTC
    phi, theta, psi = jplephem.Ephemeris(de421).position("librations", jd).ravel()
    pa = turn(2, psi) @ turn(0, theta) @ turn(2, phi)
    me = turn(0, -0.30 * ARCSEC) @ turn(1, -78.56 * ARCSEC) @ turn(2, -67.92 * ARCSEC) @ pa
    return me.T


def skyfield_time(scale, t_ns):
    """UTC of 2017 and later; `scale.utc` would count the leap seconds since 1970 into t_ns."""
    return scale.tt_jd(2440587.5 + t_ns / DAY_NS + 69.184 / 86400)


def angle(a, b):
    return math.degrees(math.atan2(np.linalg.norm(np.cross(a, b)), float(np.dot(a, b))))


def test_the_axes_of_the_moon_are_those_of_de421():
    worst = 0.0
    for t in DATES:
        truth, ours = de421_axes(t), moon_axes(t)
        worst = max(worst, *(angle(truth[:, k], ours[:, k]) for k in range(3)))
    assert worst < 0.01


def test_sun_and_earth_stand_where_skyfield_sees_them():
    api = pytest.importorskip("skyfield.api", reason="skyfield is not installed")
    data = pytest.importorskip("skyfield_data", reason="skyfield-data is not installed")
    load = api.Loader(data.get_skyfield_data_path(), verbose=False)
    kernel = load("de421.bsp")
    scale = api.load.timescale(builtin=True)
    x, y = xy_of(math.radians(-89.45), math.radians(222.7))
    frame = site_frame(x, y)
    place = frame[:, 2] * 1737.4
    for t in DATES:
        when = skyfield_time(scale, t)
        axes = de421_axes(t)
        moon = kernel["moon"].at(when)
        seen = sky(x, y, t)
        for body, az, el in (
            ("sun", seen.sun_azimuth_rad, seen.sun_elevation_rad),
            ("earth", seen.earth_azimuth_rad, seen.earth_elevation_rad),
        ):
            apparent = moon.observe(kernel[body]).apparent().position.km
            local = frame.T @ (axes.T @ apparent - place)
            ours = [math.sin(az) * math.cos(el), math.cos(az) * math.cos(el), math.sin(el)]
            assert angle(local, ours) < 0.01
        distance = moon.observe(kernel["sun"]).distance().m
        assert seen.sun_distance_m == pytest.approx(distance, rel=1e-4)


def test_the_polar_sun_of_2029_keeps_to_its_band():
    """DE421: elevation at the pole in 2029 from -1.52 to +1.59 degrees."""
    times = from_iso("2029-01-01") + 3600 * 10**9 * np.arange(0, 365 * 24, 6)
    low_high = np.degrees(
        np.array([f(sky(0.0, 0.0, times).sun_elevation_rad) for f in (np.min, np.max)])
    )
    np.testing.assert_allclose(low_high, [-1.52, 1.59], atol=0.01)


def test_the_grid_of_a_place():
    x, y = xy_of(math.radians(-89.0), math.radians(90.0))
    assert (x, y) == pytest.approx((30_325.0, 0.0), abs=5.0)  # 1 degree of 1737.4 km, to the right
    assert np.degrees(latlon_of(x, y)) == pytest.approx((-89.0, 90.0))
    pole = site_frame(0.0, 0.0)
    np.testing.assert_allclose(pole, [[0, 1, 0], [1, 0, 0], [0, 0, -1]], atol=1e-12)
    frame = site_frame(x, -x)
    np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1.0)
    step = 10.0  # a step along grid north moves the place along the frame's y axis
    a, b = latlon_of(x, -x), latlon_of(x, -x + step)
    up = [site_frame(*xy_of(*p))[:, 2] for p in (a, b)]
    np.testing.assert_allclose(
        (up[1] - up[0]) / np.linalg.norm(up[1] - up[0]), frame[:, 1], atol=1e-3
    )


def test_the_table_is_the_sky():
    t0 = from_iso("2029-02-03T04:05:06")
    table = SkyTable(1000.0, 2000.0, t0, t0 + 20 * DAY_NS)
    times = t0 + (np.arange(40) * 0.4999 * DAY_NS).astype(np.int64)
    exact, many = sky(1000.0, 2000.0, times), table.many(times)
    for name in ("sun_azimuth_rad", "sun_elevation_rad", "earth_elevation_rad", "sun_radius_rad"):
        np.testing.assert_allclose(getattr(many, name), getattr(exact, name), atol=1e-7)
        one = getattr(table.at(int(times[7])), name)
        assert one == pytest.approx(getattr(exact, name)[7], abs=1e-7)
    with pytest.raises(UserError, match="table"):
        table.at(t0 - 1)


@pytest.mark.parametrize(
    ("x", "y", "t", "name"),
    [
        (math.nan, 0.0, 0, "x_m"),
        (0.0, math.inf, 0, "y_m"),
        (0.0, 0.0, math.nan, "t_ns"),
        (0.0, 0.0, from_iso("1899-12-31"), "t_ns"),
        (0.0, 0.0, from_iso("2100-01-01"), "t_ns"),
    ],
)
def test_nonsense_is_refused_by_name(x, y, t, name):
    with pytest.raises(UserError, match=name):
        sky(x, y, t)
