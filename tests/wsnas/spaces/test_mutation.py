from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from wsnas.spaces import BUILT_IN, Space, get_space
from wsnas.spaces.darts import DartsArchitecture, loose_ends, make_cell
from wsnas.spaces.nb101 import NB101Architecture
from wsnas.spaces.nb101_graph import vertex_count

if TYPE_CHECKING:
    from collections.abc import Iterator


def _walk(space: Space[Any], steps: int, seed: int = 0) -> Iterator[tuple[Any, Any]]:
    rng = np.random.default_rng(seed)
    architecture = space.sample(rng)
    for _ in range(steps):
        child = space.mutate(architecture, rng)
        yield architecture, child
        architecture = child


@pytest.mark.parametrize("name", BUILT_IN)
def test_children_are_valid_canonical_and_not_their_parent(name: str) -> None:
    space = get_space(name)
    for parent, child in _walk(space, 300):
        space.validate(child)
        assert space.parse(space.format(child)) == child
        assert child != parent
        assert space.identity(child) is not None


def test_nb201_children_differ_in_one_edge_and_every_neighbour_comes_up() -> None:
    space = get_space("nb201")
    rng = np.random.default_rng(0)
    parent = space.sample(rng)
    children = {space.mutate(parent, rng).operations for _ in range(600)}
    neighbours = {
        (*parent.operations[:edge], operation, *parent.operations[edge + 1 :])
        for edge, operation in product(range(6), range(5))
        if operation != parent.operations[edge]
    }
    assert children == neighbours


def test_darts_children_differ_in_one_pair_of_one_cell() -> None:
    for parent, child in _walk(get_space("darts"), 200):
        changed = [
            (name, position)
            for name in ("normal", "reduction")
            for position, (old, new) in enumerate(
                zip(getattr(parent, name).nodes, getattr(child, name).nodes, strict=True)
            )
            if old != new
        ]
        assert len(changed) == 1
        name, position = changed[0]
        old, new = getattr(parent, name).nodes[position], getattr(child, name).nodes[position]
        assert len(set(old) & set(new)) == 1
        assert new[0][1] != new[1][1], "a drawn node reads two distinct nodes"


def test_darts_cells_keep_the_kind_of_their_output() -> None:
    space = get_space("darts")
    rng = np.random.default_rng(0)
    parent = space.sample(rng)
    whole = make_cell([list(node) for node in parent.normal.nodes], concat_all=True)
    assert loose_ends(whole.nodes) != (2, 3, 4, 5)
    for _ in range(50):
        child = space.mutate(DartsArchitecture(whole, whole), rng)
        assert child.normal.concat == child.reduction.concat == (2, 3, 4, 5)
    for _, drawn in _walk(space, 50):
        assert drawn.normal.concat == loose_ends(drawn.normal.nodes)


def test_nb101_cells_grow_and_shrink_within_the_limits() -> None:
    space = get_space("nb101")
    rng = np.random.default_rng(0)
    smallest = NB101Architecture(1, ())
    assert vertex_count(space.mutate(smallest, rng).graph) == 3
    sizes = {vertex_count(child.graph) for _, child in _walk(space, 400)}
    assert {4, 5, 6, 7} <= sizes
    steps = [vertex_count(child.graph) - vertex_count(parent.graph) for parent, child in _walk(space, 400)]
    assert max(steps) == 1
    assert min(steps) < 0


def test_nb101_every_cell_of_up_to_four_vertices_is_reached_from_the_smallest() -> None:
    space = get_space("nb101")
    rng = np.random.default_rng(0)
    small = set(_first(space, 91))
    seen = {NB101Architecture(1, ())}
    for _ in range(12_000):
        parent = sorted(seen, key=space.format)[int(rng.integers(len(seen)))]
        child = space.mutate(parent, rng)
        if vertex_count(child.graph) <= 4:
            seen.add(child)
        if seen == small:
            break
    assert seen == small


def test_a_space_without_neighbours_draws_another_architecture() -> None:
    space = get_space("nb201")
    rng = np.random.default_rng(0)
    parent = space.sample(rng)
    drawn = {Space.mutate(space, parent, rng) for _ in range(50)}
    assert parent not in drawn
    assert len(drawn) > 40


def _first(space: Space[Any], count: int) -> Iterator[Any]:
    for _, cell in zip(range(count), space.enumerate(), strict=False):
        yield cell
