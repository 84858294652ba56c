from __future__ import annotations

from typing import Any

import numpy as np

from studies.search.ranker import Ranker
from wsnas.ranking.judged import Judged


class Told:
    """Stands in for a super-net: it finds what was written down."""

    def __init__(self, *correct: int) -> None:
        self._correct = np.array(correct)

    def judge(self, *_: object, **__: object) -> Judged:
        return Judged(correct=self._correct, losses=np.zeros(len(self._correct)), images=5)


def test_architectures_that_all_supernets_together_find_as_good_tie_exactly() -> None:
    # As means of accuracies they differ: 0 and 3 fifths, 1 and 2 fifths.
    members: Any = (Told(0, 1), Told(3, 2))
    problem: Any = type("OfAccuracy", (), {"score": "accuracy"})
    recipe: Any = None
    ranker = Ranker(problem=problem, recipe=recipe, members=members)
    first, second = ranker.score_each(["one", "other"]).mean(axis=0)
    assert first != second
    first, second = ranker.score(["one", "other"])
    assert first == second == 0.3
    assert ranker.accuracies(["one", "other"]).tolist() == [[0.0, 0.2], [0.6, 0.4]]
