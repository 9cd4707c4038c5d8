"""`lupex match`: where one picture lies in another, whatever light either was taken in."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError

LEAST_PX = 48  # of the image: smaller ones are found, but their rotation and scale are a guess


def match(
    reference: Annotated[
        Path, typer.Option(help="Look in this picture: the larger one, or a neighbour.")
    ],
    image: Annotated[Path, typer.Option(help="Look for this picture.")],
    max_rotation_deg: Annotated[
        float, typer.Option(help="Expect it turned by at most this.")
    ] = 15.0,
    max_scale: Annotated[
        float, typer.Option(help="Expect it larger or smaller by at most this factor.")
    ] = 1.2,
    params: Annotated[
        Path | None, typer.Option(help="Read this yaml of `lupex params match`.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Find a picture in another one, or say no_match where that is not sure.

    x_px, y_px: the image's centre in the reference, x right, y down, pixel centres at integers.
    rotation_deg: turn the image clockwise by it to lie on the reference.
    scale: reference pixels spanned by one image pixel.
    """
    from lupex_rover.cli.common.picture_file import read_picture
    from lupex_rover.core.params_file import read_params
    from lupex_rover.pictures.match import PictureParams, match_pictures

    if not 0.0 <= max_rotation_deg <= 180.0:
        raise UserError(f"--max-rotation-deg: {max_rotation_deg} is outside 0 .. 180")
    if not 1.0 <= max_scale <= 2.0:
        raise UserError(f"--max-scale: {max_scale} is outside 1 .. 2")
    p = read_params(PictureParams, params)
    pictures = (
        read_picture(reference, "--reference"),
        read_picture(image, "--image", least_px=LEAST_PX),
    )
    start = time.perf_counter()
    found = match_pictures(*pictures, math.radians(max_rotation_deg), max_scale, p)
    row = _row(found, time.perf_counter() - start)
    if as_json:
        print(json.dumps(row))
    elif found.accepted:
        print(
            f"match: centre at x {row['x_px']:.2f}, y {row['y_px']:.2f} px,"
            f" rotation {row['rotation_deg']:.2f} deg, scale {row['scale']:.4f},"
            f" score {row['score']:.2f}"
        )
    else:
        print(f"no_match: {found.reason}")


def _row(found: Any, time_s: float) -> dict[str, Any]:
    """The result's fields; a place that is not believed is not told."""
    keys = ("x_px", "y_px", "rotation_deg", "scale")
    row: dict[str, Any] = {"status": "match" if found.accepted else "no_match"}
    place = found.place
    if found.accepted:
        turn = math.degrees(place.rotation_rad)
        row.update(zip(keys, (round(place.x_px, 3), round(place.y_px, 3), round(turn, 4),
                              round(place.scale, 6))))  # fmt: skip
    else:
        row.update(dict.fromkeys(keys))
        row["reason"] = found.reason
    row["score"] = round(found.score, 4)
    row["time_s"] = round(time_s, 3)
    return row
