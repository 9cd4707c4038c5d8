"""One flight a host for the examples that only add to a descent: nodes, an instrument, a matcher.

Flown together they also show that additions do not disturb each other.
"""

import pytest
import yaml
from flying import EXAMPLES, lupex

TOGETHER = {
    "harness": ("dosimeter", "dust_watch", "gradient_matcher"),
    "ros": ("dosimeter", "dust_watch"),
}
SHORT = {"max_days": 0.00036}


def joined(first, second):
    """`first` with what `second` adds to it; of a key that both have, sections are joined."""
    both = dict(first)
    for key, value in second.items():
        sections = isinstance(both.get(key), dict) and isinstance(value, dict)
        both[key] = joined(both[key], value) if sections else value
    return both


@pytest.fixture(scope="session")
def flights(tmp_path_factory):
    """The bag of a host's flight, flown when it is first asked for."""
    bags = {}

    def bag(host):
        if host not in bags:
            bags[host] = _fly(host, tmp_path_factory.mktemp(host))
        return bags[host]

    return bag


def _fly(host, folder):
    told = {}
    for name in TOGETHER[host]:
        told = joined(told, yaml.safe_load((EXAMPLES / name / "scenario.yaml").read_text()))
    scenario, out = folder / "short.yaml", folder / "out"
    scenario.write_text(yaml.safe_dump({**told, **SHORT}))
    flown = lupex(
        "mission", "--scenario", scenario, "--seed", 3, "--host", host, "--out", out,
        using=TOGETHER[host],
    )  # fmt: skip
    assert (out / "mission.mcap").exists(), flown.stdout + flown.stderr
    return out / "mission.mcap"
