"""A file of state is as it was written, or is not taken."""

from __future__ import annotations

import json

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.hosts.state_file import Owner, pack, text_of, unpack

OURS = Owner("reference seed 1", "0123")
WHOLE = pack(42, OURS, text_of({"soc": 0.5, "cups": [1, 2], "why": "Grüße", "x": float("nan")}))


def test_it_comes_back_and_is_json_for_people() -> None:
    back = unpack(WHOLE, "f")
    assert (back.generation, back.owner, back.state["cups"]) == (42, OURS, [1, 2])
    assert back.state["why"] == "Grüße" and back.state["x"] != back.state["x"]
    assert set(json.loads(WHOLE)) == {"format", "generation", "owner", "state", "sha256"}


@pytest.mark.parametrize("kind", ["one bit", "any byte", "zero", "lost", "added", "cut", "doubled"])
def test_damage_at_any_offset_is_seen(kind: str) -> None:
    for at in range(len(WHOLE)):
        head, byte, rest = WHOLE[:at], WHOLE[at], WHOLE[at + 1 :]
        spoilt = {
            "one bit": [head + bytes([byte ^ 1 << bit]) + rest for bit in range(8)],
            "any byte": [head + bytes([byte + k & 255]) + rest for k in (1, 7, 99, 128, 255)],
            "zero": [head + b"\0" + rest, WHOLE[:at] + b"\0" * (len(WHOLE) - at)],
            "lost": [head + rest],
            "added": [head + b" " + WHOLE[at:], WHOLE + WHOLE[at:]],
            "cut": [head],
            "doubled": [WHOLE[: at + 1] + WHOLE],
        }[kind]
        for data in spoilt:
            with pytest.raises(UserError, match="^f: is damaged"):
                unpack(data, "f")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "its end is missing"), (b"[1]", "its end is missing"),
        (b'{"soc": 0.5}', "an older version wrote it"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_told_from_an_older_one(data: bytes, words: str) -> None:
    with pytest.raises(UserError, match=words):
        unpack(data, "f")


def test_another_format_is_refused_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lupex_rover.hosts.state_file.FORMAT", 2)
    with pytest.raises(UserError, match="format 1, this version reads 2"):
        unpack(WHOLE, "f")


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be persisted"):
        text_of({"a": object()})
