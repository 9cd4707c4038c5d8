"""The filter's covariance against its true errors, all states, with turns and late fixes.

Truth: a closed form of position, and scipy's rotations for the attitude. Bounds: chi-square.
Some flights have fixes that err independently, others fixes that share errors as those of one view
do; these are drawn anew here, from the process in the words of `fix_bias`, at every sample.
"""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.transform import Rotation

from lupex_rover.core.constants import MOON_GRAVITY_MPS2, NS
from lupex_rover.landing.estimation.filter import LandingFilter
from lupex_rover.landing.estimation.filter_state import BF, SIZE, Fix, Inertial, Range, Star, State
from lupex_rover.landing.estimation.fix_bias import FixBias
from lupex_rover.landing.params import FilterParams

SIGMA = np.append(np.repeat([100.0, 1.0, 2e-4, 1e-5, 3e-3, 0.03], 3), np.ones(4))
OTHERS = BF.start  # states that are not the bias of fixes
PARAMS = FilterParams(
    star_floor_rad=0.0, map_height_m=0.0, map_slope=0.0, range_floor_m=0.0,
    gyro_walk=0.0, accel_walk=0.0,
)  # fmt: skip
RUNS, LASTS_S, HZ = 12, 30.0, 10
DELAY = 8  # samples, 0.8 s, between the stamp of a fix and its arrival
LOOKED_AT = (5.0, 15.0, 30.0)
PATCHES = (60, 12)  # of one fix and the next
NO_BIAS = FixBias(np.eye(2), np.zeros(2), 0.0, 0.0, 1.0, 1.0)
TURNED = Rotation.from_euler("z", 0.6).as_matrix()[:2, :2]
SHARED = FixBias(TURNED, np.array([3.0, 1.0]), 5e-4, 40.0, 2.0, 0.5)


def position(t):
    return np.array(
        [40.0 * t - 0.4 * t * t, 3.0 * np.sin(0.2 * t), 2500.0 - 30.0 * t + 0.2 * t * t]
    )


def velocity(t):
    return np.array([40.0 - 0.8 * t, 0.6 * np.cos(0.2 * t), -30.0 + 0.4 * t])


def acceleration(t):
    return np.array([-0.8, -0.12 * np.sin(0.2 * t), 0.4])


RATE = np.array([0.004, -0.01, 0.006])  # constant in base


def attitude(t):
    return Rotation.from_euler("xyz", [0.1, -0.2, 0.4]) * Rotation.from_rotvec(RATE * t)


class Run:
    """One flight with drawn errors; `nees` at the times looked at.

    `true_bias` is how fixes err together, `told` what the filter is told of it.
    """

    def __init__(self, seed, params=PARAMS, fix_error_m=2.0, true_bias=NO_BIAS, told=NO_BIAS):
        self.rng = np.random.default_rng(seed)
        self.fix_error_m = fix_error_m
        self.true_bias = true_bias
        off = self.rng.normal(0, SIGMA)
        self.bias_g, self.bias_a, self.bias_v = off[9:12], off[12:15], off[15:18]
        self.shared = off[BF]
        quat = (Rotation.from_rotvec(off[6:9]) * attitude(0.0)).as_quat()
        zero = np.zeros(3)
        state = State(0, position(0.0) + off[:3], velocity(0.0) + off[3:6], quat, zero, zero, zero,
                      np.zeros(4), np.diag(SIGMA**2), zero)  # fmt: skip
        self.filter = LandingFilter(params, state, lambda x, y: 0.0, told)
        self.late, self.refused, self.nees, self.others = [], 0, {}, {}
        for k in range(1, int(LASTS_S * HZ) + 1):
            self.sample(k, params)
            if k / HZ in LOOKED_AT:
                self.nees[k / HZ] = self.normalised(k / HZ, SIZE)
                self.others[k / HZ] = self.normalised(k / HZ, OTHERS)

    def sample(self, k, p):
        t, rng, f = k / HZ, self.rng, self.filter
        stamp = k * NS // HZ
        mid = t - 0.5 / HZ
        force = acceleration(mid) + [0, 0, MOON_GRAVITY_MPS2]
        felt = attitude(mid).inv().apply(force) + self.bias_a
        felt += rng.normal(0, p.accel_noise * np.sqrt(HZ), 3)
        turn = RATE + self.bias_g + rng.normal(0, p.gyro_noise * np.sqrt(HZ), 3)
        f.add(Inertial(stamp, turn, felt))
        self.share(t)
        if k % 2 == 0:
            up = attitude(t).as_matrix()[2, 2]
            slant = position(t)[2] / up * (1 + rng.normal(0, p.range_fraction))
            seen = velocity(t) + self.bias_v + rng.normal(0, p.doppler_mps, 3)
            self.refused += not f.add(Range(stamp, slant, seen))
        if k % HZ == 0:
            quat = (Rotation.from_rotvec(rng.normal(0, 1.5e-4, 3)) * attitude(t)).as_quat()
            self.refused += not f.add(Star(stamp, quat, 1.5e-4))
        if k % 15 == 0:
            patches = PATCHES[k // 15 % 2]
            place = position(t) + rng.normal(0, self.fix_error_m, 3)
            place[:2] += self.true_bias.spread(position(t)[2], patches) @ self.shared
            self.late.append((k + DELAY, Fix(stamp, place, 4.0 * np.eye(3), patches)))
        if self.late and self.late[0][0] == k:
            self.refused += not f.add(self.late.pop(0)[1])

    def share(self, t):
        """What fixes share, a sample later."""
        way = np.linalg.norm(position(t) - position(t - 1.0 / HZ))
        heights = way / position(t)[2]
        reach = np.repeat([self.true_bias.reach_heights, self.true_bias.view_heights], 2)
        stays = np.exp(-heights / reach)
        self.shared = stays * self.shared + np.sqrt(1.0 - stays**2) * self.rng.normal(size=4)

    def normalised(self, t, states):
        """Squared error of the first so many states over their covariance."""
        s = self.filter.state
        turn = (Rotation.from_quat(s.quat) * attitude(t).inv()).as_rotvec()
        error = np.concatenate((
            s.position_m - position(t), s.velocity_mps - velocity(t), turn,
            s.gyro_bias - self.bias_g, s.accel_bias - self.bias_a, s.doppler_bias - self.bias_v,
            s.fix_bias - self.shared,
        ))[:states]  # fmt: skip
        return float(error @ np.linalg.solve(s.covariance[:states, :states], error))


@pytest.fixture(scope="module")
def runs():
    return [Run(seed) for seed in range(RUNS)]


@pytest.fixture(scope="module")
def sharing():
    """Fixes that err together, and a filter that is told so."""
    return [Run(seed, true_bias=SHARED, told=SHARED) for seed in range(RUNS)]


@pytest.mark.parametrize("t", LOOKED_AT)
def test_normalised_error_squared_is_chi_square_at_every_time(runs, t):
    low, high = stats.chi2.ppf([0.001, 0.999], SIZE * RUNS)
    assert low < sum(run.nees[t] for run in runs) < high


@pytest.mark.parametrize("t", LOOKED_AT)
def test_it_is_chi_square_too_when_fixes_share_errors_and_the_filter_knows(sharing, t):
    for values, states in (("nees", SIZE), ("others", OTHERS)):
        low, high = stats.chi2.ppf([0.001, 0.999], states * RUNS)
        assert low < sum(getattr(run, values)[t] for run in sharing) < high


def test_hardly_a_good_measurement_is_refused(runs, sharing):
    given = RUNS * LASTS_S * (HZ / 2 + 1 + HZ / 15)
    assert sum(run.refused for run in runs) < 1e-3 * given
    assert sum(run.refused for run in sharing) < 1e-3 * given


def test_fixes_three_times_worse_than_they_say_are_noticed_by_this_test():
    nees = [Run(seed, fix_error_m=6.0).others[LASTS_S] for seed in range(6)]
    assert sum(nees) > stats.chi2.ppf(0.999, OTHERS * 6)


def test_shared_errors_that_the_filter_is_not_told_of_are_noticed_by_this_test():
    nees = [Run(seed, true_bias=SHARED).others[LASTS_S] for seed in range(6)]
    assert sum(nees) > stats.chi2.ppf(0.999, OTHERS * 6)
