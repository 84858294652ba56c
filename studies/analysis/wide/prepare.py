"""What both analyses start from: usable trials in an order of their own, encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.wide.encoding import Design, encode
from studies.analysis.wide.full_model import orthonormal_basis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from objectives.factors import Factor
    from objectives.recipe import Recipe

MIN_TRIALS = 8
"""Fewer trials tell nothing apart."""
_MANY_TRIALS = 200
"""From here on curves of ranges get four powers in place of two."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    """Usable trials of a study."""

    factors: tuple[Factor, ...]
    """Those whose domain has more than one value, in the order of the catalogue."""
    design: Design
    """Their main effects."""
    values: NDArray[np.float64]
    """Shape (trials,), finite."""
    seconds: NDArray[np.float64]
    """Shape (trials,); NaN where not known."""

    @property
    def enough(self) -> bool:
        """Whether the trials can tell anything."""
        return len(self.values) >= MIN_TRIALS and bool(np.ptp(self.values) > 0) and bool(self.design.codings)

    def trials(self, name: str) -> int:
        """Return in how many trials a factor counts."""
        for index, coding in enumerate(self.design.codings):
            if coding.factor.name == name:
                return int(self.design.applies[:, index].sum())
        return 0


def prepare(
    factors: Sequence[Factor],
    recipes: Sequence[Recipe],
    values: ArrayLike,
    *,
    seconds: ArrayLike | None = None,
) -> Data:
    """Drop trials without a finite value and encode the others.

    Trials are put into an order that depends on their content alone, so that the order in which workers
    happened to finish them changes no figure.

    Args:
        factors: The catalogue of the study; factors with a single value are left out.
        recipes: One for each trial.
        values: Shape (trials,); NaN and infinite values are dropped with their recipes.
        seconds: Shape (trials,); what each trial took.

    Raises:
        ValueError: lengths differ.

    """
    scores = np.asarray(values, dtype=float).reshape(-1)
    spent = np.full(len(scores), np.nan) if seconds is None else np.asarray(seconds, dtype=float).reshape(-1)
    if not len(recipes) == len(scores) == len(spent):
        raise ValueError(
            f"{len(recipes)} recipes, {len(scores)} values and {len(spent)} seconds: equal lengths"
        )
    usable = [index for index in range(len(scores)) if np.isfinite(scores[index])]
    usable.sort(key=lambda index: (scores[index], repr(sorted(recipes[index].items())), spent[index]))
    free = tuple(factor for factor in factors if not factor.held)
    degree = 2 if len(usable) < _MANY_TRIALS else 4
    return Data(
        factors=free,
        design=encode(free, [recipes[index] for index in usable], degree=degree),
        values=scores[usable],
        seconds=spent[usable],
    )


def project_out(
    target: NDArray[np.float64], nuisance: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return what of the rows' values (trials first) an intercept and nuisance columns leave over."""
    ones = np.ones((len(target), 1))
    basis = orthonormal_basis(ones if nuisance is None else np.hstack([ones, nuisance]))
    left: NDArray[np.float64] = target - basis @ (basis.T @ target)
    return left
