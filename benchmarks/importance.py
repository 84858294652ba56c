"""How well the analysis ranks factors beside Optuna's evaluators, on objectives whose truth is known.

Run: python -m benchmarks.importance [--only screen-64 ...] [--seeds 50] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import optuna

from benchmarks.importance_scores import (
    Scores,
    interval,
    optuna_scores,
    oracle_scores,
    own_scores,
    unbroken_ties,
)
from benchmarks.importance_studies import Scenario, Truth, simulate
from objectives.factors import catalogue

SCENARIOS = (
    Scenario(name="screen-32", screen=32, tune=0),
    Scenario(name="screen-64", screen=64, tune=0),
    Scenario(name="screen-100", screen=100, tune=0),
    Scenario(name="tpe-pruned", screen=64, tune=36),
    Scenario(name="tpe", screen=64, tune=36, pruned=False),
    Scenario(name="random-pruned", screen=64, tune=36, random=True),
    Scenario(name="random", screen=64, tune=36, random=True, pruned=False),
)
Figures = dict[str, dict[str, list[float]]]
"""Figures by method and name, one for each seed."""


def measure(scenario: Scenario, seeds: range) -> Figures:
    """Run studies and score each method on the same trials."""
    factors = catalogue("nb201")
    figures: Figures = {}
    for seed in seeds:
        truth = Truth(factors, seed)
        trials = simulate(truth, scenario, seed)
        began = time.perf_counter()
        own: Scores = own_scores(truth, trials, seed)
        rows = {"wsnas": {**own, "seconds": time.perf_counter() - began}}
        if scenario.tune:
            rows["wsnas, all complete trials"] = own_scores(truth, trials, seed, screen_only=False)
        rows |= optuna_scores(truth, trials, seed) | oracle_scores(truth, trials, seed)
        rows["the truth, its ties broken"] = {"tau": unbroken_ties(truth, seed)}
        for method, scores in rows.items():
            for name, value in scores.items():
                figures.setdefault(method, {}).setdefault(name, []).append(value)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--only", nargs="+", default=names, choices=names, help="how the studies are run")
    parser.add_argument("--seeds", type=int, default=50, help="how many seeds, at least 2")
    parser.add_argument("--first-seed", type=int, default=100, help="the first of them")
    parser.add_argument("--json", action="store_true", help="every figure of every seed, for programs")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for scenario in SCENARIOS:
        if scenario.name not in options.only:
            continue
        figures = measure(scenario, seeds)
        if options.json:
            sys.stdout.write(json.dumps({scenario.name: figures}) + "\n")
            sys.stdout.flush()
        else:
            show(f"{scenario.name}, {len(seeds)} seeds", figures)


def show(title: str, figures: Figures) -> None:
    """Print a table of means with their 95 % intervals."""
    from rich.console import Console
    from rich.table import Table

    table = Table("method", "figure", "mean", "95 % interval", title=title)
    for method, rows in figures.items():
        for name, values in rows.items():
            mean, low, high = interval(values)
            table.add_row(method, name, f"{mean:.3f}", f"{low:.3f} to {high:.3f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
