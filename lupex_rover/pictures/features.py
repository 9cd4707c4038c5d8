"""What two pictures of one ground share when their light differs: where it changes, and along what.

The side a slope is lit from changes the sign of its edges, not their place or their line. So the
fields are the strength of the gradient and its direction with the angle doubled, which is the same
for an edge and its negative (Bigun and Granlund 1987, "Optimal orientation detection").
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SMOOTH_PX, AROUND_PX = 1.0, 10.0  # of the gradient, and of the neighbourhood that normalises it
BORDER_PX = 3  # the gradient there is not the ground's
STRENGTH, COSINE, SINE = 0, 1, 2


@dataclass(frozen=True)
class Fields:
    """`values` (3, rows, cols) float32: strength, cosine and sine of twice the direction, each
    about unit variance and zero where `known` (rows, cols) float32, 0 to 1, is zero."""

    values: np.ndarray
    known: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.known.shape[0], self.known.shape[1]

    def reduced(self, factor: int) -> Fields:
        """Means over `factor` x `factor` pixels; pixel x becomes (x + 0.5) / factor - 0.5."""
        if factor == 1:
            return self
        rows, cols = (n // factor * factor for n in self.shape)
        size = (cols // factor, rows // factor)

        def half(a: np.ndarray) -> np.ndarray:
            return cv2.resize(a[:rows, :cols], size, interpolation=cv2.INTER_AREA)

        return Fields(np.stack([half(a) for a in self.values]), half(self.known))


def fields(image: np.ndarray) -> Fields:
    """Fields of a grey picture, (rows, cols) of any real type; NaN where nothing is known."""
    known = np.isfinite(image)
    grey = np.where(known, image, np.median(image[known]) if known.any() else 0.0)
    smooth = _blur(grey.astype(np.float32), SMOOTH_PX)
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)
    strength = np.hypot(gx, gy)
    high = strength - _blur(strength, AROUND_PX)
    spread = np.sqrt(_blur(high * high, AROUND_PX)) + 0.5 * float(high.std()) + 1e-9
    level = np.sqrt(_blur(strength**2, AROUND_PX)) + 0.3 * float(strength.std()) + 1e-9
    unit = 1.0 / np.maximum(strength, 1e-9) / level
    weight = _inside(known)
    doubled = (gx * gx - gy * gy) * unit, 2.0 * gx * gy * unit
    turned = [d - _blur(d, AROUND_PX) for d in doubled]  # the mean direction is the light's
    values = np.stack((high / spread, *turned)) * weight
    return Fields(values.astype(np.float32), weight)


def _blur(a: np.ndarray, sigma_px: float) -> np.ndarray:
    return cv2.GaussianBlur(a, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)


def _inside(known: np.ndarray) -> np.ndarray:
    """1 where the gradient's whole neighbourhood is known and inside the picture."""
    edge = cv2.copyMakeBorder(known.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    size = 2 * BORDER_PX + 1
    return cv2.erode(edge, np.ones((size, size), np.uint8))[1:-1, 1:-1].astype(np.float32)


@dataclass(frozen=True)
class Placement:
    """How a picture lies in a reference: reference = centre + scale R(rotation) (pixel - middle).

    Pixels are x right, y down, centres at integers. `x_px`, `y_px` : the picture's middle in the
    reference. `rotation_rad` : positive turns the picture clockwise, as seen, to lie on the
    reference. `scale` : reference pixels spanned by one pixel of the picture.
    """

    x_px: float
    y_px: float
    rotation_rad: float
    scale: float

    def matrix(self, rows: int, cols: int) -> np.ndarray:
        """(2, 3) from pixels of a picture of that size to pixels of the reference."""
        c, s = self.scale * np.cos(self.rotation_rad), self.scale * np.sin(self.rotation_rad)
        turn = np.array([[c, -s], [s, c]])
        middle = np.array([(cols - 1) / 2.0, (rows - 1) / 2.0])
        return np.column_stack((turn, np.array([self.x_px, self.y_px]) - turn @ middle))

    def reduced(self, factor: float) -> Placement:
        """The same between pictures both reduced by `factor`; below 1 enlarges."""
        x, y = ((v + 0.5) / factor - 0.5 for v in (self.x_px, self.y_px))
        return Placement(x, y, self.rotation_rad, self.scale)


def laid(
    picture: Fields, place: Placement, corner: tuple[int, int], rows: int, cols: int
) -> Fields:
    """`picture` on the reference's pixels from `corner` (x, y) on, (rows, cols)."""
    matrix = place.matrix(*picture.shape)
    matrix[:, 2] -= corner

    def warp(a: np.ndarray) -> np.ndarray:
        return cv2.warpAffine(a, matrix, (cols, rows), flags=cv2.INTER_LINEAR)

    strength, cosine, sine = (warp(a) for a in picture.values)
    c, s = np.cos(2.0 * place.rotation_rad), np.sin(2.0 * place.rotation_rad)
    turned = np.stack((strength, c * cosine - s * sine, s * cosine + c * sine))
    return Fields(turned.astype(np.float32), warp(picture.known))
