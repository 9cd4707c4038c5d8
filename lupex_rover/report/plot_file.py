"""Plots by matplotlib, and the files they go to: .png, or .html by plotly."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lupex_rover.core.errors import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart with every kind of colour vision.
RED, BLUE, GREEN, PURPLE, BLACK = "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#000000"
SKY, ORANGE, GREY = "#56B4E9", "#E69F00", "#999999"
LINES = (RED, BLUE, GREEN, PURPLE, BLACK)
DOTS_PER_INCH = 110


def check_picture(path: Path | None) -> None:
    """Refuse, before any work, a picture that could not be written.

    Raises
    ------
    UserError
        The suffix is neither .png nor .html, or there is no such folder.
    """
    if path is None:
        return
    if path.suffix.lower() not in (".png", ".html"):
        raise UserError(f"--draw {path}: give a file that ends in .png or .html")
    if not path.absolute().parent.is_dir():
        raise UserError(f"--draw {path}: the folder does not exist")
    if path.is_dir():
        raise UserError(f"--draw {path}: is a folder")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise UserError(f"--draw {path}: cannot be written")


def save(path: Path, still: Callable[[], Figure], page: Callable[[], str]) -> None:
    """Write `still()` as a PNG or the text of `page()`, as the suffix says."""
    try:
        if path.suffix.lower() == ".html":
            path.write_text(page(), encoding="utf-8")
        else:
            path.write_bytes(png(still()))
    except OSError as error:
        raise UserError(f"--draw {path}: cannot be written ({error.strerror})") from None


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure; matplotlib is imported here and keeps its list of fonts in our scratch."""
    scratch = os.environ.get("LUPEX_SCRATCH")
    if scratch:
        os.environ.setdefault("MPLCONFIGDIR", str(Path(scratch, "matplotlib")))
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def png(figure: Figure) -> bytes:
    """The figure as a PNG; the same figure gives the same bytes."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return data.getvalue()
