"""Forces of the ground on the four crawlers, added to MuJoCo's frictionless contacts.

The shear displacement of the soil under a crawler is a state: it grows with the slip velocity and
is renewed as fresh track is laid down. At steady slip i it is i L, so the pull is Wong's
tractive effort; at rest it stays, so that the rover holds on a slope without creeping.
Sources as in `soil`; the relaxation form is that of tyre models (Pacejka 2012, chapter 7).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from lupex_rover.simulator.mobility.crawler_soil import (
    SoilParams,
    compaction,
    shear_share,
    strength,
)

Array = np.ndarray
_EDGE_MPS = 0.01  # resistances fade to zero below about this speed
_DAMPING_S = 0.05  # damping of the shear spring, seconds times stiffness
_NO_LOAD_N = 1e-6
_FULL_AREA_SHARE = 0.3  # the whole track touches the ground above this share of the static load


class Ground(NamedTuple):
    """Soil and crawler as plain numbers; SI units, angles in rad. Fields as in `SoilParams`."""

    friction: float
    friction_range: float
    cohesion: float
    k_cohesive: float  # over the track width, N/m^3
    k_frictional: float
    softest_share: float
    shear_modulus: float
    shear_length: float
    bulldozing: float
    slip_sinkage: float
    patch: float
    seed: int
    length: float  # of the track on the ground
    width: float
    static_load: float  # of one crawler, N


def ground_of(
    soil: SoilParams, seed: int, length_m: float, width_m: float, static_load_n: float
) -> Ground:
    """The numbers `ground_forces` needs."""
    return Ground(
        friction=math.radians(soil.friction_deg),
        friction_range=math.radians(soil.friction_range_deg),
        cohesion=soil.cohesion_kpa * 1e3,
        k_cohesive=soil.k_cohesive_npm2 / width_m,
        k_frictional=soil.k_frictional_npm3,
        softest_share=soil.softest_share,
        shear_modulus=soil.shear_modulus_m,
        shear_length=soil.shear_length_m,
        bulldozing=soil.bulldozing_share,
        slip_sinkage=soil.slip_sinkage,
        patch=soil.patch_m,
        seed=seed,
        length=length_m,
        width=width_m,
        static_load=static_load_n,
    )


@njit(cache=True)
def _rotation(q: Array) -> Array:
    """Matrix of a MuJoCo quaternion w, x, y, z."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    r = np.empty((3, 3))
    r[0, 0], r[0, 1], r[0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)
    r[1, 0], r[1, 1], r[1, 2] = 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)
    r[2, 0], r[2, 1], r[2, 2] = 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
    return r


@njit(cache=True)
def _dot(a: Array, b: Array) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True)
def _cross(a: Array, b: Array, out: Array) -> None:
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


@njit(cache=True)
def _shear(j: Array, gx: float, gy: float, renew: float, longest: float, dt: float) -> None:
    """Shear displacement after `dt` at slip velocity g; implicit, so stable for any step."""
    jx, jy = (j[0] + dt * gx) / (1.0 + dt * renew), (j[1] + dt * gy) / (1.0 + dt * renew)
    size = math.hypot(jx, jy)
    if size > longest:
        jx, jy = jx * longest / size, jy * longest / size
    j[0], j[1] = jx, jy


@njit(cache=True)
def _shear_force(j: Array, before: Array, capacity: float, modulus: float, dt: float) -> Array:
    """Force of the sheared soil along and across the track, within its strength."""
    size = math.hypot(j[0], j[1])
    share = capacity * shear_share(size, modulus) / max(size, 1e-12)
    damping = _DAMPING_S * 0.5 * capacity / modulus / dt
    out = share * j + damping * (j - before)
    total = math.hypot(out[0], out[1])
    if total > capacity:
        out *= capacity / total
    return out


@njit(cache=True)
def _axes(r: Array, steer: float, contact_n: Array, load: float, axes: Array) -> None:
    """Rows of `axes`: along the track, across it to the left, normal of the ground."""
    sign = 1.0 if contact_n[2] > 0.0 else -1.0
    for k in range(3):
        axes[2, k] = sign * contact_n[k] / load
        axes[0, k] = r[k, 0] * math.cos(steer) + r[k, 1] * math.sin(steer)
    axes[0] -= axes[2] * _dot(axes[0], axes[2])
    axes[0] /= math.sqrt(_dot(axes[0], axes[0]))
    _cross(axes[2], axes[0], axes[1])


@njit(cache=True)
def _track(
    g: Ground,
    firm: float,
    load: float,
    track: float,
    along: float,
    across: float,
    turn: float,
    shear: Array,
    dt: float,
    report: Array,
) -> tuple[float, float, float]:
    """One crawler on soil of relative strength `firm`, moving at `along`, `across` (m/s), `turn`.

    Returns
    -------
    tuple[float, float, float]
        Force along and across the track, N, and torque about the ground's normal, N m.
    """  # fmt: skip
    fastest = max(abs(track), abs(along))
    slip = (track - along) / fastest if fastest > _EDGE_MPS else 0.0
    tan_phi = math.tan(g.friction + firm * g.friction_range)
    area = g.length * g.width * min(1.0, load / (_FULL_AREA_SHARE * g.static_load))
    before = shear.copy()
    renew = abs(track) / g.shear_length
    _shear(shear, track - along, -across, renew, g.shear_length, dt)
    pull = _shear_force(shear, before, area * g.cohesion + load * tan_phi, g.shear_modulus, dt)
    modulus = g.k_cohesive + g.k_frictional * g.softest_share ** (0.5 - 0.5 * firm)
    sinkage, rut = compaction(load, g.length, g.width, modulus, slip, g.slip_sinkage)
    resistance = (rut + g.bulldozing * load) * math.tanh(along / _EDGE_MPS)
    reach = g.length / 2
    smooth = abs(turn) + (2.0 * _EDGE_MPS + abs(track)) / reach
    scrub = -0.5 * tan_phi * load * reach * turn / smooth
    report[0], report[1], report[2] = load, pull[0], min(max(slip, -1.0), 1.0)
    report[3], report[4] = scrub, sinkage
    return pull[0] - resistance, pull[1], scrub


@njit(cache=True)
def ground_forces(
    qpos: Array,
    qvel: Array,
    contact: Array,
    track_mps: Array,
    shear: Array,
    origin: Array,
    ground: Ground,
    dt: float,
    wrench: Array,
    report: Array,
) -> None:
    """Write the wrench of the ground on the rover, and what each crawler feels.

    Parameters
    ----------
    qpos, qvel : ndarray
        Free joint (7, 6) then steering joints (4, 4), as in MuJoCo.
    contact : ndarray, shape (4, 6)
        Net contact force and centroid per crawler, MuJoCo axes.
    track_mps : ndarray, shape (4,)
        Track speeds.
    shear : ndarray, shape (4, 2)
        Shear displacements along and across, m; updated.
    origin : ndarray, shape (3,)
        Of MuJoCo's axes in the map.
    wrench : ndarray, shape (6,)
        Out; force in MuJoCo axes, torque about base_link's origin in base_link.
    report : ndarray, shape (4, 5)
        Out; load N, force on the belt N, slip, steering torque N m, sinkage m.
    """  # fmt: skip
    r = _rotation(qpos[3:7])
    spin = r @ qvel[3:6]
    axes, velocity, moment, torque = np.empty((3, 3)), np.empty(3), np.empty(3), np.zeros(3)
    wrench[:] = 0.0
    for i in range(4):
        load = math.sqrt(_dot(contact[i, :3], contact[i, :3]))
        report[i, :] = 0.0
        if load < _NO_LOAD_N:
            shear[i, :] = 0.0
            report[i, 2] = 1.0 if abs(track_mps[i]) > _EDGE_MPS else 0.0
            continue
        at = contact[i, 3:6]
        arm = at - qpos[:3]
        _axes(r, qpos[7 + i], contact[i, :3], load, axes)
        _cross(spin, arm, velocity)
        velocity += qvel[:3]
        along, across = _dot(velocity, axes[0]), _dot(velocity, axes[1])
        turn = _dot(spin, axes[2]) + qvel[6 + i]
        firm = strength(origin[0] + at[0], origin[1] + at[1], ground.patch, ground.seed)
        ahead, side, scrub = _track(
            ground, firm, load, track_mps[i], along, across, turn, shear[i], dt, report[i]
        )
        force = ahead * axes[0] + side * axes[1]
        wrench[:3] += force
        _cross(arm, force, moment)
        torque += moment + scrub * axes[2]
    wrench[3:6] = r.T @ torque


@njit(cache=True)
def largest(values: Array) -> float:
    """Largest absolute value; NaN if any is NaN."""
    out = 0.0
    for v in values:
        if math.isnan(v):
            return math.nan
        out = max(out, abs(v))
    return out


@njit(cache=True)
def specific_force(qpos: Array, acceleration: Array, gravity_mps2: float) -> Array:
    """(3,) what an accelerometer feels in base_link at `acceleration` in MuJoCo's axes."""
    felt = acceleration.copy()
    felt[2] += gravity_mps2
    return _rotation(qpos[3:7]).T @ felt


@njit(cache=True)
def smooth_and_steer(report: Array, qvel: Array, share: float, slip: Array) -> float:
    """Move the smoothed (4,) slips towards the reported ones; return the steering power, W."""
    power = 0.0
    for i in range(4):
        slip[i] += (report[i, 2] - slip[i]) * share
        power += abs(report[i, 3] * qvel[6 + i])
    return power
