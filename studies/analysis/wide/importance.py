"""Which factors matter: shares of what the main effects explain, with intervals and a null."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.wide.contrasts import NOT_SIGNIFICANT
from studies.analysis.wide.posterior import draw_coefficients
from studies.analysis.wide.prepare import prepare, project_out
from studies.analysis.wide.stepwise import permutation_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from objectives.factors import Factor
    from objectives.recipe import Recipe

_TOP = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class FactorImportance:
    """How much of the spread of the values one factor accounts for."""

    name: str
    """The factor."""
    share: float
    """Share in [0, 1] of the variance of all main effects, values spread evenly over the catalogue."""
    low: float
    """Lower end of the 95 % interval of the share; 0 where the factor is not significant."""
    high: float
    """Upper end of the 95 % interval of the share."""
    reference: float
    """For drawing: the share that the largest factor exceeds in 5 % of permutations of what is left over."""
    significant: bool
    """Whether the factor stands out from inert ones, p-value at most 0.05.

    Where effects add up, at most 5 % of simulated studies call any inert factor; with strong interactions
    more do (`docs/importance.md`).
    """
    p_value: float
    """Of the permutation test behind `significant`, corrected for the number of factors and for two tests."""
    top: float
    """Probability that the factor is among the three largest."""
    rank: int
    """Place by share, 1 for the largest; factors that the trials cannot put in order share the last place."""
    trials: int
    """In how many usable trials the factor counts."""
    note: str | None = None
    """Why nothing can be said, where nothing can."""


def factor_importance(
    factors: Sequence[Factor],
    recipes: Sequence[Recipe],
    values: ArrayLike,
    *,
    seed: int,
    rounds: int = 200,
) -> tuple[FactorImportance, ...]:
    """Rank factors by the variance of their main effects.

    Shares and intervals come from draws of an additive model on each factor's own scale that shrinks
    factors one by one (`draw_coefficients`), the calls from permutations (`permutation_calls`): given the
    factors already found, and beside all others where there are at least 10 trials more than columns;
    `docs/importance.md` says why and with what success. The share of a factor that applies in some
    recipes only comes from those and counts as often as it applies in the catalogue.

    Factors whose estimated effect (the mean of the draws) has less variance than chance gives a single
    coefficient share the last place: what order their shares have is noise.

    Args:
        factors: The catalogue of the study; factors with a single value are left out of the answer.
        recipes: One for each trial, a value for every factor.
        values: Shape (trials,); NaN and infinite values are dropped with their recipes. Diverged trials
            are for the caller to remove.
        seed: Source of randomness; the same seed and trials, in any order, give the same answer.
        rounds: Permutations of the test, at least 19 for any factor to be significant.

    Returns:
        One for each factor, by rank, then the largest share first. With fewer than 8 usable trials, or
        equal values, shares are 0, intervals [0, 1], ranks 1, and nothing is significant.

    Raises:
        ValueError: lengths differ.

    """
    data = prepare(factors, recipes, values)
    design = data.design
    if not data.enough:
        return tuple(
            _unknown(factor.name, design.unseen.get(factor.name, NOT_SIGNIFICANT), data.trials(factor.name))
            for factor in data.factors
        )
    test_rng, draw_rng = (np.random.default_rng([seed, stream]) for stream in range(2))
    calls = permutation_calls(
        design.matrix, data.values, design.columns, beside_all=True, rounds=rounds, rng=test_rng
    )
    posterior = draw_coefficients(
        project_out(design.matrix), project_out(data.values), design.columns, rng=draw_rng
    )
    draws = posterior.coefficients
    power = np.stack([np.sum(draws[:, group] ** 2, axis=1) for group in design.columns], axis=1)
    power *= design.weights
    total = np.maximum(power.sum(axis=1, keepdims=True), 1e-300)
    shares = power / total
    point = shares.mean(axis=0)
    low, high = np.quantile(shares, [0.025, 0.975], axis=0)
    ranks = np.argsort(np.argsort(-power, axis=1, kind="stable"), axis=1)
    estimated = np.array([np.sum(draws[:, group].mean(axis=0) ** 2) for group in design.columns])
    orderly = calls.significant | (estimated * design.weights >= posterior.noise / len(data.values))
    places = _places(point, orderly)
    reference = min(1.0, calls.chance / float(total.mean()))
    found = [
        FactorImportance(
            name=coding.factor.name,
            share=float(point[index]),
            low=float(min(low[index], point[index])) if calls.significant[index] else 0.0,
            high=float(max(high[index], point[index])),
            reference=reference,
            significant=bool(calls.significant[index]),
            p_value=float(calls.p_values[index]),
            top=float(np.mean(ranks[:, index] < _TOP)),
            rank=places[index],
            trials=int(design.applies[:, index].sum()),
        )
        for index, coding in enumerate(design.codings)
    ]
    found.sort(key=lambda one: (one.rank, -one.share))
    last = int(orderly.sum()) + 1
    return (*found, *(_unknown(name, why, 0, rank=last) for name, why in design.unseen.items()))


def _places(shares: NDArray[np.float64], orderly: NDArray[np.bool_]) -> list[int]:
    """Return places by share, 1 for the largest; those that are not orderly share the next one."""
    last = int(orderly.sum()) + 1
    order = sorted(np.flatnonzero(orderly).tolist(), key=lambda index: -shares[index])
    places = {index: place for place, index in enumerate(order, start=1)}
    return [places.get(index, last) for index in range(len(shares))]


def _unknown(name: str, note: str, trials: int, *, rank: int = 1) -> FactorImportance:
    return FactorImportance(
        name=name,
        share=0.0,
        low=0.0,
        high=1.0,
        reference=1.0,
        significant=False,
        p_value=1.0,
        top=0.0,
        rank=rank,
        trials=trials,
        note=note,
    )
