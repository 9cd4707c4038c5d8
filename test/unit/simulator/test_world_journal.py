"""A world that is taken up again goes on as the one that was killed, to the last digit."""

import json
import shutil

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.simulator.world_journal import WorldJournal, generations, records, restore


class Board:
    def __init__(self):
        self.said = b""

    def take(self):
        said, self.said = self.said, b""
        return said


class Counter:
    """A world whose state depends on every tick and every byte, in their order."""

    def __init__(self, journal=None):
        self.state, self.t_ns, self.journal = 1, 0, journal
        self.boards = {"MOB": Board(), "EPS": Board()}

    def save(self):
        return {"state": self.state, "t_ns": self.t_ns}

    def restore(self, state):
        self.state, self.t_ns = state["state"], state["t_ns"]

    def advance(self):
        if self.journal is not None:
            self.journal.tick(self)
        self.t_ns += 100
        self.state = (self.state * 31 + 7) % 1_000_003
        return self.t_ns

    def outputs(self):
        return []

    def hear(self, what, name):
        if self.journal is not None:
            self.journal.heard(what, name)
        self.state = (self.state * 257 + len(what) * len(name)) % 1_000_003

    def feed(self, board, data):
        if self.journal is not None:
            self.journal.fed(board, data)
        for byte in data:
            self.state = (self.state * 257 + byte + len(board)) % 1_000_003
        self.boards[board].said += data


def fly(world, ticks, first=0):
    for tick in range(first, first + ticks):
        world.advance()
        world.outputs()
        world.feed("MOB", bytes([tick % 256, 1]))
        if tick % 3 == 0:
            world.feed("EPS", b"switch")
        if tick % 5 == 0:
            world.hear("phase", "drill")


def flown(folder, ticks, every=10):
    world = Counter(WorldJournal(folder, every=every))
    fly(world, ticks)
    return world


def taken_up(folder):
    world, ticks = Counter(), []
    told = restore(world, folder, lambda tick, t_ns: ticks.append(tick))
    return world, told, ticks


@pytest.mark.parametrize("ticks", [1, 9, 10, 11, 37])
def test_a_world_is_taken_to_the_instant_of_the_kill(tmp_path, ticks):
    killed = flown(tmp_path, ticks)  # nothing is closed, as with kill -9
    world, told, executed = taken_up(tmp_path)
    assert world.save() == killed.save()
    assert told.ticks == ticks and told.bad == ()
    assert executed == list(range(ticks - told.executed + 1, ticks + 1))
    assert told.executed <= 10 and world.boards["MOB"].said == b""


def test_what_goes_on_is_kept_too_and_two_generations_are(tmp_path):
    flown(tmp_path, 25)
    world, told, _ = taken_up(tmp_path)
    world.journal = WorldJournal(tmp_path, told.ticks, every=10)
    fly(world, 8, first=25)
    whole = Counter()
    fly(whole, 33)
    again, told, _ = taken_up(tmp_path)
    assert again.save() == world.save() == whole.save() and told.ticks == 33
    assert len(generations(tmp_path)) == 2


def test_a_record_that_the_kill_has_cut_off_is_left_out_without_a_word(tmp_path):
    flown(tmp_path, 5)
    path = tmp_path / "journal-0.bin"
    whole = path.read_bytes()
    for cut in range(1, 12):
        path.write_bytes(whole[:-cut])
        _, told, _ = taken_up(tmp_path)
        assert told.ticks in (4, 5) and told.bad == ()


def test_a_damaged_newest_snapshot_costs_nothing(tmp_path):
    killed = flown(tmp_path, 17)
    (tmp_path / "snapshot-10.json").write_text("{}\n{}\n")
    world, told, executed = taken_up(tmp_path)
    assert world.save() == killed.save()
    assert len(told.bad) == 1 and "snapshot-10.json: damaged" in told.bad[0]
    assert executed == list(range(1, 18))


def test_damage_within_a_journal_ends_it_there_and_is_told(tmp_path):
    flown(tmp_path, 17)
    path = tmp_path / "journal-10.bin"
    data = bytearray(path.read_bytes())
    data[40] ^= 0xFF
    path.write_bytes(bytes(data))
    _, told, _ = taken_up(tmp_path)
    assert 10 <= told.ticks < 17 and "damaged at byte" in told.bad[0]


def test_a_future_that_is_not_reached_is_never_taken(tmp_path):
    flown(tmp_path, 17)
    shutil.copy(tmp_path / "snapshot-10.json", tmp_path / "keep")
    (tmp_path / "journal-0.bin").write_bytes(b"")
    (tmp_path / "snapshot-10.json").write_text("gone")
    world, told, _ = taken_up(tmp_path)
    assert told.ticks == 0 and world.state == 1
    assert generations(tmp_path) == [0] and (tmp_path / "snapshot-10.json.bad").is_file()


def test_no_snapshot_at_all_is_named(tmp_path):
    with pytest.raises(UserError, match="no snapshot is there"):
        taken_up(tmp_path)
    (tmp_path / "snapshot-0.json").write_text(json.dumps({"ticks": 0, "crc32": 1}) + "\n{}\n")
    with pytest.raises(UserError, match="checksum"):
        taken_up(tmp_path)


def test_a_full_disk_ends_the_journal_not_the_world(tmp_path):
    told = []
    world = Counter(WorldJournal(tmp_path, every=10, tell=told.append))
    fly(world, 3)

    def full(data):
        raise OSError(28, "No space left on device")

    world.journal._file.close()
    world.journal._file = type("Full", (), {"write": staticmethod(full), "close": lambda s: None})()
    fly(world, 20, first=3)
    assert len(told) == 1 and "No space left" in told[0]
    assert world.t_ns == 2300 and generations(tmp_path) == [0]


def test_hostile_bytes_in_a_journal_are_named(tmp_path):
    (tmp_path / "j.bin").write_bytes(b"\xff" * 4000)
    bad = []
    assert list(records(tmp_path / "j.bin", bad)) == [] and len(bad) == 1
