"""A plan puts nothing where the map has no height. Public report: ISIS3 #3646."""

import numpy as np
import pytest
import rasterio

from lupex_rover.core.errors import UserError
from lupex_rover.planning import site
from lupex_rover.simulator.site.world import World, WorldParams
from lupex_rover.terrain.base_map import default_map_path
from lupex_rover.terrain.dem import Dem


def test_cases_plans_land_pass_and_drill_on_known_ground_alone():
    """Level ground, its east half unknown."""
    void = np.zeros((400, 400), bool)
    void[:, 200:] = True
    onboard = Dem(np.zeros(void.shape), 0.0, 0.0, 5.0, void)
    p = site.SiteParams()
    ground = site._ground(onboard, onboard, p)
    reach = round(p.footprint_m / 5.0)
    assert ground.landable[200, 150] and not ground.landable[:, 200 - reach :].any()
    assert site._passable(ground, (700.0, 1000.0), (950.0, 1000.0), p)
    assert not site._passable(ground, (700.0, 1000.0), (1050.0, 1000.0), p)
    havens = site._havens(ground, p, np.random.default_rng(1))
    assert havens and max(x for x, _ in havens) < 1000.0
    box = onboard.window(800.0, 800.0, 1200.0, 1200.0)
    shade = [Dem(np.full(box.heights.shape, 1.3), box.x0, box.y0, 5.0) for _ in range(3)]
    shade[0].heights[0, 0] = 0.0
    lit = Dem(np.where(np.eye(len(box.heights)) > 0, 0.0, 1.3), box.x0, box.y0, 5.0)
    cells = site._drill_cells(box, [lit, *shade[1:]], (990.0, 990.0), p)
    assert all(x < 1000.0 for _, (x, _) in cells)


def test_cases_a_site_takes_its_maps_void_and_is_refused_where_that_is_most(tmp_path):
    with rasterio.open(default_map_path()) as source:
        profile, heights = source.profile, source.read(1).astype(np.float32)
        transform = source.transform
    profile.update(dtype="float32", nodata=np.nan)
    p = WorldParams(site_size_m=2000.0, site_resolution_m=10.0)
    whole = World(p, 1)
    assert whole.site.void is None and whole.onboard_map().void is None
    col, row = (int(v) for v in ~transform @ whole.centre)

    def holed(name, rows, cols):
        holes = heights.copy()
        holes[rows, cols] = np.nan
        with rasterio.open(tmp_path / name, "w", **profile) as out:
            out.write(holes, 1)
        return tmp_path / name

    every = np.s_[row - 3 : row + 4], np.s_[col - 3 : col + 4]
    with pytest.raises(UserError, match="has no height in 100% of the site"):
        World(p, 1, holed("all.tif", *every))
    # a column of cells beside the site's: bilinear ground is known up to the middle of its own
    east_m = whole.centre[0] - (transform @ (col + 0.5, row))[0]
    beside = col + 1 if east_m < 0.0 else col - 1
    site_void = World(p, 1, holed("part.tif", every[0], np.s_[beside : beside + 1])).site.void
    assert site_void.mean() == pytest.approx((1000.0 - abs(east_m)) / 2000.0, abs=0.02)
