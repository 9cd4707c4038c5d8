"""What is said of injected faults: when noticed, by whom, what followed; plainly where nothing."""

from lupex_rover.core.constants import NS
from lupex_rover.core.types import Event
from lupex_rover.report import fault_story
from lupex_rover.report.page import _injected
from lupex_rover.scenarios.injected_fault import At, InjectedFault

T0 = 1_900_000_000 * NS


def event(s, code, source, text="", severity=1):
    return Event(T0 + round(s * NS), severity, source, code, text)


def injected(number, s, end_s=None):
    events = [event(s, "SIM-010", "simulator", f"fault {number}: x", 0)]
    if end_s is not None:
        events.append(event(end_s, "SIM-011", "simulator", f"fault {number}: x", 0))
    return events


def fault(kind, target, for_s=10.0):
    return InjectedFault(At(time_s=5.0), kind, target, for_s)


def story(faults, events):
    return fault_story.told(faults, sorted(events, key=lambda e: e.stamp_ns), T0)


def test_the_first_warning_of_who_lives_on_the_board_is_the_notice():
    events = [
        *injected(0, 5, 15),
        event(4, "DRV-001", "mobility_driver"),  # before it
        event(5.5, "PWR-001", "power"),  # of another board
        event(6, "NAV-010", "navigator", severity=0),  # no warning
        event(7, "NAV-004", "navigator"),
        event(8, "MIS-020", "executive", severity=0),
        event(9, "HLT-001", "health", "board_silent: silence_s.MOB is 6", 2),
        event(500, "NAV-004", "navigator"),  # long after it
    ]
    (one,) = story([fault("unplug", "MOB")], events)
    assert one["mission_s"] == 5.0 and one["injected_utc"] < one["ended_utc"]
    assert one["noticed"]["code"] == "NAV-004" and one["noticed_after_s"] == 2.0
    assert [e["code"] for e in one["done"]] == ["MIS-020", "HLT-001"]
    assert one["cost"] == {"warnings_and_faults": 2, "until_quiet_s": 4.0}


def test_a_killed_process_is_noticed_by_the_supervisor_or_by_its_restart():
    events = [*injected(0, 5), event(5.2, "HST-020", "supervisor", "flight: ended with signal 9")]
    (one,) = story([fault("kill", "flight")], events)
    assert one["noticed"]["code"] == "HST-020" and one["ended_utc"] is None
    events = [*injected(0, 5), event(9, "MIS-010", "executive", "boot 1", 0)]
    (one,) = story([fault("kill", "flight")], events)
    assert one["noticed"]["code"] == "MIS-010"
    assert one["cost"] == {"warnings_and_faults": 0, "until_quiet_s": 4.0}


def test_what_nobody_noticed_and_what_never_came_is_said_plainly():
    silent, never = story([fault("bias", "IMU.x"), fault("stick", "auger")], injected(0, 5, 15))
    assert silent["noticed"] is None and silent["cost"] is None and silent["done"] == []
    assert never["injected_utc"] is None and never["mission_s"] is None
    page = _injected({"faults": [silent, never]})
    assert "by nobody" in page and "never: time_s 5 did not come" in page
    assert _injected({}) == ""
