"""Where and when the mission may go, and what the ground asks of a site."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import ordered, param
from lupex_rover.mission.plan import CUPS

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
            "description": "latitudes and east longitudes of the site centres, in the order tried",
            "unit": "deg",
            "low": -360.0,
            "high": 360.0,
            "source": "Mazarico et al. 2011: Connecting Ridge; ridge at 123 E; Shackleton rim;"
            " Malapert; de Gerlache rim",
        },
    )
    date_from: str = param("2029-01-01T00:00:00Z", "earliest start of the mission, UTC")
    date_days: float = param(
        365.0, "time after the earliest start within which the mission starts",
        unit="d", low=30, high=3700,
    )  # fmt: skip
    array_height_m: float = param(
        2.0, "height of the middle of the solar array", unit="m", low=0.5, high=5,
    )  # fmt: skip
    footprint_m: float = param(
        35.0, "radius of the smooth ground round the landing target", unit="m", low=10, high=200,
    )  # fmt: skip
    landing_slope_deg: float = param(
        6.0, "greatest slope in the landing footprint", unit="deg", low=1, high=15,
    )  # fmt: skip
    path_slope_deg: float = param(12.0, "greatest slope on the drives", unit="deg", low=3, high=25)
    drill_slope_deg: float = param(
        9.0, "greatest slope at the drill target", unit="deg", low=2, high=20,
    )  # fmt: skip
    traverse_min_m: float = param(
        72.0, "least straight distance from landing to drill target", unit="m", low=20, high=900,
    )  # fmt: skip
    traverse_max_m: float = param(
        95.0, "greatest straight distance from landing to drill target",
        unit="m", low=30, high=1000,
    )  # fmt: skip
    return_max_m: float = param(
        110.0, "greatest straight distance from drill target to haven", unit="m", low=20, high=1000,
    )  # fmt: skip
    shade_min_m: float = param(
        0.9, "least height of the shadow over the drill target", unit="m", low=0.0, high=10,
    )  # fmt: skip
    shade_max_m: float = param(
        4.0, "greatest height of the shadow over the drill target; a low one is near the edge",
        unit="m", low=0.5, high=50,
    )  # fmt: skip
    edge_max_m: float = param(
        14.0, "greatest distance from drill target to lit ground", unit="m", low=2, high=100,
    )  # fmt: skip
    doubt_m: float = param(
        1.0, "height error of the onboard map that a plan allows for", unit="m", low=0, high=20,
        source="twice its RMS error",
    )  # fmt: skip
    bias_m: float = param(
        0.4, "height by which true horizons stand over those of the blurred map",
        unit="m", low=-5, high=5, source="measured on 16 simulated sites",
    )  # fmt: skip
    work_h: float = param(
        10.0, "time that the drill target stays in shadow", unit="h", low=1, high=100,
    )  # fmt: skip
    lit_before_h: float = param(
        42.0, "time from landing on in which the haven is surely lit", unit="h", low=10, high=400,
    )  # fmt: skip
    sun_min_deg: float = param(
        0.4, "least elevation of the Sun's middle over the level horizon at landing; the"
        " lander's cameras need its light", unit="deg", low=-5, high=30,
    )  # fmt: skip
    night_min_h: float = param(
        66.0, "least predicted darkness at the haven", unit="h", low=1, high=400,
    )  # fmt: skip
    night_max_h: float = param(
        125.0, "greatest predicted darkness at the haven", unit="h", low=2, high=600,
    )  # fmt: skip
    night_sure_h: float = param(
        62.0, "least darkness at the haven even if the map is wrong", unit="h", low=1, high=400,
    )  # fmt: skip
    lit_after_h: float = param(
        30.0, "time after the night in which the haven is lit", unit="h", low=1, high=400,
    )  # fmt: skip
    drill_depths_m: tuple[float, ...] = dataclasses.field(
        default=(0.5, 1.0, 1.5),
        metadata={
            "description": "depths at which samples are taken",
            "unit": "m",
            "low": 0.05,
            "high": 2.0,
            "source": "LUPEX: samples down to 1.5 m",
        },
    )

    drill_sites: int = param(
        1, "number of drill sites; traverse@2, drill@2 and science@2 are the phases of the second",
        low=1, high=4,
    )  # fmt: skip
    site_gap_m: float = param(
        20.0, "least straight distance between two drill sites", unit="m", low=5, high=200,
    )  # fmt: skip
    holes: int = param(
        1, "number of holes at each site; traverse@1.2 and drill@1.2 are the phases of the second",
        low=1, high=4,
    )  # fmt: skip
    hole_gap_m: float = param(
        5.0, "straight distance from the first hole of a site to its others, and least distance"
        " between these", unit="m", low=4, high=20,
    )  # fmt: skip

    def check(self) -> None:
        samples = self.drill_sites * self.holes * len(self.drill_depths_m)
        if samples > CUPS:
            raise UserError(
                f"drill_sites {self.drill_sites}, holes {self.holes} and"
                f" {len(self.drill_depths_m)} drill_depths_m make {samples} samples; there are"
                f" {CUPS} cups"
            )
        ordered(self, "traverse_min_m", "traverse_max_m")
        ordered(self, "shade_min_m", "shade_max_m")
        ordered(self, "night_min_h", "night_max_h")
        for latitude, longitude in self.centres:
            if not -90.0 <= latitude <= NORTHERNMOST_DEG:
                raise UserError(
                    f"centres: latitude {latitude:g} (of {latitude:g}, {longitude:g}) is outside"
                    f" -90 .. {NORTHERNMOST_DEG:g} deg, where the south polar grid of `map` will do"
                )
