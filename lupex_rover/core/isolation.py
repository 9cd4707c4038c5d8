"""What other programs' environments (conda, QGIS, ISIS) leave for libraries that ours read, too.

The launcher `lupex` sees to what Python itself reads. These the libraries read when they are first
used, so `isolate` comes before: PROJ would open the database of another PROJ, GDAL load drivers of
another GDAL, matplotlib draw with the settings of a notebook.
"""

from __future__ import annotations

from collections.abc import MutableMapping

# A map must mean the same in every shell: all settings of GDAL and PROJ go but those that change
# no value.
PREFIXES = ("PROJ_", "GDAL_", "CPL_", "OGR_", "OSR_", "GTIFF_", "VSI_", "QT_PLUGIN", "QT_QPA_")
NAMES = ("GEOTIFF_CSV", "MPLBACKEND", "MATPLOTLIBRC", "JPEGMEM")
KEPT = ("GDAL_CACHEMAX", "GDAL_NUM_THREADS", "CPL_TMPDIR", "QT_QPA_PLATFORM")
LEFT_OUT = "LUPEX_LEFT_OUT"  # names with commas between, for `doctor`


def isolate(environment: MutableMapping[str, str]) -> None:
    """Take out of `environment` (`os.environ`) what leads our libraries to those of others."""
    gone = [name for name in environment if _leads_astray(name)]
    for name in gone:
        del environment[name]
    told = [name for name in environment.get(LEFT_OUT, "").split(",") if name]
    environment[LEFT_OUT] = ",".join([*told, *gone])


def _leads_astray(name: str) -> bool:
    return name not in KEPT and (name in NAMES or name.startswith(PREFIXES))
