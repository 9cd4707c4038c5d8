"""Time is UTC in integer nanoseconds since 1970 (`t_ns`), everywhere."""

from datetime import datetime, timedelta, timezone

from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError

# A time farther in the future than this is wrong: a clock ran ahead, or ours was set back. Assumed;
# clocks that are set are some ms apart.
AHEAD_S = 1.0
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LAST_STAMP_NS = (2**31 - 1) * NS + NS - 1  # builtin_interfaces/Time counts seconds in an int32


def from_iso(text: str, what: str = "time") -> int:
    """Nanoseconds of an ISO 8601 time; a time without an offset is UTC.

    Raises
    ------
    UserError
        If `text` is not a time; the message names `what`.
    """
    try:
        when = datetime.fromisoformat(str(text).strip().upper().replace("Z", "+00:00"))
    except ValueError:
        raise UserError(
            f"{what}: {text!r} is not a UTC time such as 2029-01-01T00:00:00Z"
        ) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    try:
        since = when - EPOCH
    except OverflowError:
        raise UserError(f"{what}: {text!r} is before the first year or after the last") from None
    return (since.days * 86400 + since.seconds) * NS + since.microseconds * 1000


def check_stamp(t_ns: int, what: str = "time") -> int:
    """`t_ns`, which messages and boards can hold: not before 1970, nor after 2038-01-19T03:14:07Z.

    Raises
    ------
    UserError
        Outside of that; the message names `what`.
    """
    if not 0 <= t_ns <= LAST_STAMP_NS:
        try:
            text = to_iso(t_ns)
        except OverflowError:  # no year of the calendar
            text = f"{t_ns} ns"
        raise UserError(
            f"{what}: {text} is outside {to_iso(0)} .. {to_iso(LAST_STAMP_NS)}, the times"
            " that the messages of ROS and the boards can hold"
        )
    return t_ns


def to_datetime(t_ns: int) -> datetime:
    """The same instant as an aware `datetime` (microseconds kept)."""
    return EPOCH + timedelta(microseconds=t_ns // 1000)


def to_iso(t_ns: int) -> str:
    """`2029-01-01T00:00:00.500Z`, milliseconds kept."""
    return to_datetime(t_ns).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told(t_ns: int) -> str:
    """As `to_iso`; of a stamp that is no time, its number."""
    try:
        return to_iso(t_ns)
    except (ValueError, OverflowError, OSError):
        return f"{t_ns} ns"


def seconds(t_ns: int, since_ns: int = 0) -> float:
    """Seconds from `since_ns` to `t_ns`."""
    return (t_ns - since_ns) / NS


def due(t_ns: int, last_ns: int, period_s: float) -> bool:
    """`period_s` is over since `last_ns`, or that lies in the future: time was set back."""
    return not -AHEAD_S <= seconds(t_ns, last_ns) < period_s


def ns(seconds_: float) -> int:
    """A duration in seconds as nanoseconds."""
    return round(seconds_ * NS)
