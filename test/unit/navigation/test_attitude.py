"""The attitude filter against rotations integrated by SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.navigation.attitude import AttitudeFilter

BIAS = np.array([2e-4, -1e-4, 3e-4])


def turning(seconds: float, rng: np.random.Generator, dt: float = 0.05):
    """Truth and noisy gyro of a rover that turns and nods."""
    truth = Rotation.from_euler("xyz", [0.05, -0.1, 1.0])
    for k in range(round(seconds / dt)):
        t = k * dt
        rate = np.array([0.02 * np.sin(0.7 * t), 0.03 * np.cos(0.5 * t), 0.1 * np.sin(0.05 * t)])
        truth = truth * Rotation.from_rotvec(rate * dt)
        yield t, truth, rate + BIAS + rng.normal(0.0, 2e-4, 3), dt


def test_follows_star_tracker_and_learns_the_bias() -> None:
    rng = np.random.default_rng(5)
    f = AttitudeFilter(1e-3, 1e-6)
    f.reset(Rotation.from_euler("xyz", [0.05, -0.1, 1.0]).as_quat(), np.full(3, 1e-3))
    errors, claimed = [], []
    for t, truth, gyro, dt in turning(200.0, rng):
        f.propagate(gyro, dt)
        if round(t / dt) % 20 == 0:
            seen = truth * Rotation.from_rotvec(rng.normal(0.0, 1e-4, 3))
            f.update_star(seen.as_quat(), 1e-4)
        if t > 50.0:
            errors.append((truth.inv() * Rotation.from_quat(f.q)).as_rotvec())
            claimed.append(f.sigma_rad)
    spread = np.sqrt(np.mean(np.square(errors), axis=0))
    assert (spread < 5e-4).all()
    assert (spread < 1.5 * np.mean(claimed, axis=0)).all()
    np.testing.assert_allclose(f.bias_rps, BIAS, atol=1e-4)


def test_rest_shows_the_bias_and_gravity_the_tilt() -> None:
    rng = np.random.default_rng(6)
    truth = Rotation.from_euler("xyz", [0.1, -0.15, 0.7])
    f = AttitudeFilter(1e-3, 1e-6)
    f.reset(Rotation.from_euler("xyz", [0.0, 0.0, 0.7]).as_quat(), np.full(3, 0.3))
    up = truth.inv().apply([0.0, 0.0, MOON_GRAVITY_MPS2])
    for _ in range(60):
        gyro = BIAS + rng.normal(0.0, 2e-4, 3)
        f.propagate(gyro, 1.0)
        f.update_still(gyro)
        f.update_gravity(up + rng.normal(0.0, 2e-3, 3), 0.01)
    tilt = (truth.inv() * Rotation.from_quat(f.q)).apply(up)
    assert np.linalg.norm(np.cross(tilt, up)) / MOON_GRAVITY_MPS2**2 < 0.005
    np.testing.assert_allclose(f.bias_rps, BIAS, atol=1e-4)
    assert f.sigma_rad.min() > 1e-4  # what gravity cannot see stays unsure


def test_without_gyro_the_claim_grows() -> None:
    f = AttitudeFilter(1e-3, 1e-6)
    f.reset(np.array([0.0, 0.0, 0.0, 1.0]), np.full(3, 1e-4))
    f.coast(100.0, 1e-4)
    assert f.sigma_rad == pytest.approx(np.full(3, 1e-2), rel=0.01)
