"""How long the analysis of a large study takes.

Run: python -m benchmarks.importance_time [--trials 3000] [--rounds 200]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.stats import qmc

from benchmarks.importance_truth import NOISE, Truth
from objectives.factors import catalogue
from studies.analysis import factor_effects, factor_importance, pair_interactions
from studies.schedule.design import recipes_at


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=3000, help="size of the study")
    parser.add_argument("--rounds", type=int, default=200, help="permutations")
    parser.add_argument("--seed", type=int, default=100, help="of objective and design")
    options = parser.parse_args()
    factors = catalogue("nb201")
    truth, trials = Truth(factors, options.seed), options.trials
    recipes = recipes_at(factors, qmc.Sobol(len(factors), scramble=True, seed=options.seed).random(trials))
    rng = np.random.default_rng([options.seed, 3])
    values = np.array([truth(recipe) for recipe in recipes]) + NOISE * rng.standard_normal(trials)
    seconds = np.exp(rng.standard_normal(trials))
    given = {"seed": options.seed, "rounds": options.rounds}
    from rich.console import Console

    console = Console(highlight=False)
    total = 0.0
    for name, run in (
        ("importance", lambda: factor_importance(factors, recipes, values, **given)),
        ("effects", lambda: factor_effects(factors, recipes, values, seconds=seconds, **given)),
        ("interactions", lambda: pair_interactions(factors, recipes, values, **given)),
    ):
        began = time.perf_counter()
        run()
        took = time.perf_counter() - began
        total += took
        console.print(f"{name}: {took:.1f} s")
    console.print(f"together: {total:.1f} s for {trials:,} trials, {options.rounds} rounds")


if __name__ == "__main__":
    main()
