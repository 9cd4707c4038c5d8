"""The pages of docs/benchmarks follow from their stored JSON; what a stored run says."""

from __future__ import annotations

import json
import types
from pathlib import Path

import pytest

from benchmarks import pages, record
from benchmarks.comparisons import Row
from lupex_rover.cli import bench
from lupex_rover.core.errors import UserError

FIGURES = {
    "right": "within 3 px",
    "wac_256": {
        "chips": 4,
        "ours": {"right": 4, "wrong": 0, "no_match": 0, "median_px": 0.2, "median_s": 3.0},
        "orb_ransac": {"right": 1, "wrong": 0, "no_match": 3, "median_px": 0.8, "median_s": 1.5},
        "mirrored_chips_found": 0,
    },
}


def stored(folder: Path, figures: dict = FIGURES, **changes: object) -> Path:
    told = record.record("pictures", {"count": 4}, figures, record.circumstances())
    (folder / "data").mkdir(exist_ok=True)
    path = folder / "data" / "pictures.json"
    path.write_text(json.dumps({**told, **changes}))
    return path


def test_every_page_follows_from_its_json() -> None:
    made = pages.make_pages(pages.read_records())
    there = {p.name: p.read_text(encoding="utf-8") for p in pages.FOLDER.glob("*.md")
             if not p.name.startswith("notes-")}  # fmt: skip
    assert sorted(there) == sorted(made)
    stale = [name for name, text in made.items() if there[name] != text]
    assert stale == [], "make them anew: ./lupex bench --pages"


def test_a_page_sets_ours_beside_the_peer_and_says_where_it_was_measured(tmp_path: Path) -> None:
    stored(tmp_path, commit="0123456789abcdef", files_changed=False, date="2029-01-01 00:00 UTC")
    pages.write_pages(tmp_path)
    text = (tmp_path / "pictures.md").read_text()
    assert "| chips of 256 px: right | 4 | orb_ransac | 1 | 4 times |" in text
    assert "| chips of 256 px: median time, s | 3.0 | orb_ransac | 1.5 | 0.5 times |" in text
    assert "| ours | 4 | 0 | 0 | 0.2 | 3.0 |" in text and "| mirrored chips found | 0 |" in text
    assert "| chips of 256 px: wrong | 0 | orb_ransac | 0 | – |" in text
    for said in ("`0123456789`", "2029-01-01 00:00 UTC", "chips: 4 of 256 px. A trial run: too few",
                 "Others used", "`./lupex bench pictures --count 4`", "numpy "):  # fmt: skip
        assert said in text, said
    assert "[Pictures: one in another](pictures.md)" in (tmp_path / "index.md").read_text()


def test_another_figure_makes_another_page(tmp_path: Path) -> None:
    before = pages.make_pages([json.loads(stored(tmp_path).read_text())])
    other = {**FIGURES, "wac_256": {**FIGURES["wac_256"], "mirrored_chips_found": 1}}  # type: ignore[dict-item]
    after = pages.make_pages([json.loads(stored(tmp_path, other).read_text())])
    assert before["pictures.md"] != after["pictures.md"]


@pytest.mark.parametrize(
    ("change", "named"),
    [({"bench": "landing"}, "landing"), ({"bench": "cheese"}, "cheese")],
)
def test_a_stored_file_of_another_bench_is_named(tmp_path: Path, change: dict, named: str) -> None:
    path = stored(tmp_path, **change)
    with pytest.raises(UserError, match=f"{path}.*{named}"):
        pages.read_records(tmp_path)


def test_a_stored_file_that_lacks_something_is_named(tmp_path: Path) -> None:
    path = stored(tmp_path)
    told = json.loads(path.read_text())
    del told["machine"]
    path.write_text(json.dumps(told))
    with pytest.raises(UserError, match="lacks machine"):
        pages.read_records(tmp_path)
    path.write_text("{")
    with pytest.raises(UserError, match="not valid json"):
        pages.read_records(tmp_path)


def test_a_ratio_says_how_many_times_better_ours_is() -> None:
    assert Row("time, s", 2.0, "peer", 5.0).ratio == "2.5 times"
    assert Row("right", 2.0, "peer", 5.0, times=False).ratio == "0.4 times"
    assert Row("right", 2.0, "peer", 0, times=False).ratio == "–"
    assert Row("error, m", None, "peer", 1.0).ratio == "–"


def test_json_out_keeps_date_machine_commit_and_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(count: int = 1) -> dict:
        return {"counted": count}

    real = bench.import_module
    monkeypatch.setattr(
        bench, "import_module",
        lambda name: types.SimpleNamespace(measure=measure) if "bench_" in name else real(name),
    )  # fmt: skip
    out = tmp_path / "pictures.json"
    bench._measure("pictures", {"count": 3}, out)
    told = json.loads(out.read_text())
    assert told["figures"] == {"counted": 3} and told["options"] == {"count": 3}
    assert told["machine"]["processor"] and told["machine"]["cores"] >= 1
    assert told["date"].endswith(" UTC") and "numpy" in told["libraries"]
    assert told["commit"] is None or len(told["commit"]) == 40
    with pytest.raises(UserError, match="--json-out"):
        bench._measure("pictures", {}, tmp_path / "no" / "a.json")
