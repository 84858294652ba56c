from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from objectives.problem import Ranking, pool_scores
from wsnas.errors import InputError
from wsnas.ranking import kendall_tau, partial_kendall_tau, sparse_kendall_tau, spearman
from wsnas.ranking.judged import SCORES, Judged, Score, nothing_of
from wsnas.ranking.pools import Pool

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from objectives.problem import Problem

IMAGES = 10_000


def judgement(accuracies: ArrayLike, losses: ArrayLike | None = None) -> Judged:
    """Return what has these accuracies, to four digits, and these mean losses."""
    correct = np.rint(np.multiply(accuracies, IMAGES)).astype(np.int64)
    means = np.zeros(len(correct)) if losses is None else np.asarray(losses)
    return Judged(correct=correct, losses=means * IMAGES, images=IMAGES)


def make_ranking(judged: Judged, loss: float = 1.0, *, others: Judged | None = None) -> Ranking:
    return Ranking(
        judged=judged,
        snapshots=(judged,),
        others=nothing_of(0) if others is None else others,
        loss=loss,
        seconds_training=1.0,
        seconds_ranking=1.0,
        images_seen=100,
    )


@pytest.fixture
def pool() -> Pool:
    truth = np.random.default_rng(0).permutation(np.linspace(0.5, 0.9, 30).round(4))
    return Pool(architectures=tuple(range(30)), truth=truth)


def test_perfect_ranking_scores_one_throughout(pool: Pool) -> None:
    # Predictions tie where the coarsest bins of the truth do.
    scores = pool_scores(pool, make_ranking(judgement(pool.truth)), np.zeros(30), score="accuracy")
    for name in ("sparse_kendall_tau", "sparse_kendall_tau_top_half", "kendall_tau", "spearman"):
        assert scores[name] == pytest.approx(1.0), name
    assert scores["top_10_truth"] == pytest.approx(np.sort(pool.truth)[-10:].mean())
    assert scores["supernet_accuracy_best"] == pool.truth.max()
    assert scores["supernet_accuracy_mean"] == pytest.approx(pool.truth.mean())


@pytest.mark.parametrize("score", SCORES)
def test_scores_are_those_of_the_metrics_by_what_ranks(pool: Pool, score: Score) -> None:
    rng = np.random.default_rng(1)
    judged, parameters = judgement(rng.random(30), rng.random(30)), rng.random(30)
    predicted = judged.accuracies if score == "accuracy" else -judged.losses
    scores = pool_scores(pool, make_ranking(judged), parameters, score=score)
    best = pool.truth >= np.median(pool.truth)
    assert scores["sparse_kendall_tau"] == sparse_kendall_tau(predicted, pool.truth)
    assert scores["sparse_kendall_tau_1_percent"] == sparse_kendall_tau(predicted, pool.truth, 0.01)
    assert scores["sparse_kendall_tau_top_half"] == sparse_kendall_tau(predicted[best], pool.truth[best])
    assert best.sum() == 15
    assert scores["kendall_tau"] == kendall_tau(predicted, pool.truth)
    assert scores["spearman"] == spearman(predicted, pool.truth)
    assert scores["partial_tau_given_parameters"] == pytest.approx(
        partial_kendall_tau(predicted, pool.truth, parameters)
    )
    ahead = np.argsort(-predicted)[:10]
    assert scores["top_10_truth"] == pytest.approx(pool.truth[ahead].mean())
    assert scores["supernet_accuracy_best"] == judged.accuracies.max()


def test_the_sparse_kendall_tau_of_every_score_is_kept_beside_that_of_what_ranks(pool: Pool) -> None:
    # Accuracies rank perfectly, losses the other way round.
    ranking = make_ranking(judgement(pool.truth, pool.truth))
    for score, expected in (("accuracy", 1.0), ("cross_entropy", -1.0)):
        scores = pool_scores(pool, ranking, np.zeros(30), score=score)
        assert scores["sparse_kendall_tau"] == scores[f"sparse_kendall_tau_by_{score}"]
        assert scores["sparse_kendall_tau"] == pytest.approx(expected)
        assert scores["sparse_kendall_tau_by_accuracy"] == pytest.approx(1.0)
        assert scores["sparse_kendall_tau_by_cross_entropy"] == pytest.approx(-1.0)


def test_cross_entropy_ranks_where_all_accuracies_tie(pool: Pool) -> None:
    ranking = make_ranking(judgement(np.full(30, 0.5), 1 - pool.truth))
    scores = pool_scores(pool, ranking, np.zeros(30), score="cross_entropy")
    assert scores["sparse_kendall_tau_by_accuracy"] == 0.0
    assert scores["sparse_kendall_tau"] == pytest.approx(1.0)


def test_others_are_ranked_among_the_pool_by_the_same_score(pool: Pool) -> None:
    ours, others = pool.truth[:20], pool.truth[20:]
    parted = replace(pool, architectures=pool.architectures[:20], truth=ours, others=pool.architectures[20:])
    parted = replace(parted, others_truth=others)
    ranking = make_ranking(judgement(ours, -ours), others=judgement(np.zeros(10), -others))
    scores = pool_scores(parted, ranking, np.zeros(20), score="cross_entropy")
    assert scores["sparse_kendall_tau_with_others"] == pytest.approx(1.0)


def test_diverged_ranking_scores_minus_one(pool: Pool) -> None:
    ranking = make_ranking(nothing_of(30), loss=float("nan"))
    scores = pool_scores(pool, ranking, np.zeros(30), score="accuracy")
    correlations = [name for name in scores if "tau" in name or name == "spearman"]
    assert len(correlations) == 6 + len(SCORES)
    assert all(scores[name] == -1.0 for name in correlations)


@pytest.mark.parametrize(
    ("loss", "diverged"), [(1.0, False), (float("nan"), True), (float("inf"), True), (0.0, False)]
)
def test_run_diverged_where_its_loss_is_not_finite(loss: float, diverged: bool) -> None:
    assert make_ranking(nothing_of(3), loss).diverged == diverged


def test_an_unknown_score_is_refused_in_one_line(tiny_problem: Problem) -> None:
    with pytest.raises(InputError) as refusal:
        replace(tiny_problem, score="margin")  # type: ignore[arg-type]
    assert str(refusal.value) == "score 'margin': choose one of accuracy, cross_entropy"
