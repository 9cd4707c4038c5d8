"""The forge's workflow runs what `.ci/run` runs."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_part_of_ci_stands_in_a_job_of_the_workflow():
    parts = set(re.findall(r"^(\w+)\(\) \{", (ROOT / ".ci/run").read_text(), re.MULTILINE))
    parts -= {"fly", "checks"}  # a step of missions; lint and pages side by side
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    run = {part for line in re.findall(r"\.ci/run (.+)", workflow) for part in line.split()}
    assert parts == run


def test_the_workflow_takes_every_python_that_ros_has_wheels_for():
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    (pythons,) = re.findall(r"python: (\[.+\])", workflow)
    launcher = (ROOT / "lupex").read_text()
    lowest = int(re.search(r"LOWEST, HIGHEST = \(3, (\d+)\)", launcher)[1])
    highest = int(re.search(r"ROS_HIGHEST = \(3, (\d+)\)", launcher)[1])
    assert re.findall(r"3\.\d+", pythons) == [f"3.{k}" for k in range(lowest, highest + 1)]
