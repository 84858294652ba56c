from __future__ import annotations

import numpy as np
import pytest

from wsnas.errors import InputError
from wsnas.spaces.nb201 import NB201, OPERATIONS
from wsnas.training.samplers import SAMPLERS, get_sampler


def test_all_three_samplers_are_found_by_name() -> None:
    assert set(SAMPLERS) == {"random_a", "random_nas", "fairnas"}
    for name, sampler in SAMPLERS.items():
        assert get_sampler(name) is sampler


def test_unknown_sampler_lists_the_choices() -> None:
    with pytest.raises(InputError, match="path_sampling 'spos' is none of random_a, random_nas, fairnas"):
        get_sampler("spos")


def test_random_nas_draws_one_cell_of_all() -> None:
    space = NB201()
    drawn = get_sampler("random_nas")(space, np.random.default_rng(0))
    assert drawn == [space.sample(np.random.default_rng(0))]


def test_random_a_draws_one_cell_for_each_class() -> None:
    space = NB201()
    drawn = get_sampler("random_a")(space, np.random.default_rng(0))
    assert drawn == [space.sample_unique(np.random.default_rng(0))]


def test_fairnas_draws_as_many_cells_as_there_are_operations() -> None:
    drawn = get_sampler("fairnas")(NB201(), np.random.default_rng(0))
    assert len(drawn) == len(OPERATIONS)
    assert {cell.operations[2] for cell in drawn} == set(range(len(OPERATIONS)))


def test_samplers_weigh_functions_differently() -> None:
    """Cells without output are a large share of the cells, but a small one of the classes."""
    space = NB201()

    def dead_share(name: str) -> float:
        rng = np.random.default_rng(0)
        drawn = [cell for _ in range(2000) for cell in get_sampler(name)(space, rng)]
        return float(np.mean([not any(cell.live_edges) for cell in drawn]))

    cells = list(space.enumerate())
    classes = {space.identity(cell): cell for cell in cells}.values()
    by_cell = np.mean([not any(cell.live_edges) for cell in cells])
    by_class = np.mean([not any(cell.live_edges) for cell in classes])
    assert by_cell > 5 * by_class
    for name, share in (("random_nas", by_cell), ("fairnas", by_cell), ("random_a", by_class)):
        assert dead_share(name) == pytest.approx(share, abs=0.015), name
