"""The LOLA south-pole elevation map that the PyPI package lunar-toolkit carries.

762 x 762 cells of 1600 m, lunar south polar stereographic, 609.6 km to each side of the pole:
x = rho sin(longitude), y = rho cos(longitude), sphere of 1737.4 km (LOLA GDR, Smith et al. 2010).
"""

from __future__ import annotations

from importlib import util
from pathlib import Path

from lupex_rover.core.errors import UserError

PACKAGE = "lunar_toolkit"
INSIDE = Path("static") / "basemaps" / "lola_dem_south.tif"


def default_map_path() -> Path:
    """Where the installed map lies; the package itself is not imported (it would need pandas).

    Raises
    ------
    UserError
        The package, or the map in it, is absent.
    """
    spec = util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / INSIDE
        if path.is_file():
            return path
    raise UserError(
        "the LOLA south-pole map is not installed; run: pip install --no-deps lunar-toolkit==0.1.0,"
        " or name a map of your own in the scenario's base_map"
    )
