"""Main effects with intervals: least squares where trials allow it, else draws that shrink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from studies.analysis.contrasts import Contrast
from studies.analysis.posterior import draw_coefficients
from studies.analysis.prepare import project_out
from studies.analysis.stepwise import orthonormal_basis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from objectives.domains import Value
    from studies.analysis.encoding import Coding, Design

_SPARE = 10
"""Trials beyond the columns from which on t intervals of least squares are narrow enough to be of use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """Coefficients of the main effects and how unsure they are."""

    method: Literal["least squares", "posterior"]
    """How they were found."""
    columns: tuple[slice, ...]
    """The columns of each factor."""
    coefficients: NDArray[np.float64]
    """Shape (columns,): estimates."""
    covariance: NDArray[np.float64]
    """Shape (columns, columns); of use for least squares only."""
    quantile: float
    """Of Student's t for 95 % intervals; of use for least squares only."""
    draws: NDArray[np.float64]
    """Shape (draws, columns); empty for least squares."""

    def contrast(self, coding: Coding, index: int, first: Value, second: Value) -> Contrast:
        """Return the difference between two values of the factor at an index of the design."""
        rows = coding.rows([first, second])
        step, group = rows[0] - rows[1], self.columns[index]
        difference = float(step @ self.coefficients[group])
        if self.method == "least squares":
            half = self.quantile * float(np.sqrt(max(step @ self.covariance[group, group] @ step, 0.0)))
            low, high = difference - half, difference + half
        else:
            low, high = map(float, np.quantile(self.draws[:, group] @ step, [0.025, 0.975]))
        return Contrast(first=first, second=second, difference=difference, low=low, high=high)


def fit_main_effects(
    design: Design,
    values: NDArray[np.float64],
    *,
    nuisance: NDArray[np.float64] | None,
    rng: np.random.Generator,
) -> Fit:
    """Fit the additive model.

    Args:
        design: Main effects of the factors.
        values: Shape (trials,), finite.
        nuisance: Shape (trials, any): further columns to hold equal, or None.
        rng: Source of randomness for the draws.

    """
    matrix, target = project_out(design.matrix, nuisance), project_out(values, nuisance)
    removed = 1 if nuisance is None else 1 + nuisance.shape[1]
    width = matrix.shape[1]
    spare = len(values) - removed - width
    if spare >= _SPARE and orthonormal_basis(matrix).shape[1] == width:
        inverse = np.linalg.inv(matrix.T @ matrix)
        coefficients = inverse @ (matrix.T @ target)
        noise = float(np.sum((target - matrix @ coefficients) ** 2)) / spare
        return Fit(
            method="least squares",
            columns=design.columns,
            coefficients=coefficients,
            covariance=inverse * noise,
            quantile=float(stats.t.ppf(0.975, spare)),
            draws=np.zeros((0, width)),
        )
    draws = draw_coefficients(matrix, target, design.columns, nuisance=removed, rng=rng)
    return Fit(
        method="posterior",
        columns=design.columns,
        coefficients=draws.mean(axis=0),
        covariance=np.zeros((width, width)),
        quantile=float("nan"),
        draws=draws,
    )
