"""Files of state: whole or not taken, of this world and plan or not taken, and told either way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from lupex_rover.hosts.codes import CODES
from lupex_rover.hosts.ros.store import FileStore
from lupex_rover.hosts.state_file import Owner

OURS = Owner("reference seed 1", "0123")


class Told(list[tuple[str, str]]):
    def __call__(self, code: str, text: str) -> None:
        assert code in CODES
        self.append((code, text))

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self]


def store(folder: Path, told: Told | None = None, owner: Owner = OURS) -> FileStore:
    return FileStore(folder, False, Told() if told is None else told, owner=owner)


def two_generations(folder: Path) -> None:
    for soc in (0.5, 0.6):
        store(folder)["power"] = {"soc": soc}


def test_persisted_state_is_there_in_the_next_life(tmp_path: Path) -> None:
    kept = {"at": np.array([1.5, 2.0]), "n": np.int64(3), "t": (1, 2), "x": float("inf")}
    store(tmp_path)["executive"] = kept
    told = Told()
    assert store(tmp_path, told)["executive"] == {
        "at": [1.5, 2.0], "n": 3, "t": [1, 2], "x": float("inf"),
    }  # fmt: skip
    assert [p.name for p in tmp_path.iterdir()] == ["executive.json"] and not told
    read = json.loads((tmp_path / "executive.json").read_text())  # by people, too
    assert read["generation"] == 1 and read["owner"] == {"world": OURS.world, "plan": OURS.plan}


def test_generations_count_on_and_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    two_generations(tmp_path)
    again = store(tmp_path)
    written = (tmp_path / "power.json").stat().st_mtime_ns
    again["power"] = {"soc": 0.6}
    assert (tmp_path / "power.json").stat().st_mtime_ns == written
    again["power"] = {"soc": 0.7}
    for name, number in (("power.json", 3), ("power.json.old", 2)):
        assert json.loads((tmp_path / name).read_text())["generation"] == number


def test_a_damaged_newest_costs_one_generation_and_both_are_told(tmp_path: Path) -> None:
    """Damage at every offset: `test_state_file`."""
    two_generations(tmp_path)
    newest, before = tmp_path / "power.json", tmp_path / "power.json.old"
    whole, last = newest.read_bytes(), before.read_bytes()
    for offset in (0, 40, len(whole) - 1):
        newest.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
        before.write_bytes(last)
        told = Told()
        assert store(tmp_path, told) == {"power": {"soc": 0.5}}
        assert told.codes == ["HST-030"] and "generation 1 is used" in told[0][1]
        assert "power.json.bad" in told[0][1] and not newest.exists()


def test_both_generations_damaged_begin_without_and_keep_the_bad_ones(tmp_path: Path) -> None:
    two_generations(tmp_path)
    for path in list(tmp_path.iterdir()):
        path.write_bytes(path.read_bytes()[:-9])
    told = Told()
    again = store(tmp_path, told)
    assert not again and told.codes == ["HST-026"] * 2
    assert {p.name for p in tmp_path.iterdir()} == {"power.json.bad", "power.json.old.bad"}
    again["power"] = {"soc": 0.7}
    assert store(tmp_path)["power"] == {"soc": 0.7}
    (tmp_path / "power.json").write_bytes(b"")
    store(tmp_path)
    assert (tmp_path / "power.json.bad2").is_file(), "what was put aside before stays"


def test_a_newest_that_is_missing_is_told_and_the_one_before_is_used(tmp_path: Path) -> None:
    two_generations(tmp_path)
    (tmp_path / "power.json").unlink()
    told = Told()
    again = store(tmp_path, told)
    assert again["power"] == {"soc": 0.5} and told.codes == ["HST-030"]
    assert "power.json: is missing" in told[0][1]
    again["power"] = {"soc": 0.5}
    assert (tmp_path / "power.json").is_file()


@pytest.mark.parametrize("other", [Owner("reference seed 2", "0123"), Owner(OURS.world, "9")])
def test_a_state_of_another_world_or_plan_is_never_taken_and_told(
    tmp_path: Path, other: Owner
) -> None:
    two_generations(tmp_path)
    told = Told()
    again = store(tmp_path, told, other)
    assert not again and told.codes == ["HST-031"] * 2
    assert OURS.world in told[0][1] and other.world in told[0][1]
    again["power"] = {"soc": 0.1}
    assert store(tmp_path, owner=other)["power"] == {"soc": 0.1}


@pytest.mark.parametrize("bad", ["", "{half", "[1]", "null"])
def test_what_is_no_state_is_put_aside_and_told(tmp_path: Path, bad: str) -> None:
    (tmp_path / "power.json").write_text(bad)
    told = Told()
    assert not store(tmp_path, told)
    assert told.codes == ["HST-026"] and "is damaged" in told[0][1]


def test_the_file_of_an_older_version_is_refused_clearly(tmp_path: Path) -> None:
    (tmp_path / "power.json").write_text('{"soc": 0.5}')
    told = Told()
    assert not store(tmp_path, told)
    assert told.codes == ["HST-026"] and "an older version wrote it" in told[0][1]


def test_what_a_component_cannot_use_is_put_aside_with_the_one_before(tmp_path: Path) -> None:
    two_generations(tmp_path)
    told = Told()
    kept = store(tmp_path, told)
    kept.put_aside("power", "state/power.json: cannot be taken back (KeyError: 'n')")
    assert "power" not in kept and told.codes == ["HST-026"]
    assert not store(tmp_path)


def test_a_disk_that_takes_nothing_is_told_once_and_what_is_kept_stays_in_memory(
    tmp_path: Path,
) -> None:
    told = Told()
    kept = store(tmp_path / "state", told)
    os.rename(tmp_path / "state", tmp_path / "gone")
    kept["power"] = {"soc": 0.5}
    kept["power"] = {"soc": 0.5}
    assert kept["power"] == {"soc": 0.5}
    assert told.codes == ["HST-004"] and "power.json" in told[0][1]
    os.rename(tmp_path / "gone", tmp_path / "state")
    kept["power"] = {"soc": 0.5}
    assert store(tmp_path / "state")["power"] == {"soc": 0.5}


def test_only_the_components_that_are_named_are_looked_at(tmp_path: Path) -> None:
    two_generations(tmp_path)
    (tmp_path / "drill.json").write_text("nothing")
    told = Told()
    assert FileStore(tmp_path, False, told, ("power",), OURS) == {"power": {"soc": 0.6}}
    assert not told and (tmp_path / "drill.json").is_file()
