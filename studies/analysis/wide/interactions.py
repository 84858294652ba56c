"""Pairs of factors whose joint effect is not the sum of their own: a screen with one error rate for all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from studies.analysis.wide.contrasts import others
from studies.analysis.wide.full_model import SPARE, orthonormal_basis
from studies.analysis.wide.prepare import prepare
from studies.analysis.wide.stepwise import permutation_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from objectives.domains import Value
    from objectives.factors import Factor
    from objectives.recipe import Recipe
    from studies.analysis.wide.encoding import Coding, Design


@dataclass(frozen=True, kw_only=True, slots=True)
class Interaction:
    """What two factors do together beyond the sum of what each does alone."""

    first: str
    """One factor, the earlier in the catalogue."""
    second: str
    """The other."""
    spread: float
    """Standard deviation of the joint part over the catalogue, in s-KdT, noise taken off; at least 0."""
    low: float
    """Lower end of its 95 % interval, of this pair alone; 0 where the pair is not significant."""
    high: float
    """Upper end of its 95 % interval."""
    significant: bool
    """Whether the pair stands out, p-value at most 0.05.

    Where no pair acts together about 5 % of simulated studies call one; where some do, others that the
    design cannot tell from them are called far more often (`docs/importance.md`).
    """
    p_value: float
    """Of the permutation test behind `significant`, corrected for the number of pairs."""
    best: tuple[Value, Value]
    """The values, or ends of a range, that gain most from each other."""
    excess: float
    """Estimated s-KdT there beyond the sum of the two factors' own effects; the largest of several."""


def pair_interactions(
    factors: Sequence[Factor],
    recipes: Sequence[Recipe],
    values: ArrayLike,
    *,
    seed: int,
    rounds: int = 200,
    most: int = 3,
) -> tuple[Interaction, ...]:
    """Look for pairs of factors that act together, with one p-value corrected for all pairs.

    The model has the main effects of all factors; a pair adds the products of their columns (straight
    lines of ranges, contrasts of levels). Pairs are tested by `permutation_calls` with the main effects
    held equal. The interval of a spread inverts the noncentral F distribution (Steiger 2004) and is of
    that pair alone: the pair that stands out most of many was probably lucky too.

    Args:
        factors: The catalogue of the study; factors with a single value form no pairs.
        recipes: One for each trial, a value for every factor.
        values: Shape (trials,), s-KdT; NaN and infinite values are dropped with their recipes. Diverged
            trials are for the caller to remove.
        seed: Source of randomness; the same seed and trials, in any order, give the same answer.
        rounds: Permutations at each step, at least 19 for any pair to be significant.
        most: How many pairs to return at most.

    Returns:
        The clearest pairs, the smallest p-value first, then the largest spread. Empty where the trials
        are not at least 10 more than the columns of the main effects, so that pairs cannot be looked at.

    Raises:
        ValueError: lengths differ.

    """
    data = prepare(factors, recipes, values)
    design = data.design
    pairs = list(combinations(range(len(design.codings)), 2))
    if not data.enough or not pairs or len(data.values) - 1 - design.matrix.shape[1] < SPARE:
        return ()
    blocks = [products(design, first, second) for first, second in pairs]
    ends = np.cumsum([0, *(block.shape[1] for block in blocks)]).tolist()
    calls = permutation_calls(
        np.hstack(blocks),
        data.values,
        tuple(slice(start, end) for start, end in pairwise(ends)),
        nuisance=design.matrix,
        rounds=rounds,
        rng=np.random.default_rng([seed, 2]),
    )
    sure = [index for index, significant in enumerate(calls.significant) if significant]
    mains = np.hstack([np.ones((len(data.values), 1)), design.matrix])
    found = []
    for index, pair in enumerate(pairs):
        held = np.hstack([mains, *(blocks[other] for other in sure if other != index)])
        one = _describe(
            [design.codings[one] for one in pair],
            blocks[index],
            data.values,
            orthonormal_basis(held),
            significant=bool(calls.significant[index]),
            p_value=float(calls.p_values[index]),
        )
        found += [] if one is None else [one]
    found.sort(key=lambda one: (one.p_value, -one.spread))
    return tuple(found[:most])


def products(design: Design, first: int, second: int) -> NDArray[np.float64]:
    """Return the columns of a pair of codings, by their places, 0 where either factor does not apply."""
    one, other = (
        _lines(design.codings[index], design.matrix[:, design.columns[index]]) for index in (first, second)
    )
    return (one[:, :, None] * other[:, None, :]).reshape(len(one), -1)


def _lines(coding: Coding, block: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the contrasts of levels, or the straight line of a range."""
    return block if coding.levels else block[:, :1]


def _describe(
    codings: Sequence[Coding],
    block: NDArray[np.float64],
    values: NDArray[np.float64],
    held: NDArray[np.float64],
    *,
    significant: bool,
    p_value: float,
) -> Interaction | None:
    own = block - held @ (held.T @ block)
    basis = orthonormal_basis(own)
    width, freedom = basis.shape[1], len(values) - held.shape[1] - basis.shape[1]
    if np.abs(own).max(initial=0.0) < 1e-8 or freedom < 3:
        return None
    residual = values - held @ (held.T @ values)
    explained = float(np.sum((basis.T @ residual) ** 2))
    noise = max(float(np.sum(residual**2)) - explained, 1e-300) / freedom
    ratio = explained / width / noise
    # What the main effects take of the products is lost to the test, not to the catalogue.
    unit = noise * float(np.sum(block**2) / np.sum(own**2)) / len(values)
    excess = max(ratio * width * (freedom - 2) / freedom - width, 0.0)
    low, high = (_noncentrality(ratio, width, freedom, level) for level in (0.975, 0.025))
    best, gain = _best(codings, np.linalg.pinv(own) @ residual)
    return Interaction(
        first=codings[0].factor.name,
        second=codings[1].factor.name,
        spread=float(np.sqrt(unit * excess)),
        low=float(np.sqrt(unit * min(low, excess))) if significant else 0.0,
        high=float(np.sqrt(unit * max(high, excess))),
        significant=significant,
        p_value=p_value,
        best=best,
        excess=gain,
    )


def _noncentrality(ratio: float, width: int, freedom: int, level: float) -> float:
    """Return the noncentrality at which an F ratio at most as large has this probability, at least 0."""
    low, high = 0.0, 4.0 * width * ratio + 100.0
    for _ in range(60):
        middle = (low + high) / 2
        if special.ncfdtr(width, freedom, middle, ratio) > level:
            low = middle
        else:
            high = middle
    return low


def _best(codings: Sequence[Coding], coefficients: NDArray[np.float64]) -> tuple[tuple[Value, Value], float]:
    """Return the values that gain most from each other, and how much."""
    choices = [others(coding) for coding in codings]
    first, second = (
        _lines(coding, coding.rows(values)) for coding, values in zip(codings, choices, strict=True)
    )
    gains = first @ coefficients.reshape(first.shape[1], second.shape[1]) @ second.T
    row, column = np.unravel_index(int(np.argmax(gains)), gains.shape)
    return (choices[0][row], choices[1][column]), float(gains[row, column])
