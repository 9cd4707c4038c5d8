"""Yaml and json as people have them: what our reader takes, what its peers take from the same."""

import json
import math
import os
from pathlib import Path

import pytest
import yaml

from lupex_rover.core.config_file import read_json, read_yaml
from lupex_rover.core.errors import UserError

# Scalars that ROS 2 reads: ours is the same value, of the same kind.
AS_ROS = (
    "1e3", "1E3", "1.0e+3", ".5", "-.5", "+.5", "5.", "1.e2", "0x10", "-0x10", "0XfF", "+3", "-0",
    "0", "007.5", "0x1p3", ".inf", "-.inf", "+.inf", ".NaN", "inf", "nan", "true", "True", "FALSE",
    "yes", "No", "on", "OFF", "y", "n", "1_000", "1:30", "1:30:00", "2029-01-01", "1.2.3", "0x",
    "1e", "'yes'", '"1e3"', "'010'", "12abc", "1,000", "9223372036854775807", "text", "0b11",
)  # fmt: skip
# What YAML 1.1 (PyYAML), YAML 1.2 and ROS 2 read as different values: refused, never guessed.
REFUSED = ("010", "-007", "08")


def ours(tmp_path, text):
    path = tmp_path / "p.yaml"
    path.write_text(f"a: {text}\n")
    return read_yaml(path)["a"]


def same(one, other):
    return type(one) is type(other) and (one == other or one != one and other != other)


def test_cases_scalars_are_those_of_the_reader_of_ros_parameters(tmp_path):
    rclpy = pytest.importorskip("rclpy")
    from rclpy.node import Node

    lines = [f"    k{number}: {text}" for number, text in enumerate(AS_ROS)]
    path = tmp_path / "ros.yaml"
    path.write_text("\n".join(["/**:", "  ros__parameters:", *lines, ""]))
    context = rclpy.Context()
    rclpy.init(args=["--ros-args", "--params-file", str(path)], context=context)
    try:
        node = Node("scalars", context=context, enable_rosout=False, start_parameter_services=False,
                    automatically_declare_parameters_from_overrides=True)  # fmt: skip
        theirs = {text: node.get_parameter(f"k{k}").value for k, text in enumerate(AS_ROS)}
        node.destroy_node()
    finally:
        rclpy.shutdown(context=context)
    differ = {t: (ours(tmp_path, t), theirs[t]) for t in AS_ROS
              if not same(ours(tmp_path, t), theirs[t])}  # fmt: skip
    assert differ == {}
    assert sum(isinstance(v, float) for v in theirs.values()) > 10  # the peer has read numbers


@pytest.mark.parametrize("text", REFUSED)
def test_cases_what_readers_take_for_different_values_is_refused(tmp_path, text):
    with pytest.raises(UserError, match="leave out the leading zeros"):
        ours(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "base: &b {x: 1, y: [1, 2]}\nmine: {<<: *b, y: 3}\nagain: *b\n",
        "a: |\n  two\n  lines\nb: >-\n  folded\n  text\n",
        "a: [1, 2.5, {b: c}]\n# a comment\nb: 'it''s'\n",
        'a: "\\u00e9\\x41"\n"quoted key": ~\n',
        "a:\n- 1\n- b: 2\n  c: 3\n",
        "---\na: 1\n...\n",
        "%YAML 1.1\n---\na: 1\n",
    ],
)
def test_cases_what_pyyaml_reads_right_is_read_alike(tmp_path, text):
    path = tmp_path / "p.yaml"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_bytes(text.encode(encoding))
        assert read_yaml(path) == yaml.safe_load(path.read_bytes())


@pytest.mark.parametrize(
    "text", ['{"a": [1, -2.5e-3, true, null, "\\ud83d\\ude00", {"b": "\\n"}]}', ' {"é": {}} \n']
)
def test_cases_what_python_reads_as_json_is_read_alike(tmp_path, text):
    path = tmp_path / "p.json"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"):
        path.write_bytes(text.encode(encoding))
        assert read_json(path) == json.loads(path.read_bytes()) == json.loads(text)


def test_cases_a_number_of_no_size_is_left_to_its_field(tmp_path):
    assert math.isinf(ours(tmp_path, "1e400"))  # ROS 2 makes a text of it


def test_cases_a_pipe_that_nobody_writes_to_is_refused_and_one_of_a_shell_is_read(tmp_path):
    os.mkfifo(tmp_path / "p.yaml")
    with pytest.raises(UserError, match=r"p\.yaml: is a pipe"):
        read_yaml(tmp_path / "p.yaml")
    out, into = os.pipe()
    os.write(into, b"a: 1\n")
    os.close(into)
    assert read_yaml(Path(f"/dev/fd/{out}"))["a"] == 1
    os.close(out)
