"""What a URDF must have beside names: refused with file and part where it has not."""

import re

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.vehicle import default_path, expand
from lupex_rover.core.vehicle_checks import check_arrays, stereo_baseline_m
from lupex_rover.core.vehicle_reader import read_vehicle

TEXT, _ = expand(default_path())
AREAS_M2 = (0.30, 0.30, 0.90)


def changed(joint, old, new):
    """The bundled rover with one attribute of one joint changed."""
    whole = re.search(rf'<joint name="{joint}".*?</joint>', TEXT, re.S).group()
    assert old in whole
    return TEXT.replace(whole, whole.replace(old, new))


def test_the_bundled_rover_passes():
    vehicle = read_vehicle(TEXT)
    check_arrays(vehicle, AREAS_M2, "own.yaml")
    assert stereo_baseline_m(vehicle) == pytest.approx(0.30)


@pytest.mark.parametrize(
    ("string", "areas"),
    [("left", (0.31, 0.3, 0.9)), ("right", (0.3, 0.2, 0.9)), ("tower", (0.3, 0.3, 0.5))],
)
def test_areas_that_are_not_the_panels_are_named(string, areas):
    with pytest.raises(UserError, match=rf"own\.yaml: .* for the {string} panel; array_{string}"):
        check_arrays(read_vehicle(TEXT), areas, "own.yaml")


def test_a_panel_that_the_eps_does_not_know_is_named():
    with pytest.raises(UserError, match="array_rear.*no such string"):
        check_arrays(read_vehicle(TEXT.replace("array_left", "array_rear")), AREAS_M2, "")
    turned = read_vehicle(changed("array_left_joint", "-1.57", "1.57"))
    with pytest.raises(UserError, match="array_left.*face sideways"):
        check_arrays(turned, AREAS_M2, "")


def test_eyes_that_squint_are_refused():
    squint = read_vehicle(changed("stereo_right_link_joint", 'rpy="0 ', 'rpy="0.1 '))
    higher = read_vehicle(changed("stereo_right_link_joint", "0.08 -0.15 0.", "0.08 -0.15 1."))
    for vehicle in (squint, higher):
        with pytest.raises(UserError, match="stereo_right_optical' must be parallel"):
            stereo_baseline_m(vehicle)


def test_a_crawler_that_steers_the_other_way_or_is_another_is_refused():
    axis = changed("rear_left_steer_joint", "0 0 1", "0 0 -1")
    with pytest.raises(UserError, match="rear_left_steer_joint.*straight ahead"):
        read_vehicle(axis)
    link = re.search(r'<link name="rear_left_crawler">.*?</link>', TEXT, re.S).group()
    larger = link.replace('sphere radius="0.15"', 'sphere radius="0.18"')
    assert larger != link
    with pytest.raises(UserError, match="rear_left_crawler.*must be alike"):
        read_vehicle(TEXT.replace(link, larger))
