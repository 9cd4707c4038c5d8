"""What a run keeps for a later process; see also `unit/simulator/test_world_journal.py`."""

import contextlib
from pathlib import Path

import pytest

from lupex_rover.bags.own_bag import BagReader, BagWriter
from lupex_rover.core.types import MissionState
from lupex_rover.hosts.ros.store import FileStore
from lupex_rover.report.log import MissionLog
from lupex_rover.runs import kept_run


def state(t_ns, phase="descent", step="started"):
    return MissionState(t_ns, phase, step, "", 0)


def test_the_old_bag_is_heard_and_kept_and_the_new_one_begins_with_it(tmp_path):
    with BagWriter(tmp_path / "mission.mcap") as bag:
        for k in range(5):
            bag.write_message("mission/state", state(k), k)
    whole = (tmp_path / "mission.mcap").read_bytes()
    (tmp_path / "result.json").write_text("{}")
    old = kept_run.set_aside(tmp_path)
    assert not (tmp_path / "result.json").exists()
    assert old == tmp_path / "killed" / "until-1.mcap" and old.read_bytes() == whole
    log = MissionLog()
    with BagWriter(tmp_path / "mission.mcap") as bag:
        assert kept_run.copy_bag(old, bag, log, until_ns=3) == 3
    stamps = [t for _, _, t in BagReader(tmp_path / "mission.mcap").messages()]
    assert stamps == [0, 1, 2, 3] and log.phase == "descent"
    assert kept_run.set_aside(tmp_path).name == "until-2.mcap"


def test_a_bag_without_a_byte_costs_nothing(tmp_path, capsys):
    (tmp_path / "mission.mcap").write_bytes(b"")
    old = kept_run.set_aside(tmp_path)
    with BagWriter(tmp_path / "mission.mcap") as bag:
        assert kept_run.copy_bag(old, bag, MissionLog(), until_ns=3) == 0
    assert "it is empty" in capsys.readouterr().err


def test_state_is_in_memory_as_it_was_said_and_in_files_for_the_next_process(tmp_path):
    store = kept_run.KeptStore(FileStore(tmp_path, sync=False))
    store["drill"] = {"depths": (0.5, 1.0)}
    assert store["drill"] == {"depths": (0.5, 1.0)}
    assert kept_run.KeptStore(FileStore(tmp_path, sync=False)) == {"drill": {"depths": [0.5, 1.0]}}


def test_killed_while_it_copies_the_older_bag_is_copied_again(tmp_path, monkeypatch):
    with BagWriter(tmp_path / "mission.mcap") as bag:
        for k in range(5):
            bag.write_message("mission/state", state(k), k)
    old = kept_run.set_aside(tmp_path)
    with BagWriter(tmp_path / "mission.mcap") as bag:
        monkeypatch.setattr(bag, "flush", lambda: 1 / 0)  # as a kill before the copy is whole
        with contextlib.suppress(ZeroDivisionError):
            kept_run.copy_bag(old, bag, MissionLog(), until_ns=2)
    assert kept_run.set_aside(tmp_path) == old
    assert not (tmp_path / "mission.mcap").exists()
    with BagWriter(tmp_path / "mission.mcap") as bag:
        assert kept_run.copy_bag(old, bag, MissionLog(), until_ns=9) == 4
    assert kept_run.set_aside(tmp_path).name == "until-2.mcap"


@pytest.mark.parametrize("earlier", [0, 1])
def test_killed_before_it_copies_anything_the_old_bag_stays_in_use(tmp_path, monkeypatch, earlier):
    for k in range(earlier):  # a resume that went well
        with BagWriter(tmp_path / "mission.mcap") as bag:
            bag.write_message("mission/state", state(k), k)
        kept_run.copy_bag(kept_run.set_aside(tmp_path), bag_of(tmp_path), MissionLog(), 9)
    with BagWriter(tmp_path / "mission.mcap") as bag:
        for k in range(5):
            bag.write_message("mission/state", state(k), k)
    whole = (tmp_path / "mission.mcap").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: 1 / 0)  # as a kill before the bag is moved
        with contextlib.suppress(ZeroDivisionError):
            kept_run.set_aside(tmp_path)
    assert (tmp_path / "mission.mcap").read_bytes() == whole
    name = f"until-{earlier + 1}.mcap"
    for _ in range(2):  # and again before there is a new bag
        old = kept_run.set_aside(tmp_path)
        assert old.name == name and old.read_bytes() == whole


def bag_of(folder):
    return BagWriter(folder / "mission.mcap")
