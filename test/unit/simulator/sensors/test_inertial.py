"""Sensor errors against the statistics they are specified by."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lupex_rover.simulator.sensors.inertial import InertialParams, InertialSensor, StarTracker

REST = np.array([0.1, -0.2, 1.6])
DEG_H = math.radians(1.0) / 3600.0


def samples(seed: int, n: int, params: InertialParams) -> tuple[np.ndarray, np.ndarray]:
    sensor = InertialSensor(params, np.random.default_rng(seed))
    got = [sensor.measure(np.zeros(3), REST) for _ in range(n)]
    return np.array([g[0] for g in got]), np.array([g[1] for g in got])


def test_white_noise_is_that_of_the_data_sheet() -> None:
    """Angle random walk: sigma of the rate averaged over T is N / sqrt(T) (IEEE 952)."""
    params = InertialParams()
    rate, force = samples(1, 20000, params)
    means = rate.reshape(200, 100, 3).mean(axis=1)  # one second each
    expected = math.radians(params.gyro_walk_deg_rt_h) / 60.0
    assert means.std(axis=0) == pytest.approx(expected, rel=0.2)
    force_1s = force.reshape(200, 100, 3).mean(axis=1).std(axis=0)
    assert force_1s == pytest.approx(params.accel_noise_ug_rt_hz * 9.80665e-6, rel=0.2)


def test_bias_differs_from_unit_to_unit_as_specified() -> None:
    quiet = InertialParams(gyro_walk_deg_rt_h=0.0, accel_noise_ug_rt_hz=0.0)
    first = [samples(seed, 1, quiet) for seed in range(300)]
    gyro = np.array([r[0] for r, _ in first]).std()
    accel = (np.array([f[0] for _, f in first]) - REST).std()
    assert gyro == pytest.approx(quiet.gyro_bias_deg_h * DEG_H, rel=0.1)
    assert accel == pytest.approx(quiet.accel_bias_mg * 9.80665e-3, rel=0.1)


def test_bias_walks_as_specified() -> None:
    quiet = InertialParams(
        gyro_walk_deg_rt_h=0.0, accel_noise_ug_rt_hz=0.0, gyro_bias_deg_h=0.0, sample_hz=1.0
    )
    ends = np.array([samples(seed, 900, quiet)[0][-1] for seed in range(40)])
    assert ends.std() == pytest.approx(quiet.gyro_drift_deg_h * DEG_H * math.sqrt(0.25), rel=0.2)


def test_truth_passes_through() -> None:
    rate, force = InertialSensor(InertialParams(), np.random.default_rng(0)).measure(
        np.array([0.1, 0.2, 0.3]), REST
    )
    np.testing.assert_allclose(rate, [0.1, 0.2, 0.3], atol=1e-3)
    np.testing.assert_allclose(force, REST, atol=0.03)


def test_star_tracker_error_and_rate_limit() -> None:
    rng = np.random.default_rng(2)
    moon_R_map, map_R_base = Rotation.random(2, random_state=3).as_matrix()
    tracker, errors = StarTracker(rng), []
    truth = Rotation.from_matrix(moon_R_map @ map_R_base)
    for _ in range(2000):
        q, sigma, valid = tracker.measure(map_R_base, moon_R_map, np.zeros(3))
        assert valid
        errors.append((truth.inv() * Rotation.from_quat(q)).as_rotvec())
    arcsec = np.degrees(np.array(errors)).std(axis=0) * 3600.0
    assert arcsec == pytest.approx([30.0] * 3, rel=0.1)
    assert math.degrees(sigma) * 3600.0 == pytest.approx(30.0)
    assert tracker.measure(map_R_base, moon_R_map, np.radians([0.3, 0.3, 0.2]))[2]
    assert not tracker.measure(map_R_base, moon_R_map, np.radians([0.3, 0.3, 0.3]))[2]
