import os
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.types import Event
from lupex_rover.events import event_store
from lupex_rover.events.event_store import EventStore
from lupex_rover.events.stored_events import merged, read_store


def event(k, code="HST-002", text="words"):
    return Event(1_900_000_000_000_000_000 + k, 1, "host", code, f"{text} {k}")


def rows(path):
    found = read_store(path)
    assert found.problems == []
    return found.rows


def test_a_row_has_all_that_the_link_sends_and_numbers_rise_over_boots(tmp_path):
    path = tmp_path / "events.db"
    for boot in (3, 4):
        store = EventStore(path, boot=boot)
        store.add([event(boot), event(boot + 10, code="ZZZ-123")])
        store.close()
    found = rows(path)
    assert [(r.number, r.boot) for r in found] == [(1, 3), (2, 3), (3, 4), (4, 4)]
    registry = {"HST-002": event_store.event_numbers()["HST-002"]}
    assert [r.id for r in found] == [registry["HST-002"], None] * 2
    assert found[0].event == event(3)


def test_numbers_are_not_used_again_and_the_kernels_boots_are_counted(tmp_path, monkeypatch):
    path, kernel = tmp_path / "events.db", tmp_path / "boot_id"
    monkeypatch.setattr(event_store, "KERNEL_BOOT", kernel)
    for k, identity in enumerate(("a", "a", "b")):
        kernel.write_text(identity)
        store = EventStore(path)
        store.add([event(k)])
        store.close()
    assert [(r.number, r.boot) for r in rows(path)] == [(1, 1), (2, 1), (3, 2)]


def test_kill_9_loses_no_event_that_was_added(tmp_path):
    program = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from lupex_rover.core.types import Event
        from lupex_rover.events.event_store import EventStore
        store = EventStore(Path(sys.argv[1]), boot=1)
        for k in range(20):
            store.add([Event(k, 1, "s", "HST-002", "t")])
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    path = tmp_path / "events.db"
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert [r.stamp_ns for r in rows(path)] == list(range(20))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before  # reading wrote nothing


def test_several_writers_share_a_file(tmp_path):
    path = tmp_path / "events.db"
    first, second = EventStore(path, boot=1), EventStore(path, boot=1)
    for k in range(10):
        (first, second)[k % 2].add([event(k)])
    assert [r.event for r in rows(path)] == [event(k) for k in range(10)]


@pytest.mark.parametrize("at", [0, 30, 4096])
def test_a_damaged_store_is_put_aside_and_told_and_what_can_be_read_is_kept(tmp_path, at):
    path, told = tmp_path / "events.db", []
    store = EventStore(path, boot=1)
    store.add([event(k) for k in range(200)])
    store.close()
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 60)
    store = EventStore(path, boot=2, tell=lambda *news: told.append(news))
    store.add([event(1000)])
    assert [code for code, _ in told] == ["HST-008"]
    assert (tmp_path / "events.damaged-1.db").is_file()
    found = rows(path)
    assert found[-1].event == event(1000)
    if at == 4096:  # the page of table boots alone
        assert len(found) == 201 and found[-1].number == 201


def test_a_file_that_is_no_store_is_put_aside_and_a_removed_one_begun_anew(tmp_path):
    path, told = tmp_path / "events.db", []
    path.write_text("no base of SQLite at all, but longer than the sixteen bytes of its magic")
    store = EventStore(path, boot=1, tell=lambda *news: told.append(news))
    store.add([event(1)])
    assert len(told) == 1 and len(rows(path)) == 1
    for left in tmp_path.glob("events.db*"):
        left.unlink()
    store.add([event(2)])
    assert [r.event for r in rows(path)] == [event(2)]


def test_a_full_disk_stops_nobody_and_what_waited_is_written_later(tmp_path, monkeypatch):
    path, told = tmp_path / "events.db", []
    store = EventStore(path, boot=1, tell=lambda *news: told.append(news))
    store.add([event(0)])
    now = [1000.0]
    monkeypatch.setattr(event_store.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(event_store, "REOPEN", 10**6)
    store._base.execute("PRAGMA max_page_count=1")  # SQLITE_FULL, as of a full disk
    for k in range(1, 300):
        now[0] += 0.5
        store.add([event(k, text="x" * 200)])
    assert [code for code, _ in told] == ["HST-009"] and store.waiting > 200
    store._base.execute("PRAGMA max_page_count=1000000")
    now[0] += 5.0
    store.flush()
    assert store.waiting == store.lost == 0
    assert [r.event for r in rows(path)][1:] == [event(k, text="x" * 200) for k in range(1, 300)]


def test_without_a_file_nothing_is_kept():
    store = EventStore(None)
    store.add([event(1)])
    store.close()
    assert store.waiting == store.lost == 0


def test_a_folder_that_cannot_be_written_and_a_flood_end_nothing(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(event_store, "WAITING", 100)
    store = EventStore(tmp_path / "no" / "events.db", boot=1, tell=lambda *news: told.append(news))
    store.add([event(k) for k in range(150)])
    assert (store.waiting, store.lost, len(told)) == (100, 50, 1)
    store.close()


def test_texts_and_stamps_of_any_kind_are_taken(tmp_path):
    path = tmp_path / "events.db"
    store = EventStore(path, boot=1)
    odd = Event(2**70, 300, "\udcff", "X\0Y", "a\nb")
    store.add([odd])
    row = rows(path)[0]
    assert (row.stamp_ns, row.severity, row.source, row.text) == (2**63 - 1, 300, "?", "a\nb")


def test_reading_what_is_not_there_or_damaged(tmp_path):
    with pytest.raises(UserError, match=r"events\.db: no store of events"):
        read_store(tmp_path / "events.db")
    path = tmp_path / "events.db"
    path.write_bytes(os.urandom(5000))
    found = read_store(path)
    assert found.rows == [] and "damaged" in found.problems[0]


def test_bag_and_store_are_joined_without_doubles():
    bag = [event(1), event(1), event(3)]
    store = [event(1), event(2), event(3), event(4)]
    assert merged(bag, store) == [event(1), event(1), event(2), event(3), event(4)]


def test_an_open_store_of_another_process_can_be_read(tmp_path):
    path = tmp_path / "events.db"
    store = EventStore(path, sync=False, boot=1)
    store.add([event(1)])
    assert len(rows(path)) == 1
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()
