"""The fault table that ships, and tables that must be refused."""

from pathlib import Path

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.health import table
from lupex_rover.health.codes import CODES
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.protocol.declaration import BoardDeclaration

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "faults.yaml"


def test_the_shipped_table_loads_and_covers_the_icd_boards():
    rules = table.read(SHIPPED)
    for board in ("MOB", "IMU", "STR", "EPS", "DRL", "SCI"):
        assert rules[f"board_silent.{board}"].watch == f"silence_s.{board}"
    assert rules["board_silent.MOB"].while_load == "mobility"
    assert rules["board_silent.EPS"].while_load is None
    assert rules["tilt_imu"].response == "safe_all"
    used = {rule.code for rule in rules.values()}
    assert used == set(table.RULE_CODES) == set(CODES) - {"HLT-000", "HLT-015", "HLT-016"}


def test_a_board_from_outside_is_watched_and_addressed(tmp_path):
    added = (BoardDeclaration("MAST", 0x120, "a mast"),)
    assert table.read(SHIPPED, added)["board_hot.MAST"].board == "MAST"
    path = tmp_path / "faults.yaml"
    path.write_text("faults: {mine: {watch: fault_bits.MAST, above: 0, code: HLT-003}}")
    assert table.read(path, added)["mine.MAST"].watch == "fault_bits.MAST"
    with pytest.raises(UserError, match="'fault_bits.MAST' is unknown.*boards: MOB, IMU"):
        table.read(path)
    path.write_text("faults: {mine: {watch: soc, below: 0.1, code: HLT-011, board: MAST}}")
    assert table.read(path, added)["mine"].board == "MAST"


@pytest.mark.parametrize(
    "line, name",
    [
        ("{watch: soc, below: 0.1, code: HLT-011, colour: red}", "colour"),
        ("{watch: mood, below: 0.1, code: HLT-011}", "mood"),
        ("{watch: silence_s.LND, above: 5, code: HLT-001}", "silence_s.LND"),
        ("{watch: soc, below: 0.1, code: HLT-999}", "HLT-999"),
        ("{watch: soc, below: 0.1, code: HLT-000}", "HLT-000"),
        ("{watch: soc, below: 0.1, code: HLT-011, response: panic}", "panic"),
        ("{watch: soc, below: 0.1, code: HLT-011, response: safe}", "needs a board"),
        ("{watch: soc, below: 0.1, code: HLT-011, while_load: oven}", "oven"),
        ("{watch: soc, below: 0.1, code: HLT-011, response: safe_all, release: dog}", "dog"),
        ("{watch: soc, below: 0.1, code: HLT-011, release: ground}", "holds nothing"),
        ("{watch: soc, code: HLT-011}", "above"),
        ("{watch: soc, below: low, code: HLT-011}", "below"),
    ],
)
def test_a_wrong_table_is_refused_by_name(tmp_path, line, name):
    path = tmp_path / "faults.yaml"
    path.write_text(f"faults:\n  mine: {line}\n")
    with pytest.raises(UserError, match=name):
        table.read(path)


def test_every_response_of_the_shipped_table_says_how_it_is_released():
    rules = table.read(SHIPPED)
    responding = {name: rule for name, rule in rules.items() if rule.response != "log"}
    assert {rule.release for rule in responding.values()} == {"ground", "cleared"}
    assert rules["tilt_imu"].release == rules["motor_overcurrent"].release == "ground"


def test_the_navigator_turns_back_before_health_stops_it_for_good():
    rules = table.read(SHIPPED)
    for name in ("tilt_imu", "tilt_pose"):
        assert NavigatorParams().tilt_limit_deg + 2.0 < rules[name].above
