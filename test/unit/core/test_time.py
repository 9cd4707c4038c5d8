"""Time: ISO text against Python's own calendar, integer nanoseconds without loss."""

from datetime import datetime, timezone

import pytest

from lupex_rover.core import time
from lupex_rover.core.errors import UserError


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
