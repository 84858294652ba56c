"""Which of the judged architectures are the best for their size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wsnas.errors import InputError, one_of, show

if TYPE_CHECKING:
    from numpy.typing import NDArray


ACCURACY = "accuracy"
COSTS = ("parameters", "flops")
"""What can be weighed against accuracy, in the order of `objectives.question.inputs.network_costs`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BestForSize:
    """An architecture that no other one beats at its cost or less."""

    architecture: str
    """Its canonical string."""
    cost: int
    """Parameters or FLOPs of its network at the size of the baseline recipe."""
    supernet_accuracy: float
    """Accuracy that the super-nets give it, averaged over them."""
    low: float
    """Lower end of that mean's 95 % interval over super-nets (Student's t); the mean where one judged."""
    high: float
    """Upper end."""
    truth: float | None
    """Its ground truth; None where the table lacks it."""
    rank: int | None
    """Its rank by ground truth among all of the table; None where the table lacks it."""


def cost_of_objective(objective: str) -> str | None:
    """Return what ``accuracy,flops`` and the like weigh against accuracy; None for ``accuracy``.

    Raises:
        InputError: accuracy is not among them, or another name than those of `COSTS`.
    """
    names = [name.strip().lower() for name in objective.split(",")]
    for name in names:
        if name not in (ACCURACY, *COSTS):
            raise InputError(f"objective {show(name)}: {one_of(name, (ACCURACY, *COSTS))}")
    costs = [name for name in names if name != ACCURACY]
    if names.count(ACCURACY) != 1 or len(costs) > 1:
        raise InputError(
            f"objective {show(objective)}: accuracy is wanted, alone or with one of {' and '.join(COSTS)}"
        )
    return costs[0] if costs else None


def non_dominated(scores: NDArray[np.float64], costs: NDArray[np.float64]) -> list[int]:
    """Return the positions that no other one beats in score at its cost or less, from cheap to dear.

    Args:
        scores: Higher for better, shape (n,).
        costs: Lower for better, shape (n,).
    """
    front: list[int] = []
    best = -np.inf
    for index in np.lexsort((-scores, costs)).tolist():
        if scores[index] > best:
            front.append(index)
            best = scores[index]
    return front


def mean_interval(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the mean over super-nets with the ends of its 95 % interval, of (super-nets, n) values."""
    from scipy.stats import t

    mean = values.mean(axis=0)
    if len(values) < 2:
        return mean, mean, mean
    half = t.ppf(0.975, len(values) - 1) * values.std(axis=0, ddof=1) / len(values) ** 0.5
    return mean, np.clip(mean - half, 0.0, 1.0), np.clip(mean + half, 0.0, 1.0)
