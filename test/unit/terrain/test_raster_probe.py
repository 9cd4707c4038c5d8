"""Files that may break GDAL are first read by another process; right is what rasterio reads."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from rasterio.shutil import copy
from test_cases_maps import check, ground, run, with_void, write

from benchmarks.inputs.mutate import mutated
from lupex_rover.core.errors import UserError
from lupex_rover.terrain import raster_probe
from lupex_rover.terrain.dem_file import read_dem


@pytest.fixture
def netcdf(tmp_path):
    copy(write(tmp_path / "m.tif", with_void(-3e38), nodata=-3e38), tmp_path / "m.nc",
         driver="netCDF")  # fmt: skip
    (tmp_path / "m.tif").unlink()
    return tmp_path / "m.nc"


@pytest.mark.parametrize(
    ("driver", "name", "guarded"),
    [
        ("netCDF", "m.nc", True), ("GPKG", "m.gpkg", True), ("PCIDSK", "m.pix", True),
        ("VRT", "m.vrt", True), ("HFA", "m.img", False), ("ENVI", "m.dat", False),
        ("AAIGrid", "m.asc", False), ("ISIS3", "m.cub", False), ("PDS4", "m.xml", False),
        ("GSBG", "m.grd", False), ("SAGA", "m.sdat", False), ("EHdr", "m.bil", False),
        ("RST", "m.rst", False),
    ],
)  # fmt: skip
def test_cases_maps_of_many_formats_are_read(tmp_path, driver, name, guarded):
    copy(write(tmp_path / "s.tif", ground()), tmp_path / name, driver=driver)
    assert bool(raster_probe.drivers_of(tmp_path / name)) is guarded
    check(tmp_path / name, void=None)


def test_cases_netcdf_of_both_kinds_are_read(netcdf):
    check(netcdf)
    again = netcdf.with_name("n.nc")
    copy(netcdf, again, driver="netCDF", FORMAT="NC4", COMPRESS="DEFLATE")
    check(again)


def test_cases_spoilt_netcdf_are_read_or_named(netcdf):
    whole = netcdf.read_bytes()
    for seed in range(3):
        netcdf.write_bytes(mutated(whole, seed, text=False))
        began = time.process_time()
        try:
            read_dem(netcdf)
        except UserError as error:
            assert str(error).startswith(str(netcdf)) and "\n" not in str(error)
        assert time.process_time() - began < 1.0


@pytest.mark.parametrize("ends", ["kill -SEGV $$", "exit 1", "echo {}"])
def test_cases_what_breaks_gdal_is_named(netcdf, monkeypatch, capsys, ends):
    """In place of a file that does, which is another one with each GDAL: a process that falls."""
    fallen = netcdf.with_name("python")
    fallen.write_text(f"#!/bin/sh\n{ends}\n")
    fallen.chmod(0o755)
    monkeypatch.setattr(raster_probe.sys, "executable", str(fallen))
    with pytest.raises(UserError, match="m.nc: is not a map .*it takes more than 4 s or 1.1 GB"):
        read_dem(netcdf)
    words = ("sun", "--lat", -90, "--lon", 0, "--utc", "2029-01-01", "--map", netcdf)
    code, out, err = run(monkeypatch, capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1) and "it is damaged" in err


def test_cases_bounds_hold(netcdf, monkeypatch):
    """A file that is right, within bounds that are too narrow for it."""
    monkeypatch.setattr(raster_probe, "BYTES", 1000)
    monkeypatch.setattr(raster_probe, "TIMES_THE_FILE", 0)
    with pytest.raises(UserError, match="m.nc: is not a map that can be read"):
        read_dem(netcdf)
    monkeypatch.undo()
    monkeypatch.setattr(raster_probe, "WALL_TIMES", 0.001)
    os.utime(netcdf, ns=(1, 1))
    with pytest.raises(UserError, match="it takes more than 4 s"):
        read_dem(netcdf)


def test_a_file_that_is_gone_or_of_no_guarded_kind(tmp_path):
    assert raster_probe.drivers_of(Path("/no/such")) == ()
    (tmp_path / "x").write_bytes(np.zeros(3000, np.uint8).tobytes())
    assert raster_probe.drivers_of(tmp_path / "x") == ()
    with pytest.raises(UserError, match="No such file"):
        raster_probe.check(tmp_path / "gone.nc", ("netCDF",))
