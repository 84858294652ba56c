from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.stratified import stratified_kendall_tau


def by_definition(predicted, truth, strata, threshold):
    bins = [int(value / threshold + 1e-6) for value in truth]
    agreement = predictions = places = 0
    for i, j in combinations(range(len(truth)), 2):
        if strata[i] == strata[j]:
            first, second = np.sign(predicted[i] - predicted[j]), np.sign(bins[i] - bins[j])
            agreement += first * second
            predictions += first != 0
            places += second != 0
    return agreement / (predictions * places) ** 0.5


def test_one_stratum_gives_the_sparse_kendall_tau() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.9, 0.95, 80)
    predicted = np.round(truth + rng.normal(0, 0.01, 80), 3)
    assert stratified_kendall_tau(predicted, truth, np.zeros(80)) == pytest.approx(
        sparse_kendall_tau(predicted, truth), abs=1e-12
    )


@pytest.mark.parametrize("threshold", [0.001, 0.01])
def test_pairs_across_strata_are_left_out(threshold) -> None:
    rng = np.random.default_rng(1)
    strata = rng.integers(4, size=60)
    truth = 0.8 + strata * 0.02 + rng.uniform(0, 0.05, 60)
    predicted = np.round(truth + rng.normal(0, 0.01, 60), 3)
    assert stratified_kendall_tau(predicted, truth, strata, threshold) == pytest.approx(
        by_definition(predicted, truth, strata, threshold), abs=1e-12
    )


def test_ranking_that_only_knows_the_stratum_is_worth_nothing() -> None:
    depth = np.repeat([8.0, 12.0, 20.0], 20)
    truth = 0.9 + depth / 1000 + np.random.default_rng(2).uniform(0, 0.003, 60)
    assert sparse_kendall_tau(depth, truth) > 0.7
    assert stratified_kendall_tau(depth, truth, depth) == 0.0


def test_opposite_rankings_cancel_by_their_pairs() -> None:
    truth = [0.1, 0.2, 0.3, 0.1, 0.2, 0.3]
    assert stratified_kendall_tau([1, 2, 3, 3, 2, 1], truth, [0, 0, 0, 1, 1, 1]) == 0.0
    assert stratified_kendall_tau([9, 10, 11, 1, 2, 3], truth, [0, 0, 0, 1, 1, 1]) == 1.0


@pytest.mark.parametrize(
    ("predicted", "truth", "strata"),
    [
        ([1, 1, 2, 2], [0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]),
        ([1, 2, 1, 2], [0.1, 0.1, 0.4, 0.4], [0, 0, 1, 1]),
        ([1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4], [0, 1, 2, 3]),
    ],
)
def test_nothing_to_compare_gives_zero(predicted, truth, strata) -> None:
    assert stratified_kendall_tau(predicted, truth, strata) == 0.0


def test_infinite_predictions_rank_as_the_largest_and_smallest() -> None:
    assert stratified_kendall_tau([-np.inf, 0, np.inf], [0.1, 0.2, 0.3], [1, 1, 1]) == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [0.1, 0.2], [np.nan, 1]), "strata holds NaN"),
        (([1, 2], [0.1, 0.2], [1]), "unequal lengths"),
        (([1, 2], [0.1, 0.2], [1, 1], 0), "threshold is 0"),
    ],
)
def test_bad_input_is_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        stratified_kendall_tau(*arguments)


def test_bins_along_a_quantity_are_of_about_equal_size_and_keep_equals_together() -> None:
    from wsnas.ranking.stratified import quantile_bins

    bins = quantile_bins(np.random.default_rng(0).permutation(100))
    assert np.bincount(bins).tolist() == [20] * 5
    tied = quantile_bins([1, 1, 1, 1, 2, 2, 2, 3, 3, 3])
    assert [len(set(tied[start:stop])) for start, stop in ((0, 4), (4, 7), (7, 10))] == [1, 1, 1]
    assert (np.diff(tied) >= 0).all()
