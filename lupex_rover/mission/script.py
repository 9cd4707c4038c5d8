"""The phases of the mission, each a generator that returns the code of its end.

A code that ends in -000 is success; any other says why the phase did not do all it should.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np

from lupex_rover.core.component import SUCCEEDED
from lupex_rover.core.time import ns, seconds, to_iso
from lupex_rover.core.transforms import yaw_of
from lupex_rover.core.types import (
    AnalyzeSampleGoal,
    DrillSampleGoal,
    DriveToGoal,
    HibernateCommand,
    Sample,
)
from lupex_rover.mission.energy import afford, ask, night_need_wh
from lupex_rover.mission.flight import Flight
from lupex_rover.mission.patience import HELD, Patience
from lupex_rover.power.night_keeper import NightKeeper

Phase = Generator[None, None, str]
OK = "MIS-000"
AFFORDED = "PWR-000"
HOLD_TOLD_S = 3.0  # a drive that SAFE ended: by then health and the board have told it
DRIVING = ("mobility", "imu", "star_tracker", "cameras", "radio")
HOUR_S = 3600.0


def descent(x: Flight) -> Phase:
    """Wait for touchdown; the landing component and the lander's guidance do the flying."""
    x.only_loads("imu", "star_tracker", "cameras", "radio")
    down = yield from x.until(
        lambda: x.landing is not None and x.landing.touchdown, x.params.descent_limit_s
    )
    return OK if down else "MIS-001"


def checkout(x: Flight) -> Phase:
    """Switch every board on in turn, set its clock, see it answer."""
    silent = yield from x.power_up("mobility", "imu", "star_tracker", "drill", "payload", "radio")
    for board in ("MOB", "IMU", "STR", "EPS", "DRL", "SCI"):
        x.request(board, "set_time")
        x.request(board, "ping")
    yield from x.sleep(3.0)
    faulty = [b for b in ("MOB", "DRL") if b in x.boards and x.boards[b].fault_bits & ~1]
    silent += yield from x.power_up(*DRIVING)
    yield from x.until(lambda: x.pose is not None, 60.0)
    if silent or faulty:
        x.say(2, "MIS-002", f"silent: {silent}; faults: {faulty}")
        return "MIS-002"
    return OK


def egress(x: Flight) -> Phase:
    """Leave the lander straight ahead; where that is blocked, at growing angles to it.

    Where the rover goes does not matter, so a long way round to one of these points is broken off,
    and one that has led away from the lander will do.
    """
    if not (yield from _may_drive(x)):
        return "MIS-009"
    yield from x.power_up(*DRIVING)
    if x.pose is None:
        return "MIS-003"
    start = x.pose.pose.position_m[:2].copy()
    ahead = yaw_of(x.pose.pose.matrix)
    turns = [0.0, 0.6, -0.6, 1.2, -1.2, 2.2, -2.2]
    patience = Patience(x, "MOB")
    while turns:
        if not (yield from patience.wait()):
            return HELD
        reach = x.params.egress_m
        heading = ahead + turns[0]
        goal = start + reach * np.array([math.cos(heading), math.sin(heading)])
        place = DriveToGoal(float(goal[0]), float(goal[1]), 1.5)
        result = yield from x.act("drive_to", place, x.params.egress_try_s)
        if result is not None and result.status == SUCCEEDED:
            return OK
        if float(np.hypot(*(x.pose.pose.position_m[:2] - start))) >= reach:
            return OK
        yield from x.sleep(HOLD_TOLD_S)
        if not x.held("MOB"):
            del turns[0]
    return "MIS-003"


def traverse(x: Flight) -> Phase:
    """To the drill target at the shadow's edge."""
    if (answer := (yield from afford(x, "traverse"))) != AFFORDED:
        return answer
    return (yield from _drive(x, x.plan.drill_target))


def back(x: Flight) -> Phase:
    """To the haven: light for the recharge, and the place for the night.

    Told but never refused: the light is there.
    """
    if x.power_state is not None:
        budget = ask(x, "return", night_need_wh(x))
        x.say(0 if budget.allowed else 1, budget.code, f"return: {budget.text}")
    return (yield from _drive(x, x.plan.haven))


def _drive(x: Flight, target: tuple[float, float]) -> Phase:
    if not (yield from _may_drive(x)):
        return "MIS-009"
    yield from x.power_up(*DRIVING)
    tolerance = x.params.goal_tolerance_m
    tries, patience = 0, Patience(x, "MOB")
    while tries < x.params.drive_tries:
        if not (yield from patience.wait()):
            return HELD
        distance = _distance(x, target)
        if distance <= tolerance:
            break
        limit_s = 1200.0 + 60.0 * distance
        goal = DriveToGoal(*target, tolerance)
        result = yield from x.act("drive_to", goal, limit_s)
        if result is not None and result.status == SUCCEEDED:
            break
        if result is not None:
            x.say(1, "MIS-003", f"try {tries + 1}: {result.result.code} {result.result.text}")
        yield from x.sleep(10.0)
        if not x.held("MOB"):
            tries += 1
    x.only_loads("radio", "star_tracker", "imu")
    yield from x.sleep(2.0)
    x.only_loads("radio")
    return OK if _distance(x, target) <= 2.0 * tolerance else "MIS-003"


def _may_drive(x: Flight) -> Generator[None, None, bool]:
    """Not with a bit that may be in the ground, it would break: telemetry must show it out."""
    if not x.memory.get("bit_down"):
        return True
    x.detail = "looking whether the bit is out"
    yield from x.power_up("drill", "radio")
    if (yield from _bit_is_out(x)):
        return True
    x.say(2, "MIS-009", f"not driving after {x.memory['bit_down']}")
    x.only_loads("radio")
    return False


def _bit_is_out(x: Flight) -> Generator[None, None, bool]:
    """Is it out, as the drill's board tells? Then it is forgotten that it was down."""
    depth_m = yield from x.see_bit()
    if not depth_m <= x.params.bit_out_m:  # not a number: not known
        return False
    x.remember(bit_down="")
    return True


def _distance(x: Flight, target: tuple[float, float]) -> float:
    if x.pose is None:
        return math.inf
    return float(np.hypot(*(x.pose.pose.position_m[:2] - np.array(target))))


def drill(x: Flight) -> Phase:
    """A sample from each depth of the plan, each into its own cup."""
    yield from x.until(lambda: x.power_state is not None, x.params.board_wait_s)
    if x.soc < x.params.drill_min_soc:
        x.say(1, "MIS-007", f"drilling needs {x.params.drill_min_soc:.0%}, charge is {x.soc:.0%}")
        return "MIS-007"
    if (answer := (yield from afford(x, "drill"))) != AFFORDED:
        return answer
    if (yield from x.power_up("drill", "radio")):
        return "MIS-002"
    samples: list[dict[str, float]] = list(x.memory.get("samples", []))
    patience = Patience(x, "DRL")
    for cup, depth in enumerate(x.plan.drill_depths_m):
        if any(s["cup"] == cup for s in samples):
            continue
        if not (yield from patience.wait()):
            return HELD
        x.detail = f"sample at {depth:.2f} m"
        x.remember(bit_down=f"drilling to {depth:.2f} m")  # should the computer restart meanwhile
        goal = DrillSampleGoal(depth, cup)
        done = yield from x.act("drill_sample", goal, 3.0 * HOUR_S, x.params.drill_end_s)
        if done is None or done.status != SUCCEEDED:
            code = done.result.code if done else "no answer"
            x.say(2, "MIS-004", f"no sample from {depth:.2f} m: {code}")
            x.remember(bit_down=code)
            if not (yield from _bit_is_out(x)):
                break
            continue
        r = done.result
        sample = Sample(x.t_ns, cup, r.depth_m, r.sample_mass_g, r.peak_degc + 273.15, r.recoveries)
        x.out.publish("mission/sample", sample)
        samples.append({"cup": cup, "depth_m": r.depth_m, "mass_g": r.sample_mass_g})
        x.remember(samples=samples, bit_down="")
        yield
    x.only_loads("radio")
    return OK if len(samples) == len(x.plan.drill_depths_m) else "MIS-004"


def science(x: Flight) -> Phase:
    """The water in each cup."""
    if (answer := (yield from afford(x, "science"))) != AFFORDED:
        return answer
    if (yield from x.power_up("payload", "radio")):
        return "MIS-002"
    measured: list[int] = list(x.memory.get("measured", []))
    samples = x.memory.get("samples", [])
    for sample in samples:
        cup = int(sample["cup"])
        if cup in measured:
            continue
        x.detail = f"water in the sample from {sample['depth_m']:.2f} m"
        goal = AnalyzeSampleGoal(cup, sample["depth_m"], sample["mass_g"])
        done = yield from x.act("analyze_sample", goal, 2.0 * HOUR_S)
        if done is None or done.status != SUCCEEDED:
            x.say(2, "MIS-005", f"cup {cup}: {done.result.code if done else 'no answer'}")
            continue
        measured.append(cup)
        x.remember(measured=measured)
        yield
    x.only_loads("radio")
    return OK if samples and len(measured) == len(samples) else "MIS-005"


def recharge(x: Flight) -> Phase:
    """In the light, with everything off but the computer and the radio, until charged or dark.

    At the latest until the predicted dusk: the night's phase charges, too, while there is light.
    """
    x.only_loads("radio")
    dark = _DarkWatch(x, x.params.dark_wait_s)
    yield from x.sleep(120.0)
    while not x.soc >= x.params.recharge_soc:  # not a number: not known
        x.detail = f"{x.soc:.0%} of charge, array {x.array_w:.0f} W"
        if dark.lasting():
            x.say(1, "MIS-006", f"dark at {x.soc:.0%} of charge")
            return OK if x.soc > 0.8 else "MIS-006"
        if x.t_ns >= x.plan.night_start_ns:
            x.say(1, "MIS-008", f"dusk was expected; charge {x.soc:.0%}, array {x.array_w:.0f} W")
            return OK if x.soc > 0.8 else "MIS-008"
        yield
    return OK


class _DarkWatch:
    """Has it been dark for long enough?"""

    def __init__(self, x: Flight, wait_s: float) -> None:
        self._x = x
        self._wait_s = wait_s
        self._since: int | None = None

    def lasting(self) -> bool:
        x = self._x
        if not x.is_dark():
            self._since = None
            return False
        if self._since is None:
            self._since = x.t_ns
        return seconds(x.t_ns, self._since) >= self._wait_s


def night(x: Flight) -> Phase:
    """Wait for the dark, sleep through it, and see that it is over.

    Sleep may be wrong for a passing shadow, and costs nothing: light wakes the rover. Where the
    EPS tells nothing, it sleeps by the plan until the latest dawn.
    """
    end_ns = x.plan.night_end_ns
    x.only_loads()
    dark = _DarkWatch(x, x.params.wake_wait_s)
    storing = False
    yield from x.sleep(120.0)
    while True:
        storing = not x.memory.get("slept") and x.store_heat(storing)
        x.detail = f"waiting for {'dawn' if x.memory.get('slept') else 'dusk'}"
        lit = x.array_w >= x.params.dark_array_w
        if lit and x.memory.get("slept") and x.t_ns > end_ns - ns(12 * HOUR_S):
            return OK
        if lit and x.t_ns > x.latest_dawn_ns:
            return OK
        if math.isnan(x.array_w) and x.t_ns > x.latest_dawn_ns:
            x.say(2, "MIS-008", f"no light is told; dawn was expected at {to_iso(end_ns)}")
            return "MIS-008"
        if lit and x.memory.get("slept"):  # before its time; may not last
            yield from x.warm_battery(HOUR_S)
        if dark.lasting():
            yield from _hibernate(x)
            dark = _DarkWatch(x, x.params.wake_wait_s)
        yield


def _hibernate(x: Flight) -> Generator[None, None, None]:
    """Heaters to the night's set points, then the EPS takes the computer down.

    The keeper knows from its last decision how much of the night is left, whatever became of the
    computer and its clock in between; light, or the time it says, wakes the rover.
    """
    keeper = NightKeeper(x.night_params)
    keeper.recall(x.memory.get("night", {}))
    now = x.night_reading()
    if x.t_ns > x.plan.night_end_ns:
        x.say(1, "MIS-012", f"dawn was expected at {to_iso(x.plan.night_end_ns)}")
    if keeper.in_night:
        sleep = keeper.woke(now)
    else:
        sleep = keeper.dusk(now, max(seconds(x.plan.night_end_ns, x.t_ns), 0.0) / HOUR_S)
    x.heaters(*sleep.set_points)
    x.say(0 if sleep.code == "PWR-000" else 2, sleep.code, sleep.text)
    x.remember(slept=True, night=keeper.memory())
    if sleep.busy:
        yield from x.keep_busy(HOUR_S * sleep.duration_h)
        return
    x.detail = "hibernating"
    yield
    duration_s = max(600.0, HOUR_S * sleep.duration_h)
    x.out.publish("power/hibernate", HibernateCommand(x.t_ns, duration_s))
    yield from x.sleep(60.0)


def wake(x: Flight) -> Phase:
    """Self-test after the night, recharge to a working level, report."""
    start_ns = x.t_ns
    yield from x.sleep(120.0)  # the manager's set points for a cold battery
    yield from x.warm_battery(48 * HOUR_S)
    left_s = max(48 * HOUR_S - seconds(x.t_ns, start_ns), 0.0)
    charged = yield from x.until(lambda: x.soc >= x.params.dawn_soc, left_s)
    silent = yield from x.power_up("imu", "star_tracker", "mobility", "drill", "payload", "radio")
    for board in ("MOB", "DRL", "SCI", "STR", "IMU", "EPS"):
        x.request(board, "set_time")
    yield from x.sleep(10.0)
    x.only_loads("radio")
    done = x.memory.get("done", {})
    x.say(0, "MIS-011", "; ".join(f"{name}: {code}" for name, code in done.items()))
    yield from x.sleep(x.params.report_s)
    if silent or not charged:
        return "MIS-002"
    return OK


SCRIPTS = {
    "descent": descent, "checkout": checkout, "egress": egress, "traverse": traverse,
    "drill": drill, "science": science, "return": back, "recharge": recharge,
    "night": night, "wake": wake,
}  # fmt: skip
