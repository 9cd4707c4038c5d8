"""Declarations and telecommands as a person writes them; ranges from the interface document."""

import math
from typing import Any, NamedTuple

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.protocol import command_text, layouts
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.boards import BUILT_IN, declaration
from lupex_rover.protocol.declaration import BoardDeclaration, Telemetry
from lupex_rover.protocol.fields import fields_of


def asked(board, *words):
    declared = declaration(board)
    return command_text.payload(declared, command_text.telecommand(declared, words[0]), words[1:])


def test_words_become_the_payload():
    drive = asked("mob", "drive", "track_speed_mps=0.1", "steer_angle_rad=0,0.5,-0.5,1.75")
    assert drive == m.Drive((0.1,) * 4, (0.0, 0.5, -0.5, 1.75))
    assert asked("SCI", "SLOT_COMMAND", "slot=2", "opcode=0x10", "data=00ff") == m.SlotCommand(
        2, 16, b"\x00\xff"
    )
    assert math.isnan(asked("EPS", "HEATER", "heater=9", "set_point_degc=nan").set_point_degc)
    assert asked("EPS", "PING") == m.Ping()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("MOB", "FLY"), ["'FLY'", "DRIVE"]),
        (("MOB", "DRIVE", "speed=1", "steer_angle_rad=0"), ["'speed'", "track_speed_mps"]),
        (("MOB", "DRIVE", "0.1"), ["'0.1' is not FIELD=VALUE"]),
        (("MOB", "DRIVE", "steer_angle_rad=0"), ["missing track_speed_mps (-0.3 to 0.3 m/s)"]),
        (("DRL", "DRILL", "auger_rpm=151", "feed_mps=0", "wob_limit_n=0", "percussion=0"),
         ["auger_rpm: 151 is out of range", "0 to 150 rpm"]),
        (("DRL", "DRILL", "auger_rpm=nan", "feed_mps=0", "wob_limit_n=0", "percussion=0"),
         ["auger_rpm: nan is out of range"]),
        (("DRL", "DRILL", "auger_rpm=1", "auger_rpm=2"), ["auger_rpm is given twice"]),
        (("DRL", "DELIVER", "cup=12"), ["cup: 12 is out of range", "0 to 11"]),
        (("DRL", "DELIVER", "cup=1.5"), ["cup: '1.5' is not a whole number", "0 to 11"]),
        (("EPS", "HEATER", "heater=3", "set_point_degc=0"), ["heater: 3", "0, 1, 2, 8, 9, 10"]),
        (("EPS", "HEATER", "heater=0", "set_point_degc=inf"), ["set_point_degc: inf", "degC"]),
        (("LGC", "NAV_UPDATE", "position_m=1,2", "velocity_mps=0", "target_m=0"), ["2 numbers"]),
        (("SCI", "SLOT_COMMAND", "slot=0", "opcode=1", "data=xy"), ["'xy' is not hexadecimal"]),
        (("SCI", "SLOT_COMMAND", "slot=0", "opcode=1", "data=" + "00" * 901), ["at most 900"]),
        (("MOB", "PING", "on=1"), ["it has no fields"]),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_named(words, named):
    with pytest.raises(UserError) as error:
        asked(*words)
    for text in named:
        assert text in str(error.value)


def test_the_range_that_is_told_is_the_range_that_is_held():
    """At each stated limit and just beyond it, by each field's own words."""
    tried = 0
    for board in BUILT_IN:
        for command in board.all_telecommands:
            for field in command.fields.values():
                if field.low is None or field.high is None:
                    continue
                check, step = field.check(), 1 if field.code != "f" else 1e-4
                assert check(field.low) and check(field.high), field
                assert not check(field.low - step) and not check(field.high + step), field
                assert f"{field.high:g}" in field.range_text or str(field.high) in field.range_text
                tried += 1
    assert tried > 10


def test_every_message_has_a_name_and_a_layout_of_its_own():
    for board in BUILT_IN:
        for message in (*board.telecommands, *board.telemetry):
            layout = layouts.of(message.kind)
            assert layout.name == message.name
            kind: Any = message.kind
            assert list(message.fields) == list(kind._fields)
    assert layouts.of(m.SlotData).name == "SLOT_DATA"


def test_a_field_that_does_not_say_how_it_stands_on_the_wire_is_refused():
    class Bare(NamedTuple):
        x_m: float

    with pytest.raises(TypeError, match=r"Bare\.x_m"):
        fields_of(Bare)


def test_telemetry_without_a_rate_and_an_id_taken_twice_are_refused():
    with pytest.raises(ValueError, match="DRIVE_STATE: rate_hz"):
        BoardDeclaration("NEW", 0x130, "", telemetry=(Telemetry(m.DriveState, 0x20),))
    twice = (Telemetry(m.DriveState, 0x20, rate_hz=1), Telemetry(m.Power, 0x20, rate_hz=1))
    with pytest.raises(ValueError, match="DRIVE_STATE: id 0x20 is taken twice"):
        BoardDeclaration("NEW", 0x130, "", telemetry=twice)
