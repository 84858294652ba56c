"""The objective: an Optuna trial in, the sparse Kendall-Tau of its recipe's super-net out."""

from __future__ import annotations

import json
import logging
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

import optuna

from objectives.evaluate import evaluate_recipe
from objectives.memory import PEAK, forget_peak, peak_memory
from objectives.problem import Problem, Ranking, pool_scores
from objectives.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from objectives.attempt import Attempt
    from objectives.factors import Factor
    from wsnas.ranking.judged import Judged
    from wsnas.ranking.pools import Pool
    from wsnas.supernets.base import SuperNet

METRIC = "sparse_kendall_tau"
"""Name of the study's metric; it is maximised."""

DIVERGED = -1.0
"""Value of a trial whose run diverged."""

END = 100
"""The step at which the final value is reported: intermediate values are by per cent of the schedule."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class RankedPool:
    """A pool with what the trivial ranker by size makes of it."""

    pool: Pool
    """Architectures and their ground truth."""
    parameters: NDArray[np.float64]
    """Parameter counts of the stand-alone networks, shape (len(pool),)."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Objective:
    """Trains and ranks by a trial's recipe.

    A trial brings its seed, its role, its length and whether it may be pruned as user attributes, so that any
    worker gives it the same value.
    """

    problem: Problem
    """What all trials share."""
    factors: tuple[Factor, ...]
    """The study's dimensions; each trial suggests all of them."""
    pools: dict[str, RankedPool]
    """The pool to rank by the trial's attribute ``pool``."""
    keep: Callable[[optuna.Trial, SuperNet, int], None] | None = None
    """Called with every ranked super-net and the number of its snapshot."""
    keep_long: Callable[[optuna.Trial, str, str], None] = lambda trial, name, text: trial.set_user_attr(
        name, text
    )
    """Keeps what a trial's super-net made of each architecture (``correct`` and ``losses``, as JSON)."""
    attempt: Callable[[optuna.Trial], Attempt] | None = None
    """Makes the attempt at a trial once its parameters are known; None: it is never interrupted."""

    def __call__(self, trial: optuna.Trial) -> float:
        """Return the s-KdT in [-1, 1]; -1 where the run diverged.

        Raises:
            optuna.TrialPruned: the trial may be pruned and the pruner said so.
            InterruptionError: the attempt said so.
        """
        recipe = Recipe({factor.name: factor.domain.suggest(trial, factor.name) for factor in self.factors})
        ranked = self.pools[trial.user_attrs["pool"]]
        # Before training, so that pruned and failed trials say where they come from, too.
        for name, value in self._provenance(ranked).items():
            trial.set_user_attr(name, value)

        def at_rung(share: float, judged: Judged) -> None:
            self._report(trial, share, judged, ranked.pool)
            if trial.user_attrs.get("prunable", False) and trial.should_prune():
                raise optuna.TrialPruned

        def at_past_rung(share: float, judged: Judged) -> None:
            self._report(trial, share, judged, ranked.pool)

        def keep(supernet: SuperNet, snapshot: int) -> None:
            if self.keep is not None:
                self.keep(trial, supernet, snapshot)

        forget_peak(self.problem.device)
        ranking = evaluate_recipe(
            self.problem,
            recipe.effective(self.factors).longer(trial.user_attrs.get("length", 1)),
            ranked.pool,
            seed=trial.user_attrs["seed"],
            at_rung=at_rung,
            at_past_rung=at_past_rung,
            keep=keep,
            attempt=None if self.attempt is None else self.attempt(trial),
        )
        for name, value in self._attributes(ranking).items():
            trial.set_user_attr(name, value)
        for name, values in (("correct", ranking.judged.correct), ("losses", ranking.judged.losses)):
            self.keep_long(trial, name, json.dumps(values.tolist(), separators=(",", ":")))
        scores = pool_scores(ranked.pool, ranking, ranked.parameters, score=self.problem.score)
        for name, score in scores.items():
            trial.set_user_attr(name, score)
        # Without rungs nothing is reported: of several objectives Optuna takes no report.
        if self.problem.rungs and not ranking.diverged:
            trial.report(scores[METRIC], END)
        return scores[METRIC]

    def _report(self, trial: optuna.Trial, share: float, judged: Judged, pool: Pool) -> None:
        from wsnas.ranking import sparse_kendall_tau

        predicted = judged.by(self.problem.score)
        trial.report(sparse_kendall_tau(predicted, pool.truth[: len(predicted)]), round(100 * share))

    def _provenance(self, ranked: RankedPool) -> dict[str, object]:
        import torch

        import wsnas
        from wsnas.ranking.evaluate import RANKING_BATCH

        return {
            "score": self.problem.score,
            "precision": self.problem.precision,
            "deterministic": torch.are_deterministic_algorithms_enabled(),
            "snapshots": len(self.problem.snapshots),
            "ranking_images": self.problem.ranking_images,
            "ranking_batch": RANKING_BATCH,
            "architectures": len(ranked.pool),
            "table": self.problem.table,
            "table_sha256": self.problem.table_sha256,
            "device": _device_name(self.problem.device),
            "threads": torch.get_num_threads(),
            "versions": f"wsnas {wsnas.__version__}, torch {torch.__version__}, optuna {optuna.__version__},"
            f" python {platform.python_version()}",
        }

    def _attributes(self, ranking: Ranking) -> dict[str, object]:
        return {
            "diverged": ranking.diverged,
            PEAK: peak_memory(self.problem.device),
            "seconds_training": round(ranking.seconds_training, 3),
            "seconds_ranking": round(ranking.seconds_ranking, 3),
            "seconds_saving": round(ranking.seconds_saving, 3),
            "images_seen": ranking.images_seen,
            "images_per_second": round(ranking.images_seen / max(ranking.seconds_training, 1e-9), 1),
        }


def _device_name(device: str) -> str:
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"cpu ({platform.machine()})"
