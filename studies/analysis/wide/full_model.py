"""The F test of each group of columns beside all others, where there are trials enough for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPARE = 10
"""Trials beyond the columns from which on the noise that least squares leaves is known well enough."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class FullModel:
    """Least squares with the columns of all groups at once."""

    basis: NDArray[np.float64]
    """Shape (trials, columns): orthonormal, of everything in the model."""
    own: tuple[NDArray[np.float64], ...]
    """For each group an orthonormal basis, shape (trials, columns), of what no other column explains."""

    def surprise(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return minus the log of the p-value of each group's partial F test.

        Args:
            values: Shape (trials, any): each column is tested on its own.

        Returns:
            Shape (groups, any), at least 0.

        """
        left = values - self.basis @ (self.basis.T @ values)
        explained = np.array([np.sum((own.T @ values) ** 2, axis=0) for own in self.own])
        widths = np.array([own.shape[1] for own in self.own])
        return surprise(
            explained,
            np.sum(left**2, axis=0),
            widths=widths[:, None],
            freedom=len(self.basis) - self.basis.shape[1],
        )


def surprise(
    explained: NDArray[np.float64],
    left: NDArray[np.float64],
    *,
    widths: NDArray[np.int_] | int,
    freedom: int,
) -> NDArray[np.float64]:
    """Return minus the log of the p-value of F tests, at least 0 and at most 690.

    Args:
        explained: Sums of squares that the tested columns explain.
        left: Sums of squares that the model with them leaves over.
        widths: How many columns are tested.
        freedom: How many trials more than columns the model has.

    """
    ratio = explained / widths * freedom / np.maximum(left, 1e-300)
    found: NDArray[np.float64] = -np.log(np.maximum(special.fdtrc(widths, freedom, ratio), 1e-300))
    return found


def full_model(
    matrix: NDArray[np.float64], columns: tuple[slice, ...], base: NDArray[np.float64]
) -> FullModel | None:
    """Return the model of all groups, or None with fewer than 10 trials more than columns.

    None too where columns say the same, so that no group can be told from the others.

    Args:
        matrix: Shape (trials, columns).
        columns: The columns of each group.
        base: Shape (trials, any): what is in every model, the intercept among it.

    """
    whole = np.hstack([base, matrix])
    basis = orthonormal_basis(whole)
    if len(whole) - whole.shape[1] < SPARE or basis.shape[1] < whole.shape[1]:
        return None
    own = []
    for group in columns:
        others = orthonormal_basis(np.hstack([base, np.delete(matrix, group, axis=1)]))
        block = matrix[:, group]
        own.append(orthonormal_basis(block - others @ (others.T @ block)))
    return FullModel(basis=basis, own=tuple(own))


def orthonormal_basis(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an orthonormal basis of the columns' span, shape (trials, rank)."""
    left, scale, _ = np.linalg.svd(matrix, full_matrices=False)
    largest = scale.max(initial=0.0)
    basis: NDArray[np.float64] = left[:, scale > 1e-8 * max(float(largest), 1e-300)]
    return basis
