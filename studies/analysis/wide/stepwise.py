"""Which factors can be told from inert ones: two F tests at once, against permuted values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.wide.full_model import full_model, orthonormal_basis, surprise

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 0.05
"""How often one or more inert factors may be significant where effects add up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """What a permutation test says of each group of columns."""

    p_values: NDArray[np.float64]
    """Shape (groups,): corrected for the number of groups, in [1 / (rounds + 1), 1]."""
    significant: NDArray[np.bool_]
    """Shape (groups,): p-value at most 0.05."""
    chance: float
    """Sum of squares, per trial, that the best of the inert groups explains in 5 % of the permutations."""


def permutation_calls(
    matrix: NDArray[np.float64],
    values: NDArray[np.float64],
    columns: tuple[slice, ...],
    *,
    nuisance: NDArray[np.float64] | None = None,
    beside_all: bool = False,
    rounds: int,
    rng: np.random.Generator,
) -> Calls:
    """Test groups of columns one after another, the clearest first, until none is left that stands out.

    At each step every group gets a partial F test given those already chosen, with `beside_all` another
    one given all others; the smaller p-value counts. The smallest of all groups is compared with the
    smallest ones under permutations of the residuals, found the same way (Freedman and Lane 1983; Westfall
    and Young 1993), so that the permutations pay for there being two tests, no more than they differ. The
    chance that any inert group is significant is about 5 % where the groups' effects add up and noise does
    not depend on the groups; `docs/importance.md` has how often it happens elsewhere.

    The first test holds chosen groups only, so it works with fewer trials than columns; the second takes
    all other effects out of the noise at once, so that effects too many to be seen one by one are found.

    Args:
        matrix: Shape (trials, columns).
        values: Shape (trials,), finite.
        columns: The columns of each group.
        nuisance: Shape (trials, any): columns to hold equal; an intercept is always there.
        beside_all: Whether groups are tested beside all others, too, where there are at least 10 trials
            more than columns.
        rounds: Permutations at each step, at least 19 for any group to be significant.
        rng: Source of randomness.

    """
    trials, groups = len(values), len(columns)
    p_values = np.ones(groups)
    base = np.ones((trials, 1)) if nuisance is None else np.hstack([np.ones((trials, 1)), nuisance])
    whole = full_model(matrix, columns, base) if beside_all else None
    chosen: list[int] = []
    floor, chance = 0.0, 0.0
    while len(chosen) < groups:
        held = orthonormal_basis(np.hstack([base, *(matrix[:, columns[group]] for group in chosen)]))
        residual = values - held @ (held.T @ values)
        rest = [group for group in range(groups) if group not in chosen]
        if trials - held.shape[1] < 3 or np.sum(residual**2) <= 1e-18 * max(float(np.sum(values**2)), 1e-300):
            p_values[rest] = np.maximum(p_values[rest], floor)
            break
        shuffled = rng.permuted(np.tile(residual, (rounds, 1)), axis=1).T
        shuffled -= held @ (held.T @ shuffled)
        both = np.column_stack([residual, shuffled])
        tail, explained = zip(*(_partial_f(matrix[:, columns[g]], both, held) for g in rest), strict=True)
        clear, sums = np.array(tail), np.array(explained)
        if whole is not None:
            clear = np.maximum(clear, whole.surprise(both)[rest])
        best = clear[:, 1:].max(axis=0)
        chance = float(np.quantile(sums[:, 1:].max(axis=0), 1 - LEVEL)) / trials
        # Rounding may set a permutation that changes nothing a hair below what was seen.
        beaten = best[None, :] >= clear[:, :1] - 1e-9
        adjusted = np.maximum((1 + beaten.sum(1)) / (1 + rounds), floor)
        top = int(np.argmax(clear[:, 0]))
        if adjusted[top] > LEVEL:
            p_values[rest] = adjusted
            break
        floor = float(adjusted[top])
        p_values[rest[top]] = floor
        chosen.append(rest[top])
    return Calls(p_values=p_values, significant=p_values <= LEVEL, chance=chance)


def _partial_f(
    block: NDArray[np.float64], residuals: NDArray[np.float64], held: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minus the log of each column's p-value, and what the block explains of it."""
    own = block - held @ (held.T @ block)
    if np.abs(own).max(initial=0.0) < 1e-8:
        return np.zeros(residuals.shape[1]), np.zeros(residuals.shape[1])
    basis = orthonormal_basis(own)
    left = len(block) - held.shape[1] - basis.shape[1]
    explained = np.sum((basis.T @ residuals) ** 2, axis=0)
    if left < 1:
        return np.zeros(residuals.shape[1]), explained
    rest = np.sum(residuals**2, axis=0) - explained
    return surprise(explained, rest, widths=basis.shape[1], freedom=left), explained
