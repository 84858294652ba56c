from __future__ import annotations

import csv
import gzip
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsnas.errors import InputError
from wsnas.spaces import get_space, space_names
from wsnas.spaces.nb201 import (
    AVG_POOL,
    CONV_1X1,
    CONV_3X3,
    EDGES,
    NB201,
    NONE,
    OPERATIONS,
    SKIP,
    NB201Architecture,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

REFERENCE = Path(__file__).parents[4] / "shared" / "data" / "nb201.csv.gz"
OFFICIAL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"

architectures = st.builds(NB201Architecture, st.tuples(*[st.integers(0, len(OPERATIONS) - 1)] * len(EDGES)))


@pytest.fixture(scope="module")
def cells() -> list[NB201Architecture]:
    return list(NB201().enumerate())


def chi_square_excess(counts: Iterable[int], cells: int) -> float:
    """How many standard deviations a chi-square statistic against uniform counts lies above its mean."""
    observed = np.zeros(cells)
    for position, count in enumerate(counts):
        observed[position] = count
    expected = observed.sum() / cells
    statistic = ((observed - expected) ** 2 / expected).sum()
    return float((statistic - (cells - 1)) / np.sqrt(2 * (cells - 1)))


def test_space_is_found_by_name() -> None:
    space = get_space("nb201")
    assert isinstance(space, NB201)
    assert space.name == "nb201"
    assert "nb201" in space_names()


def test_unknown_space_lists_the_choices() -> None:
    with pytest.raises(InputError, match=r"unknown space 'nb2O1': choose one of .*nb201"):
        get_space("nb2O1")


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


@given(architectures)
def test_string_is_read_back_as_the_same_cell(architecture: NB201Architecture) -> None:
    space = NB201()
    assert space.parse(space.format(architecture)) == architecture
    assert str(architecture) == space.format(architecture)


def test_official_string_names_operations_by_target_node_and_source() -> None:
    expected = NB201Architecture((CONV_3X3, CONV_3X3, AVG_POOL, SKIP, CONV_3X3, SKIP))
    assert NB201().parse(OFFICIAL) == expected
    assert NB201().format(expected) == OFFICIAL
    assert NB201().parse(f"  {OFFICIAL}\n") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        OFFICIAL[:-1],
        OFFICIAL.replace("avg_pool_3x3", "max_pool_3x3"),
        OFFICIAL.replace("avg_pool_3x3~1", "avg_pool_3x3~2"),
        OFFICIAL.replace("avg_pool_3x3~1", "avg_pool_3x3"),
        OFFICIAL.replace("|avg_pool_3x3~1", ""),
        OFFICIAL.rpartition("+")[0],
        OFFICIAL + "+|none~0|none~1|none~2|none~3|",
        OFFICIAL.replace("+", "\n"),
    ],
)
def test_string_that_is_no_cell_is_refused_in_one_line_that_shows_it(text: str) -> None:
    with pytest.raises(InputError) as caught:
        NB201().parse(text)
    assert repr(text) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_string_with_an_edge_twice_is_refused() -> None:
    with pytest.raises(InputError, match="nb201 architecture"):
        NB201().parse("|nor_conv_3x3~0|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")


@pytest.mark.parametrize(
    "architecture",
    [
        NB201Architecture((0, 0, 0, 0, 0)),  # type: ignore[arg-type]
        NB201Architecture((0, 0, 0, 0, 0, 0, 0)),  # type: ignore[arg-type]
        NB201Architecture((0, 0, 0, 0, 0, 5)),
        NB201Architecture((-1, 0, 0, 0, 0, 0)),
        NB201Architecture((0, 0, 0, 0, 0, 1.0)),  # type: ignore[arg-type]
        NB201Architecture([0, 0, 0, 0, 0, 0]),  # type: ignore[arg-type]
        OFFICIAL,
        None,
    ],
)
def test_value_that_is_no_cell_is_refused_with_the_value_shown(architecture: Any) -> None:
    with pytest.raises(InputError) as caught:
        NB201().validate(architecture)
    assert repr(architecture) in str(caught.value)


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
    assert abs(chi_square_excess(counts.values(), 15_625)) < 5


def test_unique_sampling_is_uniform_over_classes_and_gives_their_first_cells(
    cells: list[NB201Architecture],
) -> None:
    space = NB201()
    rng = np.random.default_rng(0)
    counts = Counter(space.sample_unique(rng) for _ in range(10 * 6_466))
    assert abs(chi_square_excess(counts.values(), 6_466)) < 5
    first: dict[str, NB201Architecture] = {}
    for cell in cells:
        first.setdefault(space.identity(cell), cell)
    assert set(counts) <= set(first.values())


def test_sampling_follows_the_generator() -> None:
    space = NB201()
    for draw in (space.sample, space.sample_unique, space.fair_paths):
        first = [draw(np.random.default_rng(3)) for _ in range(2)]
        assert first[0] == first[1]
        assert draw(np.random.default_rng(4)) != first[0]


def test_fair_paths_use_every_operation_of_every_edge_once() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        paths = NB201().fair_paths(rng)
        assert len(paths) == len(OPERATIONS)
        for edge in range(len(EDGES)):
            assert sorted(path.operations[edge] for path in paths) == list(range(len(OPERATIONS)))


def test_fair_paths_combine_the_edges_independently() -> None:
    rng = np.random.default_rng(0)
    paths = [NB201().fair_paths(rng)[0].operations for _ in range(2_000)]
    pairs = Counter((path[0], path[5]) for path in paths)
    assert abs(chi_square_excess(pairs.values(), 25)) < 5


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


@pytest.mark.parametrize("module", ["wsnas.spaces", "wsnas.ranking"])
def test_import_needs_neither_torch_nor_optuna(module: str) -> None:
    code = f"import sys, {module}; sys.exit(bool({{'torch', 'optuna'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
