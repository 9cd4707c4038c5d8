"""Bags of others: as many messages as their own readers find, the same bytes, or a reason.

Set LUPEX_FOREIGN_BAGS to a folder with any bags; without it there is nothing to test against and
it is skipped. A checkout of github.com/ros2/rosbag2 has forty of them in its tests, one of
github.com/foxglove/mcap 416 with what they hold as JSON beside them (tests/conformance).
"""

import json
import os
from pathlib import Path

import pytest
from mcap.reader import NonSeekingReader
from rosbags.rosbag2 import Reader

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.definitions import decoder
from lupex_rover.cli.bag import summary, undecoded

FOLDER = os.environ.get("LUPEX_FOREIGN_BAGS", "")
FILES = sorted(p for p in Path(FOLDER or "nowhere").rglob("*") if p.suffix in (".mcap", ".db3"))
TOLD = [p for p in FILES if p.with_suffix(".json").is_file()]
BAGS = [*FILES, *sorted({p.parent for p in FILES if (p.parent / "metadata.yaml").is_file()})]


@pytest.mark.skipif(not FOLDER, reason="LUPEX_FOREIGN_BAGS names no folder with bags")
def test_there_are_bags():
    assert FILES


@pytest.mark.parametrize("path", BAGS, ids=lambda p: str(p.relative_to(FOLDER)))
def test_all_is_read_and_decoded_or_the_reason_is_told(path):
    bag = AnyBag(path)
    records = list(bag.records())
    theirs = _by_peer(path)
    if theirs is not None and not bag.problems:
        ours = {(line.topic, bytes(data), t) for line, data, t in records}
        assert set(theirs) <= ours  # rosbags leaves out what metadata.yaml gives no time to
        assert path.is_dir() or set(theirs) == ours
    assert summary(path)["messages"] == len(records)
    told = {text.split(":")[0] for text in undecoded(path)}
    for line, data, _ in records:
        if line.topic not in told:
            decode, _ = decoder(line)
            assert decode is not None and decode(data) is not None


@pytest.mark.parametrize("path", TOLD, ids=lambda p: str(p.relative_to(FOLDER)))
def test_conformance_files_hold_what_their_json_says(path):
    told = json.loads(path.with_suffix(".json").read_text())["records"]
    fields = [(record["type"], dict(record["fields"])) for record in told]
    topics = {f["id"]: f["topic"] for kind, f in fields if kind == "Channel"}
    theirs = [
        (topics[f["channel_id"]], bytes(int(b) for b in f["data"]), int(f["log_time"]))
        for kind, f in fields
        if kind == "Message"
    ]
    bag = AnyBag(path)
    assert [(line.topic, bytes(data), t) for line, data, t in bag.records()] == theirs
    assert not [text for text in bag.problems if "damaged" in text or "index" in text]


def _by_peer(path):
    """(topic, bytes, time) of each message as mcap or rosbags read them; None: they do not."""
    if path.suffix == ".mcap":
        with path.open("rb") as file:
            reader = NonSeekingReader(file)  # the other one fails without repeated schemas
            return [(c.topic, m.data, m.log_time) for _, c, m in reader.iter_messages()]
    try:
        with Reader(path) as folder:
            return [(c.topic, bytes(data), t) for c, t, data in folder.messages()]
    except Exception:  # rosbags refuses some; ours then has nobody to be compared with
        return None
