"""README and documentation: links, anchors, cited files and tests exist; README stays short."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/**/*.md")])
NAMES = [p.relative_to(ROOT).as_posix() for p in PAGES]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
SUFFIXES = "py|yaml|yml|md|json|mcap|tif|xacro|rviz|service|rules|svg|jpg|png|webp|msg|action|txt"
CITED = re.compile(
    rf"(?:[\w.-]+/)+(?:[\w.-]+\.(?:{SUFFIXES})\b)"
    r"|(?:test/)?\b(?:unit|system|integration)/[\w/.]+|\b(?:lupex_rover|benchmarks)/[\w/.]+"
)
# Folders that a cited path may begin in: `landing/codes.py` is below the package.
BASES = ("", "docs", "lupex_rover", "test", "lupex_rover_interfaces")
MADE_BY_A_RUN = re.compile(r"(runs|world|build|models|\.lupex)/|/")  # not in a checkout
CHANGELOG = ROOT / "CHANGELOG.md"  # cites files as they were


def anchors(page):
    """The anchors of a page's headings, as forges make them."""
    found = set()
    for title in re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words.replace("`", "")).replace(" ", "-")
        number = 0
        while (slug if not number else f"{slug}-{number}") in found:
            number += 1
        found.add(slug if not number else f"{slug}-{number}")
    return found


def dead_links(page):
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        full = (page.parent / path).resolve() if path else page
        if not full.exists() or (anchor and anchor not in anchors(full)):
            yield target


def cited_paths(page):
    """Paths of files and tests in code spans of a page."""
    for span in CODE.findall(FENCE.sub("", page.read_text())):
        if re.search(r"[*{<$]|://|^https?", span) or "--" in span:
            continue
        for match in CITED.finditer(span):
            before = span[: match.start()]
            if not before.endswith(("/", ":", "~")) and not MADE_BY_A_RUN.match(match[0]):
                yield match[0].rstrip(".")


def lost(page):
    """What a page cites that is neither in the checkout nor beside the page."""
    places = [*(ROOT / base for base in BASES), page.parent]
    return [c for c in cited_paths(page) if not any((p / c).exists() for p in places)]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_link_is_dead(page):
    assert list(dead_links(page)) == []


@pytest.mark.parametrize("page", [p for p in PAGES if p != CHANGELOG])
def test_cited_files_and_tests_exist(page):
    assert lost(page) == []


def test_the_checks_see_what_is_wrong(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A title, `code`\n[a](#a-title-code) [b](#none) [c](no.md)\n"
        "`landing/codes.py` `landing/none.py` `test/unit/none` `lupex_rover/nowhere/`\n"
        "```\n[d](fenced.md)\n```\n"
    )
    assert list(dead_links(page)) == ["#none", "no.md"]
    wrong = ["landing/none.py", "test/unit/none", "lupex_rover/nowhere/"]
    assert lost(page) == wrong


def test_every_page_is_reached_from_the_first():
    reached, new = set(), {ROOT / "docs" / "index.md"}
    while new:
        page = new.pop()
        reached.add(page)
        for target in LINK.findall(page.read_text()):
            full = (page.parent / target.partition("#")[0]).resolve()
            if full.suffix == ".md" and full.is_file() and full not in reached:
                new.add(full)
    assert [p for p in PAGES if ROOT / "docs" in p.parents and p not in reached] == []


def test_the_readme_is_short():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 120
    assert len(text.split()) <= 1200


def test_the_python_of_the_readme_runs():
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert len(blocks) == 1
    done = subprocess.run(
        [sys.executable, "-c", blocks[0]], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith("60% lit")
    assert done.stdout.splitlines()[-1].endswith("25% lit")
