"""How much has to be trained until a good recipe is in hand: pruners replayed on real learning curves.

``python -m benchmarks.search_cost`` replays what `benchmarks.curves` recorded, in many random orders. A
recipe is good if its mean over seeds is within 0.03 of the best of its half; the cost is the images seen
until such a recipe is first in hand. Settings were chosen on one half of the recipes; figures come from the
other. TPE cannot be replayed, since it proposes recipes of its own: `benchmarks.sampler`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.curves import CURVES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

NEAR = 0.03
"""How far below the best a good recipe may be, in s-KdT."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One recorded training."""

    value: float
    """Final s-KdT."""
    images: float
    """Images seen."""
    curve: dict[float, float]
    """s-KdT at each share of the schedule."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Recorded:
    """A recipe and its trainings."""

    number: int
    """Which recipe of `benchmarks.curves.recipes`."""
    runs: tuple[Run, ...]
    """One for each seed, at least one."""
    mean: float
    """Mean s-KdT over seeds, shrunk towards that of all recipes by as much as its seeds are few."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How images are spent."""

    name: str
    """In words."""
    rungs: tuple[tuple[float, float], ...] = ()
    """Shares of the schedule, and which part of the trials that came so far a trial must belong to at that
    rung, the best first, to go on; none: nothing is pruned."""
    unpruned: int = 16
    """How many first trials run to their end whatever their curves are."""
    repeats: int = 0
    """With how many more seeds a trial that beats the recipe in hand is run before it takes its place."""


def load(path: Path = CURVES) -> list[Recorded]:
    """Read recorded runs and estimate each recipe's mean."""
    grouped: dict[int, list[Run]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            rungs = {name: float(text) for name, text in row.items() if name.startswith("at_")}
            run = Run(
                value=float(row["value"]),
                images=float(row["images_seen"]),
                curve={int(name.removeprefix("at_")) / 100: value for name, value in rungs.items()},
            )
            grouped.setdefault(int(row["recipe"]), []).append(run)
    noise = seed_deviation(list(grouped.values())) ** 2
    firsts = np.array([runs[0].value for runs in grouped.values()])
    centre, spread = float(firsts.mean()), max(float(firsts.var(ddof=1)) - noise, 1e-6)
    found = []
    for number, runs in grouped.items():
        trust = spread / (spread + noise / len(runs))
        own = float(np.mean([run.value for run in runs]))
        found.append(Recorded(number=number, runs=tuple(runs), mean=centre + trust * (own - centre)))
    return found


def seed_deviation(recipes: Sequence[Sequence[Run]]) -> float:
    """Return the standard deviation between seeds of one recipe, pooled over recipes with several."""
    several = [np.array([run.value for run in runs]) for runs in recipes if len(runs) > 1]
    freedom = sum(len(own) - 1 for own in several)
    return float(np.sqrt(sum(((own - own.mean()) ** 2).sum() for own in several) / freedom))


def halves(recipes: Sequence[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """Return the half for choosing and the half for reporting, alike in the quality of their recipes."""
    ordered = sorted(recipes, key=lambda recipe: -recipe.mean)
    # 1 2 2 1 1 2 2 1: neither half always gets the better one of a pair.
    first = [recipe for index, recipe in enumerate(ordered) if index % 4 in (0, 3)]
    return first, [recipe for recipe in ordered if recipe not in first]


def replay(
    recipes: Sequence[Recorded], policy: Policy, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Return images seen and the true mean of the recipe in hand, after each trial of a random order."""
    spent, score, mean = 0.0, -np.inf, -1.0
    at_rungs: dict[float, list[float]] = {share: [] for share, _ in policy.rungs}
    history = []
    for number, index in enumerate(rng.permutation(len(recipes))):
        recipe = recipes[index]
        order = rng.permutation(len(recipe.runs))
        run, ended = recipe.runs[order[0]], 1.0
        for share, kept in policy.rungs:
            seen, here = at_rungs[share], run.curve[share]
            better = np.mean([other > here for other in seen]) if seen else 0.0
            seen.append(here)
            if number >= policy.unpruned and better > kept:
                ended = share
                break
        spent += ended * run.images
        if ended == 1.0 and run.value > score:
            again = [recipe.runs[order[(repeat + 1) % len(order)]] for repeat in range(policy.repeats)]
            spent += sum(other.images for other in again)
            repeated = float(np.mean([run.value, *(other.value for other in again)]))
            if repeated > score:
                score, mean = repeated, recipe.mean
        history.append((spent, mean))
    return history


def costs(recipes: Sequence[Recorded], policy: Policy, *, orders: int, seed: int = 0) -> NDArray[np.float64]:
    """Return the images until a good recipe is first in hand, one for each order; infinite where never."""
    goal = max(recipe.mean for recipe in recipes) - NEAR
    found = []
    for order in range(orders):
        history = replay(recipes, policy, np.random.default_rng([seed, order]))
        found.append(next((spent for spent, mean in history if mean >= goal), np.inf))
    return np.array(found)


def ratio(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], *, rounds: int = 1000
) -> tuple[float, float, float]:
    """Return the ratio of two medians and its 95 % interval, orders resampled."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(rounds):
        first, second = rng.choice(ours, len(ours)), rng.choice(theirs, len(theirs))
        drawn.append(np.median(first) / np.median(second))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(np.median(ours) / np.median(theirs)), float(low), float(high)


RANDOM = Policy(name="random search, nothing pruned")
POLICIES = (
    RANDOM,
    Policy(name="0.5: better half (the studies' pruner)", rungs=((0.5, 0.5),)),
    Policy(name="0.5: best 0.4", rungs=((0.5, 0.4),)),
    Policy(name="0.5: best 0.25", rungs=((0.5, 0.25),)),
    Policy(name="0.3: better half", rungs=((0.3, 0.5),)),
    Policy(name="0.3: best 0.6, 0.5: best 0.4", rungs=((0.3, 0.6), (0.5, 0.4))),
    Policy(name="0.3: best 0.6, 0.5: best 0.4, 0.7: best 0.25", rungs=((0.3, 0.6), (0.5, 0.4), (0.7, 0.25))),
    Policy(name="0.7: best 0.25", rungs=((0.7, 0.25),)),
    Policy(name="nothing pruned, one repeat", repeats=1),
    Policy(name="0.5: better half, one repeat", rungs=((0.5, 0.5),), repeats=1),
)


def main() -> int:
    """Replay and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--choosing", action="store_true", help="the half on which settings were chosen")
    asked = parser.parse_args()
    recipes = load()
    half = halves(recipes)[0 if asked.choosing else 1]
    goal = max(recipe.mean for recipe in half) - NEAR
    plain = costs(half, RANDOM, orders=asked.orders)
    rows = []
    for policy in POLICIES:
        own = costs(half, policy, orders=asked.orders)
        against = ratio(own, plain)
        rows.append(
            {
                "policy": policy.name,
                "median images": float(np.median(own)),
                "never": float(np.mean(np.isinf(own))),
                "ratio to random": [round(figure, 3) for figure in against],
            }
        )
    found = {
        "recipes": len(half),
        "good ones": sum(recipe.mean >= goal for recipe in half),
        "best mean": round(goal + NEAR, 3),
        "seed deviation": round(seed_deviation([recipe.runs for recipe in recipes]), 3),
        "orders": asked.orders,
        "policies": rows,
    }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
