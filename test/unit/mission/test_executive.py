"""The executive against a scripted rover: order of phases, failures, and a reboot in the night."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scripted_rover import HOUR, PLAN, Rover, ended

from lupex_rover.core.component import ABORTED, CANCELED, GoalResult
from lupex_rover.core.time import ns
from lupex_rover.core.types import (
    LOADS,
)
from lupex_rover.mission import affordability
from lupex_rover.mission.executive import Executive
from lupex_rover.mission.params import PHASES, ExecutiveParams


def test_all_phases_in_order_through_a_reboot_in_the_night():
    rover = Rover()
    rover.fly(Executive(ExecutiveParams(), PLAN), 40 * HOUR)
    assert rover.asleep, "the executive went to sleep by itself after dusk"
    assert rover.t_ns > ns(20 * HOUR)
    rover.asleep = False
    rover.loads = 1
    rover.t_ns = ns(100 * HOUR + 120)
    again = Executive(ExecutiveParams(), PLAN)
    again.restore(rover.memory)
    rover.fly(again, 110 * HOUR)
    order = [phase for phase, step, _ in rover.states if step == "started"]
    assert list(dict.fromkeys(order)) == list(PHASES)
    assert set(ended(rover).values()) == {"MIS-000"}
    assert rover.states[-1][0] == "done"
    assert rover.goals.count("drill_sample") == 3
    assert rover.goals.count("analyze_sample") == 3


def test_woken_in_the_dark_it_sleeps_again():
    rover = Rover()
    rover.fly(Executive(ExecutiveParams(), PLAN), 40 * HOUR)
    rover.asleep = False
    rover.loads = 1
    rover.t_ns = ns(50 * HOUR)
    again = Executive(ExecutiveParams(), PLAN)
    again.restore(rover.memory)
    rover.fly(again, 60 * HOUR)
    assert rover.asleep
    assert rover.t_ns < ns(51 * HOUR)


@pytest.mark.parametrize(
    ("action", "phase", "code"),
    [("drill_sample", "drill", "MIS-004"), ("analyze_sample", "science", "MIS-005")],
)
def test_a_failed_phase_is_told_and_the_next_is_tried(action, phase, code):
    rover = Rover(fail=[action])
    rover.fly(Executive(ExecutiveParams(), PLAN), 15 * HOUR)
    assert ended(rover)[phase] == code
    assert ended(rover)["return"] == "MIS-000"
    assert code in rover.events


def test_no_touchdown_ends_the_mission():
    rover = Rover()
    executive = Executive(ExecutiveParams(descent_limit_s=100.0), PLAN)
    rover.fly(executive, 180, step_s=1.0)
    assert rover.states[-1][0] == "done"
    assert ended(rover) == {"descent": "MIS-001"}


def test_nothing_but_survival_loads_before_sleep():
    rover = Rover()
    rover.fly(Executive(ExecutiveParams(), PLAN), 40 * HOUR)
    assert rover.loads == 1


def test_a_battery_whose_heater_died_in_the_night_is_warmed_by_every_load():
    """It does not sleep again: all loads but a shed one are on until it can charge."""
    rover = Rover()
    rover.fly(Executive(ExecutiveParams(), PLAN), 40 * HOUR)
    rover.asleep, rover.loads, rover.t_ns = False, 1, ns(60 * HOUR)
    again = Executive(ExecutiveParams(), PLAN)
    night = {**rover.memory["night"], "heaters": [False, True], "chassis_k": 100.0, "left_h": 50.0}
    night["asleep"] = {**night["asleep"], "battery_set": -20.0}
    again.restore({**rover.memory, "night": night})
    rover.battery_degc, rover.shed = -51.0, ("lights",)
    rover.fly(again, 61 * HOUR)
    assert not rover.asleep and any("every load on" in text for text in rover.texts)
    on = {name for i, name in enumerate(LOADS) if rover.loads >> i & 1}
    assert {"mobility", "drill", "radio", "drill_heater"} <= on and "lights" not in on
    rover.t_ns = ns(101 * HOUR)
    rover.fly(again, 110 * HOUR)
    assert rover.loads >> LOADS.index("drill_heater") & 1
    rover.battery_degc = 6.0
    rover.fly(again, 110 * HOUR + 600)
    assert not rover.loads >> LOADS.index("drill_heater") & 1


def test_in_light_that_feeds_all_loads_a_shed_one_warms_the_battery_too():
    rover = Rover()
    rover.fly(Executive(ExecutiveParams(), PLAN), 40 * HOUR)
    rover.asleep, rover.loads, rover.t_ns = False, 1, ns(101 * HOUR)
    again = Executive(ExecutiveParams(), PLAN)
    again.restore(rover.memory)
    rover.battery_degc, rover.shed, lights = -20.0, ("lights",), LOADS.index("lights")
    rover.fly(again, 102 * HOUR)
    assert rover.loads >> lights & 1  # 224 W for loads of 85 W
    assert rover.texts[-1] == "MIS-022 the battery is at -20 degC"
    rover.amp = 4.0
    rover.fly(again, 102 * HOUR + 600)
    assert not rover.loads >> lights & 1 and rover.loads >> LOADS.index("drill") & 1


def test_before_dusk_every_load_stores_the_light_that_a_full_battery_leaves():
    rover, executive = Rover(), Executive(ExecutiveParams(), PLAN)
    rover.input_w, rover.output_w = 224.0, 19.0
    rover.fly(executive, 19 * HOUR)
    assert rover.loads >> LOADS.index("drill_heater") & 1 and not rover.asleep
    assert rover.events.count("MIS-022") == 1
    rover.output_w = 230.0
    rover.fly(executive, 19 * HOUR + 60)
    assert rover.loads == 1
    again = Rover()
    again.fly(Executive(ExecutiveParams(), PLAN), 19 * HOUR)  # none is over
    assert again.loads == 1


def test_dusk_is_not_waited_for():
    """8 Wh of a full battery were spent in a quarter of an hour awake in the dark."""
    rover = Rover()
    rover.fly(Executive(ExecutiveParams(), PLAN), 40 * HOUR)
    assert rover.asleep and rover.t_ns < ns(20 * HOUR + 120)


@pytest.mark.parametrize("bit_m", [0.3, -0.05, float("nan")])
def test_a_bit_that_may_be_in_the_ground_forbids_driving(bit_m):
    rover = Rover(fail=["drill_sample"])
    rover.bit_m = bit_m
    rover.fly(Executive(ExecutiveParams(), PLAN), 15 * HOUR)
    assert rover.goals.count("drill_sample") == 1 and rover.goals.count("retract") == 1
    assert ended(rover)["return"] == "MIS-009"
    assert rover.at[0] == 80.0, "it stayed where it drilled"


def test_a_restart_while_it_bores_forbids_driving_until_the_bit_is_seen_out():
    """Charge is too low to drill on: nothing but what was kept before the goal knows of the bit."""
    rover = Rover()
    rover.answer = lambda request: None  # it bores
    rover.fly(Executive(ExecutiveParams(), PLAN, ("drill",)), 600, step_s=1.0)
    assert rover.asked == ["drill_sample"]
    rover.bit_m, rover.soc, rover.charged_s = 0.6, 0.33, 1e9
    again = Executive(ExecutiveParams(retract_s=100.0), PLAN, ("drill", "return"))
    again.restore(rover.memory)
    rover.fly(again, 1200, step_s=1.0)
    assert ended(rover) == {"drill": "MIS-007", "return": "MIS-009"}
    assert rover.asked == ["drill_sample", "retract"]
    rover.bit_m = -0.08
    third = Executive(ExecutiveParams(), PLAN, ("drill", "return", "return"))
    third.restore(rover.memory)
    rover.fly(third, 1800, step_s=1.0)
    assert rover.asked == ["drill_sample", "retract", "drive_to"]


def test_a_bit_in_the_ground_is_retracted_before_it_drives():
    """The computer restarts while it bores, and the charge is too low to drill on."""
    rover = Rover()
    rover.answer = lambda request: None
    rover.fly(Executive(ExecutiveParams(), PLAN, ("drill",)), 600, step_s=1.0)
    del rover.answer
    rover.bit_m, rover.bit_comes, rover.soc, rover.charged_s = 0.6, True, 0.33, 1e9
    again = Executive(ExecutiveParams(), PLAN, ("drill", "return"))
    again.restore(rover.memory)
    rover.fly(again, 1200, step_s=1.0)
    assert ended(rover) == {"drill": "MIS-007", "return": "MIS-000"}
    assert rover.goals == ["retract", "drive_to"] and "MIS-020" in rover.events
    assert rover.memory["bit_down"] == ""


@pytest.mark.parametrize("answers", [False, True])
def test_a_retract_that_fails_or_is_not_answered_forbids_driving(answers):
    rover = Rover(fail=["retract"] if answers else ())
    if not answers:
        rover.answer = lambda request: None
    rover.bit_m = 0.4
    executive = Executive(ExecutiveParams(retract_s=100.0), PLAN, ("return",))
    executive.restore({"bit_down": "drilling to 0.50 m"})
    rover.fly(executive, 600, step_s=1.0)
    assert ended(rover) == {"return": "MIS-009"} and rover.asked == ["retract"]
    why = "XXX-001 as told" if answers else "no answer"
    text = f"MIS-009 return: not driving after drilling to 0.50 m; retract: {why}"
    assert text in [told[: len(text)] for told in rover.texts]


@pytest.mark.parametrize(("late_s", "bit_m", "drives"), [
    (88.0, -0.08, True), (950.0, -0.08, True), (math.inf, -0.08, True), (math.inf, 0.4, False),
])  # fmt: skip
def test_a_drill_goal_that_lasts_too_long_is_waited_out_and_the_bit_decides(late_s, bit_m, drives):
    """The goal ends `late_s` after it was canceled."""

    class Slow(Rover):
        canceled_s = None

        def answer(self, request):
            if request.action != "drill_sample":
                return super().answer(request)
            self.goal_id = request.goal_id

        def fly_on(self, executive, until_s):
            results = []
            while self.t_ns < ns(until_s):
                self.t_ns += ns(2.0)
                out = executive.step(self.t_ns, self.inbox(results))
                self.take(out)
                results = [r for g in out.goals if (r := self.answer(g)) is not None]
                if out.cancels:
                    self.canceled_s = self.t_ns / 1e9
                if self.canceled_s is not None and self.t_ns / 1e9 > self.canceled_s + late_s:
                    told = SimpleNamespace(code="DRL-020", text="canceled")
                    results.append(GoalResult("drill_sample", self.goal_id, CANCELED, told))
                    self.canceled_s = None

    rover = Slow()
    rover.bit_m = bit_m
    plan = replace(PLAN, drill_depths_m=(0.5,))
    rover.fly_on(Executive(ExecutiveParams(), plan, ("drill", "return")), 4 * HOUR)
    assert ended(rover)["drill"] == "MIS-004"
    assert ended(rover)["return"] == ("MIS-000" if drives else "MIS-009")
    said = "no answer" if late_s == math.inf else "DRL-020"
    assert any(text.startswith("MIS-004") and text.endswith(said) for text in rover.texts)


def test_what_cannot_be_afforded_waits_for_charge_in_the_light():
    rover = Rover()
    rover.soc, rover.charged_s = 0.18, 6 * HOUR
    rover.fly(Executive(ExecutiveParams(), PLAN), 10 * HOUR)
    told = [text for text in rover.texts if "traverse" in text and text.startswith("PWR")]
    assert told[0].startswith("PWR-007 traverse must wait for charge") and "Wh" in told[0]
    assert told[1].startswith("PWR-000 traverse:")
    assert ended(rover)["traverse"] == "MIS-000"
    starts = [i for i, (phase, step, _) in enumerate(rover.states) if phase == "traverse"]
    assert any("charging until" in rover.states[i][1] for i in starts)


def test_what_is_never_affordable_is_refused_with_code_and_figure_and_not_begun():
    rover = Rover()
    rover.soc, rover.charged_s = 0.16, 1e9
    rover.fly(Executive(ExecutiveParams(charge_wait_h=2.0), PLAN), 9 * HOUR)
    assert ended(rover)["traverse"] == "PWR-007" and ended(rover)["science"] == "PWR-007"
    assert rover.goals.count("drive_to") == 1, "off the lander, where the haven is near"
    assert any(t.startswith("PWR-007 traverse: ") and "Wh below" in t for t in rover.texts)


def test_an_unknown_charge_grants_nothing():
    executive = Executive(ExecutiveParams(), PLAN)
    rover = Rover()
    whole = rover.inbox
    rover.inbox = lambda results: _without(whole(results), "power/state")
    rover.fly(executive, 2 * HOUR)
    assert ended(rover)["traverse"] == "PWR-006"


def _without(inbox, topic):
    del inbox.messages[topic]
    return inbox


def at_recharge(start_h=18.0, phases=("recharge", "night")):
    """At 60 % of charge and 280 W, two hours before the predicted dusk."""
    rover = Rover()
    rover.t_ns, rover.charged_s, rover.amp = ns(start_h * HOUR), 1e9, 10.0
    return rover, Executive(ExecutiveParams(), PLAN, phases)


def test_with_a_silent_eps_it_goes_to_sleep_when_the_plan_says_that_it_is_dark():
    rover, executive = at_recharge()
    rover.silent_s = 18.5 * HOUR
    rover.fly(executive, 30 * HOUR)
    assert ended(rover)["recharge"] == "MIS-008" and "MIS-008" in rover.events
    assert rover.asleep and 20 * HOUR < rover.t_ns / 1e9 < 20.2 * HOUR


def test_with_an_eps_silent_past_the_latest_dawn_the_night_ends():
    rover, executive = at_recharge(99.0, ("night",))
    rover.silent_s = 0.0
    rover.fly(executive, 130 * HOUR)
    assert rover.asleep and rover.t_ns < ns(100 * HOUR)
    rover.asleep, rover.t_ns = False, ns(125 * HOUR)
    again = Executive(ExecutiveParams(), PLAN, ("night",))
    again.restore(rover.memory)
    rover.fly(again, 126 * HOUR)
    assert ended(rover)["night"] == "MIS-008" and not rover.asleep


@pytest.mark.parametrize(("soc", "code"), [(0.94, "MIS-000"), (0.6, "MIS-008")])
def test_recharge_ends_at_the_predicted_dusk_though_it_is_light(soc, code):
    rover, executive = at_recharge(19.0)
    rover.always_lit, rover.soc = True, soc
    rover.fly(executive, 21 * HOUR)
    assert ended(rover)["recharge"] == code and "MIS-008" in rover.events
    assert rover.states[-1][0] == "night"


@pytest.mark.parametrize("soc", [math.nan, math.inf, -0.1, 95.0])
def test_a_charge_that_cannot_be_is_not_known_and_nothing_is_begun_on_it(soc):
    rover, executive = at_recharge(19.0)
    rover.soc = soc
    rover.fly(executive, 19.5 * HOUR)
    assert "recharge" not in ended(rover)
    rover.fly(Executive(ExecutiveParams(), PLAN, ("drill", "traverse")), 19.8 * HOUR)
    assert ended(rover) == {"drill": "PWR-006", "traverse": "PWR-006"} and not rover.asked


def test_a_charge_told_no_more_while_it_is_waited_for_grants_nothing():
    rover, executive = at_recharge(10.0, ("traverse",))
    rover.soc, rover.silent_s = 0.16, 10.5 * HOUR
    rover.fly(executive, 36 * HOUR, step_s=60.0)
    assert ended(rover)["traverse"] == "PWR-006" and not rover.asked


@pytest.mark.parametrize("name", ["battery_degc", "amp"])
def test_telemetry_that_is_not_a_number_does_not_keep_it_from_sleep(name):
    rover, executive = at_recharge(19.5)
    setattr(rover, name, math.nan)
    rover.always_lit = name == "amp"  # nothing but the plan tells of dusk
    rover.fly(executive, 21 * HOUR)
    assert rover.asleep


def test_legs_by_hand():
    p = ExecutiveParams(drive_mps=0.1, detour=1.0, drive_w=100.0, sample_h=0.5)
    flight = Executive(p, PLAN).context
    flight.t_ns = ns(10 * HOUR)
    legs = affordability.legs(flight, "traverse", 950.0)
    assert [round(leg.hours, 4) for leg in legs] == [
        round(80 / 360, 4), round(75 / 360, 4), round(10 - 155 / 360, 4), 80.0]  # fmt: skip
    assert legs[3].load_w * 80.0 == pytest.approx(950.0 * 0.95)
    drilling = affordability.legs(flight, "drill", 950.0)
    assert drilling[0].hours == 1.5


@pytest.mark.parametrize(("gone_m", "tries"), [(1.0, 7), (9.0, 1)])
def test_egress_takes_any_place_that_is_far_enough_from_the_lander(gone_m, tries):
    """The first drives fail; what counts is how far from the lander they led."""

    class Wanderer(Rover):
        def answer(self, request):
            if request.action == "drive_to":
                self.at = np.array([0.0, gone_m, 0.0])
            return super().answer(request)

    rover = Wanderer(fail=["drive_to"])
    params = ExecutiveParams(drive_tries=1)
    rover.fly(Executive(params, PLAN, ("descent", "checkout", "egress")), HOUR)
    assert rover.goals.count("drive_to") == tries
    assert ended(rover)["egress"] == ("MIS-003" if tries == 7 else "MIS-000")


@pytest.mark.parametrize(("gone_m", "tries"), [(2.0, 1), (9.0, 0)])
def test_egress_that_is_begun_again_after_a_restart_counts_from_the_lander(gone_m, tries):
    """Each restart would have driven the whole way more."""

    class Driving(Rover):
        arrives = False
        places: tuple[tuple[float, float], ...] = ()

        def answer(self, request):
            if request.action == "drive_to":
                self.places += ((request.goal.x_m, request.goal.y_m),)
            return super().answer(request) if self.arrives else None

    rover, phases = Driving(), ("descent", "checkout", "egress")
    rover.fly(Executive(ExecutiveParams(), PLAN, phases), 300.0, 1.0)
    begun = rover.places[0]
    rover.at, rover.arrives, rover.places = np.array([gone_m, 0.0, 0.0]), True, ()
    again = Executive(ExecutiveParams(), PLAN, phases)
    again.restore(rover.memory)
    rover.fly(again, HOUR, 1.0)
    assert ended(rover)["egress"] == "MIS-000"
    assert rover.places == (begun,) * tries


class Stopped(Rover):
    """Drives end with SAFE; after `freed_s` it is released."""

    def __init__(self, freed_s, by_health, board="MOB"):
        super().__init__()
        self.freed_s, self.by_health, self.board = freed_s, by_health, board

    def inbox(self, results):
        stopped = ns(1000) < self.t_ns < ns(self.freed_s)
        self.held = {self.board: "tilt_imu until the ground"} if stopped and self.by_health else {}
        self.mob_state = 3 if stopped and not self.by_health else 1
        return super().inbox(results)

    def answer(self, request):
        if self.t_ns < ns(self.freed_s) and request.action in ("drive_to", "drill_sample"):
            self.goals.append(request.action)
            told = SimpleNamespace(code="NAV-007", text="it is in SAFE")
            return GoalResult(request.action, request.goal_id, ABORTED, told)
        return super().answer(request)


@pytest.mark.parametrize("by_health", [True, False])
@pytest.mark.parametrize("phase", ["egress", "traverse"])
def test_a_mobility_board_in_safe_is_waited_for_and_costs_no_tries(phase, by_health):
    """By health's word, or by the board's own, whoever ordered it."""
    rover = Stopped(3000.0, by_health)
    rover.t_ns = ns(1001)
    rover.fly(Executive(ExecutiveParams(), PLAN, (phase,)), 6000, step_s=0.5)
    assert rover.goals == ["drive_to"], "one goal, once it may move"
    assert ended(rover)[phase] == "MIS-000"
    waits = [text for text in rover.texts if text.startswith("MIS-013")]
    assert len(waits) == 1 and "MOB" in waits[0]


@pytest.mark.parametrize("phase", ["egress", "traverse", "drill"])
def test_a_board_that_stays_in_safe_ends_the_phase_with_that_reason(phase):
    rover = Stopped(math.inf, True, "DRL" if phase == "drill" else "MOB")
    rover.freed_s = 1e9
    rover.t_ns = ns(1001)
    rover.fly(Executive(ExecutiveParams(hold_wait_s=600.0), PLAN, (phase,)), 3000)
    assert ended(rover)[phase] == "MIS-013"
    assert rover.goals == []
    assert rover.loads == 1 | 1 << LOADS.index("radio"), "what the phase needed is off again"


def test_a_drive_that_safe_ended_does_not_count_as_a_try():
    """SAFE comes while it drives, five times; three tries are allowed."""

    class Often(Rover):
        stops = 5

        def answer(self, request):
            if request.action != "drive_to" or not self.stops:
                return super().answer(request)
            self.goals.append("drive_to")
            self.stops -= 1
            self.until = self.t_ns + ns(100)
            told = SimpleNamespace(code="NAV-007", text="it is in SAFE")
            return GoalResult("drive_to", request.goal_id, ABORTED, told)

        def inbox(self, results):
            self.mob_state = 3 if self.t_ns < getattr(self, "until", 0) else 1
            return super().inbox(results)

    rover = Often()
    rover.fly(Executive(ExecutiveParams(), PLAN, ("traverse",)), 3000, step_s=0.5)
    assert rover.goals == ["drive_to"] * 6 and ended(rover)["traverse"] == "MIS-000"
