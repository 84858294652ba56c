"""What a super-net makes of architectures: whole counts and sums over images, and two scores of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Score = Literal["accuracy", "cross_entropy"]
"""By what architectures are ranked."""
SCORES: tuple[Score, ...] = get_args(Score)
LARGEST_LOSS = 100.0
"""Cross-entropy of one image at most, in nats; also that of logits that are not finite."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Judged:
    """Some architectures on some held-out images.

    Counts are whole, and parts are added before anything is divided, so that no rounding decides between
    two architectures that are right equally often. Losses are summed in double precision.
    """

    correct: NDArray[np.int64]
    """Images whose class the super-net finds with each architecture, shape (architectures,)."""
    losses: NDArray[np.float64]
    """Sums of the cross-entropy over the images in nats, shape (architectures,)."""
    images: int
    """How many images."""

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """Accuracies in [0, 1], shape (architectures,)."""
        return self.correct / max(self.images, 1)

    def by(self, score: Score) -> NDArray[np.float64]:
        """Return what a score ranks by, higher for better: accuracies, or mean log-likelihoods (<= 0)."""
        return self.accuracies if score == "accuracy" else -self.losses / max(self.images, 1)

    def __len__(self) -> int:
        return len(self.correct)

    def __getitem__(self, chosen: slice) -> Judged:
        """Return some of the architectures."""
        return Judged(correct=self.correct[chosen], losses=self.losses[chosen], images=self.images)


def nothing_of(architectures: int) -> Judged:
    """Return what no images say."""
    return Judged(correct=np.zeros(architectures, np.int64), losses=np.zeros(architectures), images=0)


def added(parts: Sequence[Judged]) -> Judged:
    """Bring what was found of the same architectures together, on other images or by other super-nets.

    Images that several super-nets judged count once for each. At least one part is wanted.
    """
    return Judged(
        correct=np.sum([part.correct for part in parts], axis=0, dtype=np.int64),
        losses=np.sum([part.losses for part in parts], axis=0),
        images=sum(part.images for part in parts),
    )
