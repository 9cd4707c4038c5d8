"""Files that come with the package, in the source tree or in the installed share folder; and
files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from lupex_rover.core.errors import UserError


def shipped(tail: str) -> Path:
    """The file or folder `tail`, for instance "config/faults.yaml".

    Raises
    ------
    UserError
        Neither place has it.
    """
    here = Path(__file__).resolve()
    prefixes = [Path(sys.prefix), *here.parents[3:7]]
    places = [here.parents[2] / tail, *(p / "share" / "lupex_rover" / tail for p in prefixes)]
    for place in places:
        if place.exists():
            return place
    raise UserError(f"{tail}: not found; looked beside the package and in share/lupex_rover")


def is_named_pipe(path: Path) -> bool:
    """A pipe in the file system; one that a shell hands over (`<(...)`, `/dev/stdin`) is none."""
    try:
        return Path(path).is_fifo() and not str(path).startswith(("/dev/", "/proc/"))
    except ValueError:  # of a name with NUL
        return False


def read_text(path: Path, most: int = 256_000_000) -> str:
    """The text of a file in UTF-8, UTF-16 or UTF-32, without its byte order mark.

    Parameters
    ----------
    most : int
        Bytes that such a file has at most.

    Raises
    ------
    UserError
        It cannot be read, is larger, or is of another encoding; byte and line are named.
    """
    if is_named_pipe(path):
        raise UserError(f"{path}: is a pipe, which nobody may write to; name a file")
    try:
        with Path(path).open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:  # of a name with NUL
        raise UserError(f"{str(path)!r}: cannot be read ({error})") from None
    if len(raw) > most:
        raise UserError(f"{path}: is larger than {most // 1_000_000} MB, which no such file is")
    encoding = json.detect_encoding(raw)  # by byte order mark, or by where the zeros stand
    try:
        return raw.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        name = encoding.upper().removesuffix("-SIG")
        line = raw.count(b"\n", 0, error.start) + 1
        hint = " (as in Windows-1252 or Latin-1)" if name == "UTF-8" else ""
        raise UserError(
            f"{path}: cannot be read (not {name} at byte {error.start}, line {line}: byte"
            f" 0x{raw[error.start]:02x}{hint}); save it as UTF-8"
        ) from None


def make_folder(path: Path) -> None:
    """The folder and those it lies in, if they are not there.

    Raises
    ------
    UserError
        It is a file, or cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UserError(f"{path}: is a file; name a folder") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be made ({error.strerror})") from None


def write_whole(path: Path, text: str) -> None:
    """Replace `path` in one go: who reads it sees the old one or the new one.

    Raises
    ------
    UserError
        It cannot be written; the old one stays.
    """
    with _replacing(path) as new:
        new.write_text(text, encoding="utf-8")


def copy_whole(source: Path, target: Path) -> None:
    """As `write_whole`, with what stands in `source`; they may be the same file.

    Raises
    ------
    UserError
        `source` cannot be read, `target` not be written.
    """
    try:
        data = source.open("rb")
    except OSError as error:
        raise UserError(f"{source}: cannot be copied ({error.strerror})") from None
    with data, _replacing(target) as new, new.open("wb") as file:
        shutil.copyfileobj(data, file)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when all went well."""
    new = path.with_name(path.name + ".new")
    try:
        yield new
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None
