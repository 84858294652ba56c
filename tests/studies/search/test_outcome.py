from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import t

from studies.search import wording
from studies.search.outcome import SHOWN, Search, judge
from studies.search.pareto import cost_of_objective
from wsnas.errors import InputError
from wsnas.groundtruth import Table
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SPACE = get_space("nb201")
CELLS = tuple(SPACE.sample(np.random.default_rng(seed)) for seed in range(40))


def _table(accuracies: list[float]) -> Table[Any]:
    return Table(
        name="t",
        space="nb201",
        entries=CELLS[: len(accuracies)],
        accuracies=np.array(accuracies),
        origin="",
        sha256="",
    )


def _search(
    indices: list[int],
    supernet: list[float],
    truth: list[float],
    draws: int = 3,
    accuracies: list[float] | None = None,
    costs: list[float] | None = None,
) -> Search:
    architectures = [CELLS[index] for index in indices]
    shown = dict(zip(architectures, supernet if accuracies is None else accuracies, strict=True))

    def accuracies_of(some: Sequence[Any]) -> NDArray[np.float64]:
        assert len(some) <= SHOWN
        mean = np.array([shown[architecture] for architecture in some])
        return np.array([mean - 0.01, mean + 0.01])

    return judge(
        SPACE,
        _table(truth),
        architectures,
        np.array(supernet),
        accuracies=accuracies_of,
        costs=None if costs is None else np.array(costs),
        method="random",
        spent_truth=0.7,
        draws=draws,
    )


def test_picks_are_ordered_by_the_supernet_and_ranked_by_the_truth() -> None:
    search = _search([0, 1, 2], [0.2, 0.4, 0.3], [0.9, 0.5, 0.8, 0.6])
    assert [pick.architecture for pick in search.picks] == [SPACE.format(CELLS[i]) for i in (1, 2, 0)]
    assert [pick.rank for pick in search.picks] == [4, 2, 1]
    assert search.regret == pytest.approx(0.4)
    assert search.best_truth == 0.9
    assert search.best_searched == 0.9


def test_picks_are_ordered_by_the_score_and_shown_with_their_accuracies() -> None:
    scores, accuracies = [-1.2, -0.9, -1.0], [0.5, 0.5, 0.6]
    search = _search([0, 1, 2], scores, [0.9, 0.5, 0.8], accuracies=accuracies)
    assert [pick.architecture for pick in search.picks] == [SPACE.format(CELLS[i]) for i in (1, 2, 0)]
    assert [pick.supernet_accuracy for pick in search.picks] == [0.5, 0.6, 0.5]


def test_the_front_is_what_no_other_one_beats_at_its_cost_or_less() -> None:
    search = _search([0, 1, 2, 3, 4], [0.3, 0.5, 0.5, 0.4, 0.6], [0.9] * 4, costs=[10, 30, 20, 20, 40])
    assert [one.architecture for one in search.front] == [SPACE.format(CELLS[i]) for i in (0, 2, 4)]
    assert [one.cost for one in search.front] == [10, 20, 40]
    assert [one.truth for one in search.front] == [0.9, 0.9, None]
    for one, mean in zip(search.front, (0.3, 0.5, 0.6), strict=True):
        assert one.supernet_accuracy == pytest.approx(mean)
        # Two super-nets, 0.02 apart: 12.7 standard errors of 0.01.
        assert one.high - one.low == pytest.approx(2 * 0.01 * t.ppf(0.975, 1))
    assert "as many FLOPs" in wording.front(search, "flops")


@pytest.mark.parametrize(
    ("objective", "cost"),
    [("accuracy", None), ("accuracy,flops", "flops"), (" Parameters , accuracy", "parameters")],
)
def test_an_objective_weighs_one_cost_against_accuracy(objective: str, cost: str | None) -> None:
    assert cost_of_objective(objective) == cost


@pytest.mark.parametrize(
    "objective", ["flops", "accuracy,accuracy", "accuracy,flops,parameters", "accurcy", ""]
)
def test_an_objective_that_is_none_is_refused_by_name(objective: str) -> None:
    with pytest.raises(InputError, match=r"^objective "):
        cost_of_objective(objective)


def test_the_probability_to_surpass_random_search_is_that_of_its_formula() -> None:
    search = _search([2], [0.1], [0.9, 0.5, 0.8, 0.6])
    assert search.surpass_random == pytest.approx(((4 - 2) / 4) ** 3)
    assert "((size - rank) / size) ^ n with rank 2, size 4 and n = 3" in wording.chance(search)
    assert "0.125" in wording.chance(search)


def test_equal_truths_share_the_worst_rank() -> None:
    search = _search([0, 1], [0.2, 0.1], [0.8, 0.8, 0.9, 0.1])
    assert [pick.rank for pick in search.picks] == [3, 3]


def test_equal_scores_stay_in_the_order_drawn() -> None:
    search = _search([3, 0, 2], [0.5, 0.5, 0.5], [0.9, 0.5, 0.8, 0.6])
    assert [pick.rank for pick in search.picks] == [3, 1, 2]


def test_what_the_table_lacks_has_no_truth_and_nothing_is_claimed_of_it() -> None:
    search = _search([7, 0], [0.9, 0.1], [0.9, 0.5])
    first = search.picks[0]
    assert (first.truth, first.rank) == (None, None)
    assert (search.regret, search.surpass_random) == (None, None)
    assert (search.known, search.searched) == (1, 2)
    assert "--retrain measures it" in wording.verdict(search)
    assert wording.verdict(search, retrained=True).endswith("among its 2).")
    assert not wording.chance(search)


def test_nothing_known_has_no_best_of_those_judged() -> None:
    search = _search([7], [0.9], [0.9, 0.5])
    assert search.best_searched is None
    assert wording.beside_references(search).startswith("The best of the architectures that the trials")


def test_only_the_first_picks_are_kept() -> None:
    search = _search(list(range(30)), np.linspace(0, 1, 30).tolist(), np.linspace(0, 1, 30).tolist())
    assert len(search.picks) == SHOWN
    assert search.searched == 30
    assert "among the 30 measured" in wording.verdict(search)
