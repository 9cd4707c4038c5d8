"""A node out of tree on both hosts, by a key of the scenario alone; and one that is wrong."""

import pytest
from flying import EXAMPLES, json_said, lupex

EXAMPLE = EXAMPLES / "dust_watch"


@pytest.mark.timeout(400)
@pytest.mark.parametrize("host", ["harness", "ros"])
def test_it_flies_beside_the_graph_and_its_topic_is_in_the_bag(flights, host):
    said = json_said(flights(host), "/dust_watch/array")
    assert len(said) >= 3
    assert all(0.0 < m["now_a"] <= m["best_a"] and 0.0 < m["share"] <= 1.0 for m in said)


def test_without_the_package_the_key_is_named(tmp_path):
    told = lupex("mission", "--scenario", EXAMPLE / "scenario.yaml", "--out", tmp_path / "out")
    assert told.returncode == 2
    assert "extra_nodes.dust_watch" in told.stderr and "dust_watch.node:NODE" in told.stderr
    assert "No module named" in told.stderr and "Traceback" not in told.stderr
    assert not (tmp_path / "out" / "mission.mcap").exists()
