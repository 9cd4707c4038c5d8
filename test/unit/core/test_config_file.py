"""Yaml and json files: what stands in them is read alike everywhere, what is wrong is named."""

import math
import os
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
    "core/yaml_loader.py",
    "hosts/ros/store.py",
    "hosts/state_file.py",  # states, with a checksum over their text
    "runs/child_processes.py",
    "runs/replay_machines.py",  # what a child printed
    "runs/run_logs.py",  # a line for each process that ended, as far as it is whole
    "../benchmarks/inputs/bench_inputs.py",  # the same
    "simulator/kept_world.py",  # the plan as its file has it
    "simulator/world_journal.py",  # snapshots, with a checksum over their text
    "terrain/raster_probe.py",  # what a child printed
    "terrain/raster_bands.py",  # a label that GDAL hands over as json
}


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + k)}: &{chr(98 + k)} [{', '.join(['*' + chr(97 + k)] * 9)}]\n" for k in range(12)
)


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
        ("+.5", 0.5), ("-0x10", -16), ("0x1p3", 8.0), ("+.inf", math.inf), ("inf", math.inf),
        ("0x1p9999", math.inf), ("1e999", math.inf),
        ("true", True), ("False", False), ("~", None), ("null", None), ("", None),
        # texts: neither YAML 1.2 nor ROS takes them for numbers, dates are none in YAML 1.2
        ("1_000", "1_000"), ("1:30", "1:30"), ("2029-01-01", "2029-01-01"), ("'3'", "3"),
        ("yes", True), ("off", False), ("y", True), ("'yes'", "yes"),
        ("1.2.3", "1.2.3"), ("0x", "0x"), ("1e", "1e"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2_and_of_ros(tmp_path, text, value):
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
        ("a: 1\n---\nb: 2\n", "line 2 .*second document"),
        ("b: 1\na: !!python/object:os.system x\n", "line 2 .*tag !!python/object:os.system"),
        ("%YAML:1.0\n---\na: 1\n", "line 1 .*OpenCV's FileStorage"),
        ("a: !!binary aGk=\n", "line 1 .*tag !!binary is not read"),
        ("a: !!int x\n", "line 1 .*'x' is no whole number"),
        ("a: !!float 0o17\n", "line 1 .*0o17 is no number"),
        ("a: !!map x\n", "line 1 .*expected keys and values"),
        ("a:\n\t- 1\n", "line 2 .*tab stands where spaces"),
        ("a: 1\nb: \x01\n", "line 2 .*U\\+0001"),
        ('a: "\\ud800"\n', "line 1 .*half of a character"),
        ('a: "\\0"\n', "line 1 .*NUL"),
        ('"\\0": 1\n', "line 1 .*NUL"),
        ('a: "\\UFFFFFFFF"\n', "not valid yaml"),
        ("a: " + "9" * 5000, "line 1 .*too many digits"),
        ("? [a]\n: b\n", "line 1 .*is not a text"),
        ('on: 1\n"on": 2\n', "line 2 .*key 'on' stands twice, first in line 1"),
        ("a: &a {x: 1}\n<<: *a\n<<: *a\n", "line 3 .*'<<' stands twice, first in line 2"),
        ("a: {<<: {x: 1, x: 2}}\n", "line 1 .*'x' stands twice"),
        ("a: &a [*a]\n", "line 1 .*within what it repeats"),
        ("a: &a {b: *a}\n", "line 1 .*within what it repeats"),
        (LAUGHS, "aliases repeat more than"),
        (LAUGHS.replace("[", "{<<: [").replace("]", "]}"), "aliases repeat more than"),
        (
            "a0: &a0 [1]\n" + "".join(f"a{k + 1}: &a{k + 1} [*a{k}]\n" for k in range(300)),
            "nested too deep",
        ),
        ("[1, 2]\n", "top level must be keys and values"),
        ("a: " + "[" * 5000, "nested too deep"),
        (b"b: 1\na: \xe9\n", "not UTF-8 at byte 8, line 2: byte 0xe9 .*save it as UTF-8"),
        (b"\xff\xfea", "not UTF-16 at byte 2"),
        (b"#" * 8_000_001, "larger than 8 MB"),
    ],
)
def test_what_is_wrong_with_yaml_is_named(tmp_path, text, words):
    with pytest.raises(UserError, match=rf"x\.yaml: .*{words}"):
        read_yaml(written(tmp_path, text))


def test_a_byte_order_mark_is_passed_over(tmp_path):
    assert read_yaml(written(tmp_path, b"\xef\xbb\xbfa: 1\n")) == {"a": 1}
    assert read_json(written(tmp_path, b'\xef\xbb\xbf{"a": 1}', "x.json")) == {"a": 1}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_every_encoding_of_unicode_is_read(tmp_path, encoding):
    assert read_yaml(written(tmp_path, "a: é\n".encode(encoding))) == {"a": "é"}
    assert read_json(written(tmp_path, '{"a": "é"}'.encode(encoding), "x.json")) == {"a": "é"}


def test_a_key_is_a_text_even_where_a_value_would_be_truth(tmp_path):
    assert read_yaml(written(tmp_path, "on: 1\ny: 2\ntrue: 3\n")) == {"on": 1, "y": 2, "true": 3}


def test_a_section_that_is_merged_twice_keeps_its_own_keys(tmp_path):
    text = "d: &d\n  <<: &a {x: 1}\n  x: 4\ne: {<<: *d, y: 2}\nf: *a\n"
    got = read_yaml(written(tmp_path, text))
    assert got == {"d": {"x": 4}, "e": {"x": 4, "y": 2}, "f": {"x": 1}}
    assert got == yaml.safe_load(text)


def test_a_merged_section_may_be_overridden(tmp_path):
    text = "base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\n"
    assert read_yaml(written(tmp_path, text))["mine"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n "a": 2}', "key 'a' stands twice, in lines 1 and 2"),
        (
            '{"q": "{\\"", "a": [{"b": 1}, {"b": 1,\n\n"\\u0062": 2}]}',
            "key 'b' stands twice, in lines 1 and 3",
        ),
        ('{"a": 1e999}', "1e999 is too large"),
        ('{"a": "\\ud800"}', "half of a character"),
        ('{"a\\u0000": 1}', "NUL"),
        ('{"a": ' + "9" * 5000 + "}", "too many digits"),
        ('{"a": ' + "[" * 41 + "]" * 41 + "}", "nested too deep, more than 40"),
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
    values = {"a": ["1e-3", "010", "yes", "y", "No", "inf", "nan", "0x1p3", "2029-01-01",
                    "~", "0x1f", "1_000", "1:30", "", "<<"],
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
    files = [*root.rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    found = {os.path.relpath(p, root) for p in files if calls.search(p.read_text(encoding="utf-8"))}
    assert found == NO_FILES


@dataclass(frozen=True)
class _Landing:
    altitude_m: float = param(1.0, "altitude")
    sink_mps: float = param(1.0, "sink rate")


@dataclass(frozen=True)
class _Sections:
    seed: int = param(1, "seed")
    landing: _Landing = field(default_factory=_Landing)
