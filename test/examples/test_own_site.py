"""A site on a map of one's own, 15 degrees from the pole; and what the mathematics refuses."""

import math
import runpy
import shutil

import numpy as np
import pytest
from flying import EXAMPLES, lupex

from lupex_rover.bags.own_bag import BagReader
from lupex_rover.core.errors import UserError
from lupex_rover.ephemeris import xy_of
from lupex_rover.mission.plan import load_plan
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.simulator.site.world import World, WorldParams

EXAMPLE = EXAMPLES / "own_site"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The scenario beside its map."""
    folder = tmp_path_factory.mktemp("own")
    runpy.run_path(str(EXAMPLE / "make_map.py"))["main"](str(folder / "own_map.tif"))
    text = (EXAMPLE / "scenario.yaml").read_text()
    text = text.replace("base_map: own_map.tif", f"base_map: {folder / 'own_map.tif'}")
    (folder / "own.yaml").write_text("max_days: 0.0003\n" + text)
    return folder


@pytest.mark.timeout(400)
def test_the_plan_is_made_there_and_the_lander_finds_its_place(own):
    out = own / "out"
    flown = lupex(
        "mission", "--scenario", own / "own.yaml", "--seed", 3, "--host", "harness", "--out", out
    )
    assert (out / "mission.mcap").exists(), flown.stdout + flown.stderr
    x, y = xy_of(math.radians(-75.0), math.radians(132.0))
    target = load_plan(out / "plan.json").landing_target
    assert math.hypot(target[0] - x, target[1] - y) < 4000.0 * math.sqrt(2.0)
    stamps, places, fixes = [], [], []
    for topic, said, _ in BagReader(out / "mission.mcap").messages({"landing/fix", "sim/truth"}):
        if topic == "landing/fix":
            fixes.append(said)
        else:
            stamps.append(said.stamp_ns)
            places.append(said.pose.position_m)
    accepted = [fix for fix in fixes if fix.accepted]
    assert len(accepted) >= 5
    for fix in accepted:
        true = [np.interp(fix.stamp_ns, stamps, [p[i] for p in places]) for i in (0, 1)]
        assert np.hypot(*(fix.pose.position_m[:2] - true)) < 10.0


@pytest.mark.parametrize("latitude", [-59.9, 0.0, 89.0])
def test_a_latitude_that_the_grid_does_not_serve_is_named(own, tmp_path, latitude):
    text = (own / "own.yaml").read_text().replace("[-75.0, 132.0]", f"[{latitude}, 132.0]")
    path = tmp_path / "far.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"far.yaml.site: centres: latitude {latitude:g} .* -60"):
        scenarios.read(str(path))


def test_a_map_that_does_not_cover_the_site_is_named(own):
    params = WorldParams(latitude_deg=-80.0, longitude_deg=132.0)
    with pytest.raises(UserError, match="own_map.tif: does not cover"):
        World(params, 1, own / "own_map.tif")


def test_a_fine_map_beyond_the_far_horizons_map_is_named(tmp_path):
    script = tmp_path / "far_map.py"
    shutil.copy(EXAMPLE / "make_map.py", script)
    script.write_text(script.read_text().replace("-75.0, 132.0", "-66.0, 90.0"))
    runpy.run_path(str(script))["main"](str(tmp_path / "far.tif"))
    params = WorldParams(latitude_deg=-66.0, longitude_deg=90.0)
    with pytest.raises(UserError, match="far.tif: is finer than 200 m and lies beyond the LOLA"):
        World(params, 1, tmp_path / "far.tif")
