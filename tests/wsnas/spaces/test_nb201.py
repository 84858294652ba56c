from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.wsnas.spaces.draws import pass_for_uniform
from wsnas.spaces.nb201 import (
    AVG_POOL,
    CONV_1X1,
    CONV_3X3,
    EDGES,
    NB201,
    NONE,
    SKIP,
    NB201Architecture,
)

REFERENCE = Path(__file__).parents[4] / "shared" / "data" / "nb201.csv.gz"
OFFICIAL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"


@pytest.fixture(scope="module")
def cells() -> list[NB201Architecture]:
    return list(NB201().enumerate())


def test_enumeration_yields_every_cell_once_and_valid(cells: list[NB201Architecture]) -> None:
    space = NB201()
    assert len(cells) == space.size == 15_625
    assert len(set(cells)) == len({space.format(cell) for cell in cells}) == 15_625
    for cell in cells:
        space.validate(cell)


def test_enumeration_is_lazy() -> None:
    enumeration = NB201().enumerate()
    assert next(enumeration) == NB201Architecture((0, 0, 0, 0, 0, 0))
    assert next(enumeration) == NB201Architecture((0, 0, 0, 0, 0, 1))


def test_official_string_names_operations_by_target_node_and_source() -> None:
    expected = NB201Architecture((CONV_3X3, CONV_3X3, AVG_POOL, SKIP, CONV_3X3, SKIP))
    assert NB201().parse(OFFICIAL) == expected
    assert NB201().format(expected) == OFFICIAL


def test_identity_has_the_benchmarks_number_of_classes(cells: list[NB201Architecture]) -> None:
    assert len({NB201().identity(cell) for cell in cells}) == 6_466


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"reference data {REFERENCE.name} is absent")
def test_identity_classes_are_those_of_the_reference_data() -> None:
    space = NB201()
    with gzip.open(REFERENCE, "rt") as file:
        pairs = {(space.identity(space.parse(row["arch"])), row["iso_class"]) for row in csv.DictReader(file)}
    identities, classes = zip(*pairs, strict=True)
    # A bijection: no identity in two classes, no class with two identities.
    assert len(pairs) == len(set(identities)) == len(set(classes)) == 6_466


def test_identity_contracts_skips_and_ignores_the_order_of_sums() -> None:
    identity = NB201().identity
    through_node_1 = NB201Architecture((SKIP, NONE, NONE, NONE, CONV_3X3, NONE))
    direct = NB201Architecture((NONE, NONE, NONE, CONV_3X3, NONE, NONE))
    one_order = NB201Architecture((CONV_1X1, NONE, NONE, CONV_3X3, SKIP, NONE))
    other_order = NB201Architecture((CONV_3X3, NONE, NONE, CONV_1X1, SKIP, NONE))
    assert identity(one_order) == identity(other_order)
    assert identity(direct) == identity(through_node_1)
    assert identity(direct) != identity(NB201Architecture((NONE, NONE, NONE, CONV_1X1, NONE, NONE)))


def test_sampling_is_uniform_over_all_cells() -> None:
    rng = np.random.default_rng(0)
    counts = Counter(NB201().sample(rng) for _ in range(5 * 15_625))
    assert pass_for_uniform(counts, 15_625)


def test_unique_sampling_is_uniform_over_classes_and_gives_their_first_cells(
    cells: list[NB201Architecture],
) -> None:
    space = NB201()
    rng = np.random.default_rng(0)
    counts = Counter(space.sample_unique(rng) for _ in range(10 * 6_466))
    assert pass_for_uniform(counts, 6_466)
    first: dict[str, NB201Architecture] = {}
    for cell in cells:
        first.setdefault(space.identity(cell), cell)
    assert set(counts) <= set(first.values())


@pytest.mark.parametrize(
    ("operations", "live"),
    [
        ((NONE,) * 6, ()),
        ((SKIP,) * 6, EDGES),
        ((NONE, NONE, NONE, AVG_POOL, NONE, NONE), ((0, 3),)),
        # Node 1 is fed but nobody reads it.
        ((CONV_3X3, NONE, NONE, NONE, NONE, NONE), ()),
        # The output reads node 1, which is not fed.
        ((NONE, NONE, NONE, SKIP, CONV_3X3, NONE), ((0, 3),)),
        ((CONV_3X3, NONE, CONV_1X1, NONE, NONE, AVG_POOL), ((0, 1), (1, 2), (2, 3))),
        # Node 2 is fed twice, but does not reach the output; node 1 does.
        ((CONV_3X3, SKIP, SKIP, NONE, SKIP, NONE), ((0, 1), (1, 3))),
        # Node 1 is not fed: what it would deliver to node 2 is dead, node 2 itself is not.
        ((NONE, SKIP, CONV_3X3, NONE, CONV_3X3, SKIP), ((0, 2), (2, 3))),
    ],
)
def test_live_edges_lie_on_a_path_from_input_to_output(
    operations: tuple[int, int, int, int, int, int], live: tuple[tuple[int, int], ...]
) -> None:
    found = NB201Architecture(operations).live_edges
    assert tuple(edge for edge, alive in zip(EDGES, found, strict=True) if alive) == live
