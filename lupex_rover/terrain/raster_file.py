"""Rasters in files that GDAL reads: opened, read and, where something fails, named.

What a band means is told by `terrain.raster_bands`; here is how its pixels are fetched. Every error
of rasterio, GDAL or PROJ becomes a `UserError` that names the file.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from lupex_rover.core.errors import UserError
from lupex_rover.terrain import raster_probe

GDAL_ERRORS = (RasterioError, CPLE_BaseError)  # of no common base
LABELS = (".lbl", ".lblx", ".xml")
BARE = (".img", ".raw", ".dat", ".bin", ".qub")  # pixels that only a label explains
LABEL_DRIVERS = ("PDS", "PDS4", "ISIS3", "ISIS2", "VICAR")  # these mind the label themselves
# Formats that are read here; those of `raster_probe` are, too. None of them looks into the web.
PLAIN = (
    "GTiff", "COG", "PNG", "JPEG", "JP2OpenJPEG", "BMP", "GIF", "BIGGIF", "PNM", "WEBP", "SGI",
    "TGA", "PDS", "PDS4", "ISIS3", "ISIS2", "VICAR", "HFA", "ENVI", "EHdr", "GenBin", "ERS",
    "RST", "SAGA", "AAIGrid", "GRASSASCIIGrid", "AIG", "GSAG", "GSBG", "GS7BG", "XYZ", "ZMap",
    "BT", "GTX", "DTED", "SRTMHGT", "USGSDEM", "Leveller", "Terragen", "ILWIS", "PCRaster", "R",
    "RRASTER", "RMF", "MFF", "MFF2", "LAN", "ELAS", "PAux", "NDF", "ISCE", "ROI_PAC", "SNODAS",
    "KRO", "GXF", "HF2", "XPM",
)  # fmt: skip
MOST_LABEL = 1_000_000  # bytes of a label that are looked at
SMALL_CELLS, MOST_PACKED = 4_000_000, 1000  # cells; and how many a byte can hold, as of deflate
SCALE_NAMES, OFFSET_NAMES = ("SCALING_FACTOR", "scaling_factor"), ("OFFSET", "value_offset")
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
        raise _failure(path, failed, error) from None


def _failure(path: Path, failed: str, error: BaseException) -> UserError:
    return UserError(f"{path}: {failed} ({reason(error)}){_proj_cure(error)}")


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
    what : str
        What the file should be, as "a map"; for the error's text.
    tell : bool
        Say it where a label is used.

    Raises
    ------
    UserError
        Not a raster that GDAL reads.
    """
    with warnings.catch_warnings(), _quiet(), rasterio.Env(**SETTINGS):
        warnings.simplefilter("ignore")  # what rasterio warns of is judged here
        with _no_lines_of_c():
            source = _open(path, what)
            _read_grid(source)
        if tell and not _same(Path(source.name), path):
            logging.getLogger(__name__).warning("%s: read by its label %s", path, source.name)
        try:
            yield source
        except GDAL_ERRORS as error:
            raise _failure(path, f"is not {what} that can be read", error) from None
        finally:
            with named(path, "cannot be closed"):
                source.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """No lines of rasterio's own: its errors are raised as well, or it cannot decode their text."""
    logger = logging.getLogger("rasterio")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    hooks = sys.unraisablehook, sys.excepthook
    sys.unraisablehook, sys.excepthook = lambda _: None, lambda *_: None
    try:
        yield
    finally:
        sys.unraisablehook, sys.excepthook = hooks
        logger.setLevel(level)


@contextmanager
def _no_lines_of_c() -> Iterator[None]:
    """What libraries of C print past every handler, as libgeotiff does of torn keys, is dropped."""
    try:
        kept = os.dup(2)
    except OSError:  # closed, as of a daemon: nothing can be printed
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def _read_grid(source: Any) -> None:
    """Make rasterio read the grid, which it keeps; what fails is told when it is asked for."""
    with suppress(Exception):
        _ = source.crs


def check_size(source: Any, path: Path, cells: int, most: int, cut: str) -> None:
    """Refuse a raster too large to be read, or larger than its file can hold.

    Parameters
    ----------
    cells : int
        To be read; at most `most`.
    cut : str
        Option of gdal_translate that cuts a part out.

    Raises
    ------
    UserError
        As said.
    """
    if cells > most:
        raise UserError(
            f"{path}: {cells:,} cells are more than {most:,}; cut a part out with"
            f" gdal_translate {cut}"
        )
    with named(path, "its size cannot be told"):
        files = [Path(f) for f in source.files]
        held = sum(f.stat().st_size for f in files if f.is_file())
    if files and cells > SMALL_CELLS and cells > held * MOST_PACKED:
        raise UserError(
            f"{path}: says that it holds {source.width} x {source.height} cells, which its"
            f" {held:,} bytes cannot; fetch it again"
        )


def _open(path: Path, what: str) -> Any:
    try:
        return _of_drivers(path)
    except Exception as error:
        return _by_label(path, what, error)


def _of_drivers(path: Path) -> Any:
    """The open file, by a driver that is meant to read such files."""
    drivers = raster_probe.drivers_of(path)
    if drivers:
        raster_probe.check(path, drivers)
    return raster_probe.open_by(path, [*(drivers or PLAIN)])


def _by_label(path: Path, what: str, error: Exception) -> Any:
    """The pixels at `path`, which are no raster alone, by a label beside them."""
    why = reason(error)
    tried = []
    for label in _labels(path):
        try:
            source = _of_drivers(label)
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
    elif path.suffix.lower() in LABELS:
        cure = "; the file of pixels that this label names must be beside it"
    raise UserError(f"{path}: is not {what} that can be read; GDAL: {why}{cure}") from None


def label_words(source: Any, path: Path) -> tuple[float, float, str] | None:
    """Scale, offset and unit in a label beside a file that GDAL opens without it, such as a JPEG
    2000 of LOLA's; None where there is no such label or it tells no scale."""
    if source.driver in LABEL_DRIVERS:
        return None
    for label in _labels(path):
        try:
            text = label.read_bytes()[:MOST_LABEL].decode("latin-1")
        except OSError:
            continue
        if path.name.lower() not in text.lower():
            continue
        scale, offset = (_number(text, *names) for names in (SCALE_NAMES, OFFSET_NAMES))
        unit = re.search(r"^\s*UNIT\s*=\s*\"?([A-Za-z/]+)|<unit>\s*(\w+)", text, re.MULTILINE)
        if scale is not None or offset is not None:
            told = next((u for u in unit.groups() if u), "") if unit else ""
            return (1.0 if scale is None else scale), offset or 0.0, told
    return None


def _number(text: str, pds3: str, pds4: str) -> float | None:
    form = rf"^\s*{pds3}\s*=\s*([-+.0-9eE]+)|<{pds4}>\s*([-+.0-9eE]+)"
    found = re.search(form, text, re.MULTILINE)
    try:
        return float(next(g for g in found.groups() if g)) if found else None
    except ValueError:
        return None


def _labels(path: Path) -> list[Path]:
    """Files beside `path` that are named as its label would be, in whatever letters."""
    stems = path.stem, path.name, path.stem + path.suffix.replace(".", "_")
    names = {(stem + end).lower() for stem in stems for end in LABELS}
    try:
        beside = sorted(p for p in path.parent.iterdir() if p.name.lower() in names)
    except OSError:
        return []
    return [p for p in beside if p.name != path.name and p.is_file()]


def _tells_of(source: Any, path: Path) -> bool:
    return any(_same(Path(f), path) for f in source.files)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)
