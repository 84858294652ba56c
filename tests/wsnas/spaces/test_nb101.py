from __future__ import annotations

import csv
import gzip
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wsnas.spaces.draws import pass_for_uniform
from wsnas.errors import InputError
from wsnas.spaces.nb101 import (
    MOST_FEEDERS,
    NB101,
    OPERATIONS,
    NB101Architecture,
    from_matrix,
)

Matrix = list[list[int]]

REFERENCE = Path(__file__).parents[4] / "shared" / "data" / "nb101_sub5v_retrain.csv.gz"
CELLS_OF_VERTICES = {2: 1, 3: 6, 4: 84, 5: 2_441, 6: 62_010, 7: 359_082}
OFFICIAL = "100110100001001010101-c3-mp-c3-c3-c1"
OFFICIAL_MATRIX = [
    [0, 1, 0, 0, 1, 1, 0],
    [0, 0, 1, 0, 0, 0, 0],
    [0, 0, 0, 1, 0, 0, 1],
    [0, 0, 0, 0, 0, 1, 0],
    [0, 0, 0, 0, 0, 1, 0],
    [0, 0, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0, 0],
]
C3, C1, MP = OPERATIONS
OFFICIAL_OPERATIONS = ["input", C3, MP, C3, C3, C1, "output"]
TWO_VERTICES = NB101Architecture(1, ())


@pytest.fixture(scope="module")
def cells() -> list[NB101Architecture]:
    return list(NB101().enumerate())


def matrix_of(cell: NB101Architecture) -> tuple[Matrix, list[str]]:
    vertices = len(cell.operations) + 2
    matrix = [[0] * vertices for _ in range(vertices)]
    for target, sources in enumerate(cell.inputs, start=1):
        for source in sources:
            matrix[source][target] = 1
    return matrix, ["input", *(OPERATIONS[operation] for operation in cell.operations), "output"]


def relabelled(cell: NB101Architecture, rng: np.random.Generator) -> tuple[Matrix, list[str]]:
    """The same cell, its vertices numbered in a random order that edges still follow."""
    matrix, operations = matrix_of(cell)
    order: list[int] = []
    while len(order) < len(operations):
        ready = [
            vertex
            for vertex in range(len(operations))
            if vertex not in order and all(not row[vertex] or s in order for s, row in enumerate(matrix))
        ]
        order.append(int(rng.choice(ready)))
    return [[matrix[a][b] for b in order] for a in order], [operations[vertex] for vertex in order]


def text_of(matrix: Matrix, operations: list[str]) -> str:
    short = {C3: "c3", C1: "c1", MP: "mp"}
    bits = "".join(str(bit) for source, row in enumerate(matrix) for bit in row[source + 1 :])
    return "-".join((bits, *(short[name] for name in operations[1:-1])))


def drawn(count: int, seed: int = 0) -> list[NB101Architecture]:
    rng = np.random.default_rng(seed)
    return [NB101().sample(rng) for _ in range(count)]


architectures = st.integers(0, NB101.size - 1).map(lambda seed: drawn(1, seed)[0])
seeds = st.integers(0, 2**32 - 1)


def test_enumeration_has_the_benchmarks_number_of_cells_of_each_size(cells: list[NB101Architecture]) -> None:
    assert len(cells) == len(set(cells)) == NB101.size == 423_624
    assert Counter(len(cell.operations) + 2 for cell in cells) == CELLS_OF_VERTICES


def test_enumeration_is_lazy_and_starts_with_the_smallest_cell() -> None:
    enumeration = NB101().enumerate()
    assert next(enumeration) == TWO_VERTICES
    assert [str(next(enumeration)) for _ in range(3)] == ["101-c3", "101-c1", "101-mp"]


def test_cells_of_up_to_five_vertices_are_all_labelled_graphs_without_isomorphs(
    cells: list[NB101Architecture],
) -> None:
    space = NB101()
    expected = {space.identity(cell): cell for cell in cells if len(cell.operations) <= 3}
    assert len(expected) == 1 + 6 + 84 + 2_441
    found: dict[str, NB101Architecture] = {}
    for vertices in range(2, 6):
        for graph in range(1 << vertices * (vertices - 1) // 2):
            for operations in product(range(3), repeat=vertices - 2):
                candidate = NB101Architecture(graph, operations)
                try:
                    space.validate(candidate)
                except InputError:
                    break
                cell = from_matrix(*matrix_of(candidate))
                assert found.setdefault(space.identity(candidate), cell) == cell
    assert found == expected


@pytest.mark.slow
def test_hash_tells_all_cells_apart(cells: list[NB101Architecture]) -> None:
    assert len({NB101().identity(cell) for cell in cells}) == 423_624


def test_hash_is_the_benchmarks() -> None:
    cell = from_matrix(OFFICIAL_MATRIX, OFFICIAL_OPERATIONS)
    assert NB101().identity(cell) == "00005c142e6f48ac74fdcf73e3439874"
    assert NB101().format(cell) == OFFICIAL


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"reference data {REFERENCE.name} is absent")
def test_hashes_and_labellings_are_those_of_the_reference_data() -> None:
    space = NB101()
    with gzip.open(REFERENCE, "rt") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 772
    for row in rows:
        text = "-".join(filter(None, (row["adj_upper"], row["ops"])))
        cell = space.parse(text)
        assert space.identity(cell) == row["hash"]
        assert space.format(cell) == text


# One labelling for each cell


@given(architectures, seeds)
def test_every_labelling_of_a_cell_is_the_same_architecture(cell: NB101Architecture, seed: int) -> None:
    other = relabelled(cell, np.random.default_rng(seed))
    assert from_matrix(*other) == NB101().parse(text_of(*other)) == cell


def test_labelling_makes_no_difference_to_the_hash() -> None:
    rng = np.random.default_rng(0)
    for cell in drawn(100):
        matrix, operations = relabelled(cell, rng)
        graph = sum(
            matrix[s][t] << s + t * (t - 1) // 2 for s in range(len(matrix)) for t in range(s, len(matrix))
        )
        other = NB101Architecture(graph, tuple(OPERATIONS.index(name) for name in operations[1:-1]))
        NB101().validate(other)
        assert NB101().identity(other) == NB101().identity(cell)
        assert NB101().format(other) == NB101().format(cell)


def test_strings_are_short_and_safe_in_a_table(cells: list[NB101Architecture]) -> None:
    texts = {NB101().format(cell) for cell in cells[::37]}
    assert len(texts) == len(cells[::37])
    assert max(map(len, texts)) == 36
    assert set("".join(texts)) <= set("01-cmp3")


def test_vertices_on_no_path_are_removed() -> None:
    dead_end = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    expected = NB101().parse("101-c1")
    assert from_matrix(dead_end, ["input", C1, MP, "output"]) == expected
    unfed = [[0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert from_matrix(unfed, ["input", C1, MP, "output"]) == expected
    assert NB101().parse("001000-c3-c3") == TWO_VERTICES


def test_only_what_is_left_has_to_fit() -> None:
    chain = [[int(target == source + 1) for target in range(9)] for source in range(9)]
    with pytest.raises(InputError, match=r"9 vertices and 8 edges lie on paths .* at most 7 and 9 may"):
        from_matrix(chain, ["input", *[C3] * 7, "output"])
    chain[0][8] = 1
    chain[6][7] = 0
    assert from_matrix(chain, ["input", *[C3] * 7, "output"]) == TWO_VERTICES


def test_arrays_and_truth_values_are_matrices_too() -> None:
    expected = NB101().parse(OFFICIAL)
    assert from_matrix(np.array(OFFICIAL_MATRIX, dtype=np.int8), OFFICIAL_OPERATIONS) == expected  # type: ignore[arg-type]
    assert from_matrix(np.array(OFFICIAL_MATRIX, dtype=bool), OFFICIAL_OPERATIONS) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("matrix", "operations", "reason"),
    [
        ([[0, 1], [0, 0], [0, 0]], ["input", "output"], "not square"),
        ([[0, 1, 0], [0, 0, 1]], ["input", C3, "output"], "not square"),
        ([[0, 2], [0, 0]], ["input", "output"], "zeros and ones"),
        ([[0, 1], [1, 0]], ["input", "output"], "above the diagonal"),
        ([[1, 1], [0, 0]], ["input", "output"], "above the diagonal"),
        ([[0, 0], [0, 0]], ["input", "output"], "no path"),
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], ["input", C3, "output"], "no path"),
        ([[0, 1], [0, 0]], ["input", C3], "the last 'output'"),
        ([[0, 1], [0, 0]], ["output", "input"], "the first is 'input'"),
        ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "c3", "output"], "out of conv3x3-bn-relu"),
        ([], [], "the first is 'input'"),
        ([[0]], ["input"], "the last 'output'"),
        (np.triu(np.ones((5, 5), int), 1).tolist(), ["input", C3, C3, C3, "output"], "5 vertices and 10"),
    ],
)
def test_matrix_that_the_benchmark_does_not_have_is_refused_in_one_line(
    matrix: Matrix, operations: list[str], reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        from_matrix(matrix, operations)
    assert str(caught.value).startswith("nb101 ")
    assert len(str(caught.value).splitlines()) == 1


def test_all_that_is_drawn_or_enumerated_is_valid(cells: list[NB101Architecture]) -> None:
    space = NB101()
    rng = np.random.default_rng(0)
    for cell in [*cells[::499], *drawn(100), *(space.sample_apart(rng) for _ in range(100))]:
        space.validate(cell)
        assert from_matrix(*matrix_of(cell)) == cell


# Drawing


def test_fair_paths_have_the_graph_of_a_uniform_cell() -> None:
    for seed in range(100):
        paths, cell = (draw(np.random.default_rng(seed)) for draw in (NB101().fair_paths, NB101().sample))
        assert [path.graph for path in paths] == [cell.graph] * 3


def test_sample_is_the_cell_at_a_uniform_position(cells: list[NB101Architecture]) -> None:
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    for _ in range(1_000):
        assert NB101().sample(rng) == cells[int(same.integers(len(cells)))]


def test_sampling_is_uniform_over_sizes() -> None:
    count = 50_000
    found = Counter(len(cell.operations) + 2 for cell in drawn(count))
    for vertices in (5, 6, 7):
        share = CELLS_OF_VERTICES[vertices] / NB101.size
        assert abs(found[vertices] - share * count) < 5 * (share * (1 - share) * count) ** 0.5


def test_unique_sampling_is_sampling() -> None:
    assert NB101().sample_unique(np.random.default_rng(1)) == NB101().sample(np.random.default_rng(1))


def test_sampling_apart_draws_edges_not_cells() -> None:
    # The cell without operations is one among 423,624, but what many sets of edges come to.
    rng = np.random.default_rng(0)
    cells = [NB101().sample_apart(rng) for _ in range(3_000)]
    assert cells.count(TWO_VERTICES) > 20
    operations = Counter(operation for cell in cells for operation in cell.operations)
    assert pass_for_uniform(operations, 3)


def test_fair_paths_of_the_cell_without_operations_are_that_cell() -> None:
    class Smallest(NB101):
        def sample(self, rng: np.random.Generator) -> NB101Architecture:
            return TWO_VERTICES

    assert Smallest().fair_paths(np.random.default_rng(0)) == [TWO_VERTICES] * 3


def test_comparable_cells_have_two_vertices_wired_to_the_output(cells: list[NB101Architecture]) -> None:
    space = NB101()
    assert sum(map(space.comparable, cells)) == 201_441
    assert space.comparable_part == "cells with 2 vertices wired to the output"
    assert not space.comparable(TWO_VERTICES)
    assert not space.comparable(space.parse("101-c3"))
    assert space.comparable(space.parse("110011-c3-mp"))
    assert space.comparable(space.parse("111011-c3-mp"))


def test_at_most_four_vertices_feed_the_output(cells: list[NB101Architecture]) -> None:
    assert max(len(cell.output_feeders) for cell in cells) == MOST_FEEDERS == 4
