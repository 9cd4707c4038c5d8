"""Triangles of neighbouring craters, described so that they are found again at any size and turn.

Of three rims the ratios of the sides, the rims' radii over the longest side and the sense of
rotation stay the same under a similarity, which a picture from nearly overhead is (triangles as
in Padgett and Kreutz-Delgado 1997 for stars; with radii, as Maass et al. 2011 for craters).
"""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
from scipy.spatial import cKDTree

from lupex_rover.craters.catalogue import CraterCatalogue

SIDE_SIGMA, RADIUS_SIGMA = 0.05, 0.09  # of logs: a pixel or two, 5 degrees of lean, 5 % of radius
REACH = 2.5  # sigmas
FLATTEST = 0.12  # least ratio of a triangle's height to its longest side


class CraterIndex:
    """Triangles of a catalogue.

    Parameters
    ----------
    catalogue : CraterCatalogue
        At least 3 craters.
    neighbours : int
        Each crater makes triangles with pairs of that many nearest ones.
    """

    def __init__(self, catalogue: CraterCatalogue, neighbours: int = 7) -> None:
        self.catalogue = catalogue
        self.places = cKDTree(catalogue.centre_m)
        triples = near_triples(catalogue.centre_m, neighbours)
        flat, self.right = tangent_plane(catalogue, triples)
        order, value, good = described(flat, catalogue.radius_m[triples])
        self.triples = np.take_along_axis(triples, order, axis=1)[good]
        self.flat = np.take_along_axis(flat, order[:, :, None], axis=1)[good]
        self.right = self.right[good]
        self.tree = cKDTree(value[good] if good.any() else np.zeros((0, 6)))

    def same(
        self, pixels: np.ndarray, radius_px: np.ndarray, neighbours: int, most: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Triples of the picture (m, 3) and the triangles (m,) of the index that they may be.

        Noise can change which side is the longest, so each triple is asked for in every order
        that is nearly right.
        """
        triples = near_triples(pixels, neighbours)
        asked, values = [], []
        for turn in permutations(range(3)):
            t = triples[:, turn]
            value, good = description(pixels[t], radius_px[t])
            good &= _in_order(pixels[t], 2.0 * SIDE_SIGMA)
            asked.append(t[good])
            values.append(value[good])
        triples, value = np.concatenate(asked), np.concatenate(values)
        if not len(triples) or not len(self.triples):
            return np.zeros((0, 3), int), np.zeros(0, int)
        hits = self.tree.query_ball_point(value, REACH, p=np.inf, return_sorted=False)
        count = np.array([len(h) for h in hits])
        which = np.repeat(np.arange(len(triples)), count)
        found = np.concatenate([np.asarray(h, int) for h in hits])
        apart = ((self.tree.data[found] - value[which]) ** 2).sum(axis=1)
        best = np.argsort(apart)[:most]
        return triples[which[best]], found[best]


def near_triples(points: np.ndarray, neighbours: int) -> np.ndarray:
    """(m, 3) each point with each pair of its nearest ones, none twice."""
    n = len(points)
    count = min(neighbours, n - 1)
    if count < 2:
        return np.zeros((0, 3), int)
    near = cKDTree(points).query(points, k=count + 1)[1][:, 1:]
    pairs = np.array(list(combinations(range(count), 2)))
    first = np.repeat(np.arange(n), len(pairs))
    triples = np.column_stack((first, near[:, pairs].reshape(-1, 2)))
    triples = triples[(triples[:, 1] != triples[:, 0]) & (triples[:, 2] != triples[:, 0])]
    return np.unique(np.sort(triples, axis=1), axis=0)


def tangent_plane(catalogue: CraterCatalogue, triples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Triangles as a camera looking down sees them: (m, 3, 2) m, from the middle of the three,
    and the direction (m, 3) in space that is 'right' there; 'down' is right x up."""
    centre = catalogue.centre_m[triples]
    up = mean_up(catalogue, triples)
    axis = np.eye(3)[np.argmin(np.abs(up), axis=1)]
    right = np.cross(axis, up)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    down = np.cross(right, up)
    arm = centre - centre.mean(axis=1, keepdims=True)
    flat = np.stack(
        (np.einsum("nkj,nj->nk", arm, right), np.einsum("nkj,nj->nk", arm, down)), axis=2
    )
    return flat, right


def mean_up(catalogue: CraterCatalogue, triples: np.ndarray) -> np.ndarray:
    """(m, 3) unit normals of the ground under triples."""
    up = catalogue.normal[triples].mean(axis=1)
    return up / np.linalg.norm(up, axis=1, keepdims=True)


def described(flat: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Order (m, 3) by the opposite side, longest first; the description; whether it is usable."""
    order = np.argsort(-_sides(flat), axis=1, kind="stable")
    flat = np.take_along_axis(flat, order[:, :, None], axis=1)
    value, good = description(flat, np.take_along_axis(radius, order, axis=1))
    return order, value, good


def description(flat: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(m, 6) in sigmas, and whether the triangle is not too flat, (m,)."""
    sides = np.maximum(_sides(flat), 1e-9)
    a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    double_area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    ratio = np.log(sides[:, 1:] / sides[:, :1]) / SIDE_SIGMA
    sizes = np.log(np.maximum(radius, 1e-9) / sides[:, :1]) / RADIUS_SIGMA
    sense = np.where(double_area > 0.0, 0.0, 10.0 * REACH)
    good = np.abs(double_area) > FLATTEST * sides.max(axis=1) ** 2
    return np.column_stack((ratio, sizes, sense)), good


def _sides(flat: np.ndarray) -> np.ndarray:
    """(m, 3) lengths, each opposite to its corner."""
    return np.linalg.norm(np.roll(flat, -1, axis=1) - np.roll(flat, 1, axis=1), axis=2)


def _in_order(flat: np.ndarray, slack: float) -> np.ndarray:
    """(m,) whether the sides fall, or rise by no more than `slack` of a log."""
    logs = np.log(np.maximum(_sides(flat), 1e-9))
    return (np.diff(logs, axis=1) <= slack).all(axis=1)
