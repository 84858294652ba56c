from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import kendalltau, rankdata

from studies.analysis.estimates import (
    gain_estimate,
    jackknifed_partial_taus,
    jackknifed_taus,
    of_ensemble,
    of_joint,
    of_singles,
    tau_estimate,
)
from wsnas.ranking import partial_kendall_tau, sparse_kendall_tau
from wsnas.ranking.ensemble import mean_ranks
from wsnas.ranking.stratified import quantile_bins, stratified_kendall_tau


def _sample(
    rng: np.random.Generator, seeds: int, architectures: int, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    truth = rng.uniform(0.5, 0.95, architectures)
    return truth + noise * rng.standard_normal((seeds, architectures)), truth


def test_the_mean_is_the_mean_of_the_metric_over_seeds() -> None:
    predicted, truth = _sample(np.random.default_rng(0), 4, 60, 0.1)
    estimate = tau_estimate(predicted, truth)
    values = [sparse_kendall_tau(row, truth) for row in predicted]
    assert estimate.values == pytest.approx(values)
    assert estimate.mean == pytest.approx(np.mean(values))
    assert estimate.seed_deviation == pytest.approx(np.std(values, ddof=1))
    assert estimate.low < estimate.mean < estimate.high


def test_the_jackknife_is_that_of_leaving_out_each_architecture() -> None:
    predicted, truth = _sample(np.random.default_rng(1), 1, 25, 0.1)
    bins = np.floor(truth / 0.001 + 1e-6)
    without = np.array(
        [kendalltau(np.delete(predicted[0], i), np.delete(bins, i)).statistic for i in range(25)]
    )
    deviation = np.sqrt(24 / 25 * ((without - without.mean()) ** 2).sum())
    estimate = tau_estimate(predicted, truth)
    from scipy.stats import t

    assert (estimate.high - estimate.low) / 2 == pytest.approx(t.ppf(0.975, 24) * deviation)


def test_intervals_cover_the_true_value_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    # A Gaussian pair with correlation r has tau 2/pi asin(r); each seed adds noise of its own.
    correlation = 0.6
    true = 2 / np.pi * np.arcsin(correlation / np.sqrt(1 + 0.2**2))
    covered = 0
    for _ in range(200):
        truth = rng.standard_normal(60)
        shared = correlation * truth + np.sqrt(1 - correlation**2) * rng.standard_normal(60)
        predicted = shared + 0.2 * rng.standard_normal((4, 60))
        estimate = tau_estimate(predicted, 0.5 + 0.05 * truth)
        covered += estimate.low <= true <= estimate.high
    assert 0.90 <= covered / 200 <= 1.0


def test_a_paired_gain_is_the_difference_and_is_narrower_than_two_intervals() -> None:
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.5, 0.95, 80)
    common = 0.1 * rng.standard_normal((5, 80))
    good = truth + common
    bad = truth + 1.3 * common + 0.02 * rng.standard_normal((5, 80))
    gain = gain_estimate(good, bad, truth)
    ours, theirs = tau_estimate(good, truth), tau_estimate(bad, truth)
    assert gain.mean == pytest.approx(ours.mean - theirs.mean)
    assert gain.high - gain.low < (ours.high - ours.low) + (theirs.high - theirs.low)


def test_a_constant_ranker_scores_zero_with_no_margin() -> None:
    estimate = tau_estimate(np.ones((2, 10)), np.linspace(0.1, 0.9, 10))
    assert (estimate.mean, estimate.low, estimate.high) == (0.0, 0.0, 0.0)


def test_partial_and_stratified_taus_are_those_of_the_metrics_with_and_without_an_architecture() -> None:
    predicted, truth = _sample(np.random.default_rng(4), 3, 40, 0.2)
    sizes = truth + 0.3 * np.random.default_rng(5).standard_normal(40)
    bins = quantile_bins(sizes)
    for found, metric, other in (
        (jackknifed_partial_taus(predicted, truth, sizes), partial_kendall_tau, sizes),
        (jackknifed_taus(predicted, truth, bins), stratified_kendall_tau, bins),
    ):
        values, without = found
        assert values == pytest.approx([metric(one, truth, other) for one in predicted])
        left = metric(*(np.delete(one, 3) for one in (predicted[1], truth, other)))
        assert without[1, 3] == pytest.approx(left)


def test_the_figure_of_singles_is_the_estimate_and_that_of_an_ensemble_the_tau_of_its_mean_rank() -> None:
    predicted, truth = _sample(np.random.default_rng(6), 5, 50, 0.2)
    single = of_singles(predicted, lambda ranked: jackknifed_taus(ranked, truth)).span()
    estimate = tau_estimate(predicted, truth)
    assert (single.mean, single.low, single.high) == pytest.approx(
        (estimate.mean, estimate.low, estimate.high)
    )
    ensemble = of_ensemble(predicted, lambda ranked: jackknifed_taus(ranked, truth)).span()
    assert ensemble.mean == pytest.approx(sparse_kendall_tau(mean_ranks(predicted), truth))
    assert ensemble.mean > single.mean
    counts = np.random.default_rng(1).integers(5, size=len(truth))
    joint = of_joint(predicted, counts, lambda ranked: jackknifed_taus(ranked, truth)).span()
    both = rankdata(mean_ranks(predicted)) + rankdata(counts)
    assert joint.mean == pytest.approx(sparse_kendall_tau(both, truth))


def test_intervals_of_ensembles_and_their_differences_cover_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(7)
    ensembles, over_counting, over_the_like, joint_over_counting = [], [], [], []
    for _ in range(200):
        quality = rng.standard_normal(60)
        truth = 0.5 + 0.05 * quality
        shared = 0.7 * quality + np.sqrt(1 - 0.7**2) * rng.standard_normal(60)
        counted = 0.6 * quality + 0.8 * rng.standard_normal(60)

        def members(shared: np.ndarray = shared) -> np.ndarray:
            # Members differ in how noisy they are.
            noise = np.exp(0.5 * rng.standard_normal((5, 1)))
            return shared + noise * rng.standard_normal((5, 60))

        def taus(ranked: np.ndarray, truth: np.ndarray = truth) -> tuple[np.ndarray, np.ndarray]:
            return jackknifed_taus(ranked, truth)

        joint = of_joint(members(), counted, taus)
        joint_over_counting.append((joint - of_singles(counted, taus)).span())
        ensemble = of_ensemble(members(), taus)
        ensembles.append(ensemble.span())
        over_counting.append((ensemble - of_singles(counted, taus)).span())
        over_the_like.append((ensemble - of_ensemble(members(), taus)).span())
    for spans, true in (
        (ensembles, np.mean([span.mean for span in ensembles])),
        (over_counting, np.mean([span.mean for span in over_counting])),
        (joint_over_counting, np.mean([span.mean for span in joint_over_counting])),
        (over_the_like, 0.0),
    ):
        assert np.mean([span.low <= true <= span.high for span in spans]) >= 0.92


@pytest.mark.parametrize("size", [3, 4, 6])
def test_no_interval_of_few_architectures_leaves_what_a_tau_or_a_difference_can_be(size: int) -> None:
    rng = np.random.default_rng(size)
    reached = []
    for _ in range(30):
        truth = rng.random(size)
        near, far = (
            truth + 0.3 * rng.standard_normal((2, size)),
            -truth + 0.3 * rng.standard_normal((2, size)),
        )
        taus = partial(jackknifed_taus, truth=truth)
        given = partial(jackknifed_partial_taus, truth=truth, covariate=rng.random(size))
        single, ensemble = of_singles(near, taus), of_ensemble(far, taus)
        for one in (tau_estimate(near, truth), single.span(), ensemble.span(), of_singles(far, given).span()):
            assert -1.0 <= one.low <= one.mean <= one.high <= 1.0
            reached.append(one)
        for one in (gain_estimate(near, far, truth), (single - ensemble).span()):
            assert -2.0 <= one.low <= one.mean <= one.high <= 2.0
            reached.append(one)
    assert {1.0, 2.0, -1.0} <= {end for one in reached for end in (one.low, one.high)}, "some were cut off"
