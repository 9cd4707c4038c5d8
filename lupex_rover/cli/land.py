"""`lupex land`: fixes of a lander's camera against an elevation map, for a folder of frames."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError

BAD_INPUT = 2
UNUSABLE = "LND-009"
SLOW_CELLS = 1_000_000  # the craters of a larger map take seconds to list


def land(
    map_: Annotated[Path, typer.Option("--map", help="Elevation GeoTIFF, projected, metres.")],
    frames: Annotated[Path, typer.Option(help="Folder of frame_*.png, frame_*.json beside each.")],
    out: Annotated[Path | None, typer.Option(help="Write the lines here, not to stdout.")] = None,
    draw: Annotated[Path | None, typer.Option(help="A picture of each frame into here.")] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="Craters, CSV; else the map's own are used.")
    ] = None,
    ortho: Annotated[
        Path | None, typer.Option(help="Orthoimage of the map's ground; used where it helps.")
    ] = None,
) -> None:
    """Fix position and attitude of each frame against the map, or say no_fix. One JSON a line.

    position_m, orientation_xyzw: map_R_camera, optical axes, in the map's coordinates.
    covariance: 6 x 6, position in m, then rotation vector in rad, both in map axes.
    Where nothing fits at the prior, craters of the map or of the catalogue (x_m, y_m, radius_m;
    or Lon, Lat, Diam_km) say where else to look: LND-014.
    A frame that cannot be used is named and has no_fix LND-009; the others are done; exit 2.
    """
    from lupex_rover.terrain.dem import Dem

    names = _names(frames)
    _check_out(out)
    _check_draw(draw)
    fixer = _Fixer(map_, Dem.read(map_), catalogue, ortho)
    rows, bad = [], False
    for name in names:
        try:
            row = fixer.row(frames / name, draw)
        except UserError as error:
            print(f"lupex: {name}: {error}", file=sys.stderr)
            row, bad = _row(name, None, UNUSABLE, 0.0), True
        rows.append(row)
        if out is None:
            print(json.dumps(row), flush=True)
    if out is not None:
        _write(out, rows)
        fixes = sum(r["status"] == "fix" for r in rows)
        print(f"{out}: {len(rows)} frames, {fixes} fixes")
    if bad:
        raise typer.Exit(BAD_INPUT)


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


def _write(out: Path, rows: list[dict[str, Any]]) -> None:
    try:
        out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    except OSError as error:
        raise UserError(f"--out: {out}: cannot be written ({error.strerror})") from None


class _Fixer:
    """The matcher over one map, and its craters once they are asked for."""

    def __init__(self, map_: Path, dem: Any, catalogue: Path | None, ortho: Path | None) -> None:
        from lupex_rover.cli.land_catalogue import catalogue_on
        from lupex_rover.cli.land_ortho import read_ortho
        from lupex_rover.landing.matcher import Matcher
        from lupex_rover.landing.matcher_params import MatcherParams

        self._map, self._dem = map_, dem
        self._listed = None if catalogue is None else catalogue_on(map_, dem, catalogue)
        image = None if ortho is None else read_ortho(ortho, map_)
        self._matcher = Matcher(dem, MatcherParams(), image)
        self._places: Any = None
        self._warm = False

    def row(self, stem: Path, draw: Path | None) -> dict[str, Any]:
        """A frame's line. Code compiled or loaded on first use is not the time of a frame, and
        neither are the map's craters."""
        from lupex_rover.landing.lost import LOST, match_lost

        image, frame = _read(stem)
        sun = frame.sun_rad
        if sun is None:
            sun = sun_on_grid(self._map, *frame.prior.pose.position_m, frame.epoch_ns)
        given = image, frame.camera, frame.prior
        if not self._warm:
            self._matcher.match(*given, *sun)
            self._matcher.map.forget()
            self._warm = True
        found, spent = _timed(lambda: self._matcher.match(*given, *sun))
        if found.code in LOST:
            self._ready(*given)
            before = found
            found, more = _timed(
                lambda: match_lost(self._matcher, self._places, *given, sun, before)
            )
            spent += more
        if draw is not None and sun[1] > 0.0:
            _draw(self._matcher, image, frame, found, draw / f"{stem.name}.png")
        return _row(stem.name, found, found.code, spent)

    def _ready(self, image: Any, camera: Any, prior: Any) -> None:
        if self._places is None:
            from lupex_rover.landing.lost import CraterPlaces

            if self._listed is None and self._dem.heights.size > SLOW_CELLS:
                print("lupex: a prior is lost: listing the map's craters", file=sys.stderr)
            self._places = CraterPlaces(self._dem, self._listed)
            self._places.priors(image, camera, prior)


def _timed(job: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return job(), time.perf_counter() - start


def _read(stem: Path) -> tuple[Any, Any]:
    """Picture (rows, cols) and what stands beside it."""
    from lupex_rover.cli.picture_file import read_picture
    from lupex_rover.landing.frame_input import parse_frame

    image = read_picture(stem.with_name(f"{stem.name}.png"), "picture", only_grey=True)
    frame = parse_frame(_json(stem.with_name(f"{stem.name}.json")))
    size = frame.camera.width, frame.camera.height
    if image.shape[::-1] != size:
        raise UserError(
            f"camera.width, camera.height: {size[0]} x {size[1]}, but the picture is"
            f" {image.shape[1]} x {image.shape[0]}"
        )
    return image, frame


def _draw(matcher: Any, image: Any, frame: Any, found: Any, path: Path) -> None:
    """The fix, or the best guess, beside what the map says."""
    import cv2

    from lupex_rover.landing.fix_picture import fix_picture

    title = f"{path.stem} {found.code}"
    picture = fix_picture(image, frame.camera, frame.prior, matcher.map, found.pose, title)
    if picture is not None and not cv2.imwrite(str(path), picture):
        raise UserError(f"--draw: {path}: cannot be written")


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path.name}: no such file") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path.name}: is not json ({error})") from None


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


def sun_on_grid(
    map_: Path, x_m: float, y_m: float, z_m: float, epoch_ns: int | None
) -> tuple[float, float]:
    """Azimuth from the map's grid north clockwise and elevation of the Sun at a place, rad."""
    import numpy as np
    import rasterio
    from rasterio.crs import CRS
    from rasterio.warp import transform

    from lupex_rover.core.constants import MOON_RADIUS_M
    from lupex_rover.ephemeris.place import place_sky

    sphere = CRS.from_proj4(f"+proj=longlat +R={MOON_RADIUS_M} +no_defs")
    step_m = 10.0
    with rasterio.open(map_) as source:
        lon, lat = np.radians(transform(source.crs, sphere, [x_m, x_m], [y_m, y_m + step_m]))
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
