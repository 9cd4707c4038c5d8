"""Files that may lead GDAL astray are first read by a process of their own, which may fall.

A damaged netCDF can cost minutes, all memory or a crash inside of C, and a VRT may name one. What
reads within bounds there is read again here.

`python -m lupex_rover.terrain.raster_probe FILE SECONDS BYTES DRIVER ...` prints JSON.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import rasterio

from lupex_rover.core.errors import UserError

SECONDS, BYTES = 4, 1 << 30  # for a small file
BYTES_A_SECOND = 20_000_000  # of the file; slower than any format is read
TIMES_THE_FILE = 8  # memory that reading a file may take, at most
WALL_TIMES = 10  # of processor time: other work may keep the processor
HEAD = 2048
# How files begin, and the drivers that may read them.
KINDS = (
    (rb"CDF[\1\2\5]", ("netCDF",)),
    (rb"(?s)(.{512}|.{1024})?\x89HDF\r\n\x1a\n", ("netCDF", "HDF5", "HDF5Image", "BAG", "S102")),
    (rb"(?s).{0,1024}?GRIB.{3}[\1\2]", ("GRIB",)),
    (rb"SQLite format 3", ("GPKG", "MBTiles", "SQLite")),
    (rb"PCIDSK", ("PCIDSK",)),
    (rb"NITF|NSIF", ("NITF",)),
    (rb"(?s).{0,1024}?<VRTDataset", ("VRT",)),
)


def drivers_of(path: Path) -> tuple[str, ...]:
    """Those that may read the file and are to be tried first; none where it is of no such kind."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return ()
    return next((drivers for start, drivers in KINDS if re.match(start, head)), ())


def open_by(path: Path, drivers: list[str]) -> Any:
    """`rasterio.open` by one of these drivers, within an `Env`; it takes one alone itself."""
    return rasterio.DatasetReader(str(path), driver=drivers)


def check(path: Path, drivers: tuple[str, ...]) -> None:
    """Refuse a file that cannot be read whole within bounds of time and memory.

    Raises
    ------
    UserError
        As said, or what GDAL has said.
    """
    try:
        seen = path.stat()
    except OSError as error:
        raise UserError(error.strerror or "cannot be read") from None
    why = _tried(path.absolute(), seen.st_mtime_ns, seen.st_size, drivers)
    if why:
        raise UserError(why)


@lru_cache(maxsize=256)
def _tried(path: Path, _changed_ns: int, size: int, drivers: tuple[str, ...]) -> str:
    """Why the file cannot be read; empty where it can."""
    seconds, most = SECONDS + size // BYTES_A_SECOND, BYTES + TIMES_THE_FILE * size
    words = [sys.executable, "-m", __name__, str(path), str(seconds), str(most), *drivers]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    bounds = f"{seconds} s or {most / 1e9:.1f} GB"
    try:
        done = subprocess.run(
            words, env=env, capture_output=True, stdin=subprocess.DEVNULL,
            timeout=WALL_TIMES * (seconds + 1),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"it takes more than {bounds} to read; it is damaged"
    except OSError as error:
        return f"no process can be begun that tries it: {error.strerror}"
    try:
        return str(json.loads(done.stdout)["why"])
    except (ValueError, KeyError, TypeError):
        return f"it takes more than {bounds} to read, or breaks GDAL; it is damaged"


def main(path: str, seconds: int, most: int, drivers: list[str]) -> str:
    """Read every block of the file's bands; why that fails, or empty."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + most, used + most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    try:
        with rasterio.Env(), open_by(Path(path), drivers) as source:
            _ = source.crs, source.transform, source.descriptions, source.tags()
            held = sum(Path(f).stat().st_size for f in source.files if Path(f).is_file())
            cells = source.width * source.height * source.count
            if cells <= 1000 * max(held, 4000):  # or it is refused by its size, unread
                for band in source.indexes:
                    for _, window in source.block_windows(band):
                        source.read(band, window=window)
    except Exception as error:
        text = str(error.__cause__ or error).strip() or type(error).__name__
        return text.splitlines()[0]
    return ""


if __name__ == "__main__":
    told = main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    sys.stdout.write(json.dumps({"why": told}))
    sys.stdout.flush()
    os._exit(0)  # nothing of GDAL's is to be tidied
