"""The host stands behind motion for the supervisor while that beats, and for nobody else."""

import os
import time

from lupex_rover.core.constants import NS
from lupex_rover.core.types import MotionLease
from lupex_rover.drivers.lease import LeaseParams, with_supervisor
from lupex_rover.hosts import beats
from lupex_rover.hosts.supervisor_lease import YOUNG_S, SupervisorLease


def test_it_is_renewed_while_the_beat_is_young():
    beat_ns, now_ns = 100 * NS, 0
    lease = SupervisorLease(lambda: beat_ns, lambda: now_ns)
    for age_s, there in ((0.0, True), (YOUNG_S, True), (YOUNG_S + 0.01, False), (-1.0, False)):
        now_ns = beat_ns + round(age_s * NS)
        assert lease.renewed(7) == [MotionLease(7, "supervisor")] * there
    assert SupervisorLease(lambda: None, lambda: now_ns).renewed(7) == []


def test_only_a_process_that_the_beating_one_began_has_a_supervisor(tmp_path, monkeypatch):
    assert SupervisorLease.of_parent(tmp_path) is None  # nobody beats: a launch file, a bench
    own = beats.Beats(beats.file_of(tmp_path, "supervisor"), ())
    assert SupervisorLease.of_parent(tmp_path) is None  # another's, of an earlier run
    monkeypatch.setattr(os, "getppid", os.getpid)
    lease = SupervisorLease.of_parent(tmp_path)
    assert lease is not None and lease.renewed(7) == []  # it has not beaten yet
    own.loop()
    assert lease.renewed(7)
    time.sleep(YOUNG_S + 0.05)
    assert not lease.renewed(7)
    beats.file_of(tmp_path, "supervisor").unlink()
    assert not lease.renewed(7)


def test_a_driver_of_a_supervised_process_needs_it_and_a_bench_still_needs_none():
    assert with_supervisor(LeaseParams()).leases == ("executive", "health", "supervisor")
    assert with_supervisor(with_supervisor(LeaseParams())) == with_supervisor(LeaseParams())
    assert with_supervisor(LeaseParams(leases=())).leases == ()
