"""Source of the site, foreign assets, server; the whole build is `./lupex docs --check`."""

import threading
import urllib.request

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.manual import site, source
from lupex_rover.manual.tables import ROOT


@pytest.fixture
def docs():
    return ROOT / "docs"


def test_links_out_of_the_pages_go_to_copies(docs, tmp_path):
    source.write(docs, tmp_path)
    page = (tmp_path / "subsystems/drill.md").read_text()
    assert "(../files/lupex_rover/drill/phases.py)" in page
    copy = tmp_path / "files/lupex_rover/drill/phases.py"
    assert copy.read_bytes() == (ROOT / "lupex_rover/drill/phases.py").read_bytes()


def test_the_contents_hold_every_page_and_the_api(docs, tmp_path):
    source.write(docs, tmp_path)
    index = (tmp_path / "index.md").read_text()
    assert ":caption: Subsystems" in index and "\napi/index\n" in index
    assert "automodule:: lupex_rover.drill.phases" in (tmp_path / "api/drill.rst").read_text()


def test_a_page_that_is_not_listed_stands_beside_those_of_its_folder(tmp_path):
    docs = tmp_path / "docs"
    (docs / "how-to").mkdir(parents=True)
    (docs / "index.md").write_text("# Start\n\n## How-to\n\n- [a](how-to/a.md)\n")
    for name in ("how-to/a", "how-to/b", "lone"):
        (docs / f"{name}.md").write_text("# A page\n")
    source.write(docs, tmp_path / "out")
    index = (tmp_path / "out/index.md").read_text()
    assert ":caption: How-to\n\nhow-to/a\nhow-to/b\n" in index
    assert ":caption: More\n\nlone\n" in index


def test_what_did_not_change_is_not_written_again(docs, tmp_path):
    source.write(docs, tmp_path)
    (tmp_path / "gone.md").write_text("left over")
    before = (tmp_path / "concepts.md").stat().st_mtime_ns
    source.write(docs, tmp_path)
    assert (tmp_path / "concepts.md").stat().st_mtime_ns == before
    assert not (tmp_path / "gone.md").exists()


def test_a_link_to_no_file_is_refused(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("[a](none.md)")
    with pytest.raises(UserError, match=r"none\.md"):
        source.write(tmp_path / "docs", tmp_path / "out")


def test_assets_of_other_hosts_are_seen(tmp_path):
    (tmp_path / "a.html").write_text('<script src="https://cdn.example.org/a.js"></script>')
    (tmp_path / "b.css").write_text("@font-face {src: url(//fonts.example.org/a.woff)}")
    (tmp_path / "c.html").write_text('<a href="https://example.org">x</a><img src="a.png">')
    assert [line.split(":")[0] for line in site.foreign_assets(tmp_path)] == ["a.html", "b.css"]


def test_the_site_is_served_on_loopback(tmp_path):
    (tmp_path / "index.html").write_text("here")
    said = []
    ready = threading.Event()

    def say(line):
        said.append(line)
        ready.set()

    threading.Thread(target=site.serve, args=(tmp_path, 0, say), daemon=True).start()
    assert ready.wait(10)
    address = said[0].split()[0]
    assert address.startswith("http://127.0.0.1:")
    assert urllib.request.urlopen(address, timeout=10).read() == b"here"


def test_a_port_that_cannot_be_had_is_refused(tmp_path):
    with pytest.raises(UserError, match="--port 70000"):
        site.serve(tmp_path, 70000)
