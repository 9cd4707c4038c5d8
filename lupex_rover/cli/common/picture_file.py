"""Grey pictures from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lupex_rover.core.errors import UserError

LEAST_PX = 32


def read_picture(path: Path, name: str, only_grey: bool = False, least_px: int = LEAST_PX) -> Any:
    """(rows, cols) grey, 8 or 16 bit or float; colour becomes grey unless `only_grey`.

    Raises
    ------
    UserError
        `name`, the file and what is wrong: missing, no picture, too small, not grey, NaN.
    """
    import cv2
    import numpy as np

    if not path.is_file():
        raise UserError(f"{name}: {path}: no such file; give a picture such as a PNG")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    except cv2.error:  # as one that claims to be larger than OpenCV reads
        image = None
    if image is None:
        raise UserError(f"{name}: {path}: is not a picture that can be read")
    if only_grey and (image.ndim != 2 or image.dtype not in (np.uint8, np.uint16)):
        kind = f"{image.dtype}, {1 if image.ndim == 2 else image.shape[2]} channels"
        raise UserError(f"{name}: {path}: is not 8 or 16 bit grey ({kind})")
    depth = _png_depth(path) if only_grey else None
    if depth not in (None, 8, 16):
        raise UserError(f"{name}: {path}: is not 8 or 16 bit grey ({depth} bit)")
    if image.ndim == 3:
        image = image[..., :3].mean(axis=2).astype(np.float32)
    if not np.isfinite(image).all():
        raise UserError(f"{name}: {path}: holds NaN or infinite pixels; fill them first")
    if min(image.shape) < least_px:
        size = f"{image.shape[1]} x {image.shape[0]}"
        raise UserError(f"{name}: {path}: {size} pixels is too small; at least {least_px} a side")
    return image


def _png_depth(path: Path) -> int | None:
    """Bits a sample, which OpenCV does not tell; None for another format (PNG 1.2, IHDR)."""
    with path.open("rb") as file:
        head = file.read(25)
    return head[24] if len(head) == 25 and head.startswith(b"\x89PNG\r\n\x1a\n") else None
