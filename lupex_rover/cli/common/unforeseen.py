"""What nobody foresaw, at the top of the command line: one line, and a file with the traceback."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lupex_rover.core.foreign import reason

LONGEST = 120  # characters of the command in the line


def debugging() -> bool:
    """Does the user ask for tracebacks?"""
    return os.environ.get("LUPEX_DEBUG", "0") not in ("", "0")


@contextmanager
def silent_callbacks() -> Iterator[None]:
    """Nothing is printed of what a library's callback or destructor raises: nobody can catch it.

    Cython prints it by both hooks of Python, with a traceback.
    """
    hooks = sys.excepthook, sys.unraisablehook
    sys.excepthook, sys.unraisablehook = _say_nothing, _say_nothing
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook = hooks


def _say_nothing(*_: object) -> None:
    pass


def told(error: Exception, arguments: list[str]) -> str:
    """The line: what was done, what happened, where the traceback is."""
    command = " ".join(shlex.join(["lupex", *arguments]).split())
    if len(command) > LONGEST:
        command = command[:LONGEST] + " ..."
    text = f"`{command}` broke on what nobody foresaw ({reason(error)})"
    try:
        log = _log(error, arguments)
    except OSError:
        return f"{text}; LUPEX_DEBUG=1 shows where"
    return f"{text}; please report it with {log}"


def _log(error: Exception, arguments: list[str]) -> Path:
    """Write the traceback to a new file; its path."""
    scratch = os.environ.get("LUPEX_SCRATCH")
    folder = Path(scratch or tempfile.gettempdir()) / ("log" if scratch else "lupex-log")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError
    except OSError:
        folder = Path(tempfile.gettempdir())
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    number, name = tempfile.mkstemp(".txt", f"error-{stamp}-", folder)
    with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{shlex.join(['lupex', *arguments])}\nin {Path.cwd()}\n\n")
        file.writelines(traceback.format_exception(error))
    return Path(name)
