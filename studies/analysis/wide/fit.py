"""Main effects with intervals: least squares where trials allow it, else draws that shrink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from studies.analysis.intervals import TAU_DIFFERENCE, ends
from studies.analysis.wide.contrasts import Contrast, candidates, others
from studies.analysis.wide.full_model import SPARE, orthonormal_basis
from studies.analysis.wide.posterior import draw_coefficients
from studies.analysis.wide.prepare import project_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from objectives.domains import Value
    from studies.analysis.wide.encoding import Design

_DRAWS = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """Coefficients of the main effects and how unsure they are."""

    design: Design
    """Main effects of the factors."""
    method: Literal["least squares", "posterior"]
    """How they were found."""
    coefficients: NDArray[np.float64]
    """Shape (columns,): estimates."""
    covariance: NDArray[np.float64]
    """Shape (columns, columns)."""
    quantile: float
    """Of Student's t for 95 % intervals; of use for least squares only."""
    draws: NDArray[np.float64]
    """Shape (draws, columns): the posterior's, or for least squares what other trials might have given."""
    among_all: float
    """How many standard errors wide an interval must be on each side to hold for all differences at once."""

    def contrast(self, index: int, first: Value, second: Value, *, significant: bool) -> Contrast:
        """Return the difference between two values of the factor at an index of the design.

        Where the factor is not significant, the interval among all is widened up to 0: the test that is
        corrected for the number of factors does not exclude it.
        """
        rows = self.design.codings[index].rows([first, second])
        step, group = rows[0] - rows[1], self.design.columns[index]
        difference = float(step @ self.coefficients[group])
        error = float(np.sqrt(max(step @ self.covariance[group, group] @ step, 0.0)))
        if self.method == "least squares":
            low, high = ends(difference, self.quantile * error, bound=TAU_DIFFERENCE)
        else:
            drawn = np.quantile(self.draws[:, group] @ step, [0.025, 0.975])
            low, high = map(float, drawn.clip(-TAU_DIFFERENCE, TAU_DIFFERENCE))
        least, most = ends(difference, self.among_all * error, bound=TAU_DIFFERENCE)
        low_among_all, high_among_all = min(least, low), max(most, high)
        return Contrast(
            first=first,
            second=second,
            # The sum of a linear model may overshoot, too.
            difference=min(TAU_DIFFERENCE, max(-TAU_DIFFERENCE, difference)),
            low=low,
            high=high,
            low_among_all=low_among_all if significant else min(low_among_all, 0.0),
            high_among_all=high_among_all if significant else max(high_among_all, 0.0),
        )


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
    if spare >= SPARE and orthonormal_basis(matrix).shape[1] == width:
        inverse = np.linalg.inv(matrix.T @ matrix)
        coefficients = inverse @ (matrix.T @ target)
        noise = float(np.sum((target - matrix @ coefficients) ** 2)) / spare
        covariance = inverse * noise
        errors = rng.standard_normal((_DRAWS, width)) @ np.linalg.cholesky(inverse).T * np.sqrt(noise)
        errors /= np.sqrt(rng.chisquare(spare, (_DRAWS, 1)) / spare)
        quantile = float(stats.t.ppf(0.975, spare))
        return Fit(
            design=design,
            method="least squares",
            coefficients=coefficients,
            covariance=covariance,
            quantile=quantile,
            draws=coefficients + errors,
            among_all=max(_among_all(design, errors, covariance), quantile),
        )
    draws = draw_coefficients(
        matrix, target, design.columns, nuisance=removed, draws=_DRAWS, rng=rng
    ).coefficients
    coefficients = draws.mean(axis=0)
    errors = draws - coefficients
    covariance = errors.T @ errors / len(draws)
    return Fit(
        design=design,
        method="posterior",
        coefficients=coefficients,
        covariance=covariance,
        quantile=float("nan"),
        draws=draws,
        among_all=_among_all(design, errors, covariance),
    )


def _among_all(design: Design, errors: NDArray[np.float64], covariance: NDArray[np.float64]) -> float:
    """Return the 95th percentile of the largest of all differences' errors, in standard errors."""
    largest = np.zeros(len(errors))
    for coding, group in zip(design.codings, design.columns, strict=True):
        rows, ends = coding.rows(candidates(coding)), coding.rows(others(coding))
        steps = (rows[:, None, :] - ends[None, :, :]).reshape(-1, rows.shape[1])
        deviations = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", steps, covariance[group, group], steps), 0))
        steps, deviations = steps[deviations > 0], deviations[deviations > 0]
        if len(steps):
            ratios = np.abs(errors[:, group] @ steps.T) / deviations
            largest = np.maximum(largest, ratios.max(axis=1))
    return float(np.quantile(largest, 0.95))
