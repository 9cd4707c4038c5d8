"""Modes, shedding, heaters, telling; and the budget."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lupex_rover.core import params
from lupex_rover.core.component import Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import LOADS, PowerState, PowerTelemetry
from lupex_rover.power.cell import ocv_v
from lupex_rover.power.codes import CODES
from lupex_rover.power.manager import PowerManager
from lupex_rover.power.night.budget import can_afford
from lupex_rover.power.params import PowerParams
from lupex_rover.power.shedding import Shedder

T0 = 1_861_920_000 * NS
ALL = 0x0FFF  # every load but the spares
BAD_STORED = [math.nan, math.inf, -math.inf, "much", None, [1],
              pytest.param(10**400, id="huge")]  # fmt: skip


def telemetry(second=0, soc=0.6, amp=-4.0, loads=ALL, degc=15.0, array_w=0.0, watt=None, **over):
    load_w = np.zeros(16)
    for load, value in (watt or {}).items():
        load_w[LOADS.index(load)] = value
    m = PowerTelemetry(
        T0 + second * NS, 28.0, 8 * ocv_v(soc) + amp * 0.0107, amp, degc,
        np.array([0.0, 0.0, array_w / 28.0]), loads, load_w,
    )  # fmt: skip
    return replace(m, **over)


def switched(orders):
    return [o.load for o in orders]


class Rig:
    """Steps a manager once a second and obeys its switches."""

    def __init__(self):
        self.manager = PowerManager(PowerParams())
        self.second = 0
        self.loads = ALL
        self.events, self.heaters, self.switches = [], [], []
        self.state = None

    def step(self, obey=True, **kw):
        self.second += 1
        m = telemetry(self.second, loads=self.loads, **kw)
        out = self.manager.step(m.stamp_ns, Inbox({"power/telemetry": [m]}))
        for topic, message in out.messages:
            if topic == "mission/event":
                self.events.append(message)
            elif topic == "power/heater":
                self.heaters.append((message.heater, message.set_point_degc))
            elif topic == "power/switch":
                self.switches.append(message.load)
                if obey:
                    self.loads &= ~(1 << LOADS.index(message.load))
            elif topic == "power/state":
                self.state = message
        return out


def test_sheds_by_priority_and_never_what_keeps_the_rover_alive():
    shedder = Shedder(PowerParams())
    order = []
    for i, soc in enumerate(np.arange(0.30, 0.0, -0.005)):
        order += switched(shedder.update(float(soc), telemetry(i, amp=-4.0)))
    first = list(dict.fromkeys(order))
    assert first == list(PowerParams().shed_soc)
    assert not {"computer", "battery_heater", "electronics_heater"} & set(order)


def test_sheds_nothing_while_the_battery_charges():
    assert Shedder(PowerParams()).update(0.05, telemetry(amp=+3.0)) == []


def test_does_not_oscillate_when_the_charge_hovers_at_the_limit():
    rig, rng = Rig(), np.random.default_rng(0)
    for _ in range(1200):
        rig.step(soc=0.251 + 0.01 * float(rng.normal()))
    assert rig.switches.count("lights") <= 1
    modes = [e for e in rig.events if e.code in ("PWR-002", "PWR-011")]
    assert len(modes) <= 3


def test_a_shed_load_switched_on_by_another_is_switched_off_without_a_storm():
    shedder = Shedder(PowerParams())
    orders = [
        o for s in range(120) for o in shedder.update(0.20, telemetry(s)) if o.load == "lights"
    ]
    assert 10 < len(orders) <= 25  # every 5 s
    assert sum(bool(o.code) for o in orders) <= 3
    assert shedder.locked == ("lights",)
    shedder.update(0.31, telemetry(121))
    assert not shedder.locked


def test_under_voltage_sheds_everything_within_two_seconds():
    rig = Rig()
    rig.step()
    for _ in range(2):
        rig.step(battery_v=21.0)
    assert set(rig.switches) == set(PowerParams().shed_soc)
    assert {e.code for e in rig.events} == {"PWR-004"}


def test_overload_switches_that_load_off_after_its_time():
    rig = Rig()
    for _ in range(2):
        rig.step(watt={"mobility": 900.0})
    assert rig.switches == []
    rig.step(watt={"mobility": 900.0})
    assert rig.switches == ["mobility"]
    assert rig.events[-1].code == "PWR-005" and "900 W" in rig.events[-1].text


def test_modes_follow_the_charge_with_hysteresis():
    rig = Rig()
    seen = []
    for soc in (0.6, 0.22, 0.28, 0.32, 0.08, 0.13, 0.18, 0.4):
        rig.manager._filter.soc = soc  # the estimate itself has its own tests
        for _ in range(65):
            rig.step(soc=soc, amp=-0.05)
        seen.append(rig.state.mode)
    assert seen == [
        "normal",
        "saving",
        "saving",
        "normal",
        "survival",
        "survival",
        "saving",
        "normal",
    ]


def test_set_points_at_first_light_and_warming_before_charge():
    rig = Rig()
    rig.step()
    assert rig.heaters == []  # awake in the dark: the night's set points stay
    rig.step(array_w=200.0)
    assert rig.heaters == [(0, 5.0), (1, -10.0)]
    for _ in range(3):
        rig.step(degc=-3.0, array_w=200.0)
    assert rig.heaters[2:] == [(0, 10.0)]
    rig.step(degc=6.0, array_w=200.0)
    assert rig.heaters[3:] == [(0, 5.0)]
    assert [e.code for e in rig.events] == ["PWR-009", "PWR-012"]


def test_a_cold_battery_without_heater_gets_the_electronics_heat_of_spare_light():
    p = PowerParams()
    rig = Rig()
    cold = {"degc": -20.0, "amp": 0.0, "array_w": 200.0}
    for _ in range(200):
        rig.step(**cold, watt={"computer": 30.0, "battery_heater": 25.0})
    assert (1, p.electronics_warm_degc) not in rig.heaters
    for _ in range(int(p.heater_dead_s) + 2):
        rig.step(**{**cold, "array_w": 60.0}, watt={"computer": 30.0})  # too little is over
    assert (1, p.electronics_warm_degc) not in rig.heaters
    rig.step(**cold, watt={"computer": 30.0})
    rig.step(**cold, watt={"computer": 30.0, "electronics_heater": 20.0})
    assert rig.heaters[-1] == (1, p.electronics_warm_degc)
    rig.step(**{**cold, "degc": p.cold_degc + 3.5}, watt={"computer": 30.0})
    rig.step(**{**cold, "degc": p.cold_degc + 3.5}, watt={"computer": 30.0})
    assert (1, p.electronics_degc) in rig.heaters[-2:]


def test_light_that_a_full_battery_leaves_over_warms_it_for_the_night():
    rig = Rig()
    full = {"soc": 0.99, "amp": 0.0, "array_w": 200.0}
    rig.step(**full, watt={"computer": 30.0})
    assert rig.heaters == [(0, 5.0), (1, -10.0), (0, PowerParams().battery_store_degc)]
    rig.step(**full, watt={"computer": 30.0, "battery_heater": 25.0})
    rig.step(**full, watt={"computer": 30.0, "mobility": 150.0})  # still something over
    assert len(rig.heaters) == 3
    rig.step(**full, watt={"computer": 30.0, "mobility": 190.0})
    assert rig.heaters[3:] == [(0, 5.0)]
    rig.step(**full)
    rig.step(**{**full, "array_w": 0.0})  # dusk: back before the night's set points come
    assert rig.heaters[4:] == [(0, PowerParams().battery_store_degc), (0, 5.0)]
    rig.step(**full)
    rig.step(**{**full, "degc": -3.0})  # its heater is dead: warming to charge goes first
    assert rig.heaters[6:] == [(0, PowerParams().battery_store_degc), (0, 10.0)]


def test_no_heat_is_stored_before_the_battery_is_full():
    rig = Rig()
    for _ in range(5):
        rig.step(soc=0.8, amp=3.0, array_w=200.0)
    assert rig.heaters == [(0, 5.0), (1, -10.0)]


def test_silence_is_told_once_and_a_jump_of_time_is_no_silence():
    rig = Rig()
    rig.step()
    events = []
    t = T0 + 2 * NS
    for _ in range(8):
        t += NS
        events += rig.manager.step(t, Inbox()).messages
    t += 140 * 3600 * NS
    events += rig.manager.step(t, Inbox()).messages
    assert events == []
    for _ in range(30):
        t += NS
        events += rig.manager.step(t, Inbox()).messages
    assert [m.code for _, m in events] == ["PWR-006"]


def test_stores_the_charge_every_minute_and_takes_it_back():
    rig = Rig()
    stored = [p for p in (rig.step(soc=0.7).persist for _ in range(150)) if p]
    assert 2 <= len(stored) <= 3
    again = PowerManager(PowerParams())
    again.restore(stored[-1])
    m = telemetry(200, soc=0.7)
    out = dict(again.step(m.stamp_ns, Inbox({"power/telemetry": [m]})).messages)
    assert out["power/state"].soc == pytest.approx(0.7, abs=0.02)
    battery = out["power/battery"]
    assert battery.charge_ah == pytest.approx(out["power/state"].soc * battery.capacity_ah)
    assert battery.capacity_ah == pytest.approx(battery.design_capacity_ah, rel=0.05)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["bus_v", "battery_v", "battery_a", "battery_degc", "array_a",
                                  "load_w"])  # fmt: skip
def test_a_reading_with_a_number_that_is_none_is_as_good_as_silence(name, bad):
    rig, plain = Rig(), Rig()
    for _ in range(20):
        rig.step(soc=0.7)
        plain.step(soc=0.7)
    wrong = np.full(16 if name == "load_w" else 3, bad) if name in ("array_a", "load_w") else bad
    said = [rig.step(soc=0.7, **{name: wrong}) for _ in range(12)]
    assert [topic for out in said for topic, _ in out.messages] == ["mission/event"]
    assert rig.events[-1].code == "PWR-006"
    plain.second = rig.second
    rig.step(soc=0.7)
    plain.step(soc=0.7)
    assert rig.state == plain.state


@pytest.mark.parametrize("bad", BAD_STORED)
def test_nonsense_in_the_store_is_as_good_as_nothing_stored(bad):
    stored = next(p for p in (rig.step(soc=0.7).persist for rig in [Rig()] for _ in range(90)) if p)
    fresh = PowerManager(PowerParams())
    m = telemetry(200, soc=0.7)
    out = dict(fresh.step(m.stamp_ns, Inbox({"power/telemetry": [m]})).messages)
    again = PowerManager(PowerParams())
    again.restore(dict.fromkeys(stored, bad))
    told = dict(again.step(m.stamp_ns, Inbox({"power/telemetry": [m]})).messages)
    assert told["power/state"] == out["power/state"]
    assert told["power/battery"] == out["power/battery"]


def test_codes_that_are_said_are_in_the_table():
    rig = Rig()
    for soc in (0.6, 0.2, 0.05):
        rig.manager._filter.soc = soc
        for _ in range(70):
            rig.step(soc=soc)
    assert {e.code for e in rig.events} <= set(CODES)
    assert all(e.text for e in rig.events)


# --- budget -------------------------------------------------------------------------------------


def state(soc=0.6, sigma=0.01, full=4000.0, reserve=0.15):
    return PowerState(
        T0, soc, sigma, 0.0, 100.0, soc * full, max(soc - reserve, 0) * full, "normal"
    )


def test_what_fits_is_granted_and_what_does_not_is_refused_with_the_figure():
    yes = can_afford(state(), 1000.0, 8.0)
    assert yes.allowed and yes.code == "PWR-000"
    assert yes.margin_wh == pytest.approx((0.6 - 0.15 - 2 * 0.01) * 4000.0 - 1000.0)
    no = can_afford(state(), 1000.0, 8.0, reserve_wh=800.0)
    assert not no.allowed and no.code == "PWR-007"
    assert no.margin_wh == pytest.approx(-80.0) and "-80 Wh" in no.text


def test_light_pays_but_never_more_than_the_need():
    dark = can_afford(state(), 1000.0, 5.0).margin_wh
    assert can_afford(state(), 1000.0, 5.0, input_w=100.0).margin_wh == pytest.approx(dark + 500.0)
    assert can_afford(state(), 1000.0, 5.0, input_w=900.0).margin_wh == pytest.approx(dark + 1000.0)


def test_doubt_about_the_charge_makes_answers_careful():
    assert (
        can_afford(state(sigma=0.1), 1200.0, 8.0).margin_wh
        < can_afford(state(), 1200.0, 8.0).margin_wh
    )


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_nonsense_is_refused_by_name(wrong):
    with pytest.raises(UserError, match="energy_wh"):
        can_afford(state(), wrong, 1.0)


def test_parameters_naming_a_vital_or_unknown_load_are_refused():
    for load in ("computer", "toaster"):
        p = params.load(PowerParams, {"shed_soc": {load: 0.2}}, "power")
        with pytest.raises(UserError, match=load):
            Shedder(p)
