from __future__ import annotations

import numpy as np
import pytest

from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.ensemble import mean_ranks


def test_ranks_are_averaged_and_ties_share_theirs() -> None:
    assert mean_ranks([[0.1, 0.3, 0.2], [5.0, 5.0, -1.0]]).tolist() == [1.75, 2.75, 1.5]


def test_a_member_that_spreads_more_weighs_no_more() -> None:
    scores = np.random.default_rng(0).standard_normal((3, 40))
    assert mean_ranks(scores).tolist() == mean_ranks(scores * [[1], [1000], [1]]).tolist()


def test_several_noisy_members_rank_better_than_one() -> None:
    rng = np.random.default_rng(1)
    truth = rng.uniform(0.5, 0.9, 100)
    scores = truth + 0.2 * rng.standard_normal((6, 100))
    singles = [sparse_kendall_tau(one, truth) for one in scores]
    assert sparse_kendall_tau(mean_ranks(scores), truth) > max(singles)


@pytest.mark.parametrize("scores", [[], [1.0, 2.0], [[1.0, float("nan")]]])
def test_what_is_no_table_of_scores_is_refused(scores: list[float]) -> None:
    with pytest.raises(ValueError, match="scores"):
        mean_ranks(scores)
