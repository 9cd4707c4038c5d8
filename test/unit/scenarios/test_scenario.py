"""Scenario files: what is wrong is told with file, field and what is allowed."""

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.nodes.context import Context
from lupex_rover.runs.harness_setup import set_up_harness
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.simulator.site import pick_site
from lupex_rover.simulator.site.world import WorldParams


def read(folder, text):
    path = folder / "own.yaml"
    path.write_text(text)
    return scenarios.read(str(path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("phases: [descent, fly]", r"own\.yaml: phase 'fly' is unknown; known: descent"),
        ("phases: []", r"own\.yaml\.phases: is empty; known: descent"),
        ("start_sun_deg: [5, 1]", r"own\.yaml: start_sun_deg: \(5\.0, 1\.0\) is not lowest"),
        ("name: ../x", r"own\.yaml: name: '\.\./x' is no plain name"),
        ("name: ''", r"own\.yaml: name: '' is no plain name"),
        (
            "success: {landing_error_m: -1}",
            r"own\.yaml\.success\.landing_error_m: -1\.0 is outside 0 m and above",
        ),
        ("seed: 1.5", r"own\.yaml\.seed: expected int, found 1\.5; give a whole number, 0 \.\."),
    ],
)
def test_a_wrong_field_is_named_with_its_file(tmp_path, text, words):
    with pytest.raises(UserError, match=words):
        read(tmp_path, text)


def test_a_node_and_a_section_are_named_with_the_file(tmp_path):
    scenario = read(tmp_path, "nodes: {landing: {position_sigma_m: -4}}")
    context = Context(None, None, None, 1, scenario.nodes, source=scenario.where)
    from lupex_rover.landing.params import LandingParams

    with pytest.raises(UserError, match=r"own\.yaml\.nodes\.landing\.position_sigma_m: -4\.0 is"):
        context.params("landing", LandingParams)
    scenario = read(tmp_path, "simulator: {world: {map_noise_m: -4}}")
    with pytest.raises(UserError, match=r"own\.yaml\.simulator\.world\.map_noise_m: -4\.0 is"):
        set_up_harness(scenario, read_vehicle(default_path()))


def test_what_is_wrong_at_every_place_is_said_once(tmp_path):
    site = scenarios.read("reference").site
    with pytest.raises(UserError) as told:
        pick_site.choose(WorldParams(), site, 1, tmp_path / "no.tif")
    assert str(told.value).count("no.tif") == 1
    assert "no mission fits" in str(told.value)
