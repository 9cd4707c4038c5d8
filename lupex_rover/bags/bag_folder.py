"""The files of a bag's folder: those that lie there, in the order that `metadata.yaml` hints at.

What lies there is read, also renamed, moved, packed or forgotten by `metadata.yaml`. Files of
another name than the bag's own are another bag's.
"""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from lupex_rover.bags import bag_metadata
from lupex_rover.bags.bag_metadata import BagMetadata
from lupex_rover.bags.mcap_parts import MAGIC
from lupex_rover.bags.packing import packing_of, plain_name, unpacked_start
from lupex_rover.core.errors import UserError

SQLITE_MAGIC = b"SQLite format 3\x00"
SUFFIXES = (".mcap", ".db3")
NEW_ONE = "`lupex bag convert` writes a bag whose files fit it"
RUN_BAG = "mission"  # the bag in the folder of a run of ours
SHOWN = 8


@dataclass
class BagFolder:
    """Files to be read and what is odd about them.

    Attributes
    ----------
    ordered : bool
        False where neither `metadata.yaml` nor numbers in their names tell the order.
    """

    path: Path
    files: list[Path] = field(default_factory=list)
    told: BagMetadata = field(default_factory=BagMetadata)
    ordered: bool = True
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def look_into(path: Path, deeper: bool = True) -> BagFolder:
    """The bag in a folder, or in the one folder of it that holds a bag.

    Raises
    ------
    UserError
        There is none, or more than one.
    """
    folder = BagFolder(path)
    has_metadata = _read_metadata(folder)
    there = _candidates(path)
    if not there and not (folder.told.files and _find(path, folder.told.files[0], [])):
        return _inner(folder, deeper)
    if folder.told.files:
        _by_metadata(folder, there)
        return folder
    own = [p for p in there if _series(p.name)[0] == RUN_BAG] or there
    _by_name(folder, own)
    if len(own) < len(there):
        folder.notes.append(_not_read([p for p in there if p not in own]))
    if has_metadata and not folder.problems:
        folder.problems.append(f"metadata.yaml names no files, {_shown(own)} read; {NEW_ONE}")
    elif not has_metadata and (len(own) > 1 or own[0].suffix != ".mcap"):
        folder.notes.append("no metadata.yaml: files taken by name")
    return folder


def _read_metadata(folder: BagFolder) -> bool:
    """Whether there is a `metadata.yaml`, be it broken."""
    path = folder.path / bag_metadata.NAME
    if not path.exists() and not path.is_symlink():
        return False
    try:
        folder.told = bag_metadata.read_metadata(path)
    except UserError as error:
        why = str(error).removeprefix(f"{path}: ")
        folder.problems.append(f"metadata.yaml is broken ({why}): files taken by name; {NEW_ONE}")
    return True


def _candidates(path: Path) -> list[Path]:
    """Files that are named as a bag's; where none is, those that begin as a bag."""
    try:
        files = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    named = [p for p in files if plain_name(p.name).lower().endswith(SUFFIXES)]
    return named or [p for p in files if p.name != bag_metadata.NAME and _begins_as_bag(p)]


def _begins_as_bag(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return False
    if packing := packing_of(start):
        start = unpacked_start(path, packing)[0]
    return start.startswith((MAGIC, SQLITE_MAGIC))


def _by_metadata(folder: BagFolder, there: list[Path]) -> None:
    missing = []
    for name in folder.told.files:
        found = _find(folder.path, name, there)
        if found is None:
            missing.append(_last(name))
        elif found not in folder.files:
            folder.files.append(found)
    files = folder.files
    taken = {plain_name(p.name) for p in files}
    twins = [p for p in there if p not in files and plain_name(p.name) in taken]
    extra = [p for p in there if p not in files and p not in twins]
    if twins:
        folder.notes.append(f"{_shown(twins)}: the same once more, packed or not; not read")
    if missing:
        what = f"there is {_shown(extra)}, which is read, too" if extra else "the others are read"
        folder.problems.append(
            f"metadata.yaml names {', '.join(missing)}, not there; {what}."
            f" Put back what is missing, or go on with what is there: {NEW_ONE}"
        )
    else:
        series = {_series(p.name)[0] for p in files}
        others = [p for p in extra if _series(p.name)[0] not in series]
        extra = [p for p in extra if p not in others]
        if extra:
            folder.notes.append(f"{_shown(extra)}: not in metadata.yaml, of the bag's name; read")
        if others:
            folder.notes.append(_not_read(others))
    if extra:
        _by_name(folder, [*files, *extra])


def _by_name(folder: BagFolder, files: list[Path]) -> None:
    """Files in the order of their numbers, `b_9` before `b_10`; of twins the unpacked one."""
    plain = {p.name for p in files if plain_name(p.name) == p.name}
    twins = [p for p in files if p.name not in plain and plain_name(p.name) in plain]
    if twins:
        folder.notes.append(f"{_shown(twins)}: the same once more, packed; not read")
    folder.files = sorted((p for p in files if p not in twins), key=lambda p: _series(p.name))
    folder.ordered = len({_series(p.name)[0] for p in folder.files}) == 1


def _series(name: str) -> tuple[str, int, str]:
    """What the files of one bag have in common, and the number of this one."""
    stem = plain_name(name).rpartition(".")[0] or name
    found = re.fullmatch(r"(.*?)_?(\d{1,9})", stem)
    return (found[1], int(found[2]), name) if found else (stem, -1, name)


def _find(folder: Path, name: str, there: list[Path]) -> Path | None:
    """The file that a path in `metadata.yaml` means: below the folder, else its last part."""
    last = _last(name)
    if not last:
        return None
    inside = not Path(name).is_absolute() and ".." not in Path(name).parts
    for path in ([folder / name] if inside else []) + [folder / last]:
        if os.path.exists(path):  # and not path.exists(): some names fail there
            return path
    for path in there:
        if plain_name(path.name) == plain_name(last):
            return path
    below = sorted(folder.glob(f"*/{glob.escape(last)}"))
    return below[0] if below else None


def _last(name: str) -> str:
    return re.split(r"[/\\]", name.rstrip("/\\"))[-1].replace("\0", "")


def _inner(folder: BagFolder, deeper: bool) -> BagFolder:
    """The bag in a folder of the folder."""
    path = folder.path
    below = sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
    bags = [p for p in below if (p / bag_metadata.NAME).is_file() or _named_files(p)]
    if len(bags) == 1 and deeper:
        found = look_into(bags[0], deeper=False)
        found.notes.insert(0, f"the bag is in {bags[0].name}/")
        found.problems = folder.problems + found.problems
        return found
    if len(bags) > 1:
        raise UserError(f"{path}: holds {len(bags)} bags, {_shown(bags)}; name one of them")
    names = sorted(p.name for p in path.iterdir())
    what = f"it holds {', '.join(names[:SHOWN])}{' ...' * (len(names) > SHOWN)}"
    if folder.told.files:
        what += f"; metadata.yaml names {', '.join(folder.told.files[:SHOWN])}, not there"
    raise UserError(
        f"{path}: holds no .mcap or .db3 file that can be read; {what if names else 'it is empty'}"
    )


def _named_files(path: Path) -> bool:
    try:
        return any(plain_name(p.name).lower().endswith(SUFFIXES) for p in path.iterdir())
    except OSError:
        return False


def _not_read(files: list[Path]) -> str:
    return f"{_shown(files)}: not the bag's by metadata.yaml or name; not read, name the file"


def _shown(paths: list[Path]) -> str:
    names = [p.name for p in paths]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
