"""Injected faults are checked: what is unknown, out of range or impossible is refused by name."""

import dataclasses

import pytest

from lupex_rover.core.config_file import to_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import shipped
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.scenarios.injected_fault import (
    KINDS,
    check_faults,
    check_host,
    components_of,
    read_faults,
)

GOOD = "{at: {time_s: 5}, kind: kill, target: flight}"


def file_of(tmp_path, *faults):
    path = tmp_path / "faults.yaml"
    path.write_text("faults:\n" + "".join(f"  - {fault}\n" for fault in faults))
    return path


def checked(path, outside=None):
    faults = read_faults(path)
    check_faults(faults, str(path), (), outside or {})
    return faults


def test_a_fault_has_defaults_and_words(tmp_path):
    (fault,) = checked(file_of(tmp_path, GOOD))
    assert (fault.for_s, fault.severity, fault.board) == (10.0, 1.0, "")
    assert fault.words == "kill flight for 10 s, severity 1" and fault.at.words == "time_s 5"


def test_a_phase_or_an_event_may_have_seconds_behind_it(tmp_path):
    path = file_of(
        tmp_path,
        "{at: {phase: drill + 60.5}, kind: reset, target: DRL}",
        "{at: {event: NAV-004}, kind: stick, target: auger}",
    )
    first, second = checked(path)
    (third,) = checked(file_of(tmp_path, "{at: {phase: drill@2.1+60}, kind: reset, target: DRL}"))
    assert third.at.heard == ("phase", "drill@2.1", 60.0)
    assert first.at.heard == ("phase", "drill", 60.5)
    assert second.at.heard == ("event", "NAV-004", 0.0) and second.board == "DRL"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("{at: {time_s: 5}, kind: kill}", r"faults\[0\]: key 'target' is missing"),
        ("{kind: kill, target: flight}", "key 'at' is missing"),
        ("{at: {}, kind: kill, target: flight}", r"\.at: takes exactly one of time_s, phase"),
        ("{at: {time_s: 1, phase: drill}, kind: kill, target: flight}", "found time_s, phase"),
        ("{at: {tim_s: 1}, kind: kill, target: flight}", "unknown key 'tim_s'.*'time_s'"),
        ("{at: {phase: drive}, kind: kill, target: flight}", "phase: 'drive' is unknown"),
        ("{at: {phase: drill@x}, kind: kill, target: flight}", "phase 'drill@x': drill "),
        ("{at: {phase: drill+x}, kind: kill, target: flight}", "'drill[+]x' is no name"),
        ("{at: {event: NAV-999}, kind: kill, target: flight}", "event: 'NAV-999' is no code"),
        ("{at: {event: SIM-010}, kind: kill, target: flight}", "event: 'SIM-010' is no code"),
        ("{at: {depth_m: 3}, kind: kill, target: flight}", "depth_m: 3.0 is outside 0 .. 2 m"),
        ("{at: {time_s: .nan}, kind: kill, target: flight}", "time_s: nan is not a finite"),
        ("{at: {time_s: 5}, kind: kil, target: flight}", "kind: 'kil' is unknown; .*'kill'"),
        ("{at: {time_s: 5}, kind: kill, target: flihgt}", "'flihgt' is unknown; .*'flight'"),
        ("{at: {time_s: 5}, kind: hang, target: flight}", "hang takes one component of mob"),
        ("{at: {time_s: 5}, kind: drop, target: MOV}", "target: board 'MOV' is unknown"),
        ("{at: {time_s: 5}, kind: drop, target: MOB.a}", "drop takes a board; give MOB"),
        ("{at: {time_s: 5}, kind: bias, target: EPS}", "'EPS' is no reading; EPS has EPS.bus_v"),
        ("{at: {time_s: 5}, kind: bias, target: EPS.loads_on}", "'EPS.loads_on' is no reading"),
        ("{at: {time_s: 5}, kind: stick, target: wheel}", "motor 'wheel' is unknown"),
        ("{at: {time_s: 5}, kind: kill, target: flight, severity: 0.2}", "severity: 0.2 is out"),
        ("{at: {time_s: 5}, kind: kill, target: flight, for_s: -1}", "for_s: -1.0 is outside"),
        ("{at: {time_s: 5}, kind: kill, target: flight, for: 1}", "unknown key 'for'"),
        ("kill", r"faults\[0\]: expected keys and values"),
    ],
)
def test_what_is_wrong_is_refused_with_file_and_field(tmp_path, fault, said):
    with pytest.raises(UserError, match=said) as told:
        checked(file_of(tmp_path, fault))
    assert str(tmp_path / "faults.yaml") in str(told.value)


def test_a_node_from_outside_is_a_target(tmp_path):
    path = file_of(tmp_path, "{at: {time_s: 5}, kind: hang, target: dust}")
    assert checked(path, {"dust": "extra"})
    with pytest.raises(UserError, match="'dust' is unknown"):
        checked(path)


def test_what_a_host_cannot_do_is_refused_by_name(tmp_path):
    faults = checked(
        file_of(tmp_path, GOOD, "{at: {time_s: 5}, kind: fill, target: flight, for_s: 3}")
    )
    with pytest.raises(UserError, match=r"x.yaml.faults\[1\].kind: host harness cannot fill.*ros"):
        check_host(faults, "x.yaml", "harness")
    check_host(faults, "x.yaml", "ros", ("flight",))
    with pytest.raises(UserError, match=r"faults\[0\].target: host ros has no process 'flight'"):
        check_host(faults, "x.yaml", "ros", ("power", "health"))


def test_a_process_is_its_components():
    assert components_of("vision", {}) == ("landing", "mapping")
    assert components_of("navigator", {}) == ("navigator",)
    assert "vision" not in components_of("flight", {}) and len(components_of("flight", {})) > 10
    assert components_of("extra", {"dust": "extra"}) == ("dust",)


def test_a_scenario_has_faults_and_keeps_them(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(f"faults:\n  - {GOOD}\n  - {{at: {{depth_m: 1}}, kind: clock, target: DRL}}\n")
    read = scenarios.read(str(path))
    assert [fault.kind for fault in read.faults] == ["kill", "clock"]
    again = tmp_path / "flown.yaml"
    again.write_text(to_yaml(scenarios.values(read)))
    assert scenarios.read(str(again)).faults == read.faults
    path.write_text("faults: [{at: {time_s: 1}, kind: drop, target: XYZ}]\n")
    with pytest.raises(UserError, match=r"mine.yaml.faults\[0\].target: board 'XYZ'"):
        scenarios.read(str(path))


def test_the_files_that_come_with_the_project_are_good():
    found = sorted(shipped("config/injections").glob("*.yaml"))
    assert found
    for path in found:
        faults = checked(path)
        check_host(faults, str(path), "harness")
        assert {fault.kind for fault in faults} <= set(KINDS)
        assert all(dataclasses.asdict(fault) for fault in faults)
