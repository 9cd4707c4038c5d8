"""What the bands of a raster mean: which hold values, which say where none are, and in what scale.

For maps and pictures alike. What is not understood is refused by name.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.windows import Window

from lupex_rover.core.errors import UserError
from lupex_rover.terrain.raster_file import label_words, named

Array = np.ndarray
COLOURS = ("red", "green", "blue")
MASK_WORDS = ("alpha", "mask", "valid", "validity", "valid mask", "data mask", "nodata mask")
MOST_BANDS = 1000
NO_UNIT = ("", "none", "n/a", "unk", "null", "unknown", "unspecified")
ABSURD = 1e30  # no height or brightness; what fills floats lies beyond, as all of ISIS' do
# ISIS SpecialPixel.h: NULL, LRS, LIS, HIS, HRS, first to last
SPECIAL_INT16 = (-32768, -32764)
SPECIAL_INT32 = ((-8388613, -8388609), (-2147483648, -2147483644))
# What fills cells in files whose makers forgot the tag.
FILLERS = (-9999.0, -99999.0, -32768.0, -32767.0, 9999.0, 99999.0, 32767.0, 65535.0)
FILLER_ALONE = 0.02  # of its size: no other value is so near to it


@dataclass(frozen=True)
class Bands:
    """Numbers of bands from 1: `values`, one or those of red, green and blue; `masks`, where zero
    means that no value is there."""

    values: tuple[int, ...]
    masks: tuple[int, ...]


def choose(
    source: Any,
    path: Path,
    band: int | None,
    wanted: tuple[str, ...] = (),
    otherwise: int | None = None,
) -> Bands:
    """The bands to read.

    Parameters
    ----------
    band : int or None
        The one that the user asked for; None: the only one, or those of colour.
    wanted : tuple[str, ...]
        Descriptions that tell a band of several to be the one.
    otherwise : int or None
        The band where no other is asked for and the file does not tell which is meant.

    Raises
    ------
    UserError
        No band, several whose meaning is not told, or not this one.
    """
    if source.count > MOST_BANDS:
        raise UserError(f"{path}: says that it has {source.count} bands; at most {MOST_BANDS}")
    with named(path, "its bands cannot be told"):
        said = [(text or "").strip().lower() for text in source.descriptions]
        roles = [_role(c.name, text) for c, text in zip(source.colorinterp, said)]
        inside = list(source.subdatasets)
    if not roles:
        many = f"; it holds {len(inside)} rasters: take one out with gdal_translate, for example"
        told = f"{many} {inside[0]}" if inside else ""
        raise UserError(f"{path}: has no band of values{told}")
    masks = tuple(n for n, role in enumerate(roles, 1) if role == "mask")
    values = [n for n in range(1, len(roles) + 1) if n not in masks]
    if band is not None:
        if not 1 <= band <= len(roles):
            raise UserError(f"{path}: --band {band}: it has {len(roles)}")
        if band in masks:
            raise UserError(f"{path}: --band {band}: is its mask, not values")
        return Bands((band,), masks)
    if not values:
        raise UserError(f"{path}: has no band of values, only masks")
    if len(values) == 1:
        return Bands((values[0],), masks)
    if sorted(roles[n - 1] for n in values) == sorted(COLOURS):
        return Bands(tuple(roles.index(colour) + 1 for colour in COLOURS), masks)
    meant = [n for n in values if said[n - 1] in wanted]
    if len(meant) == 1 and all(said[n - 1] for n in values):
        return Bands((meant[0],), masks)
    if otherwise is not None:
        return choose(source, path, otherwise)
    raise UserError(
        f"{path}: has {len(values)} bands of values, and which is meant is not told;"
        f" --band N (in yaml base_map_band or onboard_map_band), or gdal_translate -b N, takes one"
        f" ({_listed(roles, said)})"
    )


def _role(colour: str, said: str) -> str:
    """mask, red, green, blue, palette, or values."""
    if colour == "alpha" or said in MASK_WORDS:
        return "mask"
    return colour if colour in (*COLOURS, "palette") else "values"


def _listed(roles: list[str], said: list[str]) -> str:
    names = [
        f"{n} {text or ('' if role == 'values' else role)}".strip()
        for n, (role, text) in enumerate(zip(roles, said), 1)
    ]
    return ", ".join(names[:8]) + (", .." if len(names) > 8 else "")


def is_palette(source: Any, number: int) -> bool:
    """Whether the band holds places in a table of colours."""
    return bool(source.colorinterp[number - 1].name == "palette")


def palette_of(source: Any, path: Path, number: int) -> tuple[Array, Array]:
    """(N, 3) blue, green, red of each place in a band's table of colours, and (N,) whether it is
    seen at all; places beyond the table are not."""
    with named(path, "its table of colours cannot be read"):
        table = source.colormap(number)
    kind = np.dtype(source.dtypes[number - 1])
    colours = np.zeros((np.iinfo(kind).max + 1, 4), np.uint8)
    for place, colour in table.items():
        colours[place] = colour
    return colours[:, 2::-1], colours[:, 3] > 0


def bits_of(source: Any, path: Path, number: int) -> int:
    """Bits of a band's number that its file uses, as 1 of a PNG of black and white."""
    with named(path, "its bits cannot be told"):
        told = source.tags(number, ns="IMAGE_STRUCTURE").get("NBITS")
        return int(told) if told else 8 * np.dtype(source.dtypes[number - 1]).itemsize


def scale_of(source: Any, path: Path, number: int) -> tuple[float, float]:
    """Scale and offset that make values of a band's numbers.

    Raises
    ------
    UserError
        One that makes nothing of them.
    """
    with named(path, "its scale cannot be told"):
        scale, offset = float(source.scales[number - 1]), float(source.offsets[number - 1])
    if scale == 0.0 or not math.isfinite(scale) or not math.isfinite(offset):
        raise UserError(
            f"{path}: band {number}: scale {scale:g} and offset {offset:g} make no values; set"
            " them with gdal_edit.py -scale -offset"
        )
    return scale, offset


def scale_told(source: Any, path: Path, number: int) -> tuple[float, float, str]:
    """As `scale_of`; where the file tells none, those of a label beside it, with its unit.

    Raises
    ------
    UserError
        As `scale_of`.
    """
    scale, offset = scale_of(source, path, number)
    label = label_words(source, path) if (scale, offset) == (1.0, 0.0) else None
    if label is None:
        return scale, offset, ""
    scale, offset, unit = label[0], label[1], label[2].lower()
    logging.getLogger(__name__).warning(
        "%s: scale %g and offset %g %s are those of the label beside it", path, scale, offset, unit
    )
    return scale, offset, unit


def is_negative(source: Any, path: Path, number: int) -> bool:
    """Whether a grey picture's zero is white, as a TIFF may say and GDAL leaves it.

    Of more than 8 bits OpenCV leaves it, too: that gets a word alone.
    """
    with named(path, "its brightness cannot be told"):
        if source.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") != "YES":
            return False
    if source.dtypes[number - 1] == "uint8":
        return True
    logging.getLogger(__name__).warning(
        "%s: says that its zero is white, which OpenCV and GDAL do not follow, nor is it here", path
    )
    return False


def unit_of(source: Any, path: Path, number: int) -> str:
    """The unit of a band's values as its file tells it, in small letters; empty where it does not.

    PDS3 labels have theirs in the image's object.
    """
    with named(path, "its unit cannot be told"):
        unit = source.units[number - 1] or ""
        if not unit and source.driver == "PDS":
            told = source.tags(ns="json:PDS")  # one text, which rasterio cuts at its first colon
            label = json.loads(":".join(next(iter(told.items()), ("{}",))))
            image = label.get("IMAGE", {})
            unit = image.get("UNIT", "") if isinstance(image, dict) else ""
    unit = str(unit).strip().strip("[]()<>'\"").strip().lower()
    return "" if unit in NO_UNIT else unit


def read_band(
    source: Any, path: Path, number: int, masks: tuple[int, ...], window: Window | None = None
) -> tuple[Array, Array]:
    """The band's own numbers, and (rows, cols) bool where they are values.

    No value is where nodata is tagged, a mask or an alpha band is zero, a number is not finite or
    absurd, or one of ISIS' special pixels.
    """
    with named(path, "its pixels cannot be read"):
        numbers = source.read(number, window=window)
        valid = source.read_masks(number, window=window) != 0
        for mask in masks:
            valid &= source.read(mask, window=window) > 0
        valid &= ~_special(numbers, "ISIS" in source.driver)
    return numbers, valid


def _special(numbers: Array, isis: bool) -> Array:
    kind = numbers.dtype
    if kind.kind == "f":
        return ~(np.abs(numbers) < ABSURD)  # NaN compares as false
    if kind == np.int16:
        return (numbers >= SPECIAL_INT16[0]) & (numbers <= SPECIAL_INT16[1])
    if kind == np.int32:
        one, two = SPECIAL_INT32
        first = (numbers >= one[0]) & (numbers <= one[1])
        return np.asarray(first | (numbers >= two[0]) & (numbers <= two[1]))
    if isis and kind == np.uint8:
        return (numbers == 0) | (numbers == 255)
    if isis and kind in (np.uint16, np.uint32):
        return (numbers <= 2) | (numbers >= np.iinfo(kind).max - 1)
    return np.zeros(numbers.shape, bool)


def filler_of(numbers: Array, valid: Array, fillers: tuple[float, ...] = FILLERS) -> float | None:
    """A usual filler that stands in `numbers` and has no real value near it; None: there is none.

    Real ground or brightness at such a value has neighbours a little higher and lower.
    """
    for filler in fillers:
        hits = int(np.count_nonzero(valid & (numbers == filler)))
        if hits == 0:
            continue
        low, high = (filler + k * FILLER_ALONE * abs(filler) for k in (-1, 1))
        near = int(np.count_nonzero(valid & (numbers >= low) & (numbers <= high)))
        if near == hits < np.count_nonzero(valid):
            return filler
    return None
