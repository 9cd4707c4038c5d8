"""Time: ISO text against Python's own calendar, integer nanoseconds without loss."""

from datetime import datetime, timezone

import pytest

from lupex_rover.codec.conversion import encode
from lupex_rover.core import time
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import Clock


def test_iso_and_nanoseconds_agree_with_the_calendar():
    t = time.from_iso("2029-01-01T00:00:00.5Z")
    assert t == int(datetime(2029, 1, 1, tzinfo=timezone.utc).timestamp()) * 10**9 + 500_000_000
    assert time.to_iso(t) == "2029-01-01T00:00:00.500Z"
    assert time.from_iso("2029-01-01T09:00:00.5+09:00") == t
    assert time.from_iso("2029-01-01T00:00:00.5") == t
    assert time.from_iso(" 2029-01-01t00:00:00.5z ") == t


def test_what_is_no_time_is_refused_with_its_name():
    with pytest.raises(UserError, match="--utc: 'yesterday'"):
        time.from_iso("yesterday", "--utc")


def test_what_no_ros_stamp_holds_is_refused_by_name():
    last = time.from_iso("2038-01-19T03:14:07Z")
    assert time.check_stamp(last, "t") == last
    assert len(encode("/clock", Clock(last))) == 12
    for text in ("2038-01-19T03:14:08Z", "1969-12-31T23:59:59Z"):
        with pytest.raises(UserError, match=f"when: {text[:19]}"):
            time.check_stamp(time.from_iso(text), "when")
    with pytest.raises(UserError, match="when: 10{30} ns"):
        time.check_stamp(10**30, "when")
