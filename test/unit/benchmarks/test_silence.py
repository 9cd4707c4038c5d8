"""Motion ends in time, whoever of those behind it falls silent; the table of it."""

import pytest

from benchmarks import silence

TOLD = {"board": "NAV-007", "wire": "DRV-001", "driver": "NAV-007", "executive": "DRV-007",
        "health": "DRV-007", "supervisor": "DRV-007"}  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return {row.silent: row for row in silence.rows()}


def test_motion_ends_in_time_whoever_falls_silent(table):
    assert list(table) == list(silence.LIMIT_S)
    for row in table.values():
        assert 0.0 < row.motion_s <= row.limit_s, row
        assert row.good and row.silence_s < 2.5, row


@pytest.mark.parametrize("who", TOLD)
def test_it_is_told(table, who):
    assert TOLD[who] in table[who].codes


def test_a_rover_on_which_all_speak_drives_on():
    rover = silence.driving()
    rover.run(3.0)
    assert rover.world.rover.driven and "DRV-007" not in rover.codes()
