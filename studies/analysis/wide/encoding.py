"""The design matrix of recipes: main effects on a scale where a coefficient's square is a variance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from objectives.domains import Categorical, Domain, Range, Value
from objectives.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from objectives.factors import Factor

_GRID = 512
"""Points at which the curves of a range are made orthonormal."""
_SAMPLE = 2048
"""Recipes of the catalogue that tell how often a factor applies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coding:
    """How the values of one factor become columns, of mean 0 and mean square 1 over its domain."""

    factor: Factor
    """The factor."""
    levels: tuple[Value, ...]
    """Levels of a categorical factor that were seen, in the order of the domain; empty for a range."""
    transform: NDArray[np.float64]
    """Shape (levels or degree + 1, columns): from an indicator or the powers of a position to columns."""

    def rows(self, values: Sequence[Value]) -> NDArray[np.float64]:
        """Return shape (values, columns); a row is 0 where the value is no level that was seen."""
        domain = self.factor.domain
        if isinstance(domain, Range):
            powers = np.vander(
                [position(domain, value) for value in values], len(self.transform), increasing=True
            )
        else:
            powers = np.array(
                [[_same(value, level) for level in self.levels] for value in values], dtype=float
            )
        return powers.reshape(len(values), len(self.transform)) @ self.transform


@dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """Main effects of the factors that vary among some recipes."""

    codings: tuple[Coding, ...]
    """One for each factor with columns, in the order of the catalogue."""
    matrix: NDArray[np.float64]
    """Shape (recipes, columns); 0 in the columns of a factor where it does not apply."""
    columns: tuple[slice, ...]
    """The columns of each coding."""
    applies: NDArray[np.bool_]
    """Shape (recipes, codings): whether the factor counts in the recipe."""
    weights: NDArray[np.float64]
    """Share of the catalogue's recipes in which each factor applies, in (0, 1]."""
    unseen: dict[str, str]
    """Why a factor has no columns, by its name."""


def position(domain: Range, value: object) -> float:
    """Return where a value lies between the bounds on the range's own scale, clipped to [0, 1]."""
    low, high, at = domain.low, domain.high, float(value)  # type: ignore[arg-type]
    if low == high:
        return 0.0
    if domain.log:
        low, high, at = math.log(low), math.log(high), math.log(max(at, domain.low))
    return min(max((at - low) / (high - low), 0.0), 1.0)


def encode(factors: Sequence[Factor], recipes: Sequence[Recipe], *, degree: int = 2) -> Design:
    """Return the design matrix of the main effects.

    A range becomes orthonormal polynomials of its position on its own (log) scale, a categorical factor
    orthonormal contrasts of the levels that were seen, so that under the uniform distribution of the
    domain the variance of a main effect is the sum of its squared coefficients. Where a factor does not
    apply, or a recipe lacks it or has another value than its domain offers, its columns are 0. Factors
    with one value in all recipes that count have no columns and stand in `unseen`.

    Args:
        factors: The catalogue of the study.
        recipes: One for each trial.
        degree: Highest power of a range, at least 1.

    """
    codings: list[Coding] = []
    blocks: list[NDArray[np.float64]] = []
    masks: list[NDArray[np.bool_]] = []
    unseen: dict[str, str] = {}
    for factor in factors:
        counts = np.array([_counts(factor, recipe) for recipe in recipes], dtype=bool)
        held = [recipe[factor.name] for recipe, count in zip(recipes, counts, strict=True) if count]
        coding = _coding(factor, held, degree)
        if coding is None:
            offered = any(factor.name in recipe and factor.applies(recipe) for recipe in recipes)
            unseen[factor.name] = "held at one value" if offered else "applies in no trial"
            continue
        block = np.zeros((len(recipes), coding.transform.shape[1]))
        block[counts] = coding.rows(held)
        codings.append(coding)
        blocks.append(block)
        masks.append(counts)
    ends = np.cumsum([0, *(block.shape[1] for block in blocks)])
    shape = (len(recipes), 0)
    return Design(
        codings=tuple(codings),
        matrix=np.hstack(blocks) if blocks else np.zeros(shape),
        columns=tuple(slice(start, end) for start, end in pairwise(ends.tolist())),
        applies=np.stack(masks, axis=1) if masks else np.zeros(shape, dtype=bool),
        weights=_weights([coding.factor for coding in codings], factors, recipes),
        unseen=unseen,
    )


def _counts(factor: Factor, recipe: Recipe) -> bool:
    return factor.name in recipe and factor.applies(recipe) and factor.domain.contains(recipe[factor.name])


def _same(first: object, second: object) -> bool:
    return type(first) is type(second) and first == second


def _coding(factor: Factor, held: Sequence[Value], degree: int) -> Coding | None:
    domain: Domain = factor.domain
    if isinstance(domain, Categorical):
        levels = tuple(choice for choice in domain.choices if any(_same(choice, value) for value in held))
        if len(levels) < 2:
            return None
        basis = np.hstack([np.ones((len(levels), 1)), np.eye(len(levels))[:, 1:]])
        return Coding(factor=factor, levels=levels, transform=basis @ _orthonormal(basis))
    distinct = len({position(domain, value) for value in held})
    if distinct < 2:
        return None
    grid = np.array([position(domain, domain.at((step + 0.5) / _GRID)) for step in range(_GRID)])
    degree = min(degree, distinct - 1, len(np.unique(grid)) - 1)
    powers = np.vander(grid, degree + 1, increasing=True)
    return Coding(factor=factor, levels=(), transform=_orthonormal(powers))


def _orthonormal(basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix that turns a basis, its first column 1, into orthonormal columns of mean 0."""
    _, triangle = np.linalg.qr(basis / math.sqrt(len(basis)))
    inverse: NDArray[np.float64] = np.linalg.inv(triangle * np.sign(np.diag(triangle))[:, None])
    return inverse[:, 1:]


def _weights(
    coded: Sequence[Factor], factors: Sequence[Factor], recipes: Sequence[Recipe]
) -> NDArray[np.float64]:
    """Return how often factors apply over the catalogue; what is not in it is as in the recipes."""
    if not coded:
        return np.zeros(0)
    rng = np.random.default_rng(0)
    units = rng.random((_SAMPLE, len(factors)))
    draws = [
        Recipe(
            {
                **recipes[index % len(recipes)],
                **{factor.name: factor.domain.at(unit) for factor, unit in zip(factors, row, strict=True)},
            }
        )
        for index, row in enumerate(units)
    ]
    shares = np.array([np.mean([factor.applies(draw) for draw in draws]) for factor in coded])
    floored: NDArray[np.float64] = np.maximum(shares, 1 / _SAMPLE)
    return floored
