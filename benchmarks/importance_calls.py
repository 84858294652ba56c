"""How often a wide screen calls what is inert, and what it finds: selection alone, and with the full model.

Run: python -m benchmarks.importance_calls [--trials 64 128] [--repeats 300] [--kept trials.csv]
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import qmc

from benchmarks.importance import Figures, show
from benchmarks.importance_studies import ACTIVE, NOISE, SPREADS, Truth
from objectives.domains import Categorical, Range
from objectives.factors import catalogue
from objectives.question.scales import load_scale, scaled_catalogue
from objectives.recipe import Recipe
from studies.analysis.wide import factor_effects
from studies.analysis.wide.encoding import Design, encode, position
from studies.analysis.wide.full_model import full_model
from studies.analysis.wide.interactions import products
from studies.analysis.wide.prepare import prepare
from studies.analysis.wide.stepwise import permutation_calls
from studies.schedule.screen.sobol import recipes_at, sobol_design

if TYPE_CHECKING:
    from collections.abc import Sequence

    from objectives.domains import Value
    from objectives.factors import Factor

METHODS = {"selection alone": False, "both tests": True}
DIVERGING, BROKEN, LOSS = 0.1, 0.02, 0.3
"""Share of the strongest factor's worse half that diverges, of trials that break unseen, and their loss."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What is true in a made-up study."""

    name: str
    """For tables."""
    mains: bool = True
    """Whether nine of the 16 factors have main effects."""
    pairs: bool = False
    """Whether nine pairs of these factors act together, each as strongly as a main effect."""
    rough: bool = False
    """Whether noise depends on two factors, one of them inert, and runs diverge or break."""


CASES = (
    Case(name="nothing acts", mains=False),
    Case(name="effects add up"),
    Case(name="interactions as strong", pairs=True),
    Case(name="unequal noise, broken runs", rough=True),
    Case(name="both of these", pairs=True, rough=True),
)


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Made:
    """A made-up study."""

    values: np.ndarray
    """Of the trials that did not diverge."""
    kept: np.ndarray
    """Which trials these are."""
    active: frozenset[int]
    """Factors with a main effect, by their place in the catalogue."""
    pairs: frozenset[tuple[int, int]]
    """Pairs that act together."""


def made_study(case: Case, truth: Truth, recipes: Sequence[Recipe], seed: int) -> Made:
    """Return what a screen would measure; all cases of a seed share its noise and truth."""
    rng, size = np.random.default_rng([seed, 21]), len(recipes)
    units = np.array([[truth.unit(factor, recipe) for factor in truth.active] for recipe in recipes])
    noise, chance = NOISE * rng.standard_normal(size), rng.random((2, size))
    drawn = list(combinations(range(ACTIVE), 2))
    couples = [drawn[index] for index in rng.choice(len(drawn), ACTIVE, replace=False)]
    inert = [factor for factor in truth.factors if factor not in truth.active]
    values, kept = np.full(size, 0.5), np.ones(size, dtype=bool)
    if case.mains:
        values += units @ SPREADS
    if case.pairs:
        joint = np.stack([units[:, one] * units[:, two] for one, two in couples], axis=1)
        values += joint @ SPREADS
    if case.rough:
        # Four times as large in one quarter of the space as in another; on average as before.
        louder = np.array(
            [
                1.0 + np.array([_upper(factor, recipe) for recipe in recipes])
                for factor in (truth.active[0], inert[0])
            ]
        ).prod(axis=0)
        noise = noise * louder / np.sqrt(np.mean(louder**2))
        kept = ~((units[:, 0] < 0) & (chance[0] < DIVERGING))
        values -= LOSS * (chance[1] < BROKEN)
    places = [truth.factors.index(factor) for factor in truth.active]
    return Made(
        values=(values + noise)[kept],
        kept=kept,
        active=frozenset(places if case.mains else ()),
        pairs=frozenset(
            (min(places[one], places[two]), max(places[one], places[two]))
            for one, two in (couples if case.pairs else ())
        ),
    )


def _upper(factor: Factor, recipe: Recipe) -> bool:
    domain, value = factor.domain, recipe[factor.name]
    if isinstance(domain, Categorical):
        return domain.choices.index(value) >= len(domain.choices) / 2
    return position(domain, value) >= 0.5


def latin_hypercube(factors: tuple[Factor, ...], *, size: int, seed: int) -> list[Recipe]:
    """Return a design that balances each factor, and mixes them at random."""
    return recipes_at(factors, qmc.LatinHypercube(len(factors), rng=seed).random(size))


DESIGNS = {"sobol": sobol_design, "latin": latin_hypercube}


def measure(case: Case, trials: int, seeds: range, *, design_name: str, rounds: int, pairs: bool) -> Figures:
    """Return figures by method and name, one for each seed."""
    factors = catalogue("nb201")
    figures: Figures = {}
    for seed in seeds:
        truth = Truth(factors, seed)
        recipes = DESIGNS[design_name](factors, size=trials, seed=seed)
        design, made = encode(factors, recipes), made_study(case, truth, recipes, seed)
        places = [factors.index(coding.factor) for coding in design.codings]
        found = {}
        for method, beside_all in METHODS.items():
            calls = permutation_calls(
                design.matrix[made.kept],
                made.values,
                design.columns,
                beside_all=beside_all,
                rounds=rounds,
                rng=np.random.default_rng([seed, 0]),
            )
            called = {place for place, sure in zip(places, calls.significant, strict=True) if sure}
            found[method] = len(called & made.active) / max(len(made.active), 1)
            _add(figures, method, "studies with a false call", float(bool(called - made.active)))
            if made.active:
                _add(figures, method, "active factors significant", found[method])
        if made.active:
            gain = found["both tests"] - found["selection alone"]
            _add(figures, "both tests", "gain in active factors significant", gain)
        if pairs:
            named = [(places[one], places[two]) for one, two in combinations(range(len(places)), 2)]
            sure_pairs = {named[index] for index in _pair_calls(design, made, rounds=rounds, seed=seed)}
            _add(figures, "pairs", "studies with a false call", float(bool(sure_pairs - made.pairs)))
            if made.pairs:
                share = len(sure_pairs & made.pairs) / len(made.pairs)
                _add(figures, "pairs", "true pairs significant", share)
    return figures


def _add(figures: Figures, method: str, name: str, value: float) -> None:
    figures.setdefault(method, {}).setdefault(name, []).append(value)


def _pair_calls(design: Design, made: Made, *, rounds: int, seed: int) -> list[int]:
    """Return which pairs are significant, tested as `pair_interactions` does."""
    blocks = [
        products(design, one, two)[made.kept] for one, two in combinations(range(len(design.codings)), 2)
    ]
    ends = np.cumsum([0, *(block.shape[1] for block in blocks)]).tolist()
    calls = permutation_calls(
        np.hstack(blocks),
        made.values,
        tuple(slice(start, end) for start, end in pairwise(ends)),
        nuisance=design.matrix[made.kept],
        rounds=rounds,
        rng=np.random.default_rng([seed, 2]),
    )
    return np.flatnonzero(calls.significant).tolist()


def kept_trials(path: Path, study: str) -> tuple[tuple[Factor, ...], list[Recipe], np.ndarray]:
    """Return the catalogue of nb201 at the mini scale, and recipes and values of an exported wide screen."""
    factors = scaled_catalogue("nb201", load_scale("mini"))
    with path.open(newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if (row["study"], row["phase"], row["state"], row["diverged"])
            == (study, "screen", "complete", "False")
        ]
    recipes = [Recipe({factor.name: _value(factor, row[factor.name]) for factor in factors}) for row in rows]
    return factors, recipes, np.array([float(row["value"]) for row in rows])


def _value(factor: Factor, text: str) -> Value:
    if isinstance(factor.domain, Range):
        return int(text) if factor.domain.kind == "integer" else float(text)
    return next(choice for choice in factor.domain.choices if str(choice) == text)


def show_kept(path: Path, study: str, *, rounds: int) -> None:
    """Print what both ways call in the trials that a study left behind."""
    factors, recipes, values = kept_trials(path, study)
    data = prepare(factors, recipes, values)
    model = full_model(data.design.matrix, data.design.columns, np.ones((len(data.values), 1)))
    columns = {
        method: permutation_calls(
            data.design.matrix,
            data.values,
            data.design.columns,
            beside_all=beside_all,
            rounds=rounds,
            rng=np.random.default_rng([0, 0]),
        ).p_values
        for method, beside_all in METHODS.items()
    }
    if model is not None:
        alone = np.exp(-model.surprise(data.values[:, None])[:, 0])
        columns["full model's F, alone"] = alone
        columns["full model's F, times factors"] = np.minimum(alone * len(alone), 1.0)
    sys.stdout.write(f"{len(values)} trials of {study}, {rounds} rounds; p-values\n")
    sys.stdout.write(f"{'factor':24}" + "".join(f"{name:>32}" for name in columns) + "\n")
    for index in np.argsort(columns["both tests"], kind="stable"):
        cells = "".join(f"{values[index]:32.5f}" for values in columns.values())
        sys.stdout.write(f"{data.design.codings[index].factor.name:24}{cells}\n")
    for effect in factor_effects(factors, recipes, values, seed=0, rounds=rounds):
        if effect.equal_recipe.significant:
            sys.stdout.write(f"{effect.name}: {effect.text}\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[64, 128], help="sizes of the screen")
    names = [case.name for case in CASES]
    parser.add_argument("--only", nargs="+", default=names, choices=names, help="what is true")
    parser.add_argument("--repeats", type=int, default=300, help="studies of a case, at least 2")
    parser.add_argument("--first-seed", type=int, default=5000, help="the first of their seeds")
    parser.add_argument("--rounds", type=int, default=200, help="permutations at each step")
    parser.add_argument(
        "--no-pairs", action="store_true", help="leave pairs out, which take most of the time"
    )
    parser.add_argument("--design", default="sobol", choices=DESIGNS, help="how the screen's points lie")
    parser.add_argument("--kept", type=Path, help="an exported trials.csv of nb201: what is called in it")
    parser.add_argument("--study", default="nb201-long", help="the study's name there")
    options = parser.parse_args()
    if options.kept:
        show_kept(options.kept, options.study, rounds=options.rounds)
        return
    seeds = range(options.first_seed, options.first_seed + options.repeats)
    for trials in options.trials:
        for case in CASES:
            if case.name in options.only:
                figures = measure(
                    case,
                    trials,
                    seeds,
                    design_name=options.design,
                    rounds=options.rounds,
                    pairs=not options.no_pairs,
                )
                show(f"{case.name}: {options.design}, {trials} trials, {len(seeds)} studies", figures)


if __name__ == "__main__":
    main()
