from __future__ import annotations

import pytest

from wsnas.spaces.nb201 import AVG_POOL, CONV_1X1, CONV_3X3, NB201, NONE, SKIP, NB201Architecture
from wsnas.supernets.cost import measure_cost


@pytest.mark.parametrize(
    ("operation", "parameters", "flops"),
    [(CONV_3X3, 1_531_546, 440_239_360), (NONE, 73_306, 15_566_080), (SKIP, 73_306, 15_566_080)],
)
def test_cost_at_the_benchmarks_size_is_the_official_one(operation: int, parameters: int, flops: int) -> None:
    cell = NB201Architecture((operation,) * 6)
    cost = measure_cost(NB201(), cell, channels=16, cells=5, resolution=32)
    assert (cost.parameters, cost.flops) == (parameters, flops)


def test_dead_convolution_has_parameters_and_costs_no_operations() -> None:
    empty = measure_cost(NB201(), NB201Architecture((NONE,) * 6))
    dead = measure_cost(NB201(), NB201Architecture((CONV_3X3, NONE, NONE, NONE, NONE, NONE)))
    live = measure_cost(NB201(), NB201Architecture((NONE, NONE, NONE, CONV_3X3, NONE, NONE)))
    assert dead.flops == empty.flops < live.flops
    assert empty.parameters < dead.parameters == live.parameters


def test_flops_of_a_convolution_are_two_for_each_multiply_add() -> None:
    def flops(operation: int) -> int:
        cell = NB201Architecture((NONE, NONE, NONE, operation, NONE, NONE))
        return measure_cost(NB201(), cell, channels=4, cells=1, resolution=8).flops

    # 4, 8 and 16 channels at 8x8, 4x4 and 2x2 pixels.
    multiply_adds = 8 * 8 * 4 * 4 + 4 * 4 * 8 * 8 + 2 * 2 * 16 * 16
    assert flops(CONV_1X1) - flops(AVG_POOL) == 2 * multiply_adds
    assert flops(CONV_3X3) - flops(AVG_POOL) == 2 * 9 * multiply_adds
