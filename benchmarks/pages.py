"""`lupex bench --pages`: docs/benchmarks/*.md from the stored JSON of docs/benchmarks/data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.comparisons import COMPARISONS, SAMPLES, Row
from benchmarks.record import ROOT
from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole

FOLDER = ROOT / "docs" / "benchmarks"
TITLES = {
    "bags": "Bags: reading, replay, playing",
    "craters": "Craters: found in pictures, known again",
    "faults": "Faults: injected, killed, hung, silent",
    "graph": "The graph at rest: memory, idle load, latency",
    "inputs": "Inputs: spoilt files of every kind",
    "landing": "Landing: a frame against the map",
    "pictures": "Pictures: one in another",
    "power": "Power: sky, light, battery, nights",
}
SHARED = (
    "Others used the machine meanwhile, so absolute times are noisy; a ratio, whose two sides were"
    " measured in turn, says more."
)
CLOCK = {
    "bags": "Reading and replay are processor time; playing is timed by the wall clock.",
    "faults": "Times are by the wall clock, those of `silence` simulated.",
    "graph": "Latencies are by the wall clock: they hold waits for the processor.",
}
RATIO = "The ratio says how many times better ours is; below 1 the other is better."
PROCESSOR = "Times are processor time of one process."
MADE = "`./lupex bench --pages` makes this page from `data/`; do not edit it."


def write_pages(folder: Path = FOLDER) -> list[Path]:
    """Make every page anew, and the list of them.

    Raises
    ------
    UserError
        A stored file is missing or is not what `lupex bench --json-out` writes.
    """
    pages = make_pages(read_records(folder))
    for name, text in pages.items():
        write_whole(folder / name, text)
    return [folder / name for name in pages]


def read_records(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """The stored runs, by name of file."""
    paths = sorted((folder / "data").glob("*.json"))
    if not paths:
        raise UserError(f"{folder / 'data'}: holds no .json of a benchmark")
    return [_read(path) for path in paths]


def _read(path: Path) -> dict[str, Any]:
    told = read_json(path)
    for key in ("bench", "options", "date", "machine", "commit", "libraries", "figures"):
        if key not in told:
            raise UserError(f"{path}: lacks {key}; write it with `lupex bench NAME --json-out`")
    if told["bench"] != path.stem or told["bench"] not in TITLES:
        raise UserError(f"{path}: is of the bench {told['bench']!r}")
    return told


def make_pages(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Name of file -> text."""
    pages = {f"{r['bench']}.md": page(r) for r in records}
    return {"index.md": index(records), **pages}


def index(records: Sequence[Mapping[str, Any]]) -> str:
    """The list of pages."""
    rows = [
        [f"[{TITLES[r['bench']]}]({r['bench']}.md)", r["date"], _short(r), f"`{_command(r)}`"]
        for r in records
    ]
    return "\n".join([
        "# Benchmarks", "",
        "Each page comes from one run of `./lupex bench`, stored in `data/`. To measure again:", "",
        "    ./lupex bench NAME --json-out docs/benchmarks/data/NAME.json",
        "    ./lupex bench --pages", "",
        SHARED, "",
        *_table(["what", "measured", "commit", "command"], rows), "",
        MADE, "",
    ])  # fmt: skip


def page(record: Mapping[str, Any]) -> str:
    """One page: what was run where, ours beside the peers', then every figure."""
    name, machine, figures = record["bench"], record["machine"], record["figures"]
    about = [
        ["command", f"`{_command(record)}`"],
        ["how much", SAMPLES[name](figures)],
        ["date", record["date"]],
        ["commit", _short(record)],
        ["machine", f"{machine['processor']}, {machine['cores']} cores,"
                    f" {_shown(machine['memory_gb'])} GB"],
        ["load average before", _shown(machine["load_of_others"])],
        ["Python", record["python"]],
        ["libraries", ", ".join(f"{k} {v}" for k, v in record["libraries"].items())],
    ]  # fmt: skip
    compared = COMPARISONS[name](figures)
    return "\n".join([
        f"# {TITLES[name]}", "", *_table(["", ""], about), "",
        f"{CLOCK.get(name, PROCESSOR)} {SHARED}", "",
        "## Ours beside others", "",
        *(_compared(compared) if compared else ["No other program measures the same here."]), "",
        "## Every figure", "", *_figures(figures, 3), MADE, "",
    ])  # fmt: skip


def _command(record: Mapping[str, Any]) -> str:
    words = ["./lupex bench", str(record["bench"])]
    for key, value in record["options"].items():
        words.append(f"--{key}" if value is True else f"--{key} {value}")
    return " ".join(words)


def _short(record: Mapping[str, Any]) -> str:
    commit = record["commit"]
    if commit is None:
        return "unknown"
    return f"`{commit[:10]}`" + (", with changes" if record.get("files_changed") else "")


def _compared(rows: Sequence[Row]) -> list[str]:
    head = ["what", "ours", "other", "its figure", "ratio"]
    cells = [[r.what, _shown(r.ours), r.peer, _shown(r.theirs), r.ratio] for r in rows]
    return [RATIO, "", *_table(head, cells)]


def _figures(value: Mapping[str, Any], level: int) -> list[str]:
    """Plain values as one table, then tables of what is alike, then a heading for each group."""
    plain = [[_words(k), _shown(v)] for k, v in value.items() if not _nested(v)]
    out = [*_table(["figure", "value"], plain), ""] if plain else []
    leaves = {k: v for k, v in value.items() if isinstance(v, dict) and v and _is_leaf(v)}
    for alike in _alike(leaves):
        out += _rows([{"": _words(key), **leaves[key]} for key in alike])
    for key, inner in value.items():
        if not _nested(inner) or key in leaves:
            continue
        out += [f"{'#' * min(level, 6)} {_words(key)}", ""]
        out += _rows(inner) if isinstance(inner, list) else _figures(inner, level + 1)
    return out


def _is_leaf(value: Mapping[str, Any]) -> bool:
    return not any(_nested(v) for v in value.values())


def _alike(leaves: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Their names, together where at least one figure has the same name."""
    groups: list[list[str]] = []
    for key, value in leaves.items():
        near = next((g for g in groups if set(leaves[g[0]]) & set(value)), None)
        if near is None:
            groups.append([key])
        else:
            near.append(key)
    return groups


def _rows(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    flat = [_flat(row) for row in rows]
    head = list(dict.fromkeys(key for row in flat for key in row))
    body = [[_shown(row.get(key, "")) for key in head] for row in flat]
    return [*_table([_words(key) for key in head], body), ""]


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            out.update({f"{key} {k}": v for k, v in _flat(value).items()})
        else:
            out[key] = value
    return out


def _nested(value: Any) -> bool:
    rows = isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)
    return rows or (isinstance(value, dict) and bool(value))


def _words(key: str) -> str:
    return str(key).replace("_", " ")


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, dict)):
        return ", ".join(_shown(v) for v in value) or "none"
    return str(value).replace("|", "\\|")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [list(head), ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]
