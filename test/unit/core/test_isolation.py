"""What other environments leave for our libraries goes, what a user says on purpose stays."""

import os
import sqlite3
import subprocess
import sys

from lupex_rover.core.isolation import isolate

STAYS = {"PATH": "p", "GDAL_CACHEMAX": "64", "QT_QPA_PLATFORM": "offscreen", "HTTPS_PROXY": "h"}


def test_cases_of_settings_that_lead_libraries_astray():
    goes = {
        "PROJ_LIB": "/old", "PROJ_DATA": "/old", "PROJ_NETWORK": "ON", "GDAL_DATA": "/old",
        "GDAL_DRIVER_PATH": "/old", "CPL_DEBUG": "ON", "QT_PLUGIN_PATH": "/old",
        "QT_QPA_PLATFORM_PLUGIN_PATH": "/old", "GTIFF_POINT_GEO_IGNORE": "TRUE",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }  # fmt: skip
    env = {**STAYS, **goes, "LUPEX_LEFT_OUT": "PYTHONHOME"}
    isolate(env)
    left_out = env.pop("LUPEX_LEFT_OUT").split(",")
    assert env == STAYS and left_out == ["PYTHONHOME", *goes]
    isolate(env)
    assert env.pop("LUPEX_LEFT_OUT") == ""


def test_cases_of_an_old_proj_database_beside_ours(tmp_path):
    """PROJ takes the folder of PROJ_LIB first; the map's grid must be known all the same."""
    with sqlite3.connect(tmp_path / "proj.db") as old:
        old.execute("CREATE TABLE metadata (key TEXT, value TEXT)")
    code = (
        "import os, sys\n"
        "from lupex_rover.core.isolation import isolate\n"
        "'isolated' in sys.argv and isolate(os.environ)\n"
        "from rasterio.crs import CRS\n"
        "print(CRS.from_epsg(4326).to_epsg())"
    )
    env = {**os.environ, "PROJ_LIB": str(tmp_path), "PROJ_DATA": str(tmp_path)}
    told = [
        subprocess.run([sys.executable, "-c", code, *more], env=env, capture_output=True, text=True)
        for more in ((), ("isolated",))
    ]
    assert told[0].returncode == 1 and "proj.db" in told[0].stderr
    assert told[1].stdout == "4326\n", told[1].stderr
