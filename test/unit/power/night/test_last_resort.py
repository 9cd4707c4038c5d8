"""Room for second circuits: kept while it may matter, given up where all else is lost."""

import pytest

from lupex_rover.power.night.keeper import NightKeeper
from lupex_rover.power.night.last_resort import doomed_nap_h, without_room
from lupex_rover.power.night.night_types import Reading
from lupex_rover.power.night.params import NightParams

P = NightParams()
COLDEST = (P.battery_degc[-1], P.electronics_degc[-1])
HELD = (-54.0, -64.0)


def reading(energy, battery=HELD[0], electronics=HELD[1], hour=0.0):
    return Reading(hour, energy, 10.0, battery, electronics)


def asleep(left_h):
    """A keeper that holds both boxes at the coldest set points, `left_h` before dawn."""
    keeper = NightKeeper(P)
    keeper.dusk(reading(3000.0), 340.0)
    asleep = {"t_h": 0.0, "energy_wh": 3000.0, "for_h": 1.0, "battery_degc": HELD[0],
              "electronics_degc": HELD[1], "battery_set": COLDEST[0],
              "electronics_set": COLDEST[1], "busy": False}  # fmt: skip
    keeper.recall({**keeper.memory(), "left_h": left_h, "asleep": asleep, "chassis_k": 95.0})
    return keeper


@pytest.mark.parametrize(
    ("left_h", "energy", "given"),
    [
        (200.0, 1500.0, False),  # lost, but not soon: a circuit may break in so many hours
        (40.0, 480.0, True),  # 13 W for 36 h or so, which will likely not do
        (40.0, 640.0, False),  # careful figures say 39 h, and dawn may be late; likely ones do
        (40.0, 300.0, False),  # 27 h by the best figures: it would help nobody
        (40.0, 2000.0, False),
    ],
)
def test_room_is_given_up_at_the_last_look_where_dawn_is_likely_not_seen(left_h, energy, given):
    answer = asleep(left_h).woke(reading(energy, hour=0.1))
    assert (answer.set_points[0] < COLDEST[0]) == given
    assert (answer.set_points[1] < COLDEST[1]) == given
    assert given == ("no room" in answer.text)


def test_what_was_given_up_is_not_taken_back_by_heating():
    keeper = asleep(40.0)
    first = keeper.woke(reading(420.0, hour=0.1))
    battery, electronics = first.set_points
    later = keeper.woke(reading(100.0, battery, electronics, hour=0.1 + first.duration_h))
    assert later.code == "PWR-008"
    assert later.set_points == first.set_points == (COLDEST[0] - P.spare_k, COLDEST[1] - P.spare_k)


def test_a_late_dawn_is_as_uncertain_as_the_rest_of_its_doubt():
    """Ten hours late: up to 14 h are left, and 60 Wh last for five."""
    assert asleep(-10.0).woke(reading(60.0, hour=0.1)).set_points[0] < COLDEST[0]
    assert asleep(-10.0).woke(reading(240.0, hour=0.1)).set_points[0] == COLDEST[0]


def test_a_box_on_its_second_circuit_has_no_room_to_give():
    """Lower, that circuit could not hold it."""
    both = (COLDEST[0] - P.spare_k, COLDEST[1] - P.spare_k)
    none = (False, False)
    assert without_room(P, reading(100.0), COLDEST, COLDEST, none) == both
    assert without_room(P, reading(100.0), COLDEST, COLDEST, (True, False)) == (COLDEST[0], both[1])
    below = reading(100.0, COLDEST[0] - P.band_k - P.sensor_k - 0.1, HELD[1])
    assert without_room(P, below, COLDEST, COLDEST, none) == (COLDEST[0], both[1])
    after_reset = reading(100.0, COLDEST[0] + 1.5, HELD[1] + 1.5)
    assert without_room(P, after_reset, COLDEST, COLDEST, none) == COLDEST
    looking = reading(100.0, HELD[0], COLDEST[1] - P.band_k + 0.2)  # 0.2 K by the computer's heat
    assert without_room(P, looking, COLDEST, COLDEST, none)[1] == COLDEST[1]
    assert without_room(P, below, COLDEST, both, none) == both  # given up before


def test_a_second_circuit_that_was_seen_once_is_remembered():
    """At the last look the box may stand at the top of the second circuit's band."""
    keeper = asleep(60.0)
    keeper.woke(reading(800.0, electronics=COLDEST[1] - 0.6, hour=0.5))
    again = NightKeeper(P)
    again.recall({**keeper.memory(), "left_h": 40.5})
    answer = again.woke(reading(480.0, hour=1.0))
    assert answer.set_points == (COLDEST[0] - P.spare_k, COLDEST[1])


def test_at_the_coldest_it_looks_seldom_and_once_more_before_the_end():
    naps = [doomed_nap_h(P, reading(1.0), COLDEST, hours) for hours in (200.0, 90.0, 40.0, 20.0)]
    assert naps == [P.held_check_h, 90.0 - P.doomed_check_h, P.doomed_check_h, P.doomed_check_h]
    warm = reading(1.0, battery=-30.0)  # without heat it would still live for hours
    assert doomed_nap_h(P, warm, COLDEST, 200.0) == P.doomed_check_h
