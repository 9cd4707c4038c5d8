"""What the tests of the examples share: a command of lupex with examples on Python's path."""

import json
import os
import subprocess
import sys
from pathlib import Path

from lupex_rover.bags.bag_reader import AnyBag

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def lupex(*arguments, using=(), timeout_s=300):
    """The finished command; `using` names folders of `examples`."""
    path = [ROOT, *(EXAMPLES / name for name in using), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, "-m", "lupex_rover.cli", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True, text=True, timeout=timeout_s,
    )  # fmt: skip


def json_said(bag, topic):
    """Contents of the JSON messages on `topic`: a CDR string is 4 + 4 bytes, text, NUL."""
    told = (data for channel, data, _ in AnyBag(bag).records() if channel.topic == topic)
    return [json.loads(bytes(data[8:]).rstrip(b"\0")) for data in told]
