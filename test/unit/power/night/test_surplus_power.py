"""Every load on as a heater: before dusk for the chassis, in the morning for a cold battery."""

from lupex_rover.power.night.params import NightParams
from lupex_rover.power.night.surplus_power import light_feeds_all, loads_may_store

P = NightParams()
ALL_W = sum(P.busy_w)


def test_heat_is_stored_only_before_dusk_of_a_full_battery_and_of_light_that_is_over():
    assert loads_may_store(P, 10.0, 0.99, ALL_W + 20.0, 19.0, False)
    assert not loads_may_store(P, P.store_h + 1.0, 0.99, ALL_W + 20.0, 19.0, False)
    assert not loads_may_store(P, 10.0, 0.9, ALL_W + 20.0, 19.0, False)
    assert not loads_may_store(P, 10.0, 0.99, ALL_W + 18.0, 19.0, False)


def test_loads_that_store_go_off_when_they_draw_more_than_the_light_gives():
    assert loads_may_store(P, 2.0, 0.99, 90.0, 85.0, True)
    assert not loads_may_store(P, 2.0, 0.99, 84.0, 85.0, True)
    assert not loads_may_store(P, 2.0, 0.99, 84.0, 19.0, False)  # and do not come again


def test_shed_loads_may_be_on_only_in_light_that_takes_no_charge():
    assert light_feeds_all(P, 340.0, False) and not light_feeds_all(P, ALL_W + 20.0, False)
    assert light_feeds_all(P, 1.8 * ALL_W, True) and not light_feeds_all(P, 1.8 * ALL_W, False)
