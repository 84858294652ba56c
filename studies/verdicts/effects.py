"""Differences of s-KdT between the two sides of each contrast, with simultaneous intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.estimates import jackknifed_taus
from studies.analysis.screen.intervals import LEAST_SEEDS, Part, half_width, jackknife_variance
from studies.analysis.screen.variances import moderated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from objectives.recipe import Recipe
    from studies.verdicts.ablation import Contrast
    from studies.verdicts.store import Result


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Measured:
    """A recipe with what its seeds gave."""

    taus: NDArray[np.float64]
    """s-KdT of each seed, shape (seeds,); diverged ones are left out."""
    without: NDArray[np.float64]
    """The same without each architecture, shape (seeds, architectures)."""
    numbers: tuple[int, ...]
    """Which seeds these are."""
    diverged: int
    """How many seeds diverged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """A difference: mean s-KdT at the level minus mean s-KdT without."""

    contrast: Contrast
    """What is compared."""
    mean: float
    """The difference."""
    low: float
    """Lower end of the interval; all of a space's intervals hold together."""
    high: float
    """Upper end."""
    deviation: float
    """Standard error, over seeds and architectures."""
    seeds: tuple[int, int]
    """How many seeds the two sides have."""
    diverged: tuple[int, int]
    """How many of the two sides' seeds diverged; they are left out of the difference."""


def measured(results: Iterable[Result], truth: NDArray[np.float64]) -> Measured:
    """Bring the runs of one recipe together."""
    runs = sorted(results, key=lambda result: result.number)
    whole = [run for run in runs if not run.diverged]
    predicted = np.array([run.correct for run in whole], dtype=np.float64).reshape(len(whole), len(truth))
    taus, without = jackknifed_taus(predicted, truth) if whole else (np.zeros(0), predicted)
    numbers = tuple(run.number for run in whole)
    return Measured(taus=taus, without=without, numbers=numbers, diverged=len(runs) - len(whole))


def judgeable(contrasts: Sequence[Contrast], recipes: Mapping[Recipe, Measured]) -> list[Contrast]:
    """Return the contrasts whose two sides have enough seeds."""
    known = {recipe for recipe, one in recipes.items() if len(one.taus) >= LEAST_SEEDS}
    return [contrast for contrast in contrasts if contrast.one in known and contrast.other in known]


def effects(
    contrasts: Sequence[Contrast], recipes: Mapping[Recipe, Measured], *, comparisons: int
) -> list[Effect]:
    """Estimate differences.

    The two sides share architectures, so these are paired: the jackknife leaves one out of both. Seeds have
    the same numbers, but the same seed makes no two recipes alike (`docs/verdicts` measures it), so the
    variances of the two sides add up, and the reference recipe can have more seeds than the others.

    Args:
        contrasts: Differences to estimate; both sides have at least `LEAST_SEEDS` seeds.
        recipes: What was measured of each recipe.
        comparisons: How many intervals hold together.
    """
    several = {recipe: one for recipe, one in recipes.items() if len(one.taus) >= LEAST_SEEDS}
    variances, freedom = moderated(
        [float(one.taus.var(ddof=1)) for one in several.values()],
        [len(one.taus) - 1 for one in several.values()],
    )
    of_seeds = {
        recipe: Part(variance=float(variance) / len(one.taus), freedom=float(free))
        for (recipe, one), variance, free in zip(several.items(), variances, freedom, strict=True)
    }
    found = []
    for contrast in contrasts:
        one, other = several[contrast.one], several[contrast.other]
        left_out = one.without.mean(axis=0) - other.without.mean(axis=0)
        parts = [
            of_seeds[contrast.one],
            of_seeds[contrast.other],
            Part(variance=jackknife_variance(left_out), freedom=len(left_out) - 1),
        ]
        mean = float(one.taus.mean() - other.taus.mean())
        margin = half_width(parts, comparisons=comparisons)
        found.append(
            Effect(
                contrast=contrast,
                mean=mean,
                low=mean - margin,
                high=mean + margin,
                deviation=float(sum(part.variance for part in parts) ** 0.5),
                seeds=(len(one.taus), len(other.taus)),
                diverged=(one.diverged, other.diverged),
            )
        )
    return found


def seed_correlation(recipes: Mapping[Recipe, Measured], reference: Recipe) -> float | None:
    """Return how far runs with the same seed agree: the mean product of recipes' and reference's deviations.

    It is a correlation over all pairs of a recipe's and the reference's runs with the same seed, each side
    around its mean and divided by its deviation; None with fewer than 3 common seeds everywhere.
    """
    middle = recipes.get(reference)
    products: list[float] = []
    for recipe, one in recipes.items():
        if middle is None or recipe == reference:
            continue
        common = [number for number in one.numbers if number in middle.numbers]
        if len(common) < 3:
            continue
        ours, theirs = (side.taus[[side.numbers.index(n) for n in common]] for side in (one, middle))
        if ours.std() > 0 and theirs.std() > 0:
            products.append(float(np.corrcoef(ours, theirs)[0, 1]))
    return float(np.mean(products)) if products else None
