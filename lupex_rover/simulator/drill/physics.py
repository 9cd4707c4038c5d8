"""The drill's physics: a rotary-percussive auger with a sample gate at the bit.

Cutting follows the drag-bit model of Detournay and Defourny (1992), Int. J. Rock Mech. Min. Sci.
29, 13: with depth of cut per turn d, bit radius a and intrinsic specific energy e,

    torque = a^2 e d / 2 + friction * a * W_f / 2,    weight on bit = a zeta e d + W_f,

where W_f is the load on the worn flats. The weight-on-bit limit therefore limits the rate of
penetration. Cuttings fill the flutes; too many pack, cost thrust and torque, and bind the bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.constants import ZERO_CELSIUS_K
from lupex_rover.core.saved import SavedFields
from lupex_rover.simulator.drill.params import DrillParams
from lupex_rover.simulator.drill.regolith import Column
from lupex_rover.simulator.site.ice import sublimation_kgpm2s

__all__ = ["CupSample", "DrillParams", "DrillPhysics"]

NO_CUP = 255
State = tuple[float, float, float, float, float, float, float, float, int, int]
WORK_PERIOD_S = 1.0  # the held sample's slow changes are worked out this often


@dataclass(frozen=True)
class CupSample:
    """What was handed to a cup: the truth that the assay is compared with.

    `water_wt_pct` is what is left after `lost_water_g` went as vapour during drilling.
    """

    depth_m: float
    mass_g: float
    water_wt_pct: float
    peak_k: float
    lost_water_g: float


class DrillPhysics(SavedFields):
    """One drill over one place; satisfies `plants.DrillPlant`.

    Attributes
    ----------
    depth_m : float
        Of the bit, positive down, 0 at the surface, minus the stand-off when parked.
    bottom_m : float
        Of the hole.
    loose_m3 : float
        Cuttings in the flutes.
    stuck : bool
        Bound; free again after some upward travel.
    cups : dict[int, CupSample] or None
        Samples by cup, shared with the instruments.
    """

    SAVED = (
        "_rng", "depth_m", "bottom_m", "touched", "rpm", "feed_mps", "torque_nm", "wob_n",
        "loose_m3", "_loose_water", "_loose_depth", "stuck", "_freed_m", "bit_k", "_work_w",
        "gate_open", "_cup", "_since_work_s", "_rpm_cmd", "_feed_cmd", "_wob_limit",
        "_percussion", "_held_g", "_held_water_g", "_held_depth", "_held_solid", "_sample_k",
        "_peak_k", "_lost_g",
    )  # fmt: skip
    FIXED = ("p", "column", "cups", "park_m", "_area")

    def __init__(
        self,
        column: Column,
        params: DrillParams,
        rng: np.random.Generator,
        cups: dict[int, CupSample] | None = None,
    ) -> None:
        self.p = params
        self.column = column
        self.cups = {} if cups is None else cups
        self._rng = rng
        self.park_m = -float(rng.uniform(params.stand_off_low_m, params.stand_off_high_m))
        self.depth_m = self.park_m
        self.bottom_m = 0.0
        self.touched = False
        self.rpm = self.feed_mps = self.torque_nm = self.wob_n = 0.0
        self.loose_m3 = 0.0
        self._loose_water = self._loose_depth = 0.0
        self.stuck = False
        self._freed_m = 0.0
        self.bit_k = params.bit_start_k
        self._work_w = 0.0
        self.gate_open = False
        self._empty_gate()
        self._cup = NO_CUP
        self._since_work_s = 0.0
        self._area = math.pi * params.bit_radius_m**2
        self.stop()

    # --- plants.DrillPlant ----------------------------------------------------------------------

    def command(self, auger_rpm: float, feed_mps: float, wob_n: float, percussion: bool) -> None:
        self._rpm_cmd, self._feed_cmd = float(auger_rpm), float(feed_mps)
        self._wob_limit, self._percussion = float(wob_n), bool(percussion)

    def stop(self) -> None:
        self.command(0.0, 0.0, 0.0, False)

    def gate(self, opened: bool) -> None:
        self.gate_open = bool(opened)

    def deliver(self, cup: int) -> bool:
        """Hand the held sample over; only with the gate shut and the bit out of the ground."""
        inside = self.depth_m > 0.005
        if self.gate_open or inside or self._held_g < 0.1 or cup in self.cups:
            return False
        self._keep_sample()
        self.cups[cup] = CupSample(
            self._held_depth / self._held_solid,
            self._held_g,
            100.0 * self._held_water_g / self._held_g,
            self._peak_k,
            self._lost_g,
        )
        self._cup = cup
        self._empty_gate()
        return True

    def drill_state(self) -> State:
        """Telemetry with its noise; before the first contact the depth is a guess below 0."""
        p, noise = self.p, self._rng.standard_normal(4).tolist()
        depth = self.depth_m
        if not self.touched:
            depth = min(0.0, depth - self.park_m - p.stand_off_nominal_m)
        torque = max(0.0, self.torque_nm + p.torque_sigma_nm * noise[0]) if self.torque_nm else 0.0
        current = (self.torque_nm / p.torque_nm_per_a + p.no_load_a) if self._rpm_cmd else 0.0
        return (
            depth, self.rpm, torque, max(0.0, self.wob_n + p.wob_sigma_n * noise[1]),
            self.feed_mps, self.bit_k - ZERO_CELSIUS_K + 0.1 * noise[2], current,
            max(0.0, self._held_g + p.mass_sigma_g * noise[3]), int(self.gate_open), self._cup,
        )  # fmt: skip

    # --- what the engine asks -------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Turning or feeding, or told to."""
        return self._rpm_cmd != 0.0 or self._feed_cmd != 0.0 or self.rpm > 0.5

    @property
    def power_w(self) -> float:
        """Electrical power drawn now, W."""
        p = self.p
        if not self.active:
            return p.electronics_w
        shaft = self.torque_nm * self.rpm * math.tau / 60.0
        heat = 0.5 * (self.torque_nm / p.torque_nm_per_a) ** 2  # 0.5 ohm winding, assumed
        feed = p.feed_w if self.feed_mps else 0.0
        return (
            p.electronics_w + shaft / p.motor_efficiency + heat + feed
            + (p.percussion_w if self._percussion and self.rpm > 0.5 else 0.0)
        )  # fmt: skip

    def advance(self, dt_s: float) -> None:
        """Move on by `dt_s`, at most about 0.1 s while active."""
        self._since_work_s += dt_s
        if self._since_work_s >= WORK_PERIOD_S:
            self._keep_sample()
        if not self.active:
            self.feed_mps = self.wob_n = self.torque_nm = self._work_w = 0.0
            self.rpm = 0.0
        elif self.stuck:
            self._bound(dt_s)
        else:
            self._turn(dt_s)
        self._heat(dt_s)

    # --- mechanics ------------------------------------------------------------------------------

    def _turn(self, dt: float) -> None:
        """One step of a free auger: speed, feed, forces, cuttings."""
        p = self.p
        self.rpm += (self._rpm_cmd - self.rpm) * min(1.0, dt / p.auger_lag_s)
        over = max(0.0, self.loose_m3 / p.flute_m3 - 1.0)
        torque = p.auger_nm + p.choke_nm * over * over if self.rpm > 0.5 else 0.0
        if self.depth_m > 0.0:
            torque += p.auger_nm_per_m * self.depth_m * (0.4 + self.loose_m3 / p.flute_m3)
        bit_nm = 0.0
        down = self._feed_cmd
        if down > 0.0 and self.depth_m + down * dt >= self.bottom_m:
            bit_nm = self._cut(dt, down, over)
        else:
            self._move(down * dt, dt)
            self.wob_n = 3.0 if down > 0.0 else 0.0
        torque = torque + bit_nm if self.rpm > 0.5 else 0.0
        if torque >= p.stall_nm:
            self.jam()
            torque = p.stall_nm
        self.torque_nm = torque
        choke_nm = p.choke_nm * over * over
        self._work_w = (bit_nm + choke_nm) * self.rpm * math.tau / 60.0
        if self.loose_m3 > 0.0 and self.rpm > 0.5:
            self._lift(dt)

    def _cut(self, dt: float, down: float, over: float) -> float:
        """Bit on the bottom and pushed down: penetrates as the thrust allows; bit torque N m."""
        p, a = self.p, self.p.bit_radius_m
        i = self.column.index(self.bottom_m)
        energy = self.column.energy_jpm3[i]
        if self._percussion:
            energy *= p.percussion_factor
        flat_n = a * p.wear_flat_m * energy
        turns_ps = self.rpm / 60.0
        per_cut = a * p.drag_ratio * energy  # N per metre of depth of cut
        spare = self._wob_limit - flat_n - p.pack_n * over
        rate = min(down, turns_ps * spare / per_cut) if spare > 0.0 and turns_ps > 0.01 else 0.0
        if rate <= 0.0:
            self.wob_n, self.feed_mps = self._wob_limit, 0.0
            self.depth_m, self.touched = self.bottom_m, True
            return 0.5 * p.friction * a * min(flat_n, self._wob_limit)
        cut_m = rate / turns_ps
        self.wob_n = flat_n + p.pack_n * over + per_cut * cut_m
        before = self.depth_m
        self.touched = True
        self.depth_m = min(p.stroke_m, max(before, self.bottom_m) + rate * dt)
        self.feed_mps = rate if self.depth_m < p.stroke_m else 0.0
        made = self.depth_m - self.bottom_m
        self.bottom_m = self.depth_m
        self._cuttings(made, i)
        return 0.5 * a * a * energy * cut_m + 0.5 * p.friction * a * flat_n

    def _move(self, travel: float, dt: float) -> None:
        before = self.depth_m
        self.depth_m = min(max(before + travel, self.park_m), self.bottom_m)
        self.feed_mps = (self.depth_m - before) / dt

    def _cuttings(self, made_m: float, i: int) -> None:
        """`made_m` of new hole: some into the open gate, the rest into the flutes."""
        p, column = self.p, self.column
        intact = self._area * made_m
        if self.gate_open:
            self._take(
                p.capture * intact * column.density_kgpm3[i] * 1e3, column.water_wt[i], self.depth_m
            )
        new = intact * p.swell
        share = new / (self.loose_m3 + new) if new > 0.0 else 0.0
        self.loose_m3 += new
        self._loose_water += share * (column.water_wt[i] - self._loose_water)
        self._loose_depth += share * (self.depth_m - self._loose_depth)

    def _lift(self, dt: float) -> None:
        """The turning flutes carry cuttings up; better when shallow and while the bit is raised."""
        p = self.p
        depth = max(0.0, self.depth_m)
        rate = p.lift_m3_per_rev * self.rpm / 60.0 / (1.0 + depth / p.lift_depth_m)
        if self.depth_m < self.bottom_m - 0.005:
            rate *= 3.0
        fill = min(1.0, self.loose_m3 / p.flute_m3)
        lifted = min(self.loose_m3, rate * fill * dt)
        self.loose_m3 -= lifted
        if self.gate_open and depth > 0.0:
            self._take(p.stray * lifted / p.swell * 1.8e6, self._loose_water, self._loose_depth)

    def jam(self) -> None:
        """Bind the bit: the auger stands still until the bit was pulled up a little."""
        self.stuck, self._freed_m = True, 0.0

    def _bound(self, dt: float) -> None:
        p = self.p
        self.rpm = self._work_w = 0.0
        self.torque_nm = p.stall_nm if self._rpm_cmd > 0.0 else 0.0
        self.wob_n = self._wob_limit if self._feed_cmd > 0.0 else 0.0
        before = self.depth_m
        self._move(min(0.0, 0.3 * self._feed_cmd) * dt, dt)
        self._freed_m += before - self.depth_m
        if self._freed_m >= p.free_travel_m or self.depth_m <= 0.0:
            self.stuck = False
            self.loose_m3 *= 0.7

    # --- heat and sample ------------------------------------------------------------------------

    def _heat(self, dt: float) -> None:
        p = self.p
        ground_k = self.column.temperature_k[self.column.index(self.depth_m)]
        path = p.bit_ground_wpk if self.depth_m > 0.0 else p.bit_space_wpk
        power = p.bit_heat_share * self._work_w
        if self._percussion and self.rpm > 0.5:
            power += p.percussion_heat_share * p.percussion_w
        self.bit_k += (power - path * (self.bit_k - ground_k)) * dt / p.bit_heat_jpk

    def _take(self, mass_g: float, water_wt: float, depth_m: float) -> None:
        mass_g = min(mass_g, self.p.gate_max_g - self._held_g)
        if mass_g <= 0.0:
            return
        if self._held_g == 0.0:
            self._sample_k = self._peak_k = self.bit_k
        self._held_g += mass_g
        self._held_solid += mass_g
        self._held_water_g += mass_g * water_wt / 100.0
        self._held_depth += mass_g * depth_m

    def _empty_gate(self) -> None:
        self._held_g = self._held_water_g = self._held_depth = self._held_solid = 0.0
        self._sample_k = self._peak_k = self._lost_g = 0.0

    def _keep_sample(self) -> None:
        """Warm the held sample towards the bit, let its ice sublime, spill it in the open air."""
        dt, self._since_work_s = self._since_work_s, 0.0
        if self._held_g <= 0.0:
            return
        if self.gate_open and self.depth_m < 0.0:
            self._empty_gate()
            return
        self._sample_k += (self.bit_k - self._sample_k) * min(1.0, dt / self.p.sample_lag_s)
        self._peak_k = max(self._peak_k, self._sample_k)
        flux = sublimation_kgpm2s(self._sample_k) * 1e3 * self.p.ice_area_m2
        lost = min(self._held_water_g, flux * dt)
        self._held_water_g -= lost
        self._held_g -= lost
        self._lost_g += lost
