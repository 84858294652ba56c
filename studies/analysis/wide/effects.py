"""Which value of each factor is better, and by how much, with the other factors held equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from studies.analysis.wide.contrasts import (
    NOT_SIGNIFICANT,
    Contrast,
    best_of,
    candidates,
    others,
    sentence,
    undecided,
)
from studies.analysis.wide.fit import Fit, fit_main_effects
from studies.analysis.wide.prepare import Data, prepare
from studies.analysis.wide.stepwise import permutation_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from objectives.domains import Value
    from objectives.factors import Factor
    from objectives.recipe import Recipe
    from studies.analysis.wide.encoding import Coding


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What one way to compare recipes says of a factor."""

    text: str
    """The finding in words."""
    aside: str
    """Why an interval leaves out 0 though the factor is not significant; empty where none does."""
    significant: bool
    """Whether the factor stands out from inert ones, by the test of `factor_importance`."""
    p_value: float
    """Of that test, corrected for the number of factors."""
    best: Value | None
    """The value with the largest estimate, significant or not; None where nothing can be estimated."""
    from_best: tuple[Contrast, ...]
    """The best value minus each other level, or minus the ends of a range."""
    from_default: tuple[Contrast, ...]
    """Each other level, or the ends of a range, minus the default; empty if no trial had the default."""
    method: Literal["least squares", "posterior", "none"]
    """Where intervals come from: exact t intervals, or draws that shrink (too few trials for the former)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FactorEffect:
    """Which value of a factor is better."""

    name: str
    """The factor."""
    trials: int
    """In how many usable trials the factor counts."""
    equal_recipe: Comparison
    """With all other factors equal."""
    equal_compute: Comparison | None
    """With all other factors and the logarithm of the seconds equal; None where no seconds were given."""

    @property
    def text(self) -> str:
        """The finding at equal recipe in words."""
        return self.equal_recipe.text


def factor_effects(
    factors: Sequence[Factor],
    recipes: Sequence[Recipe],
    values: ArrayLike,
    *,
    seed: int,
    rounds: int = 200,
    seconds: ArrayLike | None = None,
) -> tuple[FactorEffect, ...]:
    """Estimate differences between the values of each factor, with 95 % intervals, alone and among all.

    All come from one additive model, so that each is at equal values of the other factors; a factor is
    compared in the recipes where it applies. With at least 10 trials more than columns, intervals are
    the exact ones of least squares; else they come from the draws behind `factor_importance`, which
    shrink towards 0. Intervals among all hold for every difference of every factor at once: they are as
    many standard errors wide as the largest error of all differences is in 95 % of draws (Hothorn, Bretz
    and Westfall 2008), and include 0 where the factor is not significant. Whether a factor is significant
    agrees with `factor_importance` for the same trials, seed and rounds.

    Args:
        factors: The catalogue of the study; factors with a single value are left out of the answer.
        recipes: One for each trial, a value for every factor.
        values: Shape (trials,), s-KdT; NaN and infinite values are dropped with their recipes. Diverged
            trials are for the caller to remove.
        seed: Source of randomness; the same seed and trials, in any order, give the same answer.
        rounds: Permutations of the test, at least 19 for any factor to be significant.
        seconds: Shape (trials,): what each trial took. For the comparison at equal compute, trials where
            it is NaN or not above 0 are left out. A factor that acts through the time it takes loses
            that part of its effect there.

    Returns:
        One for each factor, in the order of the catalogue. Fewer than 8 usable trials, or equal values,
        tell nothing apart.

    Raises:
        ValueError: lengths differ.

    """
    data = prepare(factors, recipes, values, seconds=seconds)
    recipe_wise = _compare_all(data, None, seed=seed, rounds=rounds)
    compute_wise: dict[str, Comparison] = {}
    if seconds is not None:
        spent = np.asarray(seconds, dtype=float).reshape(-1)
        timed = [index for index, second in enumerate(spent) if np.isfinite(second) and second > 0]
        scores = np.asarray(values, dtype=float).reshape(-1)[timed]
        part = prepare(factors, [recipes[index] for index in timed], scores, seconds=spent[timed])
        compute_wise = _compare_all(part, np.log(part.seconds)[:, None], seed=seed, rounds=rounds)
    return tuple(
        FactorEffect(
            name=factor.name,
            trials=data.trials(factor.name),
            equal_recipe=recipe_wise[factor.name],
            equal_compute=compute_wise.get(factor.name),
        )
        for factor in data.factors
    )


def _compare_all(
    data: Data, nuisance: NDArray[np.float64] | None, *, seed: int, rounds: int
) -> dict[str, Comparison]:
    design = data.design
    answers = {factor.name: _nothing(design.unseen.get(factor.name)) for factor in data.factors}
    if not data.enough:
        return answers
    test_rng, draw_rng = (np.random.default_rng([seed, stream]) for stream in range(2))
    calls = permutation_calls(
        design.matrix,
        data.values,
        design.columns,
        nuisance=nuisance,
        beside_all=True,
        rounds=rounds,
        rng=test_rng,
    )
    fit = fit_main_effects(design, data.values, nuisance=nuisance, rng=draw_rng)
    for index, coding in enumerate(design.codings):
        significant = bool(calls.significant[index])
        answers[coding.factor.name] = _comparison(
            coding, fit, index, significant=significant, p_value=float(calls.p_values[index])
        )
    return answers


def _comparison(coding: Coding, fit: Fit, index: int, *, significant: bool, p_value: float) -> Comparison:
    def compare(first: Value, second: Value) -> Contrast:
        return fit.contrast(index, first, second, significant=significant)

    default = coding.factor.default
    best = best_of(candidates(coding), compare)
    from_best = tuple(compare(best, other) for other in others(coding) if other != best)
    known = coding.factor.domain.contains(default) and (not coding.levels or default in coding.levels)
    from_default = tuple(compare(other, default) for other in others(coding) if known and other != default)
    return Comparison(
        text=sentence(coding, compare, best) if significant else NOT_SIGNIFICANT,
        aside="" if significant else undecided((*from_default, *from_best)),
        significant=significant,
        p_value=p_value,
        best=best,
        from_best=from_best,
        from_default=from_default,
        method=fit.method,
    )


def _nothing(why: str | None) -> Comparison:
    return Comparison(
        text=why or NOT_SIGNIFICANT,
        aside="",
        significant=False,
        p_value=1.0,
        best=None,
        from_best=(),
        from_default=(),
        method="none",
    )
