from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from wsnas.errors import InputError
from wsnas.ranking.metrics import sparse_kendall_tau
from wsnas.standalone.noise import Noise, measure_noise

SIZE, REPEATED, POOL = 160, 60, 80
Trainings = list[NDArray[np.float64]]


def simulate(
    seed: int, *, spread: float = 0.05, noise: float = 0.02, repeated: int = REPEATED
) -> tuple[Trainings, NDArray[np.float64]]:
    """Return trainings of architectures whose latent accuracies, returned too, are known."""
    rng = np.random.default_rng(seed)
    latent = 0.7 + spread * rng.normal(size=SIZE)
    counts = np.where(np.arange(SIZE) < repeated, 2, 1)
    return [
        value + noise * rng.normal(size=count) for value, count in zip(latent, counts, strict=True)
    ], latent


def estimate(trainings: Trainings, *, rounds: int = 150) -> Noise:
    return measure_noise(trainings, pool=POOL, rng=np.random.default_rng(0), rounds=rounds)


def true_tau(trainings: Trainings, latent: NDArray[np.float64]) -> float:
    """What the latent accuracies reach against the table, over pools."""
    table = np.array([values.mean() for values in trainings])
    rng = np.random.default_rng(1)
    pools = [rng.permutation(SIZE)[:POOL] for _ in range(50)]
    return float(np.mean([sparse_kendall_tau(latent[pool], table[pool]) for pool in pools]))


@pytest.mark.parametrize(("spread", "noise"), [(0.05, 0.02), (0.02, 0.02), (0.05, 0.005)])
def test_the_interval_covers_the_true_ceiling(spread: float, noise: float) -> None:
    covered, errors = 0, []
    for seed in range(20):
        trainings, latent = simulate(seed, spread=spread, noise=noise)
        mean, low, high = estimate(trainings).ceiling
        truth = true_tau(trainings, latent)
        covered += low <= truth <= high
        errors.append(mean - truth)
    assert covered >= 17
    assert abs(np.mean(errors)) < 0.03


def test_a_table_without_noise_has_a_ceiling_of_one_but_for_ties_in_bins() -> None:
    trainings, _ = simulate(0, noise=0.0)
    noise = estimate(trainings)
    assert noise.seed_deviation == 0
    assert noise.reliability == 1
    assert noise.ceiling[1] > 0.985
    assert noise.split_half[0] > 0.985


def test_a_table_of_nothing_but_noise_has_a_low_ceiling() -> None:
    means = [estimate(simulate(seed, spread=0.0)[0], rounds=60).ceiling[0] for seed in range(10)]
    assert np.mean(means) < 0.25
    assert (
        np.median([estimate(simulate(seed, spread=0.0)[0], rounds=5).reliability for seed in range(10)]) < 0.1
    )


def test_one_training_against_another_stays_below_the_ceiling() -> None:
    for seed in range(10):
        noise = estimate(simulate(seed, repeated=SIZE)[0], rounds=60)
        assert noise.split_half[0] < noise.ceiling[0]
        assert noise.split_half[1] < noise.split_half[0] < noise.split_half[2]


def test_the_deviation_and_the_reliability_are_those_of_the_simulation() -> None:
    noises = [estimate(simulate(seed, repeated=SIZE)[0], rounds=2) for seed in range(10)]
    assert np.mean([noise.seed_deviation for noise in noises]) == pytest.approx(0.02, rel=0.1)
    expected = 0.05**2 / (0.05**2 + 0.02**2)
    assert np.mean([noise.reliability for noise in noises]) == pytest.approx(expected, abs=0.03)


def test_architectures_that_do_not_learn_do_not_raise_the_ceiling() -> None:
    raised = []
    for seed in range(10):
        trainings, _ = simulate(seed, spread=0.02)
        outliers = [
            np.full(len(values), 0.1) if index % 20 == 0 else values for index, values in enumerate(trainings)
        ]
        raised.append(estimate(outliers).ceiling[0] - estimate(trainings).ceiling[0])
    # One in twenty ranks right against all others: a tenth of all pairs turns from about 0.55 to 1.
    assert np.mean(raised) < 0.1 * (1 - 0.55) + 0.02


def test_more_trainings_raise_the_ceiling() -> None:
    few, many = (simulate(3, spread=0.02, repeated=repeated)[0] for repeated in (40, SIZE))
    assert estimate(many).ceiling[0] > estimate(few).ceiling[0] + 0.03


def test_the_estimate_is_the_same_for_the_same_source_of_randomness() -> None:
    trainings, _ = simulate(0)
    assert estimate(trainings, rounds=20) == estimate(trainings, rounds=20)


def test_accuracies_that_are_all_equal_have_no_ceiling_to_speak_of() -> None:
    noise = estimate([np.full(2, 0.1)] * 10, rounds=5)
    assert noise.ceiling == (0, 0, 0)
    assert (noise.reliability, noise.seed_deviation) == (0, 0)


def test_a_pool_is_at_most_the_table() -> None:
    assert estimate(simulate(0)[0][:10], rounds=5).pool == 10


def test_too_few_repeated_architectures_are_refused() -> None:
    with pytest.raises(InputError, match="3 architectures are trained more than once, at least 4"):
        estimate(simulate(0, repeated=3)[0])
