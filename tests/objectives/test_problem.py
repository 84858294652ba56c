from __future__ import annotations

import numpy as np
import pytest

from objectives.problem import Ranking, pool_scores
from wsnas.ranking import kendall_tau, partial_kendall_tau, sparse_kendall_tau, spearman
from wsnas.ranking.pools import Pool


def make_ranking(accuracies: np.ndarray, loss: float = 1.0) -> Ranking:
    return Ranking(
        accuracies=accuracies,
        others=np.zeros(0),
        loss=loss,
        seconds_training=1.0,
        seconds_ranking=1.0,
        images_seen=100,
    )


@pytest.fixture
def pool() -> Pool:
    truth = np.random.default_rng(0).permutation(np.linspace(0.5, 0.9, 30))
    return Pool(architectures=tuple(range(30)), truth=truth)


def test_perfect_ranking_scores_one_throughout(pool: Pool) -> None:
    # Predictions tie where the coarsest bins of the truth do.
    scores = pool_scores(pool, make_ranking(pool.truth), np.zeros(30))
    for name in ("sparse_kendall_tau", "sparse_kendall_tau_top_half", "kendall_tau", "spearman"):
        assert scores[name] == pytest.approx(1.0), name
    assert scores["top_10_truth"] == pytest.approx(np.sort(pool.truth)[-10:].mean())
    assert scores["supernet_accuracy_best"] == pool.truth.max()
    assert scores["supernet_accuracy_mean"] == pytest.approx(pool.truth.mean())


def test_scores_are_those_of_the_metrics(pool: Pool) -> None:
    rng = np.random.default_rng(1)
    predicted, parameters = rng.random(30), rng.random(30)
    scores = pool_scores(pool, make_ranking(predicted), parameters)
    best = pool.truth >= np.median(pool.truth)
    assert scores["sparse_kendall_tau"] == sparse_kendall_tau(predicted, pool.truth)
    assert scores["sparse_kendall_tau_1_percent"] == sparse_kendall_tau(predicted, pool.truth, 0.01)
    assert scores["sparse_kendall_tau_top_half"] == sparse_kendall_tau(predicted[best], pool.truth[best])
    assert best.sum() == 15
    assert scores["kendall_tau"] == kendall_tau(predicted, pool.truth)
    assert scores["spearman"] == spearman(predicted, pool.truth)
    assert scores["partial_tau_given_parameters"] == partial_kendall_tau(predicted, pool.truth, parameters)


def test_diverged_ranking_scores_minus_one(pool: Pool) -> None:
    scores = pool_scores(pool, make_ranking(np.zeros(30), loss=float("nan")), np.zeros(30))
    correlations = [name for name in scores if "tau" in name or name == "spearman"]
    assert len(correlations) == 6
    assert all(scores[name] == -1.0 for name in correlations)


@pytest.mark.parametrize(
    ("loss", "diverged"), [(1.0, False), (float("nan"), True), (float("inf"), True), (0.0, False)]
)
def test_run_diverged_where_its_loss_is_not_finite(loss: float, diverged: bool) -> None:
    assert make_ranking(np.zeros(3), loss).diverged == diverged
