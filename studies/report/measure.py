"""How well a confirmed recipe ranks: one super-net, and all of them as an ensemble, beside counting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from studies.analysis.estimates import (
    Span,
    gain_estimate,
    jackknifed_partial_taus,
    jackknifed_taus,
    jackknifed_top_taus,
    of_ensemble,
    of_joint,
    of_singles,
    pooled_variance,
)
from studies.report.answer import Measured, Ranking
from wsnas.ranking.stratified import quantile_bins

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from objectives.recipe import Recipe
    from studies.analysis.estimates import Estimate, Jackknifed, Statistic

    Numbers = NDArray[np.float64]


def measured(
    recipe: Recipe,
    *,
    predicted: Numbers,
    accuracies: Numbers,
    truth: Numbers,
    parameters: Numbers,
    flops: Numbers,
    seeds: tuple[int, ...],
    diverged: int,
    seconds: float,
) -> Measured:
    """Return what a recipe's runs say of single super-nets, of the ensemble of all, and of it with FLOPs.

    Args:
        recipe: The recipe.
        predicted: What each run ranks by, shape (seeds, architectures), at least one seed.
        accuracies: The super-nets' accuracies, likewise.
        truth: Of the architectures.
        parameters: Their parameter counts.
        flops: Their FLOPs.
        seeds: Which seeds these are.
        diverged: How many further runs diverged.
        seconds: Mean time of a run.
    """

    def ranking(of: Callable[[Numbers, Statistic], Jackknifed]) -> Ranking:
        taus = partial(jackknifed_taus, truth=truth)
        skdt = of(predicted, taus)
        sizes = quantile_bins(parameters)
        return Ranking(
            skdt=skdt.span(),
            by_accuracy=of(accuracies, taus).span(),
            partial_tau=of(
                predicted, partial(jackknifed_partial_taus, truth=truth, covariate=parameters)
            ).span(),
            within_sizes=of(predicted, partial(jackknifed_taus, truth=truth, strata=sizes)).span(),
            top_half=of(predicted, partial(jackknifed_top_taus, truth=truth)).span(),
            over={
                name: (skdt - of_singles(counts, taus)).span()
                for name, counts in (("parameters", parameters), ("FLOPs", flops))
            },
        )

    return Measured(
        recipe=recipe,
        single=ranking(of_singles),
        ensemble=ranking(of_ensemble),
        joint=ranking(lambda several, statistic: of_joint(several, flops, statistic)),
        values=tuple(jackknifed_taus(predicted, truth)[0].tolist()),
        predicted=predicted,
        accuracies=accuracies,
        seeds=seeds,
        diverged=diverged,
        seconds=seconds,
    )


def gain(ours: Measured | None, theirs: Measured | None, truth: Numbers) -> Estimate | None:
    """Return the difference of single super-nets, paired over the seeds that both were measured with."""
    if ours is None or theirs is None:
        return None
    common = [seed for seed in ours.seeds if seed in theirs.seeds]
    if not common:
        return None
    predicted, reference = (
        part.predicted[[part.seeds.index(seed) for seed in common]] for part in (ours, theirs)
    )
    return gain_estimate(predicted, reference, truth)


def ensemble_gain(ours: Measured | None, theirs: Measured | None, truth: Numbers) -> Span | None:
    """Return the difference of the two ensembles, paired in the architectures; 0 for one and the same."""
    if ours is None or theirs is None:
        return None
    if ours.recipe == theirs.recipe:
        return Span(mean=0.0, low=0.0, high=0.0)
    taus = partial(jackknifed_taus, truth=truth)
    return (of_ensemble(ours.predicted, taus) - of_ensemble(theirs.predicted, taus)).span()


def top_half(counts: Numbers, truth: Numbers) -> Span:
    """Return the s-KdT of counting among the better half of the architectures."""
    return of_singles(counts, partial(jackknifed_top_taus, truth=truth)).span()


def seed_deviation(parts: list[Measured]) -> float | None:
    """Return the standard deviation between seeds of one recipe, pooled; None where none has several."""
    pooled = pooled_variance({part.recipe: part.values for part in parts}.values())
    return None if pooled is None else pooled**0.5
