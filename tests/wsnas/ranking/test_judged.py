from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.judged import SCORES, Judged, added, nothing_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def judged(correct: ArrayLike, images: int, losses: ArrayLike | None = None) -> Judged:
    counts = np.asarray(correct)
    return Judged(
        correct=counts,
        losses=np.zeros(len(counts)) if losses is None else np.asarray(losses, np.float64),
        images=images,
    )


# Of 250 images each, as at the mini scale, and of as few as show it.
@pytest.mark.parametrize(
    ("images", "one", "other"), [(5, (0, 3), (1, 2)), (250, (106, 114, 108, 121), (103, 123, 113, 110))]
)
def test_equal_counts_on_several_snapshots_tie_where_the_mean_of_accuracies_would_not(
    images: int, one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    assert sum(one) == sum(other)
    parts = [judged([*counts], images) for counts in zip(one, other, strict=True)]
    first, second = np.mean([part.accuracies for part in parts], axis=0)
    assert first != second
    assert first == pytest.approx(second)
    first, second = added(parts).accuracies
    assert first == second
    # To be first by a rounding is worth a whole pair.
    assert sparse_kendall_tau(added(parts).by("accuracy"), [0.5, 0.9]) == 0.0


@given(st.integers(1, 400), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_accuracies_tie_exactly_where_counts_do(images: int, snapshots: int, seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, images, (snapshots, 200), endpoint=True)
    whole = added([judged(part, images) for part in counts])
    assert whole.images == images * snapshots
    order, same = np.unique(whole.accuracies, return_inverse=True)
    total, expected = np.unique(counts.sum(axis=0), return_inverse=True)
    assert len(order) == len(total)
    assert same.tolist() == expected.tolist()


def test_parts_of_different_sizes_weigh_by_their_images() -> None:
    whole = added([judged([1, 0], 1, [0.5, 2.0]), judged([0, 3], 3, [1.5, 4.0])])
    assert whole.accuracies.tolist() == [0.25, 0.75]
    assert whole.by("cross_entropy").tolist() == [-0.5, -1.5]
    assert whole.correct.dtype == np.int64


def test_every_score_is_higher_for_better() -> None:
    worse_better = judged([3, 4], 5, [2.0, 1.0])
    for score in SCORES:
        worse, better = worse_better.by(score)
        assert worse < better, score


def test_some_architectures_are_taken_with_all_that_is_known_of_them() -> None:
    some = judged([1, 2, 3], 4, [0.1, 0.2, 0.3])[1:]
    assert (some.correct.tolist(), some.losses.tolist(), some.images, len(some)) == ([2, 3], [0.2, 0.3], 4, 2)


def test_no_images_say_nothing_of_any_architecture() -> None:
    nothing = nothing_of(3)
    for score in SCORES:
        assert nothing.by(score).tolist() == [0.0] * 3
