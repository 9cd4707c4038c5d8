"""One version number, in every file that states it, and metadata that say the same."""

import re
from pathlib import Path
from xml.etree import ElementTree

import lupex_rover

ROOT = Path(__file__).parents[3]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def found(pattern, name):
    match = re.search(pattern, text(name), re.M)
    assert match, f"{name}: no version"
    return match[1]


def test_the_version_is_the_same_everywhere():
    versions = {
        "pyproject.toml": found(r'^version = "(.*)"$', "pyproject.toml"),
        "lupex_rover": lupex_rover.__version__,
        "CITATION.cff": found(r"^version: (\S+)$", "CITATION.cff"),
        "CHANGELOG.md": found(r"^## (\d+\.\d+\.\d+)", "CHANGELOG.md"),
    }
    for name in ("package.xml", "lupex_rover_interfaces/package.xml"):
        versions[name] = ElementTree.fromstring(text(name)).findtext("version")
    assert len(set(versions.values())) == 1, versions


def test_licence_and_maintainers_are_the_same_everywhere():
    for name in ("package.xml", "lupex_rover_interfaces/package.xml"):
        package = ElementTree.fromstring(text(name))
        assert package.findtext("license") == "Apache-2.0"
        assert package.findtext("maintainer") == "lupex_rover maintainers"
    assert 'license="Apache-2.0"' in text("setup.py")
    assert "license: Apache-2.0" in text("CITATION.cff")
    assert 'name = "lupex_rover maintainers"' in text("pyproject.toml")
    assert "lupex_rover maintainers" in text("CITATION.cff")
