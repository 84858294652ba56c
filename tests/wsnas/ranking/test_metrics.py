from __future__ import annotations

import math
import subprocess
import sys
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsnas.ranking.metrics import (
    authors_sparse_kendall_tau,
    kendall_tau,
    partial_kendall_tau,
    sparse_kendall_tau,
    spearman,
    surpass_random_probability,
    top_mean,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CORRELATIONS = [sparse_kendall_tau, kendall_tau, spearman, authors_sparse_kendall_tau]
BINNED = [sparse_kendall_tau, authors_sparse_kendall_tau]


def partial_without_covariate(predicted: Any, truth: Any, threshold: float = 0.001) -> float:
    return partial_kendall_tau(predicted, truth, np.zeros(len(predicted)), threshold)


ALL = [*CORRELATIONS, partial_without_covariate]


@st.composite
def rankings(draw: st.DrawFn, columns: int = 2, largest: int = 40) -> list[list[float]]:
    """Columns of equal length: integers, and in the second column fractions in steps of 0.0002."""
    size = draw(st.integers(2, 12))
    column = st.lists(st.integers(0, largest), min_size=size, max_size=size)
    drawn = [[float(value) for value in draw(column)] for _ in range(columns)]
    drawn[1] = [0.9 + value * 0.0002 for value in drawn[1]]
    return drawn


def tau_b_by_pairs(first: Sequence[float], second: Sequence[float]) -> float:
    balance = untied_first = untied_second = 0
    for i, j in combinations(range(len(first)), 2):
        a = (first[i] > first[j]) - (first[i] < first[j])
        b = (second[i] > second[j]) - (second[i] < second[j])
        balance += a * b
        untied_first += a != 0
        untied_second += b != 0
    return balance / math.sqrt(untied_first * untied_second) if untied_first and untied_second else 0.0


def hand_bins(truth: Sequence[float], threshold: float = 0.001) -> list[int]:
    return [math.floor(value / threshold + 1e-6) for value in truth]


def authors_steps(predicted: Sequence[float], truth: Sequence[float], threshold: float) -> float:
    """Method 2.2, steps 2 to 4, one architecture at a time (fractions, stable sort)."""
    by_truth = sorted(range(len(truth)), key=lambda i: truth[i])
    rank, last_bin, rank_of, sorted_ranks = -1, None, {}, []
    for i in by_truth:
        this_bin = truth[i] * (1 / threshold) // 1
        if last_bin is None or this_bin > last_bin:
            rank += 1
        last_bin = this_bin
        rank_of[i] = rank
        sorted_ranks.append(rank)
    by_prediction = sorted(range(len(predicted)), key=lambda i: predicted[i])
    return tau_b_by_pairs(sorted_ranks, [rank_of[i] for i in by_prediction])


class TestSparseKendallTau:
    @given(rankings(), st.sampled_from([0.0005, 0.001, 0.01]))
    def test_is_tau_b_counted_pair_by_pair(self, columns: list[list[float]], threshold: float) -> None:
        predicted, truth = columns
        expected = tau_b_by_pairs(predicted, hand_bins(truth, threshold))
        assert sparse_kendall_tau(predicted, truth, threshold) == pytest.approx(expected, abs=1e-12)

    def test_ties_in_both_arguments_by_hand(self) -> None:
        # Bins 940, 940, 941, 943. Of 6 pairs (0, 1) is tied in the bins and (1, 2) in the predictions;
        # (0, 2) is discordant, (0, 3), (1, 3) and (2, 3) are concordant: (3 - 1) / sqrt(5 * 5) = 0.4.
        assert sparse_kendall_tau([0.3, 0.2, 0.2, 0.5], [0.9401, 0.9409, 0.9412, 0.9431]) == pytest.approx(
            0.4
        )

    def test_perfect_ranking_with_a_shared_bin_stays_below_one(self) -> None:
        # 2 concordant pairs of 3, one tied in the bins: 2 / sqrt(3 * 2).
        assert sparse_kendall_tau([1, 2, 3], [0.9401, 0.9402, 0.95]) == pytest.approx(2 / math.sqrt(6))

    def test_truth_on_the_edge_of_a_bin_belongs_to_the_bin_that_it_opens(self) -> None:
        assert 0.943 / 0.001 < 943  # what the allowance of 1e-6 is for
        assert sparse_kendall_tau([0.1, 0.2], [0.9425, 0.943]) == 1.0
        assert sparse_kendall_tau([0.1, 0.2], [0.943, 0.9435]) == 0.0
        assert sparse_kendall_tau([0.1, 0.2], [0.9429999999, 0.943]) == 0.0
        assert sparse_kendall_tau([0.1, 0.2], [0.94299, 0.943]) == 1.0

    @given(rankings())
    def test_four_digit_truths_fall_where_their_digits_say(self, columns: list[list[float]]) -> None:
        predicted, _ = columns
        tens = [int(9400 + 7 * value) for value in reversed(predicted)]
        expected = tau_b_by_pairs(predicted, [value // 10 for value in tens])
        assert sparse_kendall_tau(predicted, [v / 10_000 for v in tens]) == pytest.approx(expected, abs=1e-12)

    def test_a_wide_bin_hides_what_a_narrow_one_shows(self) -> None:
        assert sparse_kendall_tau([1, 2], [0.941, 0.942]) == 1.0
        assert sparse_kendall_tau([1, 2], [0.941, 0.942], threshold=0.01) == 0.0


class TestAllCorrelations:
    @pytest.mark.parametrize("metric", ALL)
    @given(columns=rankings())
    def test_monotone_maps_of_predictions_change_nothing(
        self, metric: Callable[..., float], columns: list[list[float]]
    ) -> None:
        predicted, truth = columns
        expected = metric(predicted, truth)
        assert metric(np.exp(np.array(predicted) / 10), truth) == pytest.approx(expected, abs=1e-12)
        assert metric([0.1 + value / 500 for value in predicted], truth) == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize("metric", [sparse_kendall_tau, kendall_tau, spearman, partial_without_covariate])
    @given(columns=rankings())
    def test_reversed_predictions_flip_the_sign(
        self, metric: Callable[..., float], columns: list[list[float]]
    ) -> None:
        predicted, truth = columns
        flipped = metric([-value for value in predicted], truth)
        assert flipped == pytest.approx(-metric(predicted, truth), abs=1e-12)

    @pytest.mark.parametrize("metric", ALL)
    @given(columns=rankings(largest=8))
    def test_stays_between_minus_one_and_one(
        self, metric: Callable[..., float], columns: list[list[float]]
    ) -> None:
        assert -1.0 <= metric(*columns) <= 1.0

    @pytest.mark.parametrize("metric", ALL)
    def test_perfect_and_reversed_orders_without_ties(self, metric: Callable[..., float]) -> None:
        truth = [0.91, 0.92, 0.93, 0.94]
        assert metric([1, 2, 3, 4], truth) == pytest.approx(1.0)
        assert metric([4, 3, 2, 1], truth) == pytest.approx(-1.0)

    @pytest.mark.parametrize("metric", ALL)
    def test_constants_give_zero(self, metric: Callable[..., float]) -> None:
        assert metric([0.5, 0.5, 0.5], [0.91, 0.92, 0.93]) == 0.0
        assert metric([0.1, 0.2, 0.3], [0.91, 0.91, 0.91]) == 0.0

    @pytest.mark.parametrize("metric", [*BINNED, partial_without_covariate])
    def test_truths_in_one_bin_give_zero(self, metric: Callable[..., float]) -> None:
        assert metric([0.1, 0.2, 0.3], [0.9101, 0.9104, 0.9109]) == 0.0

    @pytest.mark.parametrize("metric", ALL)
    def test_bad_vectors_are_refused_in_one_line_that_names_them(self, metric: Callable[..., float]) -> None:
        with pytest.raises(ValueError, match=r"^predicted holds NaN \(first at position 1\)$"):
            metric([0.1, math.nan], [0.9, 0.8])
        with pytest.raises(ValueError, match=r"^truth holds NaN \(first at position 0\)$"):
            metric([0.1, 0.2], [math.nan, 0.8])
        with pytest.raises(ValueError, match=r"^unequal lengths: predicted 3, truth 2"):
            metric([0.1, 0.2, 0.3], [0.9, 0.8])
        with pytest.raises(ValueError, match=r"^1 entries, at least 2 are needed$"):
            metric([0.1], [0.9])
        with pytest.raises(ValueError, match="at least 2"):
            metric([], [])
        with pytest.raises(ValueError, match=r"^predicted has shape \(2, 1\)"):
            metric([[0.1], [0.2]], [0.9, 0.8])

    @pytest.mark.parametrize("metric", [*BINNED, partial_without_covariate])
    @pytest.mark.parametrize("threshold", [0.0, -0.001, math.nan, math.inf])
    def test_bad_thresholds_are_refused(self, metric: Callable[..., float], threshold: float) -> None:
        with pytest.raises(ValueError, match="threshold is"):
            metric([1, 2], [0.9, 0.8], threshold)

    @pytest.mark.parametrize("metric", ALL)
    def test_lists_and_arrays_give_the_same_python_float_and_stay_untouched(
        self, metric: Callable[..., float]
    ) -> None:
        predicted, truth = np.array([0.3, 0.1, 0.2]), np.array([93.0, 91.0, 90.0]) / 100
        kept = predicted.copy(), truth.copy()
        assert type(metric(predicted, truth)) is float
        assert metric(predicted, truth) == metric(predicted.tolist(), truth.tolist())
        assert metric(predicted.astype(np.float32), truth) == metric(predicted, truth)
        np.testing.assert_array_equal((predicted, truth), kept)


class TestPlainCorrelations:
    @given(rankings())
    def test_kendall_is_tau_b_of_the_raw_values(self, columns: list[list[float]]) -> None:
        assert kendall_tau(*columns) == pytest.approx(tau_b_by_pairs(*columns), abs=1e-12)

    def test_spearman_with_a_tie_by_hand(self) -> None:
        # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
        assert spearman([0.1, 0.2, 0.2, 0.4], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5))

    @given(st.permutations(range(8)))
    def test_spearman_without_ties_is_the_sum_of_squared_rank_differences(self, order: list[int]) -> None:
        squares = sum((i - rank) ** 2 for i, rank in enumerate(order))
        assert spearman(order, range(8)) == pytest.approx(1 - 6 * squares / (8 * 63))


class TestPartialKendallTau:
    TRUTH = (0.91, 0.93, 0.92, 0.94)

    def test_by_hand(self) -> None:
        # tau_pt = 4/6, tau_pc = 4/6, tau_tc = 2/6:
        # (2/3 - 2/9) / sqrt((1 - 4/9) * (1 - 1/9)) = (4/9) / sqrt(40/81) = 4 / sqrt(40).
        assert partial_kendall_tau([1, 2, 3, 4], self.TRUTH, [2, 1, 3, 4]) == pytest.approx(4 / math.sqrt(40))

    def test_a_covariate_independent_of_both_leaves_the_ordinary_tau(self) -> None:
        predicted, truth, covariate = [1, 2, 3, 4], [0.92, 0.91, 0.94, 0.93], [1, 4, 3, 2]
        assert kendall_tau(predicted, covariate) == kendall_tau(truth, covariate) == 0.0
        assert partial_kendall_tau(predicted, truth, covariate) == pytest.approx(1 / 3)
        assert sparse_kendall_tau(predicted, truth) == pytest.approx(1 / 3)

    @given(rankings())
    def test_a_constant_covariate_leaves_the_sparse_tau(self, columns: list[list[float]]) -> None:
        predicted, truth = columns
        plain = sparse_kendall_tau(predicted, truth)
        if abs(plain) < 1:
            assert partial_without_covariate(predicted, truth) == pytest.approx(plain, abs=1e-12)

    @pytest.mark.parametrize("sign", [1, -1])
    def test_nothing_is_left_where_the_covariate_explains_an_argument(self, sign: int) -> None:
        predicted = np.arange(4.0)
        assert partial_kendall_tau(predicted, self.TRUTH, sign * predicted) == 0.0
        assert partial_kendall_tau(predicted, self.TRUTH, sign * np.array(self.TRUTH)) == 0.0

    @given(rankings(columns=3, largest=6))
    def test_is_the_correlation_of_what_a_regression_on_the_covariate_leaves(
        self, columns: list[list[float]]
    ) -> None:
        predicted, truth, covariate = columns
        # Tau-b is the cosine of vectors of pair signs, so partial tau is that of their residuals.
        p, t, c = (
            np.array([np.sign(x - y) for x, y in combinations(values, 2)])
            for values in (predicted, hand_bins(truth), covariate)
        )
        p, t = (v - c * (v @ c) / (c @ c) if c.any() else v for v in (p, t))
        norms = np.linalg.norm(p) * np.linalg.norm(t)
        expected = p @ t / norms if norms > 1e-9 else 0.0
        assert partial_kendall_tau(predicted, truth, covariate) == pytest.approx(expected, abs=1e-9)

    def test_a_bad_covariate_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"^covariate holds NaN"):
            partial_kendall_tau([1, 2], [0.9, 0.8], [1, math.nan])
        with pytest.raises(ValueError, match=r"^unequal lengths: predicted 2, truth 2, covariate 3$"):
            partial_kendall_tau([1, 2], [0.9, 0.8], [1, 2, 3])


class TestAuthorsSparseKendallTau:
    @given(rankings(), st.sampled_from([0.0005, 0.001, 0.01]))
    def test_is_a_transcription_of_the_described_steps(
        self, columns: list[list[float]], threshold: float
    ) -> None:
        predicted, truth = [value / 100 for value in columns[0]], columns[1]
        expected = authors_steps(predicted, truth, threshold) if len(set(predicted)) > 1 else 0.0
        actual = authors_sparse_kendall_tau(predicted, truth, threshold)
        assert actual == pytest.approx(expected, abs=1e-12)

    def test_by_hand_where_it_differs_from_tau_b(self) -> None:
        # Ranks 0, 0, 1, 2 by truth and 0, 1, 0, 2 by prediction: ties (0, 1) and (0, 2), (1, 2) discordant,
        # three concordant: (3 - 1) / 5. Tau-b on the bins: (4 - 1) / sqrt(6 * 5).
        predicted, truth = [0.3, 0.2, 0.25, 0.5], [0.9401, 0.9409, 0.9412, 0.9431]
        assert authors_sparse_kendall_tau(predicted, truth) == pytest.approx(0.4)
        assert sparse_kendall_tau(predicted, truth) == pytest.approx(3 / math.sqrt(30))

    @given(st.permutations(range(7)))
    def test_without_ties_it_is_tau_b(self, order: list[int]) -> None:
        truth = [0.90 + 0.0015 * i for i in range(7)]
        expected = kendall_tau(order, truth)
        assert authors_sparse_kendall_tau(order, truth) == pytest.approx(expected)
        assert sparse_kendall_tau(order, truth) == pytest.approx(expected)

    @given(rankings())
    def test_a_perfect_ranking_is_one_where_tau_b_stays_below(self, columns: list[list[float]]) -> None:
        truth = sorted(columns[1])
        if len(set(hand_bins(truth))) > 1:
            assert authors_sparse_kendall_tau(range(len(truth)), truth) == pytest.approx(1.0)
            assert sparse_kendall_tau(range(len(truth)), truth) <= 1.0

    def test_equal_predictions_keep_the_order_in_which_they_were_given(self) -> None:
        assert authors_sparse_kendall_tau([0.1, 0.1, 0.2], [0.91, 0.92, 0.93]) == pytest.approx(1.0)
        assert authors_sparse_kendall_tau([0.1, 0.1, 0.2], [0.92, 0.91, 0.93]) == pytest.approx(1 / 3)

    def test_edges_of_bins_are_those_of_a_product_without_allowance(self) -> None:
        assert 0.943 * (1 / 0.001) == 943.0
        assert authors_sparse_kendall_tau([0.1, 0.2], [0.9425, 0.943]) == 1.0
        assert 0.57 * (1 / 0.01) < 57
        assert authors_sparse_kendall_tau([0.1, 0.2], [0.565, 0.57], 0.01) == 0.0
        assert sparse_kendall_tau([0.1, 0.2], [0.565, 0.57], 0.01) == 1.0

    def test_percent_and_fractions_give_the_same(self) -> None:
        predicted, truth = [0.3, 0.2, 0.25, 0.5], [0.9401, 0.9409, 0.9412, 0.9431]
        percent = authors_sparse_kendall_tau(np.multiply(predicted, 100), np.multiply(truth, 100))
        assert percent == authors_sparse_kendall_tau(predicted, truth)


class TestSurpassRandomProbability:
    def test_by_hand(self) -> None:
        assert surpass_random_probability(1, 4, 1) == 0.75
        assert surpass_random_probability(2, 4, 3) == 0.125
        assert surpass_random_probability(4, 4, 5) == 0.0
        assert surpass_random_probability(157, 15_625, 10) == pytest.approx((15_468 / 15_625) ** 10)

    @pytest.mark.parametrize("rank", [1, 2, 3, 4])
    def test_counts_the_draws_that_are_all_worse(self, rank: int) -> None:
        draws = [(a, b) for a in range(1, 5) for b in range(1, 5)]
        share = sum(min(pair) > rank for pair in draws) / len(draws)
        assert surpass_random_probability(rank, 4, 2) == pytest.approx(share)

    @given(st.integers(1, 99), st.integers(1, 20))
    def test_falls_with_the_rank_and_with_the_draws(self, rank: int, n: int) -> None:
        here = surpass_random_probability(rank, 100, n)
        assert 0.0 <= surpass_random_probability(rank + 1, 100, n) < here < 1.0
        assert surpass_random_probability(rank, 100, n + 1) < here

    @pytest.mark.parametrize(("rank", "size", "n"), [(0, 5, 1), (6, 5, 1), (-1, 5, 1), (1, 0, 1), (1, 5, 0)])
    def test_impossible_values_are_refused(self, rank: int, size: int, n: int) -> None:
        with pytest.raises(ValueError, match=r"^(rank|n) is"):
            surpass_random_probability(rank, size, n)


class TestTopMean:
    def test_by_hand(self) -> None:
        assert top_mean([0.1, 0.4, 0.3], [0.9, 0.5, 0.7], 1) == pytest.approx(0.5)
        assert top_mean([0.1, 0.4, 0.3], [0.9, 0.5, 0.7], 2) == pytest.approx(0.6)
        assert top_mean([0.1, 0.4, 0.3], [0.9, 0.5, 0.7], 3) == pytest.approx(0.7)
        assert top_mean([0.1], [0.9], 1) == pytest.approx(0.9)

    def test_of_equal_predictions_the_first_are_taken(self) -> None:
        assert top_mean([0.4, 0.1, 0.4, 0.4], [0.1, 0.2, 0.3, 0.4], 2) == pytest.approx(0.2)

    def test_without_ties_the_order_of_the_list_does_not_matter(self) -> None:
        pairs = [(0.1, 0.9), (0.4, 0.5), (0.3, 0.7), (0.2, 0.8)]
        for order in permutations(pairs):
            predicted, truth = zip(*order, strict=True)
            assert top_mean(predicted, truth, 2) == pytest.approx(0.6)

    def test_bad_values_are_refused(self) -> None:
        for k in (0, 3):
            with pytest.raises(
                ValueError, match=f"^k is {k}, it must lie between 1 and the number of entries, 2$"
            ):
                top_mean([1, 2], [0.9, 0.8], k)
        with pytest.raises(ValueError, match="NaN"):
            top_mean([1, math.nan], [0.9, 0.8], 1)
        with pytest.raises(ValueError, match=r"^unequal lengths"):
            top_mean([1, 2], [0.9], 1)
        with pytest.raises(ValueError, match="at least 1"):
            top_mean([], [], 1)


def test_importing_the_metrics_loads_nothing_heavy() -> None:
    heavy = ["torch", "optuna", "scipy.stats"]
    check = f"import sys, wsnas.ranking; print([m for m in {heavy} if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60
    )
    assert loaded.stdout.strip() == "[]"


@given(st.integers(0, 2**32 - 1))
def test_two_hundred_architectures_agree_with_the_pairwise_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.93, 0.01, 200).clip(0, 1)
    predicted = (truth + rng.normal(0, 0.01, 200)).round(3)
    expected = tau_b_by_pairs(predicted.tolist(), hand_bins(truth.tolist()))
    assert sparse_kendall_tau(predicted, truth) == pytest.approx(expected, abs=1e-12)
