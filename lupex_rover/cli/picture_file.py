"""Grey pictures from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lupex_rover.core.errors import UserError

LEAST_PX = 32


def read_picture(path: Path, name: str, only_grey: bool = False) -> Any:
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
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise UserError(f"{name}: {path}: is not a picture that can be read")
    if only_grey and (image.ndim != 2 or image.dtype not in (np.uint8, np.uint16)):
        kind = f"{image.dtype}, {1 if image.ndim == 2 else image.shape[2]} channels"
        raise UserError(f"{name}: {path}: is not 8 or 16 bit grey ({kind})")
    if image.ndim == 3:
        image = image[..., :3].mean(axis=2).astype(np.float32)
    if not np.isfinite(image).all():
        raise UserError(f"{name}: {path}: holds NaN or infinite pixels; fill them first")
    if min(image.shape) < LEAST_PX:
        size = f"{image.shape[1]} x {image.shape[0]}"
        raise UserError(f"{name}: {path}: {size} pixels is too small; at least {LEAST_PX} a side")
    return image
