"""A campaign's workers on this machine: over pipes, one that dies costs its own flight."""

from worker_cases import sockets, work

from lupex_rover.runs.local_workers import ended


def test_each_item_ends_once_whatever_becomes_of_its_worker_and_nobody_listens():
    before = sockets()
    told = dict(ended(work, ["a", "die", "fail", "b"], workers=1))
    assert told["a"] == ("a", 0) and told["b"] == ("b", 0) and sockets() == before
    assert str(told["fail"]) == "a wheel" and "worker died" in str(told["die"])
