"""Rasters in files that GDAL reads: opened, read and, where something fails, named.

What a band means is told by `terrain.raster_bands`; here is how its pixels are fetched. Every error
of rasterio, GDAL or PROJ becomes a `UserError` that names the file.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio

from lupex_rover.core.errors import UserError

LABELS = (".lbl", ".LBL", ".lblx", ".LBLX", ".xml", ".XML")
BARE = (".img", ".raw", ".dat", ".bin", ".qub")  # pixels that only a label explains
# Whatever the user's environment says: half cells of points are minded, files beside one are seen.
SETTINGS = {"GTIFF_POINT_GEO_IGNORE": "NO", "GDAL_DISABLE_READDIR_ON_OPEN": "NO"}
PROJ_VARIABLES = ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA")


@contextmanager
def named(path: Path, failed: str) -> Iterator[None]:
    """Whatever GDAL, PROJ or rasterio throws within is told as a failure of the file at `path`.

    Raises
    ------
    UserError
        `path`, what `failed`, and the first cause.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # their classes have no common base, and memory may run out
        raise UserError(f"{path}: {failed} ({reason(error)}){_proj_cure(error)}") from None


def reason(error: BaseException) -> str:
    """The first line of the cause at the bottom of a chain of errors."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]


def _proj_cure(error: BaseException) -> str:
    """What to do about a database of PROJ that is another installation's; empty where it is not."""
    text = f"{error} {reason(error)}"
    if "PROJ" not in text and "proj.db" not in text:
        return ""
    told = [f"{name}={os.environ[name]}" for name in PROJ_VARIABLES if name in os.environ]
    if not told:
        return "; PROJ's database is not the one that rasterio brings"
    return f"; {', '.join(told)} is of another installation: unset it"


@contextmanager
def opened(path: Path, what: str, tell: bool = True) -> Iterator[Any]:
    """The open file at `path`; where it holds bare pixels, by the label beside it.

    Parameters
    ----------
    what : what the file should be, as "a map"; for the error's text.
    tell : say it where a label is used.

    Raises
    ------
    UserError
        Not a raster that GDAL reads.
    """
    with warnings.catch_warnings(), rasterio.Env(**SETTINGS):
        warnings.simplefilter("ignore")  # what rasterio warns of is judged here
        logging.getLogger("rasterio").setLevel(logging.CRITICAL)  # its errors are raised as well
        source = _open(path, what)
        if tell and not _same(Path(source.name), path):
            logging.getLogger(__name__).warning("%s: read by its label %s", path, source.name)
        try:
            yield source
        finally:
            with named(path, "cannot be closed"):
                source.close()


def _open(path: Path, what: str) -> Any:
    try:
        source = rasterio.open(path)
    except Exception as error:
        return _by_label(path, what, error)
    label = _telling_label(path, source)
    if label is None:
        return source
    source.close()
    return label


def _by_label(path: Path, what: str, error: Exception) -> Any:
    """The pixels at `path`, which are no raster alone, by a label beside them."""
    why = reason(error)
    tried = []
    for label in _labels(path):
        try:
            source = rasterio.open(label)
        except Exception as fault:
            tried.append(f"{label}: {reason(fault)}")
            continue
        if _tells_of(source, path):
            return source
        source.close()
    cure = _proj_cure(error)
    if tried:
        cure = f"; nor can the label beside it be read ({'; '.join(tried)})"
    elif path.suffix.lower() in BARE:
        cure = f"; give its label, which is not beside it ({path.stem}.LBL or .xml)"
    elif path.suffix in LABELS:
        cure = "; the file of pixels that this label names must be beside it"
    raise UserError(f"{path}: is not {what} that can be read; GDAL: {why}{cure}") from None


def _telling_label(path: Path, source: Any) -> Any:
    """The same pixels by a label beside them that gives a scale that the file does not have."""
    own = source.count > 0 and (source.scales[0], source.offsets[0]) != (1.0, 0.0)
    if own or source.driver in ("PDS", "PDS4", "ISIS3", "ISIS2", "VICAR"):
        return None
    for label in _labels(path):
        try:
            told = rasterio.open(label)
        except Exception:
            continue
        same = (told.width, told.height) == (source.width, source.height)
        scaled = told.count > 0 and (told.scales[0], told.offsets[0]) != (1.0, 0.0)
        if same and scaled and _tells_of(told, path):
            return told
        told.close()
    return None


def _labels(path: Path) -> list[Path]:
    """Files beside `path` that are named as its label would be."""
    names = [path.with_suffix(end) for end in LABELS]
    names += [path.with_name(path.name + end) for end in LABELS]
    found = [p for p in names if p != path and p.is_file()]
    return list({(p.stat().st_dev, p.stat().st_ino): p for p in found}.values())


def _tells_of(source: Any, path: Path) -> bool:
    return any(_same(Path(f), path) for f in source.files)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)
