"""Damaged sqlite3 bags: every message on a page that is whole is read, the others are counted.

What is right is what sqlite itself gave before the damage.
"""

import random
import sqlite3

import pytest
from case_bags import db3, messages, read, run, text_cdr
from samples import STAMP_NS

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.sqlite_pages import Pages, _varint

PAGE = 4096
MANY = [("/chat", STAMP_NS + k * 10**8, text_cdr("x" * (k * 37 % 3000))) for k in range(150)]


def pages_of(path, table):
    """Numbers of the leaf pages of a table or an index, in order, as sqlite has them."""
    base = sqlite3.connect(path)
    base.execute("SELECT 1")
    try:
        rows = base.execute(
            "SELECT pageno, pagetype FROM dbstat WHERE name = ? ORDER BY path", (table,)
        )
        return [page for page, kind in rows if kind == "leaf"]
    except sqlite3.OperationalError:
        pytest.skip("this sqlite tells no pages")
    finally:
        base.close()


def spoilt(path, page, fill):
    data = bytearray(path.read_bytes())
    data[(page - 1) * PAGE : page * PAGE] = fill
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("size", [512, 4096, 65536])
def test_the_pages_hold_what_sqlite_reads(tmp_path, size):
    path = tmp_path / "a.db3"
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA page_size={size}")
    base.execute("CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INT, t INT, data BLOB)")
    draw = random.Random(size)
    lengths = [0, 1, size - 40, size - 35, size - 34, size, 5 * size, 70_000]
    times = [0, 1, -1, 127, -129, 2**23, -(2**40), 2**63 - 1, -(2**63)]
    for k in range(200):
        told = (k % 3, times[k % len(times)], draw.randbytes(lengths[k % len(lengths)]))
        base.execute("INSERT INTO messages(topic_id, t, data) VALUES (?, ?, ?)", told)
    base.execute("INSERT INTO messages VALUES (-5, 1.5, NULL, 'text')")
    base.commit()
    right = {row[0]: list(row[1:]) for row in base.execute("SELECT * FROM messages")}
    base.close()
    right[-5][2] = b"text"
    with Pages(path) as pages:
        found = {row.number: pages.values(row)[1:] for row in pages.rows() if len(row.columns) == 4}
    assert found == right


@pytest.mark.parametrize("fill", [b"\0" * PAGE, random.Random(1).randbytes(PAGE)])
def test_a_damaged_page_costs_the_messages_on_it(tmp_path, fill):
    whole = db3(tmp_path / "whole.db3", messages(400))
    right = read(whole)
    leaves = pages_of(whole, "messages")
    page = leaves[len(leaves) // 2]
    with Pages(whole) as pages:
        on_it = {row.number for row in pages.rows() if row.page == page}
    bag = AnyBag(spoilt(whole, page, fill))
    found = [(line.topic, t, bytes(data)) for line, data, t in bag.records()]
    assert found == [message for k, message in enumerate(right, 1) if k not in on_it]
    assert len(bag.problems) == 1
    assert f" {len(on_it)} lost, by their numbers" in bag.problems[0]


@pytest.mark.parametrize("table", ["timestamp_idx", "message_definitions"])
def test_without_index_or_definitions_all_messages_are_read(tmp_path, table):
    path = db3(tmp_path / "a.db3", MANY)
    right = read(path)
    bag = AnyBag(spoilt(path, pages_of(path, table)[0], b"\0" * PAGE))
    assert [(line.topic, t, bytes(data)) for line, data, t in bag.records()] == right
    assert bag.problems


def test_messages_whose_topic_is_lost_are_counted(tmp_path):
    path = db3(tmp_path / "a.db3", MANY)
    result = run("info", spoilt(path, pages_of(path, "topics")[0], b"\0" * PAGE))
    assert result.exit_code == 1
    assert "150 whose topic is lost are left out" in result.output


def test_of_joined_bases_each_has_its_own_messages(tmp_path):
    first = db3(tmp_path / "a.db3", messages(100))
    second = db3(tmp_path / "b.db3", messages(100, first=100, topic="/other"))
    index = pages_of(first, "timestamp_idx")[0]
    joined = tmp_path / "c.db3"
    joined.write_bytes(spoilt(first, index, b"\0" * PAGE).read_bytes() + second.read_bytes())
    found = read(joined)
    assert len(found) == 200
    assert {topic for topic, t, _ in found if t >= STAMP_NS + 100 * 10**8} == {"/other"}


def test_recover_writes_what_whole_pages_hold(tmp_path):
    path = db3(tmp_path / "a.db3", MANY)
    leaves = pages_of(path, "messages")
    bag = AnyBag(spoilt(path, leaves[1], b"\0" * PAGE))
    there = len(list(bag.records()))
    result = run("recover", path, "--out", tmp_path / "r.mcap")
    assert result.exit_code == 1
    assert 0 < there < 150
    assert len(read(tmp_path / "r.mcap")) == there


def test_a_page_of_noise_is_read_no_longer_than_a_row_may_be(tmp_path, monkeypatch):
    """1000 cells that all begin at a head of 1600 columns are 1.6 million numbers."""
    path = tmp_path / "a.db3"
    db3(path, MANY[:3])
    cell = bytes([0x8C, 0x40, 0x01, 0x8C, 0x40]) + b"\x00" * 1600
    at = PAGE - len(cell)
    head = bytes([0x0D, 0, 0]) + (1000).to_bytes(2, "big") + bytes(3)
    fill = (head + at.to_bytes(2, "big") * 1000).ljust(at, b"\0") + cell
    spoilt(path, 2, fill)
    count = 0

    def counted(data, place):
        nonlocal count
        count += 1
        return _varint(data, place)

    monkeypatch.setattr("lupex_rover.bags.sqlite_pages._varint", counted)
    with Pages(path) as pages:
        list(pages.rows())
    assert 10_000 < count < 50_000
