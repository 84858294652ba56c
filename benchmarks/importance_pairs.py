"""How often true interactions are found, and pairs that do not interact are called, where the truth is known.

Run: python -m benchmarks.importance_pairs [--trials 64 128 300] [--seeds 50]
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.importance import show
from benchmarks.importance_studies import NOISE, Truth, sobol_screen
from objectives.factors import catalogue
from studies.analysis.wide import pair_interactions

if TYPE_CHECKING:
    from objectives.factors import Factor

METHOD = "wsnas"


class Additive(Truth):
    """The same objective without its interactions."""

    def __init__(self, factors: tuple[Factor, ...], seed: int) -> None:
        super().__init__(factors, seed)
        self.pairs = []


def measure(trials: int, seeds: range) -> dict[str, list[float]]:
    """Return figures by name, one for each seed."""
    factors = catalogue("nb201")
    figures: dict[str, list[float]] = {}
    for seed in seeds:
        recipes = sobol_screen(factors, trials, seed)
        noise = NOISE * np.random.default_rng([seed, 3]).standard_normal(trials)
        for truth in (Truth(factors, seed), Additive(factors, seed)):
            real = {frozenset((truth.active[one].name, truth.active[two].name)) for one, two in truth.pairs}
            values = np.array([truth(recipe) for recipe in recipes]) + noise
            found = pair_interactions(factors, recipes, values, seed=seed, most=1000)
            called = {frozenset((one.first, one.second)) for one in found if one.significant}
            rows = {"studies without interactions with a call": float(bool(called))}
            if real:
                rows = {
                    "true interactions significant": len(called & real) / len(real),
                    "studies with a false call beside": float(bool(called - real)),
                    "clearest pair is a true one": float({found[0].first, found[0].second} in real)
                    if found
                    else 0.0,
                }
            for name, value in rows.items():
                figures.setdefault(name, []).append(value)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[64, 128, 300], help="sizes of the screen")
    parser.add_argument("--seeds", type=int, default=50, help="how many seeds, at least 2")
    parser.add_argument("--first-seed", type=int, default=100, help="the first of them")
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for trials in options.trials:
        show(f"{trials} trials, {len(seeds)} seeds", {METHOD: measure(trials, seeds)})


if __name__ == "__main__":
    main()
