"""Yaml and json files: what stands in them is read alike everywhere, what is wrong is named."""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from lupex_rover.core import params
from lupex_rover.core.config_file import read_json, read_yaml, to_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param

ROOT = Path(__file__).parents[3]
# Text that is no file: a message's bytes, a line of a pipe.
NO_FILES = {
    "codec/conversion.py",
    "codec/standard_types.py",
    "core/config_file.py",
    "hosts/ros/store.py",
    "runs/child_processes.py",
    "runs/replay_machines.py",  # what a child printed
}


def written(tmp_path, text, name="x.yaml"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3), ("1E3", 1000.0), ("1.e2", 100.0), (".5", 0.5), ("-.5", -0.5),
        ("+3", 3), ("0x1F", 31), ("0o17", 15), ("0", 0), ("-0", 0), ("12", 12),
        (".inf", math.inf), ("-.Inf", -math.inf), ("007.5", 7.5),
        ("true", True), ("False", False), ("~", None), ("null", None), ("", None),
        # texts: neither YAML 1.2 nor ROS takes them for numbers, dates are none in YAML 1.2
        ("1_000", "1_000"), ("1:30", "1:30"), ("2029-01-01", "2029-01-01"), ("'3'", "3"),
        ("yes", "yes"), ("off", "off"), ("1.2.3", "1.2.3"), ("0x", "0x"), ("1e", "1e"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(tmp_path, text, value):
    got = read_yaml(written(tmp_path, f"a: {text}\n"))["a"]
    assert got == value and type(got) is type(value)


def test_nan_is_a_number_that_a_field_refuses(tmp_path):
    assert math.isnan(read_yaml(written(tmp_path, "a: .nan"))["a"])


@pytest.mark.parametrize("text", ["010", "-007"])
def test_a_leading_zero_means_two_things_and_is_refused(tmp_path, text):
    with pytest.raises(UserError, match=rf"x\.yaml.*line 2.*{text} is .*leading zeros"):
        read_yaml(written(tmp_path, f"b: 1\na: {text}\n"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", r"line 3 \(key 'a' stands twice, first in line 1\)"),
        ("s:\n  n: 1\n  n: 1\n", r"line 3 \(key 'n' stands twice, first in line 2\)"),
        ("1: a\n", "line 1 .*key 1 is not a text"),
        ("a: b: c\n", r"line 1 \(mapping values are not allowed here\)"),
        ("a: 1\nb: [1,\n", "not valid yaml at line 3"),
        ("a: 1\n---\nb: 2\n", "not valid yaml"),
        ("a: !!python/object:os.system x\n", "not valid yaml at line 1"),
        ("[1, 2]\n", "top level must be keys and values"),
        ("a: " + "[" * 5000, "not valid yaml"),
        (b"a: \xff\n", "not UTF-8 at byte 3"),
        ("a: 1\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_wrong_with_yaml_is_named(tmp_path, text, words):
    with pytest.raises(UserError, match=rf"x\.yaml: .*{words}"):
        read_yaml(written(tmp_path, text))


def test_a_byte_order_mark_is_passed_over(tmp_path):
    assert read_yaml(written(tmp_path, b"\xef\xbb\xbfa: 1\n")) == {"a": 1}
    assert read_json(written(tmp_path, b'\xef\xbb\xbf{"a": 1}', "x.json")) == {"a": 1}


def test_a_merged_section_may_be_overridden(tmp_path):
    text = "base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\n"
    assert read_yaml(written(tmp_path, text))["mine"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "key 'a' stands twice"),
        ('{"a": {"b": 1, "b": 2}}', "key 'b' stands twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{\n"a": 1,\n}', "not valid json at line 3"),
        ("[1]", "top level must be keys and values"),
        ("", "not valid json at line 1"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_wrong_with_json_is_named(tmp_path, text, words):
    with pytest.raises(UserError, match=rf"x\.json: .*{words}"):
        read_json(written(tmp_path, text, "x.json"))


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_a_missing_file_is_named(tmp_path, read):
    with pytest.raises(UserError, match="absent: cannot be read"):
        read(tmp_path / "absent")


def test_what_is_written_is_read_back_by_this_and_other_readers(tmp_path):
    values = {"a": ["1e-3", "010", "yes", "2029-01-01", "~", "0x1f", "1_000", "1:30", "", "<<"],
              "b": [1e-3, 1e-7, 0.5, 10, True, None, 1e300],
              "c": {"d": "é\n# no comment"}}  # fmt: skip
    text = to_yaml(values)
    assert read_yaml(written(tmp_path, text)) == values == yaml.safe_load(text)


def test_an_unknown_key_is_told_with_its_line_and_the_nearest_one(tmp_path):
    values = read_yaml(written(tmp_path, "seed: 1\nlandng: {}\n"))
    with pytest.raises(UserError, match=r"unknown key 'landng' \(line 2\); did you mean 'landing'"):
        params.load(_Sections, values, "f.yaml")


def test_a_wrong_value_is_told_with_its_line(tmp_path):
    values = read_yaml(written(tmp_path, "landing:\n  altitude_m: 5\n  sink_mps: 1_0\n"))
    words = r"f\.yaml\.landing\.sink_mps: expected float, found '1_0'; give a number \(line 3\)"
    with pytest.raises(UserError, match=words):
        params.load(_Sections, values, "f.yaml")


def test_no_other_code_reads_yaml_or_json():
    calls = re.compile(r"\b(yaml\.(safe_)?load|json\.loads?|yaml\.(safe_)?dump)\(")
    root = ROOT / "lupex_rover"
    found = {p.relative_to(root).as_posix() for p in root.rglob("*.py")
             if calls.search(p.read_text(encoding="utf-8"))}  # fmt: skip
    assert found == NO_FILES


@dataclass(frozen=True)
class _Landing:
    altitude_m: float = param(1.0, "altitude")
    sink_mps: float = param(1.0, "sink rate")


@dataclass(frozen=True)
class _Sections:
    seed: int = param(1, "seed")
    landing: _Landing = field(default_factory=_Landing)
