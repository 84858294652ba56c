"""What all trials of a study share: space, images, pools of architectures, device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.errors import InputError, one_of, show
from wsnas.precision import FLOAT32, check_precision
from wsnas.ranking.judged import SCORES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wsnas.data import ImageSet
    from wsnas.ranking.judged import Judged, Score
    from wsnas.ranking.pools import Pool
    from wsnas.spaces import Space

CROP_PADDING = 8
"""Images are padded by their resolution divided by this before the random crop (4 pixels at 32)."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Problem:
    """A space to rank on given images."""

    space: Space[Any]
    """The search space."""
    images: ImageSet
    """Training and validation images, on the device."""
    ranking_images: int
    """How many validation images rank the pool, at most all."""
    calibration_images: int
    """How many training images re-estimate statistics where a recipe asks for it."""
    table: str
    """Name of the ground-truth table."""
    table_sha256: str
    """SHA-256 of the table's file."""
    rungs: tuple[float, ...] = ()
    """Shares of a run's own schedule, in (0, 1), at which a part of the pool is ranked."""
    rung_pool: int = 80
    """Architectures ranked at the rungs before the last."""
    precision: str = FLOAT32
    """In which numbers super-nets compute, in training and ranking; see `wsnas.precision`."""
    count_passes: bool = False
    """See `wsnas.training.protocol.Protocol.count_passes`."""
    snapshots: tuple[float, ...] = (1.0,)
    """Shares of the schedule, in (0, 1], at which the pool is ranked; the last is 1. All snapshots are
    averaged, each on an equal part of the ranking images, so that several cost as much as one. One step's
    weights rank by luck: at a high learning rate the order changes from step to step."""
    score: Score = "accuracy"
    """By what the pool is ranked; s-KdT by accuracy, the paper's, is measured beside it."""

    def __post_init__(self) -> None:
        check_precision(self.precision)
        if self.score not in SCORES:
            raise InputError(f"score {show(self.score)}: {one_of(self.score, SCORES)}")
        if not self.snapshots or self.snapshots[-1] != 1.0:
            raise InputError(f"snapshots {self.snapshots}: the last one is 1.0, the end of the schedule")
        if any(not 0 < share <= 1 for share in (*self.snapshots, *self.rungs)):
            raise InputError(
                f"snapshots {self.snapshots} and rungs {self.rungs}: shares in (0, 1] are wanted"
            )
        if self.ranking_images < 1 or self.ranking_images % len(self.snapshots):
            raise InputError(
                f"ranking_images {self.ranking_images} is no multiple of {len(self.snapshots)} snapshots"
            )

    @property
    def device(self) -> str:
        """The device that holds the images."""
        return str(self.images.train_images.device)


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Ranking:
    """A pool ranked by one trained super-net."""

    judged: Judged
    """What the super-net makes of each architecture."""
    snapshots: tuple[Judged, ...]
    """The same at each snapshot by itself, `others` behind; empty where the run diverged."""
    others: Judged
    """What it makes of each of the pool's `others`; empty where the mapping does not take them."""
    loss: float
    """Mean training loss of the last epoch or what of it came after a ranking; not finite where the run
    diverged."""
    images_seen: int
    """Images trained on, counted once for every architecture that they passed through."""
    seconds_training: float
    """Time spent in training."""
    seconds_ranking: float
    """Time spent in ranking, at all rungs and snapshots."""
    seconds_saving: float = 0.0
    """Time spent in saving the state."""

    @property
    def diverged(self) -> bool:
        """Whether training ended in a loss that is not finite."""
        return not np.isfinite(self.loss)


def pool_scores(
    pool: Pool, ranking: Ranking, parameters: NDArray[np.float64], *, score: Score
) -> dict[str, float]:
    """Return all metrics of a ranking against the truth; a diverged ranking scores -1 throughout.

    Args:
        pool: Architectures and their truth.
        ranking: What the super-net made of them.
        parameters: Parameter counts of the pool's stand-alone networks, shape (len(pool),).
        score: What ranks; the s-KdT of every score is among the metrics.
    """
    from wsnas.ranking import kendall_tau, partial_kendall_tau, sparse_kendall_tau, spearman, top_mean

    predicted, truth = ranking.judged.by(score), pool.truth
    top = truth >= np.median(truth)
    scores = {
        "sparse_kendall_tau": sparse_kendall_tau(predicted, truth),
        **{skdt_attribute(one): sparse_kendall_tau(ranking.judged.by(one), truth) for one in SCORES},
        "sparse_kendall_tau_1_percent": sparse_kendall_tau(predicted, truth, 0.01),
        "sparse_kendall_tau_top_half": sparse_kendall_tau(predicted[top], truth[top]),
        "kendall_tau": kendall_tau(predicted, truth),
        "spearman": spearman(predicted, truth),
        "partial_tau_given_parameters": partial_kendall_tau(predicted, truth, parameters),
    }
    if len(ranking.others):
        everything = np.concatenate([predicted, ranking.others.by(score)])
        scores["sparse_kendall_tau_with_others"] = sparse_kendall_tau(
            everything, np.concatenate([truth, pool.others_truth])
        )
    if ranking.diverged:
        scores = dict.fromkeys(scores, -1.0)
    return {
        **scores,
        "supernet_accuracy_mean": float(ranking.judged.accuracies.mean()),
        "supernet_accuracy_best": float(ranking.judged.accuracies.max()),
        "top_10_truth": top_mean(predicted, truth, min(10, len(pool))),
    }


def skdt_attribute(score: Score) -> str:
    """Return under which name the s-KdT by a score is kept."""
    return f"sparse_kendall_tau_by_{score}"
