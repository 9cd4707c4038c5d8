"""Rotation and scale of a picture of ground that is high and low, from another place.

What is high is shifted, but only along the line between the two places the pictures are taken
from. How ground moves across that line is not relief's doing and tells rotation and scale. So the
shifts left over are weighed by their own covariance: where they lie along one line they hardly
count along it; where there is no relief the fit is the plain one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lupex_rover.pictures.features import Fields, Placement
from lupex_rover.pictures.refine import moved, offsets, surfaces

REACH_PX, START_PX = 16, 10.0  # how far relief may move ground, and how far mostly
TAIL = 4.0  # degrees of freedom of Student's distribution (Lange, Little and Taylor 1989)
FLOOR_PX = 0.2  # error of one shift where nothing else is left
LEAST_PATCHES = 40
LEAST_RATIO, MOST_ACROSS_PX = 1.5, 1.5  # relief: more along the line than across, there little
LEAST_ALONG_PX = 1.0  # less does not matter


@dataclass(frozen=True)
class Spread:
    """What the fit leaves over: standard deviations, px, along the line it lies on and across."""

    along_px: float
    across_px: float

    @property
    def relief(self) -> bool:
        """It lies along a line; otherwise it is small, or noise, or of wrong patches."""
        least = max(LEAST_ALONG_PX, LEAST_RATIO * self.across_px)
        return self.along_px > least and self.across_px < MOST_ACROSS_PX


def over_relief(whole: Fields, part: Fields, place: Placement, passes: int) -> Placement:
    """`place` as the ground across relief's line says; as it was where there is no such line."""
    first = place
    for _ in range(passes):
        found = surfaces(whole, part, place, REACH_PX)
        if found is None:
            return first
        at, score = offsets(found)
        good = np.isfinite(at[:, 0]) & (score > 0.0)
        if good.sum() < LEAST_PATCHES:
            return first
        model, spread = fit(found.offset_px[good], at[good], score[good])
        if not spread.relief:
            return first
        place = moved(place, model)
    return place


def fit(
    offset_px: np.ndarray, shift_px: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, Spread]:
    """Small similarity (a, b, x, y): shift = (a x - b y + x0, b x + a y + y0), and what is left.

    `offset_px`, `shift_px` (n, 2), `weight` (n,). Student's distribution in two dimensions, its
    covariance estimated with the model: a shift far out along the line weighs as one near across.
    """
    x, y = offset_px.T
    zero, one = np.zeros_like(x), np.ones_like(x)
    design = np.stack(
        (np.column_stack((x, -y, one, zero)), np.column_stack((y, x, zero, one))), axis=1
    )
    model, covariance = np.zeros(4), START_PX**2 * np.eye(2)
    for _ in range(30):
        left = shift_px - design @ model
        inverse = np.linalg.inv(covariance)
        distance2 = np.einsum("ni,ij,nj->n", left, inverse, left)
        trust = weight * (TAIL + 2.0) / (TAIL + distance2)
        covariance = (left * trust[:, None]).T @ left / weight.sum() + FLOOR_PX**2 * np.eye(2)
        inverse = np.linalg.inv(covariance)
        weighed = np.einsum("n,nik,ij->njk", trust, design, inverse)
        normal = np.einsum("njk,njl->kl", weighed, design)
        model = np.linalg.solve(normal, np.einsum("njk,nj->k", weighed, shift_px))
    across, along = np.sqrt(np.linalg.eigvalsh(covariance))
    return model, Spread(float(along), float(across))
