"""Grey pictures from files."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from lupex_rover.core.errors import UserError

LEAST_PX = 32
# PNG, JPEG, TIFF, BMP, GIF, JPEG 2000: how their files begin
FORMATS = (b"\x89PNG", b"\xff\xd8", b"II*\0", b"MM\0*", b"BM", b"GIF8", b"\0\0\0\x0cjP")


def read_picture(
    path: Path,
    name: str,
    only_grey: bool = False,
    least_px: int = LEAST_PX,
    band: int | None = None,
    otherwise: int | None = None,
) -> Any:
    """(rows, cols) grey as the file holds it: 8 or 16 bit or float; turned as its orientation says.

    Colour and palettes become grey, the mean of red, green and blue, unless `only_grey`. Where a
    pixel has no value (nodata, a mask, alpha of zero, a special pixel of ISIS) the picture is
    float32 and NaN there.

    Parameters
    ----------
    name : str
        Of the option or argument, for errors.
    only_grey : bool
        Refuse all but 8 and 16 bit grey without gaps.
    band : int or None
        The one to read of several, from 1.
    otherwise : int or None
        The same where no `band` is given and the file does not tell which is meant.

    Raises
    ------
    UserError
        `name`, the file and what is wrong: missing, no picture, too small, not grey, no value.
    """
    if not path.is_file():
        raise UserError(f"{name}: {path}: no such file; give a picture such as a PNG")
    try:
        image = _read(path, only_grey, band, otherwise)
    except UserError as error:
        raise UserError(f"{name}: {error}") from None
    if min(image.shape) < least_px:
        size = f"{image.shape[1]} x {image.shape[0]}"
        raise UserError(f"{name}: {path}: {size} pixels is too small; at least {least_px} a side")
    return image


def _read(path: Path, only_grey: bool, band: int | None, otherwise: int | None) -> Any:
    from lupex_rover.terrain.raster_file import opened

    try:
        with opened(path, "a picture") as source:
            return _pixels(source, path, only_grey, band, otherwise)
    except UserError:
        image = None if _of_gdal(path) else _by_opencv(path)
        if image is None:
            raise
    if only_grey:
        raise UserError(f"{path}: is not 8 or 16 bit grey in a format that GDAL reads")
    return image


def _of_gdal(path: Path) -> bool:
    """Whether the file is in a format that GDAL reads: what is wrong with it, it has said."""
    from lupex_rover.terrain.raster_file import opened

    with path.open("rb") as file:
        if file.read(8).startswith(FORMATS):
            return True
    try:
        with opened(path, "a picture", tell=False):
            return True
    except UserError:
        return False


def _by_opencv(path: Path) -> Any:
    """Grey pixels of a format that only OpenCV reads, such as Radiance's; None: nor does it."""
    import cv2
    import numpy as np

    from lupex_rover.terrain.brightness import MOST_PX

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    except Exception:  # of any class: as one that claims to be larger than OpenCV reads
        return None
    if image is None or image.size > 4 * MOST_PX or not np.isfinite(image).all():
        return None
    return image if image.ndim == 2 else image[..., :3].mean(axis=2).astype(np.float32)


def _pixels(
    source: Any, path: Path, only_grey: bool, band: int | None, otherwise: int | None
) -> Any:
    import numpy as np

    from lupex_rover.terrain.brightness import brightness
    from lupex_rover.terrain.orientation import shown, turn_of

    if only_grey:
        _check_grey(source, path, band)
    numbers, valid = brightness(source, path, band, otherwise)
    turn = turn_of(source, path)
    if turn != 1:
        numbers, valid = shown(numbers, turn), shown(valid, turn)
    share = 1.0 - np.count_nonzero(valid) / valid.size
    if share == 0.0:
        return numbers
    if share == 1.0:
        raise UserError(f"{path}: no pixel has a value; all are NaN, tagged as nodata or masked")
    if only_grey:
        raise UserError(
            f"{path}: {100 * share:.2g} % of its pixels hold no value; crop or fill them"
        )
    _say("%s: %.2g %% of its pixels hold no value; nothing is looked for there", path, 100 * share)
    return np.where(valid, numbers, np.nan).astype(np.float32)


def _check_grey(source: Any, path: Path, band: int | None) -> None:
    from lupex_rover.terrain.raster_bands import bits_of, choose, is_palette

    values = choose(source, path, band).values
    kind = source.dtypes[values[0] - 1]
    if len(values) != 1 or kind not in ("uint8", "uint16") or is_palette(source, values[0]):
        many = f"{kind}, {len(values)} channels"
        raise UserError(f"{path}: is not 8 or 16 bit grey ({many})")
    bits = bits_of(source, path, values[0])
    if bits not in (8, 16):
        raise UserError(f"{path}: is not 8 or 16 bit grey ({bits} bit)")


def _say(words: str, *given: Any) -> None:
    logging.getLogger(__name__).warning(words, *given)
