"""Makes the weights of `craters.crater_classifier` from rendered ground.

    python -m benchmarks.craters.train --scenes 400 --out lupex_rover/craters/crater_classifier.npz

No part of a mission: kept so that the weights can be made anew (like these, not to the last bit:
the first round of the shipped ones was rendered a little smoother). An hour on one core.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from scipy.spatial import cKDTree

from benchmarks.craters.scenes import CraterScene, crater_scene
from lupex_rover.craters import crater_classifier as judge
from lupex_rover.craters.circle_detector import Circles, detect_circles, grey_of

LEAST_PX, LEAST_SCORE = 5.0, 0.42
CENTRE, SIZE = 0.22, 0.2  # a circle this near in radii and log of radius is the crater
BESIDE, OTHER_SIZE = 0.55, 0.5  # and this near it can be moved there
HIDDEN = (128, 32)
WRONG_ONES = 3  # for each right one
Examples = tuple[np.ndarray, np.ndarray]


def examples(seed: int, earlier: judge.Network | None = None) -> Examples:
    """Inputs (n, INPUTS) and truth (n, 6) of one scene: is it a crater, does that count, the move
    (three), does the move count.

    Of the many circles that are no craters some are taken at random and, where there is an
    `earlier` network, those that it is most mistaken about.
    """
    rng = np.random.default_rng(seed)
    scene = crater_scene(rng, int(rng.choice([512, 640, 768])))
    grey = grey_of(scene.image)
    votes = detect_circles(grey, LEAST_PX, 0.4 * min(grey.shape), LEAST_SCORE)
    if len(votes) < 20:
        return np.zeros((0, judge.INPUTS), np.float16), np.zeros((0, 6), np.float32)
    light = judge.Light.of(votes)
    truth = truth_of(votes, scene)
    return chosen(judge.pyramid(grey), votes, light, truth, rng, WRONG_ONES, earlier)


def chosen(
    levels: list[np.ndarray], votes: Circles, light: judge.Light, truth: np.ndarray,
    rng: np.random.Generator, wrong_ones: int, earlier: judge.Network | None,
) -> Examples:  # fmt: skip
    """Every circle by a crater, and of the others `wrong_ones` for each crater at random and as
    many that `earlier` is most mistaken about; inputs and truth as in `examples`."""
    near, yes = truth[:, 5] > 0.0, truth[:, 0] > 0.0
    none = np.nonzero(~near & (truth[:, 1] > 0.0))[0]
    count = min(len(none), max(60, wrong_ones * int(yes.sum())))
    taken = [np.nonzero(near)[0], rng.choice(none, count, replace=False)]
    if earlier is not None:
        chance, _ = judge.judge(levels, votes.part(none), light, earlier)
        taken.append(none[np.argsort(-chance)[:count]])
    which = np.unique(np.concatenate(taken))
    values = judge.inputs(levels, votes.part(which), light)
    return values.astype(np.float16), truth[which].astype(np.float32)


def truth_of(votes: Circles, scene: CraterScene) -> np.ndarray:
    """(n, 6) as in `examples`; craters too worn or hidden to tell count neither way."""
    out = np.zeros((len(votes), 6))
    out[:, 1] = 1.0
    known = scene.seen > 0.3
    craters = scene.craters[known]
    plain = (scene.seen[known] > 0.6) & (craters[:, 3] < 0.8)
    if not len(craters):
        return out
    near = cKDTree(craters[:, :2]).query_ball_point(
        np.column_stack((votes.x, votes.y)), 1.7 * BESIDE * votes.radius
    )
    c, s = np.cos(votes.light_rad), np.sin(votes.light_rad)
    for k, all_near in enumerate(near):
        if not all_near:
            continue
        one = craters[all_near]
        dx, dy = one[:, 0] - votes.x[k], one[:, 1] - votes.y[k]
        size = np.log(one[:, 2] / votes.radius[k])
        away = np.hypot(dx, dy) / one[:, 2]
        error = np.hypot(away / CENTRE, size / SIZE)
        best = int(error.argmin())
        if away[best] > BESIDE or abs(size[best]) > OTHER_SIZE:
            continue
        sure = plain[all_near[best]]
        move = np.array([c[k] * dx[best] + s[k] * dy[best], c[k] * dy[best] - s[k] * dx[best]])
        is_it = sure and error[best] < 1.0
        counts = is_it or (sure and error[best] > 1.8)
        out[k] = (is_it, counts, *(move / votes.radius[k]), size[best], sure)
    return out


def train(
    values: np.ndarray, truth: np.ndarray, epochs: int, rng: np.random.Generator,
    start: judge.Network | None = None, rate: float = 1.5e-3, odds: np.ndarray | None = None,
) -> judge.Network:  # fmt: skip
    """Adam (Kingma and Ba 2015) on cross entropy, and on the squared error of the moves.

    From `start`, or from noise; `rate` is that of the first step. `odds` (n,): of each example to
    be drawn, else each is looked at once an epoch.
    """
    net = start or _noise(rng)
    state = [array.copy() for array in (*net.weights, *net.offsets)]
    first, second = ([np.zeros_like(a) for a in state] for _ in range(2))
    step, batch = 0, 256
    count = len(values)
    total = epochs * (count // batch)
    for epoch in range(epochs):
        order = rng.permutation(count) if odds is None else rng.choice(count, count, p=odds)
        for first_of in range(0, count - batch + 1, batch):
            which = order[first_of : first_of + batch]
            some, true = values[which].astype(np.float32), truth[which].copy()
            if rng.random() < 0.5:
                some = judge.mirrored(some)
                true[:, 3] *= -1.0
            step += 1
            now = rate * 0.5 * (1.0 + np.cos(np.pi * step / total))
            for k, slope in enumerate(_slopes(state, some, true)):
                first[k] = 0.9 * first[k] + 0.1 * slope
                second[k] = 0.999 * second[k] + 0.001 * slope**2
                mean, size = first[k] / (1 - 0.9**step), second[k] / (1 - 0.999**step)
                state[k] = state[k] - now * (mean / (np.sqrt(size) + 1e-8) + 1e-4 * state[k])
        print(f"epoch {epoch + 1} of {epochs}", file=sys.stderr, flush=True)
    half = len(net.weights)
    return judge.Network(state[:half], state[half:])


def _noise(rng: np.random.Generator) -> judge.Network:
    """A network that knows nothing."""
    sizes = (judge.INPUTS, *HIDDEN, judge.OUTPUTS)
    weights = [rng.normal(0.0, np.sqrt(2.0 / a), (a, b)) for a, b in pairwise(sizes)]
    offsets = [np.zeros(b, np.float32) for b in sizes[1:]]
    return judge.Network([w.astype(np.float32) for w in weights], offsets)


def _slopes(state: list[np.ndarray], values: np.ndarray, truth: np.ndarray) -> list[np.ndarray]:
    """Derivatives of the loss by each array of the network."""
    half = len(state) // 2
    layers = [values]
    for k in range(half):
        out = layers[-1] @ state[k] + state[half + k]
        layers.append(np.maximum(out, 0.0) if k + 1 < half else out)
    out = layers[-1]
    chance = 1.0 / (1.0 + np.exp(-np.clip(out[:, 0], -30.0, 30.0)))
    back = np.zeros_like(out)
    back[:, 0] = (chance - truth[:, 0]) * truth[:, 1]
    back[:, 1:] = 4.0 * np.clip(out[:, 1:] - truth[:, 2:5], -0.5, 0.5) * truth[:, 5:]
    back /= len(values)
    slopes = [np.zeros(0)] * len(state)
    for k in reversed(range(half)):
        slopes[k], slopes[half + k] = layers[k].T @ back, back.sum(axis=0)
        if k:
            back = (back @ state[k].T) * (layers[k] > 0.0)
    return slopes


def main(
    scenes: Annotated[
        int, typer.Option(help="Pictures to learn from, in each round.", min=1)
    ] = 400,
    epochs: Annotated[int, typer.Option(help="Times each is looked at.", min=1)] = 12,
    seed: Annotated[int, typer.Option(help="Of pictures and training.")] = 0,
    keep: Annotated[Path | None, typer.Option(help="Folder for examples made so far.")] = None,
    out: Annotated[Path, typer.Option(help="Weights to write.")] = Path("crater_judge.npz"),
) -> None:
    """Render, collect examples, train; then once more with what it was mistaken about."""
    parts: list[Examples] = []
    net: judge.Network | None = None
    for turn in range(2):
        for n in range(scenes):
            parts.append(_kept(keep, 100000 * (2 * seed + turn) + n, net))
            said = f"round {turn + 1}, scene {n + 1} of {scenes}: {len(parts[-1][0])} examples"
            print(said, file=sys.stderr, flush=True)
        values, truth = (np.concatenate(side) for side in zip(*parts))
        net = train(values, truth, epochs, np.random.default_rng(seed))
        net.write(out)


def _kept(folder: Path | None, seed: int, earlier: judge.Network | None) -> Examples:
    """Examples of a scene, from `folder` where they are there."""
    if folder is None:
        return examples(seed, earlier)
    path = folder / f"{seed}.npz"
    if path.is_file():
        with np.load(path) as file:
            return file["values"], file["truth"]
    values, truth = examples(seed, earlier)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(path, values=values, truth=truth)
    return values, truth


if __name__ == "__main__":
    typer.run(main)
