"""Forces of the ground on the four crawlers, added to MuJoCo's frictionless contacts.

The shear displacement of the soil under a crawler is a state: it grows with the slip velocity and
is renewed as fresh track is laid down. At steady slip i it is i L, so the pull is Wong's
tractive effort; at rest it stays, so that the rover holds on a slope without creeping.
Sources as in `soil`; the relaxation form is that of tyre models (Pacejka 2012, chapter 7).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lupex_rover.simulator.soil import SoilParams, compaction, shear_share, strength

Array = np.ndarray
_EDGE_MPS = 0.01  # resistances fade to zero below about this speed
_DAMPING_S = 0.05  # damping of the shear spring, seconds times stiffness
_FULL_AREA_SHARE = 0.3  # the whole track touches the ground above this share of the static load


def constants_of(
    soil: SoilParams, seed: int, length_m: float, width_m: float, load_n: float
) -> Array:
    """The numbers `ground_forces` needs, in its order."""
    return np.array(
        [
            math.radians(soil.friction_deg), math.radians(soil.friction_range_deg),
            soil.cohesion_kpa * 1e3, soil.k_cohesive_npm2 / width_m, soil.k_frictional_npm3,
            soil.softest_share, soil.shear_modulus_m, soil.shear_length_m, soil.bulldozing_share,
            soil.slip_sinkage, soil.patch_m, float(seed), length_m, width_m, load_n,
        ]
    )  # fmt: skip


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


# fmt: off
@njit(cache=True)
def ground_forces(
    qpos: Array, qvel: Array, contact: Array, track_mps: Array, shear: Array, origin: Array,
    constants: Array, dt: float, wrench: Array, report: Array,
) -> None:
    """Write the wrench of the ground on the rover, and what each crawler feels.

    Parameters
    ----------
    qpos, qvel : free joint (7, 6) then steering joints (4, 4), as in MuJoCo.
    contact : (24,) net contact force and centroid per crawler, MuJoCo axes.
    track_mps : (4,) track speeds.
    shear : (4, 2) shear displacements along and across, m; updated.
    origin : (3,) of MuJoCo's axes in the map.
    constants : from `constants_of`.
    wrench : (6,) out; force in MuJoCo axes, torque about base_link's origin in base_link.
    report : (4, 5) out; load N, force on the belt N, slip, steering torque N m, sinkage m.
    """
    # fmt: on
    r = _rotation(qpos[3:7])
    spin = r @ qvel[3:6]
    force, torque = np.zeros(3), np.zeros(3)
    tangent, side, arm, work = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    before = np.empty(2)
    for i in range(4):
        f = contact[6 * i : 6 * i + 3]
        load = math.sqrt(_dot(f, f))
        report[i, :] = 0.0
        if load < 1e-6:
            shear[i, :] = 0.0
            report[i, 2] = 1.0 if abs(track_mps[i]) > _EDGE_MPS else 0.0
            continue
        normal = f / load if f[2] > 0 else -f / load
        steer = qpos[7 + i]
        for k in range(3):
            tangent[k] = r[k, 0] * math.cos(steer) + r[k, 1] * math.sin(steer)
            arm[k] = contact[6 * i + 3 + k] - qpos[k]
        tangent -= normal * _dot(tangent, normal)
        tangent /= math.sqrt(_dot(tangent, tangent))
        _cross(normal, tangent, side)
        _cross(spin, arm, work)
        work += qvel[0:3]
        vt, vx, vy = track_mps[i], _dot(work, tangent), _dot(work, side)
        fastest = max(abs(vt), abs(vx))
        slip = (vt - vx) / fastest if fastest > _EDGE_MPS else 0.0
        firm = strength(
            origin[0] + contact[6 * i + 3], origin[1] + contact[6 * i + 4], constants[10],
            int(constants[11]),
        )  # fmt: skip
        tan_phi = math.tan(constants[0] + firm * constants[1])
        area = constants[12] * constants[13] * min(1.0, load / (_FULL_AREA_SHARE * constants[14]))
        capacity = area * constants[2] + load * tan_phi
        before[:] = shear[i]
        _shear(shear[i], vt - vx, -vy, abs(vt) / constants[7], constants[7], dt)
        pull = _shear_force(shear[i], before, capacity, constants[6], dt)
        modulus = constants[3] + constants[4] * constants[5] ** (0.5 - 0.5 * firm)
        sinkage, resistance = compaction(
            load, constants[12], constants[13], modulus, slip, constants[9]
        )
        resistance = (resistance + constants[8] * load) * math.tanh(vx / _EDGE_MPS)
        for k in range(3):
            work[k] = (pull[0] - resistance) * tangent[k] + pull[1] * side[k]
        force += work
        _cross(arm, work, side)
        turn = _dot(spin, normal) + qvel[6 + i]
        reach = constants[12] / 2
        smooth = abs(turn) + (2.0 * _EDGE_MPS + abs(vt)) / reach
        scrub = -0.5 * tan_phi * load * reach * turn / smooth
        torque += side + scrub * normal
        report[i, 0], report[i, 1], report[i, 2] = load, pull[0], min(max(slip, -1.0), 1.0)
        report[i, 3], report[i, 4] = scrub, sinkage
    wrench[0:3] = force
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
