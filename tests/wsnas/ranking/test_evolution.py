from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from wsnas.errors import InputError
from wsnas.ranking.evolution import EvolutionPlan, evolve
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SPACE = get_space("nb201")


def ones(architectures: Sequence[Any]) -> NDArray[np.float64]:
    """Score a cell by how many of its edges carry operation 1."""
    return np.array([float(architecture.operations.count(1)) for architecture in architectures])


def test_evolution_climbs_where_random_search_of_the_same_size_does_not() -> None:
    plan = EvolutionPlan(population=20, cycles=130, tournament=5)
    evolved, random = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        evolved.append(evolve(SPACE, ones, plan=plan, rng=rng).scores.max())
        random.append(ones([SPACE.sample(rng) for _ in range(150)]).max())
    assert np.mean(evolved) > 5.5
    assert np.mean(random) < 5


def test_the_same_seed_gives_the_same_history_and_another_seed_another() -> None:
    plan = EvolutionPlan(population=8, cycles=30, tournament=3)
    first, again, other = (evolve(SPACE, ones, plan=plan, rng=np.random.default_rng(s)) for s in (1, 1, 2))
    assert first.architectures == again.architectures
    assert first.scores.tolist() == again.scores.tolist() == ones(first.architectures).tolist()
    assert first.architectures != other.architectures


def test_every_architecture_is_scored_once_and_the_first_population_in_one_call() -> None:
    calls: list[list[Any]] = []

    def count(architectures: Sequence[Any]) -> NDArray[np.float64]:
        calls.append(list(architectures))
        return ones(architectures)

    plan = EvolutionPlan(population=10, cycles=60, tournament=10)
    done: list[int] = []
    evolved = evolve(SPACE, count, plan=plan, rng=np.random.default_rng(0), on_cycle=done.append)
    scored = [architecture for call in calls for architecture in call]
    assert len(calls[0]) == 10
    assert len(scored) == len(set(scored)) == len(evolved.architectures) <= 70
    assert done == list(range(1, 61))


def test_only_accepted_architectures_come_up() -> None:
    def accepts(architecture: Any) -> bool:
        return bool(architecture.operations[0] == 3)

    plan = EvolutionPlan(population=10, cycles=60, tournament=3)
    evolved = evolve(SPACE, ones, plan=plan, rng=np.random.default_rng(0), accepts=accepts)
    assert all(accepts(architecture) for architecture in evolved.architectures)
    assert len(evolved.architectures) > 30


def test_the_oldest_dies_even_where_it_is_the_best() -> None:
    """A score that only the first population has does not bind evolution to it."""
    scores: dict[Any, float] = {}

    def falling(architectures: Sequence[Any]) -> NDArray[np.float64]:
        for architecture in architectures:
            scores[architecture] = -float(len(scores))
        return np.array([scores[architecture] for architecture in architectures])

    plan = EvolutionPlan(population=5, cycles=40, tournament=5)
    evolved = evolve(SPACE, falling, plan=plan, rng=np.random.default_rng(0))
    best, last = evolved.architectures[0], evolved.architectures[-1]
    changes = sum(a != b for a, b in zip(best.operations, last.operations, strict=True))
    assert changes > 2


def test_no_cycles_is_random_search() -> None:
    evolved = evolve(SPACE, ones, plan=EvolutionPlan(population=7, cycles=0), rng=np.random.default_rng(0))
    assert len(evolved.architectures) == 7


def test_too_few_architectures_are_named() -> None:
    only = SPACE.sample(np.random.default_rng(0))
    plan = EvolutionPlan(population=3, cycles=1)
    with pytest.raises(InputError, match="population 3: only 0 architectures of nb201"):
        evolve(SPACE, ones, plan=plan, rng=np.random.default_rng(1), accepts=lambda one: one == only)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"population": 1}, "population 1"), ({"cycles": -1}, "cycles -1"), ({"tournament": 0}, "tournament 0")],
)
def test_bad_plans_are_refused(settings: dict[str, int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        EvolutionPlan(**settings)
