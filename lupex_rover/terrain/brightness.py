"""Grey pixels of an open raster, and where they are any."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core.errors import UserError
from lupex_rover.terrain.raster_bands import (
    bits_of,
    choose,
    filler_of,
    is_negative,
    is_palette,
    palette_of,
    read_band,
    scale_told,
)
from lupex_rover.terrain.raster_file import check_size

Array = np.ndarray
MOST_PX = 2**28
FILLERS = (-9999.0, -99999.0, -32768.0, -32767.0)  # brightness that is none, untagged


def brightness(
    source: Any, path: Path, band: int | None = None, otherwise: int | None = None
) -> tuple[Array, Array]:
    """(rows, cols) grey as the file holds it, and (rows, cols) bool where it has a value.

    Colour and palettes become the mean of red, green and blue, float32; a scale is applied. No
    value is where `raster_bands.read_band` finds none, or a usual filler stands alone. `band` and
    `otherwise` are those of `raster_bands.choose`.

    Raises
    ------
    UserError
        Too large, complex, or of several bands whose meaning is not told; the file is named.
    """
    check_size(source, path, source.width * source.height, MOST_PX, "-srcwin")
    bands = choose(source, path, band, otherwise=otherwise)
    first = bands.values[0]
    if source.dtypes[first - 1].startswith("complex"):
        raise UserError(f"{path}: its pixels are complex, not brightness")
    read = [read_band(source, path, n, bands.masks) for n in bands.values]
    if len(read) == 1 and is_palette(source, first):
        colours, seen = palette_of(source, path, first)
        numbers, valid = read[0]
        grey = colours[numbers]
        if (grey == grey[..., :1]).all():  # a table of greys, as of a BMP
            return grey[..., 0], valid & seen[numbers]
        return grey.mean(axis=2).astype(np.float32), valid & seen[numbers]
    numbers, valid = _unfilled(path, *read[0]) if len(read) == 1 else _mean(read)
    if len(read) == 1 and is_negative(source, path, first):
        numbers = np.uint8(2 ** bits_of(source, path, first) - 1) - numbers
    scale, offset, _ = scale_told(source, path, first)
    if (scale, offset) != (1.0, 0.0):
        numbers = (numbers * scale + offset).astype(np.float32)
    bits = bits_of(source, path, first)
    if bits < 8:  # black is 0 and white 255, as in pictures of 8 bit
        numbers = numbers * np.uint8(255 // (2**bits - 1))
    return numbers, valid


def _unfilled(path: Path, numbers: Array, valid: Array) -> tuple[Array, Array]:
    filler = filler_of(numbers, valid, FILLERS)
    if filler is None:
        return numbers, valid
    logging.getLogger(__name__).warning(
        "%s: pixels of %g are taken to hold no value; tag nodata", path, filler
    )
    return numbers, valid & (numbers != filler)


def _mean(read: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Of colours; a pixel is without a value where all of them are, as GDAL has it."""
    valid = np.any([v for _, v in read], axis=0)
    stack = np.stack([numbers for numbers, _ in read[::-1]], axis=2)
    grey = stack.mean(axis=2).astype(np.float32)
    return grey, valid & np.isfinite(grey)
