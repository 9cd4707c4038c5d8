"""`lupex land`: fixes of a lander's camera against an elevation map, for a folder of frames."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError

BAD_INPUT = 2
UNUSABLE = "LND-009"


def land(
    map_: Annotated[
        Path, typer.Option("--map", help="Read this elevation GeoTIFF; it is projected, in metres.")
    ],
    frames: Annotated[
        Path, typer.Option(help="Read frame_*.png, each with its frame_*.json, in this folder.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write the lines to this file, not to stdout.")
    ] = None,
    draw: Annotated[
        Path | None, typer.Option(help="Draw a picture of each frame into this folder.")
    ] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            help="Use these craters where the prior is lost: CSV with x_m, y_m, radius_m or Lon,"
            " Lat, Diam_km."
        ),
    ] = None,
    ortho: Annotated[
        Path | None, typer.Option(help="Use this orthoimage for what the lit map does not explain.")
    ] = None,
    params: Annotated[
        Path | None,
        typer.Option(help="Read this yaml with the sections matcher and relocalization."),
    ] = None,
    band: Annotated[
        int | None, typer.Option(help="Read this band of a map that has several, from 1.")
    ] = None,
    ortho_band: Annotated[
        int | None, typer.Option(help="Read this band of an orthoimage that has several, from 1.")
    ] = None,
) -> None:
    """Fix position and attitude of each frame against a map, or say no_fix; print JSON lines.

    position_m, orientation_xyzw: map_R_camera, optical axes, in the map's coordinates.
    covariance: 6 x 6, position in m, then rotation vector in rad, both in map axes.
    Where nothing fits at the prior's place, the map's craters are asked for another one.
    A frame that cannot be used is named and has no_fix LND-009; the others are done; exit 2.
    """
    from lupex_rover.core.params_file import read_params
    from lupex_rover.craters.crater_relocalization import FixParams, RelocalizingMatcher
    from lupex_rover.landing.matching.matcher import Matcher
    from lupex_rover.terrain.dem_file import read_dem

    names = _names(frames)
    _check_out(out)
    _check_draw(draw)
    p = read_params(FixParams, params)
    dem = read_dem(map_, band=band)
    matcher = Matcher(dem, p.matcher, _half_cells(ortho, map_, dem, ortho_band))
    photo = matcher.by_photograph()
    lost = RelocalizingMatcher(matcher, dem, _catalogue(catalogue, map_, dem), p.relocalization)
    rows: list[dict[str, Any]] = []
    bad = False
    with _lines(out) as told:
        for name in names:
            try:
                first = not any(r["time_s"] for r in rows)
                row = _fix(matcher, photo, lost, map_, frames / name, draw, first)
            except Exception as error:  # a fault of ours, too, must not cost the other frames
                what = f"unexpected {type(error).__name__}: {error}; please report it"
                said = error if isinstance(error, UserError) else what
                print(f"lupex: {name}: {said}", file=sys.stderr)
                row, bad = _row(name, None, UNUSABLE, 0.0), True
            rows.append(row)
            told(row)
    if out is not None:
        fixes = sum(r["status"] == "fix" for r in rows)
        print(f"{out}: {len(rows)} frames, {fixes} fixes")
    if bad:
        raise typer.Exit(BAD_INPUT)


@contextmanager
def _lines(out: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A function that writes a row at once, to `out` or stdout: an interruption loses none."""
    if out is None:
        yield lambda row: print(json.dumps(row), flush=True)
        return
    try:
        with out.open("w", encoding="utf-8", buffering=1) as file:
            yield lambda row: print(json.dumps(row), file=file, flush=True)
    except OSError as error:
        raise UserError(f"--out: {out}: cannot be written ({error.strerror})") from None


def _names(frames: Path) -> list[str]:
    """Every frame that has a picture or a json, in order."""
    if not frames.is_dir():
        raise UserError(f"--frames: {frames}: no such folder")
    found = {p.stem for end in ("png", "json") for p in frames.glob(f"frame_*.{end}")}
    if not found:
        raise UserError(f"--frames: {frames}: holds no frame_*.png")
    return sorted(found)


def _check_out(out: Path | None) -> None:
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        raise UserError(f"--out: {out}: is a folder or lies in none that exists")


def _check_draw(draw: Path | None) -> None:
    if draw is None:
        return
    try:
        draw.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--draw: {draw}: cannot be made a folder ({error.strerror})") from None


def _half_cells(path: Path | None, map_: Path, dem: Any, band: int | None) -> Any:
    """The photograph on the map's half cells."""
    if path is None:
        return None
    from lupex_rover.terrain.ortho_file import on_half_cells

    return on_half_cells(path, map_, dem, band)


def _catalogue(path: Path | None, map_: Path, dem: Any) -> Any:
    """Craters of a file, in the map's coordinates; heights that it lacks are the map's."""
    if path is None:
        return None
    from lupex_rover.craters.catalogue import on_map, read_catalogue

    found = read_catalogue(path, dem.height)
    if not (found.normal[:, 2] < 1.0).any():
        return found
    import numpy as np

    from lupex_rover.terrain.dem_file import crs_of, transformed
    from lupex_rover.terrain.raster_file import named

    lon = np.degrees(np.arctan2(found.centre_m[:, 1], found.centre_m[:, 0]))
    lat = np.degrees(np.arcsin(found.normal[:, 2]))
    with named(map_, "its grid cannot be told"):
        x, y = transformed(moon_sphere(), crs_of(map_), lon, lat)
    if not np.isfinite(x).any():
        raise UserError(f"--catalogue: {path}: {map_} is on no grid of the Moon")
    inside = dem.contains(x, y)
    if not inside.any():
        raise UserError(f"--catalogue: {path}: none of its craters lies on the map")
    x, y = x[inside], y[inside]
    return on_map(x, y, dem.height(x, y), found.radius_m[inside])


def _fix(
    matcher: Any, photo: Any, lost: Any, map_: Path, stem: Path, draw: Path | None, first: bool
) -> dict[str, Any]:
    from lupex_rover.cli.common.frame_json import parse_frame
    from lupex_rover.cli.common.picture_file import read_picture
    from lupex_rover.core.config_file import read_json
    from lupex_rover.core.lens import as_pinhole
    from lupex_rover.terrain.orientation import orientation_of

    picture = stem.with_name(f"{stem.name}.png")
    image = read_picture(picture, "picture", only_grey=True)
    frame = parse_frame(read_json(stem.with_name(f"{stem.name}.json"), finite=False))
    size = frame.camera.width, frame.camera.height
    if image.shape[::-1] != size:
        turn = orientation_of(picture)
        told = (
            f" when it is turned as its orientation tag ({turn}) says; drop the tag, or give"
            " camera and prior for the turned picture"
        )
        raise UserError(
            f"camera.width, camera.height: {size[0]} x {size[1]}, but the picture is"
            f" {image.shape[1]} x {image.shape[0]}{told if turn != 1 else ''}"
        )
    image, camera = as_pinhole(image, frame.camera, frame.lens)
    sun = frame.sun_rad
    if sun is None:
        x_m, y_m, z_m = frame.prior.pose.position_m
        sun = sun_on_grid(map_, x_m, y_m, z_m, frame.epoch_ns)
    given = image, camera, frame.prior, *sun
    matcher.map.light_from(*sun)  # exactly: a frame's fix is not to hang on the frame before
    if first:  # code is compiled or loaded on first use; that is not the time of a frame
        matcher.match(*given)
        matcher.map.forget()
    ready_s, start = lost.index_s, time.perf_counter()
    found = lost.search(matcher, *given)
    if not found.accepted and photo is not None:
        seen = photo.match(*given)
        found = seen if seen.accepted else found
    spent = time.perf_counter() - start
    spent -= lost.index_s - ready_s  # the map's craters, found once, are not the time of a frame
    if draw is not None and sun[1] > 0.0:
        _draw(matcher, image, camera, frame, found, draw / f"{stem.name}.png")
    return _row(stem.name, found, found.code, spent)


def _draw(matcher: Any, image: Any, camera: Any, frame: Any, found: Any, path: Path) -> None:
    """The fix, or the best guess, beside what the map says."""
    from lupex_rover.core.time import to_iso
    from lupex_rover.report.fix_picture import fix_picture

    when = (
        "" if frame.epoch_ns is None else f", {to_iso(frame.epoch_ns)[:19].replace('T', ' ')} UTC"
    )
    title = f"{path.stem}{when}: {'fix' if found.accepted else 'no fix'}, {found.code}"
    picture = fix_picture(image, camera, frame.prior, matcher.map, found.pose, title)
    if picture is None:
        return
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise UserError(f"--draw: {path}: cannot be written ({error.strerror})") from None


def _row(name: str, found: Any, code: str, time_s: float) -> dict[str, Any]:
    """One line; a pose that is not believed is not told."""
    fix = found is not None and found.accepted
    return {
        "frame": name,
        "status": "fix" if fix else "no_fix",
        "position_m": found.pose.position_m.tolist() if fix else None,
        "orientation_xyzw": found.pose.orientation_xyzw.tolist() if fix else None,
        "covariance": found.covariance.tolist() if fix else None,
        "inliers": int(found.inliers) if found is not None else 0,
        "score": round(float(found.score), 4) if found is not None else 0.0,
        "code": code,
        "time_s": round(time_s, 4),
    }


def moon_sphere() -> Any:
    """Longitude and latitude on the reference sphere, as a CRS."""
    from rasterio.crs import CRS

    from lupex_rover.core.constants import MOON_RADIUS_M

    return CRS.from_proj4(f"+proj=longlat +R={MOON_RADIUS_M} +no_defs")


def sun_on_grid(
    map_: Path, x_m: float, y_m: float, z_m: float, epoch_ns: int | None
) -> tuple[float, float]:
    """Azimuth from the map's grid north clockwise and elevation of the Sun at a place, rad."""
    import numpy as np

    from lupex_rover.ephemeris.place import place_sky
    from lupex_rover.terrain.dem_file import crs_of, transformed
    from lupex_rover.terrain.raster_file import named

    step_m = 10.0
    with named(map_, "its grid cannot be told"):
        places = transformed(crs_of(map_), moon_sphere(), [x_m, x_m], [y_m, y_m + step_m])
    lon, lat = np.radians(places)
    if not np.isfinite((lon, lat)).all():
        raise UserError("epoch_utc: the map's grid tells no place on the Moon there; give sun")
    sky = place_sky(float(lat[0]), float(lon[0]), z_m, np.array([epoch_ns]))
    # bearing of grid north from true north, on the sphere
    across = lon[1] - lon[0]
    grid_north = math.atan2(
        math.sin(across) * math.cos(lat[1]),
        math.cos(lat[0]) * math.sin(lat[1])
        - math.sin(lat[0]) * math.cos(lat[1]) * math.cos(across),
    )
    azimuth = (float(sky.sun_azimuth_rad[0]) - grid_north) % (2.0 * math.pi)
    return azimuth, float(sky.sun_elevation_rad[0])
