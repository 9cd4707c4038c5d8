"""The source of the site: the pages of `docs/`, a table of contents, pages for the API.

The pages stay plain Markdown that a forge shows; what Sphinx needs besides is added to the copy.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from lupex_rover.core.errors import UserError
from lupex_rover.manual.tables import PACKAGE, ROOT

LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
HEADING = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
COPIED = (".md", ".jpg", ".png", ".webp", ".svg")
NO_API = {  # programs and one-off tools: nothing to import
    "cli/__main__.py", "ephemeris/make_table.py",
}  # fmt: skip


def write(docs: Path, out: Path) -> None:
    """Make the folder `out` the source of the site; files that did not change keep their time.

    Raises
    ------
    UserError
        A page links to a file that does not exist.
    """
    files: dict[Path, bytes] = {}
    for path in sorted(docs.rglob("*")):
        name = path.relative_to(docs)
        if path.suffix == ".md":
            files[name] = _page(docs, path, files).encode()
        elif path.suffix in COPIED:
            files[name] = path.read_bytes()
    api = _api()
    files.update({Path("api") / name: text.encode() for name, text in api.items()})
    index = (docs / "index.md").read_text(encoding="utf-8")
    names = [
        n.with_suffix("").as_posix() for n in files if n.suffix == ".md" and n.parts[0] != "files"
    ]
    files[Path("index.md")] += _contents(index, names, sorted(api)).encode()
    _keep(out, files)


def _page(docs: Path, path: Path, files: dict[Path, bytes]) -> str:
    """A page whose links to files outside `docs` go to copies in the folder `files`."""

    def outside(match: re.Match[str]) -> str:
        target = match["target"]
        if re.match(r"[a-z]+:", target):
            return match[0]
        full = (path.parent / target).resolve()
        if not full.is_file():
            raise UserError(f"{path}: links to {target}, which is no file")
        if full.is_relative_to(docs):
            return match[0]
        name = Path("files") / full.relative_to(ROOT)
        name = name.with_name(name.name + ".txt") if full.suffix in (".md", "") else name
        files[name] = full.read_bytes()
        up = "../" * len(path.parent.relative_to(docs).parts)
        return f"[{match['text']}]({up}{name.as_posix()})"

    return LINK.sub(outside, path.read_text(encoding="utf-8"))


def _contents(index: str, names: list[str], api: list[str]) -> str:
    """A hidden table of contents for each heading of the front page with links below it.

    A page that the front page does not link to stands beside those of its folder.
    """
    sections: dict[str, list[str]] = {}
    heads = list(HEADING.finditer(index))
    for head, after in zip(heads, [*heads[1:], None]):
        body = index[head.end() : after.start() if after else None]
        pages = [m["target"] for m in LINK.finditer(body) if m["target"].endswith(".md")]
        inner = [p.removesuffix(".md") for p in pages if not p.startswith("..")]
        sections[head["title"]] = list(dict.fromkeys(inner))
    listed = {name for inner in sections.values() for name in inner} | {"index"}
    for name in sorted(set(names) - listed):
        folder = name.rpartition("/")[0]
        beside = (k for k, v in sections.items() if any(n.rpartition("/")[0] == folder for n in v))
        sections.setdefault(next(beside, "More"), []).append(name)
    if api:
        sections.setdefault("Reference", []).append("api/index")
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(inner) + "\n```\n"
        for title, inner in sections.items()
        if inner
    )


def _api() -> dict[str, str]:
    """A page for each room of the package with every module of it, and their list."""
    rooms: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE)
        if path.name == "__init__.py" or name.as_posix() in NO_API:
            continue
        room = name.parts[0] if len(name.parts) > 1 else "graph"
        rooms.setdefault(room, []).append(".".join(("lupex_rover", *name.with_suffix("").parts)))
    pages = {}
    for room, modules in rooms.items():
        parts = [_title(room, "=")]
        for module in modules:
            parts.append(_title(module.removeprefix("lupex_rover."), "-"))
            parts.append(f".. automodule:: {module}\n   :members:\n")
        pages[f"{room}.rst"] = "\n".join(parts)
    names = "\n".join(f"   {room}" for room in sorted(rooms))
    pages["index.rst"] = (
        _title("Python API", "=")
        + "\nEvery module, by its room.\n\n.. toctree::\n   :maxdepth: 1\n\n"
        + f"{names}\n"
    )
    return pages


def _title(text: str, under: str) -> str:
    return f"{text}\n{under * len(text)}\n"


def _keep(out: Path, files: dict[Path, bytes]) -> None:
    """Write what changed, remove what is no longer wanted."""
    try:
        for path in list(out.rglob("*")) if out.is_dir() else []:
            if path.is_file() and path.relative_to(out) not in files:
                path.unlink()
        for name, content in files.items():
            path = out / name
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror})") from None


def clear(folder: Path) -> None:
    """Remove what an earlier build left."""
    shutil.rmtree(folder, ignore_errors=True)
