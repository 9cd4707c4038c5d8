"""Maps of several bands: a scenario and a rover's file say which one holds the heights."""

import dataclasses

import numpy as np
import pytest
import rasterio
import yaml

from lupex_rover.core.errors import UserError
from lupex_rover.scenarios import rover_config, scenario
from lupex_rover.simulator.site import prepare
from lupex_rover.simulator.site.world import World, WorldParams
from lupex_rover.terrain.base_map import default_map_path
from lupex_rover.terrain.dem_file import read_dem


@pytest.fixture
def two(tmp_path):
    """The LOLA map as band 2 of a file whose band 1 is something else."""
    with rasterio.open(default_map_path()) as source:
        profile, heights = source.profile, source.read(1)
    profile.update(count=2, dtype="float32")
    with rasterio.open(tmp_path / "two.tif", "w", **profile) as out:
        out.write(np.full(heights.shape, 7.0), 1)
        out.write(heights.astype(np.float32), 2)
    return tmp_path / "two.tif"


def test_cases_a_scenario_names_the_band_of_its_map(two, monkeypatch):
    file = two.with_name("s.yaml")
    file.write_text("base_map: two.tif\nbase_map_band: 2\n")
    given = scenario.read(str(file))
    asked = []
    monkeypatch.setattr(prepare, "choose", lambda *words: asked.append(words) or [None] * 3)
    prepare.prepare(given)
    assert asked[0][-2:] == (two, 2)
    p = WorldParams(site_size_m=2000.0, site_resolution_m=10.0)
    whole, found = World(p, 1), World(p, 1, *asked[0][-2:])
    np.testing.assert_array_equal(found.site.heights, whole.site.heights)
    with pytest.raises(UserError, match="two.tif: has 2 bands .*base_map_band"):
        World(p, 1, two)
    kept = file.with_name("kept.yaml")
    kept.write_text(yaml.safe_dump(scenario.values(given)))
    assert scenario.read(str(kept)).base_map_band == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("base_map: two.tif\nbase_map_band: 0\n", "base_map_band: 0 "),
        ("base_map: two.tif\nbase_map_band: two\n", "base_map_band"),
        ("base_map_band: 2\n", "base_map_band: 2 is of no map"),
    ],
)
def test_cases_bands_that_cannot_be_are_refused(two, text, words):
    file = two.with_name("s.yaml")
    file.write_text(text)
    with pytest.raises(UserError, match=words):
        scenario.read(str(file))


def test_cases_a_rovers_run_gets_the_band_alone(two):
    folder = two.parent
    (folder / "plan.json").write_text("{}")
    given = {"ports": {"MOB": "/dev/null"}, "plan": "plan.json", "onboard_map": "two.tif",
             "onboard_map_band": 2}  # fmt: skip
    (folder / "rover.yaml").write_text(yaml.safe_dump(given))
    config = rover_config.read(folder / "rover.yaml")
    (folder / "run").mkdir()
    rover_config.write_run(config, folder / "run")
    found, whole = read_dem(folder / "run" / "onboard_map.tif"), read_dem(default_map_path())
    np.testing.assert_array_equal(found.heights, whole.heights)
    assert (found.x0, found.y0, found.resolution_m) == (whole.x0, whole.y0, whole.resolution_m)
    two.rename(folder / "onboard_map.tif")
    itself = dataclasses.replace(config, onboard_map="onboard_map.tif")
    with pytest.raises(UserError, match="onboard_map_band: the run writes here"):
        rover_config.write_run(itself, folder)
