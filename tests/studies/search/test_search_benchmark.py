from __future__ import annotations

import numpy as np

from benchmarks.final_search import described, difference, picks, summary


def test_picks_are_the_favourites_true_rank_and_the_best_rank_of_the_first_five() -> None:
    scores = np.array([0.1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    ranks = np.array([1.0, 50.0, 40.0, 7.0, 30.0, 20.0, 2.0])
    assert picks(scores, ranks) == (50.0, 7.0)


def test_equal_scores_stay_in_the_order_drawn() -> None:
    assert picks(np.ones(7), np.array([9.0, 8, 7, 6, 5, 4, 3])) == (9.0, 5.0)


def test_intervals_are_over_search_seeds() -> None:
    # Rankers of one seed agree: more of them do not narrow the interval.
    one = np.arange(20.0)[:, None]
    assert described(one, np.median) == described(np.repeat(one, 5, axis=1), np.median)
    assert described(np.full((20, 1), 3.0), np.median) == "3 [3, 3]"


def test_a_difference_is_paired_by_seed() -> None:
    found = [[(float(seed), 1.0)] for seed in range(10)]
    other = [[(seed + 5.0, 0.0)] for seed in range(10)]
    row = difference("d", found, other)
    assert row["rank of the first pick"] == "-5 [-5, -5]"
    assert row["quartiles"] == "better in 10 of 10"
    assert row["its quartiles"] == "better in 0 of 10"
    assert summary("s", found)["quartiles"] == "2 to 7"
