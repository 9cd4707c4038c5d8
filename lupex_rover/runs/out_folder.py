"""The folder of `--out`: there, written to by one run at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from lupex_rover.core.errors import UserError

LOCK = ".lock"


@contextlib.contextmanager
def claim(folder: Path, option: str = "--out") -> Iterator[Path]:
    """The folder, made if it is not there, for this process alone until left.

    The lock is the kernel's: it goes with the process, however that ends. Where bad input ends the
    run, what was made here goes again, unless something was written into it.

    Raises
    ------
    UserError
        It is a file, cannot be written, or another run is in it; `option` is named.
    """
    made = [path for path in (folder / LOCK, folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+", encoding="ascii")
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{option} {folder}: is a file; name a folder") from None
    except OSError as error:
        raise UserError(f"{option} {folder}: cannot write there ({error.strerror})") from None
    with lock:
        _take(lock, f"{option} {folder}")
        try:
            yield folder
        except UserError:
            _leave_as_found(made)
            raise


def _take(lock: IO[str], what: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
    except BlockingIOError:
        lock.seek(0)
        raise UserError(
            f"{what}: process {lock.read().strip()} is running in it; name another folder"
        ) from None
    except OSError as error:
        raise UserError(f"{what}: cannot write there ({error.strerror})") from None


def _leave_as_found(made: list[Path]) -> None:
    with contextlib.suppress(OSError):  # something was written there
        for path in made:
            path.unlink() if path.name == LOCK else path.rmdir()
