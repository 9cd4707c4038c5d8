"""The true ground and sky of a site: what the simulator flies over and drives on."""

from __future__ import annotations

import dataclasses
import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from lupex_rover.core.constants import MOON_RADIUS_M, NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import ordered, param
from lupex_rover.core.saved import entry, plain, unplain
from lupex_rover.ephemeris import Sky, SkyTable, xy_of
from lupex_rover.terrain.base_map import default_map_path
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import check_south_polar, read_dem
from lupex_rover.terrain.horizon import disc_fraction, horizon_at
from lupex_rover.terrain.relief import Relief, ReliefParams
from lupex_rover.terrain.sun_share import share_past_level

DETAIL_M = 160.0  # side of the fine patch made round a place whose light is asked for
FINE_M = 0.25
PATCHES = 12  # kept
SKY_BLOCK_NS = 10 * 86400 * NS
BINS = 720  # azimuths of a horizon mask; 0.5 degrees
BLOCK = 16  # azimuths marched at once
MOST_VOID = 0.5  # of a site


@dataclass(frozen=True)
class WorldParams:
    """Where the site is, how its ground is made, and how well it is known from orbit."""

    latitude_deg: float = param(
        -89.45, "latitude of the site's centre", unit="deg", low=-90, high=-60,
        source="Connecting Ridge, Mazarico et al. 2011",
    )  # fmt: skip
    longitude_deg: float = param(
        222.7, "east longitude of the site's centre", unit="deg", low=-360, high=360,
        source="Connecting Ridge, Mazarico et al. 2011",
    )  # fmt: skip
    site_size_m: float = param(8000.0, "side of the site", unit="m", low=2000, high=20000)
    site_resolution_m: float = param(
        5.0, "cell size of the site and its map", unit="m", low=1, high=20,
        source="LOLA PGDA product 78: 5 m",
    )  # fmt: skip
    map_blur_m: float = param(
        4.3, "smoothing of the orbital map, one sigma", unit="m", low=0, high=50,
        source="10 m full width: Barker et al. 2021",
    )  # fmt: skip
    map_noise_m: float = param(
        0.5,
        "RMS height error of the orbital map",
        unit="m",
        low=0,
        high=20,
        source="Barker et al. 2021: 0.3..0.5 m",
    )
    map_noise_length_m: float = param(
        20.0, "correlation length of the orbital map's height error", unit="m", low=1, high=1000,
        source="assumed: spacing of LOLA tracks",
    )  # fmt: skip
    relief: ReliefParams = dataclasses.field(default_factory=ReliefParams)

    def check(self) -> None:
        ordered(self, "site_resolution_m", "site_size_m")


class World:
    """Truth of one site.

    Attributes
    ----------
    site : Dem
        The whole site at 5 m, without what only finer cells show.
    regional : Dem
        The elevation map round it, for far horizons.
    centre : tuple[float, float]
        x, y of the site's centre in `map`, m.
    """

    def __init__(
        self, params: WorldParams, seed: int, base_map_path: Path | str | None = None,
        base_map_band: int | None = None,
    ) -> None:  # fmt: skip
        self.params = params
        self.seed = int(seed)
        self.centre = xy_of(math.radians(params.latitude_deg), math.radians(params.longitude_deg))
        half = params.site_size_m / 2
        x0, y0 = (c - half for c in self.centre)
        default = default_map_path() if base_map_path is None else Path(base_map_path)
        box = (x0, y0, x0 + 2 * half, y0 + 2 * half)
        self.regional, base = _maps(default, box, base_map_band)
        self.relief = Relief(base, seed, params.relief)
        size, step = params.site_size_m, params.site_resolution_m
        self.site = self._with_void(self.relief.window(x0, y0, size, size, step), base)
        self._patches: OrderedDict[tuple[Any, ...], Dem] = OrderedDict()
        self._skies: dict[int, SkyTable] = {}
        self._last_sky: tuple[int, Sky] | None = None
        self._horizons: dict[tuple[Any, ...], tuple[float, np.ndarray]] = {}

    @staticmethod
    def _with_void(site: Dem, base: Dem) -> Dem:
        """`site` that does not know what the map it follows does not know.

        Raises
        ------
        UserError
            Nor half of it.
        """
        if base.void is None:
            return site
        void = ~base.known(*np.meshgrid(*site.grid()))
        if void.mean() > MOST_VOID:
            raise UserError(
                f"the map has no height in {void.mean():.0%} of the site round x, y"
                f" {site.extent[0]:.0f} .. {site.extent[2]:.0f},"
                f" {site.extent[1]:.0f} .. {site.extent[3]:.0f} m; take another centre"
            )
        return dataclasses.replace(site, void=void)

    # --- save and restore -----------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """See `Saved`: the patches, as they decide what the finest ground is, and the horizons."""
        horizons = []
        for key, (eye, mask) in self._horizons.items():
            known = np.flatnonzero(~np.isnan(mask))
            horizons.append([*key, eye, plain(known.astype(np.int16)), plain(mask[known])])
        return {"patches": [list(key) for key in self._patches], "horizons": horizons}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`; patches that are there already stay the same objects."""
        patches: OrderedDict[tuple[Any, ...], Dem] = OrderedDict()
        for i, j, size_m, res in entry(self, state, "patches"):
            key = (i, j, float(size_m), float(res))
            patches[key] = self._patches[key] if key in self._patches else self._patch(key)
        self._patches = patches
        self._horizons.clear()
        for x, y, z_m, eye, known, values in entry(self, state, "horizons"):
            mask = np.full(BINS, np.nan)
            mask[unplain(known)] = unplain(values)
            self._horizons[x, y, z_m] = (eye, mask)

    # --- ground ---------------------------------------------------------------------------------

    def near(self, x: float, y: float, size_m: float = 256.0, res: float = FINE_M) -> Dem:
        """The ground round x, y in cells of `res`; the same object when asked for again."""
        key = (round(x / 4.0), round(y / 4.0), float(size_m), float(res))
        if key not in self._patches:
            self._patches[key] = self._patch(key)
            if len(self._patches) > PATCHES:
                self._patches.popitem(last=False)
        self._patches.move_to_end(key)
        return self._patches[key]

    def kept(self, x: float, y: float, size_m: float, res: float) -> Dem:
        """As `near`, but nothing is kept or moved by it."""
        key = (round(x / 4.0), round(y / 4.0), float(size_m), float(res))
        return self._patches[key] if key in self._patches else self._patch(key)

    def _patch(self, key: tuple[int, int, float, float]) -> Dem:
        i, j, size_m, res = key
        return self.relief.window(4.0 * i - size_m / 2, 4.0 * j - size_m / 2, size_m, size_m, res)

    def finest(self, x: float, y: float, margin_m: float = 0.0) -> Dem | None:
        """The finest patch made so far that holds x, y and `margin_m` round it."""
        best: Dem | None = None
        for dem in reversed(self._patches.values()):
            x_min, y_min, x_max, y_max = dem.extent
            inside = min(x - x_min, x_max - x, y - y_min, y_max - y) >= margin_m
            if inside and (best is None or dem.resolution_m < best.resolution_m):
                best = dem
        return best

    def height(self, x: Any, y: Any) -> Any:
        """Height of the ground, m, from the finest patch made so far; numbers or arrays."""
        if np.ndim(x) == 0 and np.ndim(y) == 0:
            dem = self.finest(float(x), float(y)) or self.site
            return dem.height(float(x), float(y))
        z = self.site.height(x, y)
        for dem in sorted(self._patches.values(), key=lambda d: -d.resolution_m):
            inside = dem.contains(x, y)
            z[inside] = dem.height(np.asarray(x)[inside], np.asarray(y)[inside])
        return z

    def onboard_map(self) -> Dem:
        """What orbit knows of the site: blurred, with an error of its own."""
        p = self.params
        rng = np.random.default_rng([self.seed, 0x0B17])
        step = p.site_resolution_m
        known = ndimage.gaussian_filter(self.site.heights.astype(np.float64), p.map_blur_m / step)
        length = p.map_noise_length_m / step
        error = ndimage.gaussian_filter(rng.standard_normal(known.shape), length, mode="wrap")
        known += error * (p.map_noise_m / error.std())
        return Dem(known, self.site.x0, self.site.y0, step, self.site.void)

    # --- sky and light --------------------------------------------------------------------------

    def sky(self, t_ns: int) -> Sky:
        """Sun and Earth at the centre of the site."""
        t_ns = int(t_ns)
        if self._last_sky is not None and self._last_sky[0] == t_ns:
            return self._last_sky[1]  # asked several times within a tick
        block = t_ns // SKY_BLOCK_NS
        if block not in self._skies:
            if len(self._skies) > 20:
                self._skies.clear()
            start = block * SKY_BLOCK_NS
            self._skies[block] = SkyTable(*self.centre, start, start + SKY_BLOCK_NS)
        sky = self._skies[block].at(t_ns)
        self._last_sky = (t_ns, sky)
        return sky

    def sun_fraction(self, x: float, y: float, z_above_ground_m: float, t_ns: int) -> float:
        """Share of the Sun's disc above the true horizon of a point over the ground, 0..1.

        What is behind Earth is not seen; Earth stands where the site's centre sees it, which
        makes at most 0.003 of the Sun's disc over 8 km.
        """
        sky = self.sky(t_ns)
        azimuth = sky.sun_azimuth_rad
        dx, dy = x - self.centre[0], y - self.centre[1]
        tilt = (dx * math.sin(azimuth) + dy * math.cos(azimuth)) / MOON_RADIUS_M
        horizon = self._horizon(x, y, z_above_ground_m, azimuth)
        elevation = sky.sun_elevation_rad + tilt
        if sky.sun_uncovered >= 1.0:
            return float(disc_fraction(elevation, horizon, sky.sun_radius_rad))
        sun = sky.sun._replace(elevation_rad=elevation)
        earth = sky.earth._replace(elevation_rad=sky.earth_elevation_rad + tilt)
        return float(share_past_level(sun, earth, horizon))

    def lit(self, x: float, y: float, t_ns: int) -> bool:
        """Whether the ground sees any of the Sun."""
        return self.sun_fraction(x, y, 0.05, t_ns) > 0.0

    def _horizon(self, x: float, y: float, z_m: float, azimuth_rad: float) -> float:
        """Horizon at one azimuth of the place to the nearest metre, kept for the next time."""
        key = (round(x), round(y), round(z_m, 2))
        if key not in self._horizons:
            if len(self._horizons) > 5000:
                self._horizons.clear()
            fine = self._fine(*key[:2])
            eye = float(fine.height(float(key[0]), float(key[1]))) + z_m
            self._horizons[key] = (eye, np.full(BINS, np.nan))
        eye, mask = self._horizons[key]
        u = azimuth_rad % (2 * math.pi) * (BINS / (2 * math.pi))
        i = int(u) % BINS
        j = (i + 1) % BINS
        for k in (i, j):
            if math.isnan(mask[k]):
                bins = np.arange(BLOCK) + k // BLOCK * BLOCK
                dems = [self._fine(*key[:2]), self.site, self.regional]
                azimuths = bins * (2 * math.pi / BINS)
                mask[bins] = horizon_at(dems, float(key[0]), float(key[1]), eye, azimuths)
        return float(mask[i] + (u - int(u)) * (mask[j] - mask[i]))

    def _fine(self, x: float, y: float) -> Dem:
        """A fine patch with at least 40 m round x, y."""
        dem = self.finest(x, y, 40.0)
        if dem is not None and dem.resolution_m <= 0.5:
            return dem
        return self.near(x, y, DETAIL_M, FINE_M)


def _maps(
    path: Path, box: tuple[float, float, float, float], band: int | None = None
) -> tuple[Dem, Dem]:
    """The regional map, and the one that the relief follows, from the file at `path`.

    A map finer than 200 m is read only round the site, and the LOLA map gives the far horizon.
    """
    check_south_polar(path)
    x_min, y_min, x_max, y_max = box
    pad = 20_000.0
    around = read_dem(path, (x_min - pad, y_min - pad, x_max + pad, y_max + pad), band)
    if around.resolution_m > 200.0:
        return read_dem(path, band=band), around
    far = read_dem(default_map_path())
    if not far.contains((x_min + x_max) / 2, (y_min + y_max) / 2):
        raise UserError(
            f"{path}: is finer than 200 m and lies beyond the LOLA map that gives the far horizon"
            " (70.1 degrees south on its axes); give one of 200 m or coarser that reaches farther"
        )
    return far, around
