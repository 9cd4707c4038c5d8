"""Boundaries to code and data of others: whatever fails there fails as that thing, by its name.

    with foreign.boundary(f"picture {path}", "cannot be decoded"):
        pixels = cv2.imdecode(packed, cv2.IMREAD_UNCHANGED)

Why lists of expected classes do not do, and how a mistake of ours is told apart:
docs/decisions/0008-boundaries.md.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from pathlib import Path
from types import TracebackType

from lupex_rover.core.errors import UserError

PACKAGE = "lupex_rover"
HERE = str(Path(__file__).resolve().parent.parent) + "/"
# What a line of code raises that is wrong by itself, whatever the input. Raised by a line of this
# package they are ours; a foreign library that raises them has been given something it cannot take.
MISTAKES = (NameError, AttributeError, TypeError, AssertionError, NotImplementedError, ImportError)
LONGEST = 200  # characters of a reason


class boundary(ContextDecorator):
    """Within it any exception that is not ours becomes `kind`, which names the thing.

    The cause stays chained. Errors of this package, mistakes in its code, KeyboardInterrupt and
    SystemExit pass as they are. Keep the block small: the foreign call alone.

    Parameters
    ----------
    what : str
        Names the thing as a person does: a port, a file, a host.
    failed : str
        What did not work, as "cannot be read".
    cure : str
        What to do about it, where one knows.
    kind : Callable[[str], Exception]
        Class of the error; `Broken` where no input is to blame.
    """

    def __init__(
        self, what: str, failed: str, cure: str = "", kind: Callable[[str], Exception] = UserError
    ) -> None:
        self._what = what
        self._failed = failed
        self._cure = cure
        self._kind = kind

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception) or is_ours(error):
            return
        cure = f"; {self._cure}" if self._cure else ""
        raise self._kind(f"{self._what}: {self._failed} ({reason(error)}){cure}") from error


def is_ours(error: BaseException) -> bool:
    """Is it an error class of this package, or a mistake in a line of it?"""
    if type(error).__module__.split(".")[0] == PACKAGE:
        return True
    return isinstance(error, MISTAKES) and _raised_at(error).startswith(HERE)


def reason(error: BaseException) -> str:
    """What an exception says, in one short line that makes sense without its class."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    text = " ".join(str(error).split())
    if len(text) > LONGEST:
        text = text[:LONGEST] + " ..."
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _raised_at(error: BaseException) -> str:
    """File of the innermost line of Python that the exception left."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename if trace is not None else ""
