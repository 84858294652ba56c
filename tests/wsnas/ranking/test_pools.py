from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from wsnas.groundtruth import load
from wsnas.groundtruth.table import Table
from wsnas.ranking.pools import POOL_SIZE, draw_pools
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


def make_table(size: int) -> Table[int]:
    return Table(
        name="made up",
        space="numbers",
        entries=tuple(range(size)),
        accuracies=np.linspace(0.1, 0.9, size),
        origin="this test",
        sha256="0" * 64,
    )


def test_pools_are_disjoint_and_of_the_wanted_size() -> None:
    first, second = draw_pools(make_table(1_000), seed=0, size=30)
    assert len(first) == len(second) == 30
    assert len({*first.architectures, *second.architectures}) == 60


def test_pools_have_the_papers_size_unless_told() -> None:
    assert [len(pool) for pool in draw_pools(make_table(1_000), seed=0)] == [POOL_SIZE, POOL_SIZE]


@pytest.mark.parametrize(("entries", "sizes"), [(41, (20, 21)), (40, (20, 20)), (2, (1, 1))])
def test_trials_get_at_most_half_of_a_small_table(entries: int, sizes: tuple[int, int]) -> None:
    first, second = draw_pools(make_table(entries), seed=0)
    assert (len(first), len(second)) == sizes
    assert not {*first.architectures} & {*second.architectures}


def test_the_fresh_pool_may_be_larger_and_leaves_the_trials_pool_as_it_is() -> None:
    table = make_table(1_000)
    alike, (first, second) = draw_pools(table, seed=0, size=30), draw_pools(table, seed=0, size=30, fresh=90)
    assert first.architectures == alike[0].architectures
    assert second.architectures[:30] == alike[1].architectures
    assert (len(second), len({*first.architectures, *second.architectures})) == (90, 120)
    assert [len(pool) for pool in draw_pools(make_table(100), seed=0, size=30, fresh=90)] == [30, 70]


def test_truth_is_aligned_with_the_architectures() -> None:
    table = make_table(100)
    for pool in draw_pools(table, seed=0, size=20):
        assert pool.truth.tolist() == [table.accuracy(member) for member in pool.architectures]


def test_seed_determines_the_pools() -> None:
    table = make_table(1_000)
    first, same, other = (draw_pools(table, seed=seed, size=20) for seed in (3, 3, 4))
    for one, again, different in zip(first, same, other, strict=True):
        assert one.architectures == again.architectures
        assert one.architectures != different.architectures


def test_pools_are_drawn_uniformly() -> None:
    table = make_table(100)
    drawn = [
        member for seed in range(400) for member in draw_pools(table, seed=seed, size=5)[0].architectures
    ]
    assert np.mean(drawn) == pytest.approx(49.5, abs=4 * 29 / np.sqrt(2_000))
    assert {*drawn} == {*range(100)}


def test_no_function_comes_up_twice_in_or_across_the_pools() -> None:
    table, identity = load("nb201"), get_space("nb201").identity

    def functions(**same: Callable[[Any], Hashable]) -> set[Hashable]:
        pools = draw_pools(table, seed=0, **same)
        assert [len(pool) for pool in pools] == [POOL_SIZE, POOL_SIZE]
        return {identity(cell) for pool in pools for cell in pool.architectures}

    assert len(functions()) < 2 * POOL_SIZE
    assert len(functions(identity=identity)) == 2 * POOL_SIZE


def test_the_first_that_is_drawn_stands_for_its_function() -> None:
    table = make_table(100)
    plain, same = (draw_pools(table, seed=0, **how) for how in ({}, {"identity": lambda entry: entry // 10}))
    drawn = [*plain[0].architectures, *plain[1].architectures]
    first: dict[int, int] = {}
    for entry in drawn:
        first.setdefault(entry // 10, entry)
    assert [*same[0].architectures, *same[1].architectures] == list(first.values())
    assert [len(pool) for pool in same] == [5, 5]
    for pool in same:
        assert pool.truth.tolist() == [table.accuracy(member) for member in pool.architectures]


def test_a_function_among_the_others_is_not_among_the_comparable() -> None:
    pools = draw_pools(
        make_table(1_000),
        seed=0,
        size=30,
        comparable=lambda entry: entry % 2 == 0,
        identity=lambda entry: entry // 4,
    )
    drawn = [entry for pool in pools for entry in (*pool.architectures, *pool.others)]
    assert all(len(pool) == 30 and pool.others for pool in pools)
    assert len({entry // 4 for entry in drawn}) == len(drawn)
