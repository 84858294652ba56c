"""How much of what two factors do together a wide screen takes for the main effect of a third.

Run: python -m benchmarks.importance_aliases [--trials 64 128 256] [--design sobol]
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations

import numpy as np

from benchmarks.importance_calls import DESIGNS
from objectives.factors import catalogue
from studies.analysis.wide.encoding import encode
from studies.analysis.wide.full_model import full_model
from studies.analysis.wide.interactions import products


def aliases(design_name: str, trials: int, seed: int) -> dict[tuple[str, str, str], float]:
    """Return the share of a pair's sum of squares that a third factor's own columns explain."""
    factors = catalogue("nb201")
    design = encode(factors, DESIGNS[design_name](factors, size=trials, seed=seed))
    model = full_model(design.matrix, design.columns, np.ones((trials, 1)))
    if model is None:
        raise ValueError(f"{trials} trials are too few for the full model")
    names = [coding.factor.name for coding in design.codings]
    found = {}
    for one, two in combinations(range(len(names)), 2):
        block = products(design, one, two)
        for third, own in enumerate(model.own):
            if third not in (one, two):
                share = np.sum((own.T @ block) ** 2) / np.sum(block**2)
                found[names[third], names[one], names[two]] = float(share)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[64, 128, 256], help="sizes of the screen")
    parser.add_argument("--design", default="sobol", choices=DESIGNS, help="how the screen's points lie")
    parser.add_argument("--seeds", type=int, default=3, help="designs of a size")
    parser.add_argument("--most", type=int, default=4, help="how many of the largest to print")
    options = parser.parse_args()
    for trials in options.trials:
        each = [aliases(options.design, trials, seed) for seed in range(options.seeds)]
        least = {key: min(found.get(key, 0.0) for found in each) for key in each[0]}
        half = sum(share > 0.5 for share in least.values())
        sys.stdout.write(
            f"{options.design}, {trials} trials: {half} of {len(least)} above 0.5 in every design\n"
        )
        for (third, one, two), share in sorted(least.items(), key=lambda item: -item[1])[: options.most]:
            sys.stdout.write(f"  {share:.2f} of {one} with {two} is taken for {third}\n")


if __name__ == "__main__":
    main()
