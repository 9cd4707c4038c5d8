"""Which circles are craters, and how they must move to lie on the rim: a small learned network.

It sees the ground round each circle in polar form, turned so that the light comes from one side
and evened in brightness, so that no picture's size, Sun or exposure is special. Its weights come
from rendered terrain (`benchmarks.craters.train`) and, tuned, from the catalogued craters of
the Moon's north and of 70 to 75 S (`benchmarks.craters.tune`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.spatial import cKDTree

from lupex_rover.craters.circle_detector import Circles

RINGS, RAYS = 14, 24
AT = np.linspace(0.12, 1.7, RINGS)  # radii of the rings
INPUTS = RINGS * RAYS + 5
OUTPUTS = 4  # log odds of a crater; its centre (radii, along and across the light); log of radius
WEIGHTS = Path(__file__).with_name("crater_classifier.npz")
NEIGHBOURS = 40  # strong circles that tell where the light comes from
CHUNK = 8000


@dataclass(frozen=True)
class Network:
    """Layers of weights (in, out) and offsets (out,); ReLU between them."""

    weights: list[np.ndarray]
    offsets: list[np.ndarray]

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """(n, INPUTS) to (n, OUTPUTS)."""
        values = inputs
        for k, (w, b) in enumerate(zip(self.weights, self.offsets)):
            values = values @ w + b
            if k + 1 < len(self.weights):
                values = np.maximum(values, 0.0)
        return values

    def write(self, path: Path) -> None:
        """As half-precision arrays."""
        arrays: dict[str, Any] = {
            f"weights_{k}": w.astype(np.float16) for k, w in enumerate(self.weights)
        }
        arrays |= {f"offsets_{k}": b.astype(np.float16) for k, b in enumerate(self.offsets)}
        np.savez_compressed(path, **arrays)


@lru_cache(maxsize=2)
def network(path: Path = WEIGHTS) -> Network:
    """The network in `path`."""
    with np.load(path) as file:
        count = len(file.files) // 2
        pairs = [
            [file[f"{name}_{k}"].astype(np.float32) for k in range(count)]
            for name in ("weights", "offsets")
        ]
    return Network(*pairs)


@dataclass(frozen=True)
class Light:
    """Where strong circles lie and from where they are lit: the Sun of each part of a picture."""

    tree: cKDTree
    votes: np.ndarray  # (n,) complex: direction times weight

    @classmethod
    def of(cls, votes: Circles) -> Light:
        """From the strongest tenth."""
        strong = votes.part(votes.score >= np.quantile(votes.score, 0.9))
        weight = strong.score**6 * np.exp(1j * strong.light_rad)
        return cls(cKDTree(np.column_stack((strong.x, strong.y))), weight)

    def agreement(self, votes: Circles) -> tuple[np.ndarray, np.ndarray]:
        """Cosine to the neighbours' light, times how much they agree; and the latter; (n,)."""
        count = min(NEIGHBOURS, len(self.votes))
        near = self.tree.query(np.column_stack((votes.x, votes.y)), k=count)[1]
        chosen = self.votes[near.reshape(len(votes), count)]
        mean = chosen.sum(axis=1) / np.abs(chosen).sum(axis=1)
        return (mean * np.exp(-1j * votes.light_rad)).real, np.abs(mean)


def pyramid(grey: np.ndarray) -> list[np.ndarray]:
    """The picture, halved again and again."""
    levels = [grey]
    while min(levels[-1].shape) > 40:
        rows, cols = (n // 2 for n in levels[-1].shape)
        whole = levels[-1][: 2 * rows, : 2 * cols]
        levels.append(cv2.resize(whole, (cols, rows), interpolation=cv2.INTER_AREA))
    return levels


def inputs(levels: list[np.ndarray], votes: Circles, light: Light) -> np.ndarray:
    """(n, INPUTS) what the network is asked about each circle."""
    polar = _polar(levels, votes).reshape(len(votes), -1)
    weight = np.repeat(AT, RAYS) / (RAYS * AT.sum())
    mean = (polar * weight).sum(axis=1, keepdims=True)
    spread = np.sqrt(((polar - mean) ** 2 * weight).sum(axis=1, keepdims=True))
    middle = levels[min(2, len(levels) - 1)]
    usual = float(middle.std()) + 1e-6
    same, sure = light.agreement(votes)
    more = np.column_stack((
        4.0 * votes.score - 2.0, 2.0 * same, 2.0 * sure, np.log(spread[:, 0] / usual + 0.05),
        (mean[:, 0] - float(middle.mean())) / usual,
    ))  # fmt: skip
    even = (polar - mean) / np.maximum(spread, 0.1 * usual)
    return np.column_stack((even, more)).astype(np.float32)


def mirrored(values: np.ndarray) -> np.ndarray:
    """The same ground seen in a mirror along the light: as good an example, another input."""
    n = RINGS * RAYS
    polar = values[:, :n].reshape(-1, RINGS, RAYS)
    turned = np.roll(polar[:, :, ::-1], 1, axis=2).reshape(len(values), n)
    return np.column_stack((turned, values[:, n:]))


def judge(
    levels: list[np.ndarray], votes: Circles, light: Light, net: Network | None = None
) -> tuple[np.ndarray, Circles]:
    """Probability of each circle (n,), and the circles moved to where the rim should be."""
    net = net or network()
    out = np.zeros((len(votes), OUTPUTS), np.float32)
    for start in range(0, len(votes), CHUNK):
        some = votes.part(np.arange(start, min(start + CHUNK, len(votes))))
        values = inputs(levels, some, light)
        there, back = net(values), net(mirrored(values)) * [1.0, 1.0, -1.0, 1.0]
        out[start : start + CHUNK] = 0.5 * (there + back)
    chance = 1.0 / (1.0 + np.exp(-np.clip(out[:, 0], -30.0, 30.0)))
    c, s = np.cos(votes.light_rad), np.sin(votes.light_rad)
    along, across = (np.clip(out[:, k], -0.5, 0.5) * votes.radius for k in (1, 2))
    grown = votes.radius * np.exp(np.clip(out[:, 3], -0.5, 0.5))
    x, y = votes.x + c * along - s * across, votes.y + s * along + c * across
    return chance, Circles(x, y, grown, votes.score, votes.light_rad)


def _polar(levels: list[np.ndarray], votes: Circles) -> np.ndarray:
    """(n, RINGS, RAYS) brightness round each circle, the first ray towards the light."""
    out = np.zeros((len(votes), RINGS, RAYS), np.float32)
    halvings = np.round(np.log2(np.maximum(votes.radius / 8.0, 1.0))).astype(int)
    halvings = np.minimum(halvings, len(levels) - 1)
    turn = np.arange(RAYS) * 2.0 * math.pi / RAYS
    for level in np.unique(halvings):
        which = np.nonzero(halvings == level)[0]
        size = 2.0**level
        around = votes.light_rad[which, None, None] + turn
        away = (votes.radius[which, None] / size * AT)[:, :, None]
        x = ((votes.x[which] + 0.5) / size - 0.5)[:, None, None] + away * np.cos(around)
        y = ((votes.y[which] + 0.5) / size - 0.5)[:, None, None] + away * np.sin(around)
        shape = (len(which), RINGS * RAYS)
        flat = cv2.remap(
            levels[level], x.reshape(shape).astype(np.float32), y.reshape(shape).astype(np.float32),
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        out[which] = flat.reshape(len(which), RINGS, RAYS)
    return out
