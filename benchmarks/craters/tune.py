"""Tunes the weights of `craters.crater_classifier` with real craters of a catalogue.

    python -m benchmarks.craters.tune --rendered FOLDER --start BEFORE.npz --out OUT.npz

No part of a mission: kept so that the weights can be made anew. `FOLDER` is what `train_craters
--keep` left, `BEFORE.npz` the weights that it made (for the shipped ones: 152 scenes, and the
weights that were shipped before). Real are the LROC WAC mosaics of the lunar-toolkit package, the
catalogue that of Head et al. 2010 (20 km and more): all the north, and of the south only what lies
north of 75 S, so that the rest can judge the result.

Twelve networks are tuned from one start with different orders of the examples, and their weights
averaged, which errs less than any of them (Wortsman et al. 2022, "model soups"). Minutes on one
core.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from benchmarks.craters import bench_craters as bench
from benchmarks.craters.scenes import CraterScene
from benchmarks.craters.train import Examples, chosen, train, truth_of
from lupex_rover.craters import crater_classifier as judge
from lupex_rover.craters.circle_detector import detect_circles, grey_of

SCALES = (1.0, 0.85, 0.72, 0.6, 0.5, 0.42, 0.36)
GAMMAS = (0.8, 1.25)  # of the brightness
LEAST_PX, COMPLETE_PX = 18.0, 28.0  # at scale 1; the catalogue begins at 25
LEAST_SCORE = 0.42
PLAIN = 0.3  # wear that a catalogued crater is taken for
WRONG_ONES = 2  # for each right one, twice: at random, and the most mistaken
RATE = 5e-4
NETWORKS = ((0.6, 3), (0.7, 2), (0.7, 3))  # part of real examples, epochs
EACH = 4


def examples(
    image: np.ndarray, craters: np.ndarray, pole: str, scale: float, gamma: float, seed: int,
    earlier: judge.Network,
) -> Examples:  # fmt: skip
    """Inputs (n, INPUTS) and truth (n, 6) of a mosaic reduced by `scale`, as `train_craters`."""
    rng = np.random.default_rng(seed)
    size = tuple(round(n * scale) for n in image.shape[::-1])
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small = np.asarray(255.0 * (small / 255.0) ** gamma).astype(np.uint8)
    known = craters * scale
    known[:, :2] += 0.5 * scale - 0.5
    grey = grey_of(small)
    votes = detect_circles(grey, LEAST_PX * scale, 0.25 * min(grey.shape), LEAST_SCORE)
    light = judge.Light.of(votes)
    if pole == "south":
        middle = (small.shape[0] - 1) / 2.0
        away = np.hypot(votes.x - middle, votes.y - middle) - votes.radius
        tested = bench.rho_px(math.radians(90.0 + bench.SOUTH_OF_DEG), small.shape[0])
        votes = votes.part(away > tested)
    wear = np.full(len(known), PLAIN)
    scene = CraterScene(small, np.column_stack((known, wear)), np.ones(len(known)))
    truth = truth_of(votes, scene)
    unlisted = (votes.radius < COMPLETE_PX * scale) & (truth[:, 0] == 0.0)
    truth[unlisted, 1] = 0.0
    return chosen(judge.pyramid(grey), votes, light, truth, rng, WRONG_ONES, earlier)


def shown(table: np.ndarray, pole: str, size_px: int) -> np.ndarray:
    """(n, 3) pixels and radius of the catalogue's craters of which a mosaic shows a good part."""
    out = bench.catalogued(table, pole, size_px)
    away = np.abs(out[:, :2] - 0.5 * size_px).max(axis=1)
    return np.asarray(out[away < 0.5 * size_px + 0.3 * out[:, 2]])


def real(earlier: judge.Network) -> Iterator[Examples]:
    """Examples of both mosaics at every scale and brightness."""
    table = bench.head_table()
    for pole in ("north", "south"):
        image = bench.mosaic(pole)
        if image is None:
            raise SystemExit("needs the lunar-toolkit package, see locks/no-deps.in")
        craters = shown(table, pole, image.shape[0])
        for k, (scale, gamma) in enumerate((s, g) for s in SCALES for g in GAMMAS):
            values, truth = examples(image, craters, pole, scale, gamma, k, earlier)
            said = (
                f"{pole}, scale {scale}: {len(values)} examples, {int(truth[:, 0].sum())} craters"
            )
            print(said, file=sys.stderr, flush=True)
            yield values, truth


def mean_of(networks: list[judge.Network]) -> judge.Network:
    """The average of networks that were tuned from one start."""
    layers = range(len(networks[0].weights))
    return judge.Network(
        [np.mean([n.weights[k] for n in networks], axis=0) for k in layers],
        [np.mean([n.offsets[k] for n in networks], axis=0) for k in layers],
    )


def main(
    rendered: Annotated[Path, typer.Option(help="Folder of train_craters --keep.")],
    start: Annotated[Path, typer.Option(help="Weights to begin with, of train_craters.")],
    out: Annotated[Path, typer.Option(help="Weights to write.")] = Path("crater_judge.npz"),
) -> None:
    """Collect examples, tune, average."""
    parts = [_read(path) for path in sorted(rendered.glob("*.npz"))]
    if not parts:
        raise SystemExit(f"{rendered}: holds no examples; make some with train_craters --keep")
    net = judge.network(start)
    made = tuple(np.concatenate(side) for side in zip(*parts))
    seen = tuple(np.concatenate(side) for side in zip(*real(net)))
    values, truth = (np.concatenate(pair) for pair in zip(made, seen))
    tuned = []
    for share, epochs in NETWORKS:
        each = [(1.0 - share) / len(made[0]), share / len(seen[0])]
        odds = np.repeat(each, [len(made[0]), len(seen[0])])
        for seed in range(EACH):
            rng = np.random.default_rng(10 + seed)
            tuned.append(train(values, truth, epochs, rng, net, RATE, odds))
    mean_of(tuned).write(out)


def _read(path: Path) -> Examples:
    with np.load(path) as file:
        return file["values"], file["truth"]


if __name__ == "__main__":
    typer.run(main)
