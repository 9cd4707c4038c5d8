"""What the landing component keeps for its next life, and how that begins the filter anew.

A process that dies in the descent comes back some seconds later. The nominal path is far off by
then; the last estimate, carried on with its velocity, is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.core.kept_numbers import numbers
from lupex_rover.landing.estimation.filter_state import SIZE, A, P, State, V

OLDEST_S = 60.0  # of an estimate in flight; the thrust that nobody measured makes it useless later
UNMEASURED_MPS2 = 2.0  # thrust and gravity that were not measured, one sigma (assumed)


@dataclass(frozen=True)
class KeptDescent:
    """The estimate at `stamp_ns`, the chosen target, and whether the lander stands.

    Attributes
    ----------
    sigma : numpy.ndarray
        (22,) one sigma of the error state, in the order of `filter_state`.
    landed_ns : int or None
        When it touched down.
    done : bool
        The component had said all that it had to say.
    """

    stamp_ns: int
    position_m: np.ndarray
    velocity_mps: np.ndarray
    gyro_bias: np.ndarray
    accel_bias: np.ndarray
    doppler_bias: np.ndarray
    fix_bias: np.ndarray
    sigma: np.ndarray
    target_m: np.ndarray
    landed_ns: int | None
    done: bool

    @classmethod
    def of(
        cls, state: State, target_m: np.ndarray, landed_ns: int | None, done: bool
    ) -> KeptDescent:
        """Of the filter's state."""
        return cls(
            state.stamp_ns, state.position_m, state.velocity_mps, state.gyro_bias,
            state.accel_bias, state.doppler_bias, state.fix_bias,
            np.sqrt(np.diag(state.covariance)), target_m, landed_ns, done,
        )  # fmt: skip

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in vars(self).items()}

    @classmethod
    def from_plain(cls, kept: dict[str, Any]) -> KeptDescent:
        """What `plain` gave.

        Raises
        ------
        ValueError
            A field is missing, has another shape, or holds a number that is not finite.
        """
        shapes = {"position_m": 3, "velocity_mps": 3, "gyro_bias": 3, "accel_bias": 3,
                  "doppler_bias": 3, "fix_bias": 4, "sigma": SIZE, "target_m": 3}  # fmt: skip
        try:
            arrays = {name: numbers(kept, name, size) for name, size in shapes.items()}
            landed = kept["landed_ns"]
            stamps = int(kept["stamp_ns"]), None if landed is None else int(landed)
            done = bool(kept["done"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"kept descent: {error!r}") from None
        return cls(stamps[0], **arrays, landed_ns=stamps[1], done=done)

    def age_s(self, t_ns: int) -> float:
        return (t_ns - self.stamp_ns) / NS

    def of_use(self, t_ns: int) -> bool:
        """Whether a filter may begin with it at `t_ns`."""
        return self.landed_ns is not None or 0.0 <= self.age_s(t_ns) <= OLDEST_S

    def start(self, t_ns: int, quat: np.ndarray, attitude_sigma_rad: float) -> State:
        """The filter's state at `t_ns`, with the attitude that a star tracker tells.

        In flight what thrust did meanwhile was not measured: place and velocity are as much less
        sure.
        """
        gap_s = 0.0 if self.landed_ns is not None else self.age_s(t_ns)
        velocity = np.zeros(3) if self.landed_ns is not None else self.velocity_mps
        sigma = self.sigma.copy()
        sigma[P] += 0.5 * UNMEASURED_MPS2 * gap_s**2 + sigma[V] * gap_s
        sigma[V] += UNMEASURED_MPS2 * gap_s
        sigma[A] = attitude_sigma_rad
        return State(
            t_ns, self.position_m + gap_s * velocity, velocity, quat, self.gyro_bias,
            self.accel_bias, self.doppler_bias, self.fix_bias, np.diag(sigma**2), np.zeros(3),
        )  # fmt: skip
