"""Where and when the mission may go, and what the ground asks of a site."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param

LatLon = tuple[float, float]
# `map` is stereographic and true at the pole: its lengths are too great by 1 / cos^2 of half the
# colatitude, 1.7 % at 75 degrees south and 7 % at 60, and nothing corrects for that.
NORTHERNMOST_DEG = -60.0


@dataclass(frozen=True)
class SiteParams:
    """Assumed where no source is given; margins were tuned against the simulator's true ground."""

    centres: tuple[LatLon, ...] = dataclasses.field(
        default=(
            (-89.45, 222.7),
            (-88.81, 123.6),
            (-89.78, 204.3),
            (-85.99, 2.93),
            (-88.67, 291.2),
        ),
        metadata={
            "description": "latitude and east longitude of the site centres, in the order tried",
            "unit": "deg",
            "low": -360.0,
            "high": 360.0,
            "source": "Mazarico et al. 2011: Connecting Ridge; ridge at 123 E; Shackleton rim;"
            " Malapert; de Gerlache rim",
        },
    )
    date_from: str = param("2029-01-01T00:00:00Z", "earliest start, UTC")
    date_days: float = param(
        365.0, "the start lies within so many days", unit="d", low=30, high=3700
    )
    array_height_m: float = param(2.0, "of the solar array's middle", unit="m", low=0.5, high=5)
    footprint_m: float = param(
        35.0, "radius of the landing target's smooth ground", unit="m", low=10, high=200
    )
    landing_slope_deg: float = param(6.0, "at most, in the footprint", unit="deg", low=1, high=15)
    path_slope_deg: float = param(12.0, "at most, on the drives", unit="deg", low=3, high=25)
    drill_slope_deg: float = param(9.0, "at most, at the drill target", unit="deg", low=2, high=20)
    traverse_min_m: float = param(
        72.0, "landing to drill target, straight", unit="m", low=20, high=900
    )
    traverse_max_m: float = param(
        95.0, "landing to drill target, straight", unit="m", low=30, high=1000
    )
    return_max_m: float = param(
        110.0, "drill target to haven, straight", unit="m", low=20, high=1000
    )
    shade_min_m: float = param(
        0.9, "shadow stands at least so high over the drill target", unit="m", low=0.0, high=10
    )
    shade_max_m: float = param(4.0, "and at most, to be near the edge", unit="m", low=0.5, high=50)
    edge_max_m: float = param(14.0, "drill target to lit ground", unit="m", low=2, high=100)
    doubt_m: float = param(
        1.0,
        "heights of the onboard map may be wrong by this",
        unit="m",
        low=0,
        high=20,
        source="twice its RMS error",
    )
    bias_m: float = param(
        0.4,
        "true horizons stand higher by this than the blurred map's",
        unit="m",
        low=-5,
        high=5,
        source="measured on 16 simulated sites",
    )
    work_h: float = param(10.0, "drill target stays in shadow so long", unit="h", low=1, high=100)
    lit_before_h: float = param(
        42.0, "haven surely lit from landing on", unit="h", low=10, high=400
    )
    sun_min_deg: float = param(
        0.4, "the Sun's middle over the level horizon at landing: the lander's eyes need its light",
        unit="deg", low=-5, high=30,
    )  # fmt: skip
    night_min_h: float = param(66.0, "predicted darkness at the haven", unit="h", low=1, high=400)
    night_max_h: float = param(125.0, "predicted darkness at the haven", unit="h", low=2, high=600)
    night_sure_h: float = param(
        62.0, "dark so long even if the map is wrong", unit="h", low=1, high=400
    )
    lit_after_h: float = param(30.0, "haven lit so long after the night", unit="h", low=1, high=400)
    drill_depths_m: tuple[float, ...] = dataclasses.field(
        default=(0.5, 1.0, 1.5),
        metadata={
            "description": "samples are taken there",
            "unit": "m",
            "low": 0.05,
            "high": 2.0,
            "source": "LUPEX: samples down to 1.5 m",
        },
    )

    def __post_init__(self) -> None:
        for latitude, longitude in self.centres:
            if not -90.0 <= latitude <= NORTHERNMOST_DEG:
                raise UserError(
                    f"centres: latitude {latitude:g} (of {latitude:g}, {longitude:g}) is outside"
                    f" -90 .. {NORTHERNMOST_DEG:g} deg, where the south polar grid of `map` will do"
                )
