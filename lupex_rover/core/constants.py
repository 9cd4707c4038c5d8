"""Physical constants: value, unit, source."""

MOON_RADIUS_M = 1_737_400.0  # IAU 2015 / LOLA reference sphere
MOON_GRAVITY_MPS2 = 1.6249  # surface mean, NASA Moon Fact Sheet (1.62); GM/R^2 with R above
SUN_RADIUS_M = 6.957e8  # IAU 2015 Resolution B3
EARTH_RADIUS_M = 6.3781e6  # IAU 2015 Resolution B3, equatorial
AU_M = 1.495978707e11  # IAU 2012 Resolution B2
SOLAR_CONSTANT_WPM2 = 1361.0  # Kopp and Lean 2011
STEFAN_BOLTZMANN = 5.670374419e-8  # W m-2 K-4, CODATA 2018
ZERO_CELSIUS_K = 273.15
TRACK_LIMIT_MPS = 0.30  # greatest track speed of a DRIVE command, serial ICD, board MOB
STEER_LIMIT_RAD = 1.75  # greatest steering angle of a DRIVE command, serial ICD, board MOB
NS = 1_000_000_000  # nanoseconds in a second
