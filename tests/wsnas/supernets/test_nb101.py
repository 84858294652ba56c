from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from tests.wsnas.tiny import (
    IMAGES,
    backward,
    cells_of,
    draw,
    make_supernet,
    normal,
    scripted,
    start_training,
    twin,
)
from wsnas.errors import InputError
from wsnas.spaces.nb101 import CONV_1X1, CONV_3X3, INTERIOR, NB101, NB101Architecture
from wsnas.supernets import SharingMapping, standalone_state
from wsnas.supernets._nb101_cell import SuperCell, Vertex
from wsnas.supernets.base import SuperNet

LEVELS = ("fixed", "shuffle", "interpolate", "disabled")
parse = NB101().parse
TWO_VERTICES = parse("1")
CHAIN = parse("100101-c3-c1")
"""One vertex after the other: both have all channels."""
POOLS = parse("110011-mp-mp")
"""Two vertices side by side, each with half of the channels."""
CONVOLUTIONS = parse("110011-c3-c1")


def level_of(level: Any, **options: Any) -> SharingMapping:
    return SharingMapping(dynamic_channels=level, **options)


def vertices_of(cell: SuperCell) -> list[Vertex]:
    return [cell.vertex(vertex) for vertex in INTERIOR]


# Pools and fair cells


def test_pool_in_training_is_one_pass_after_the_other() -> None:
    logits = []
    for pooled in (True, False):
        supernet = make_supernet("nb101", level_of("shuffle", path_dropout=0.5)).train()
        supernet.path_generator = torch.Generator().manual_seed(0)
        pool = draw("nb101", 5)
        if pooled:
            logits.append([out for _, out in supernet.forward_pool(IMAGES, pool)])
        else:
            logits.append([supernet(IMAGES, architecture) for architecture in pool])
    assert all(torch.equal(a, b) for a, b in zip(*logits, strict=True))


@pytest.mark.parametrize("level", LEVELS)
def test_fair_cells_run_in_their_own_labelling(level: str) -> None:
    supernet = make_supernet("nb101", level_of(level)).eval()
    space = scripted("nb101", [parse("1101011101-c3-c1-mp")])
    for architecture in space.fair_paths(np.random.default_rng(0)):
        alone = twin("nb101", supernet, architecture)
        assert_close(alone.eval()(IMAGES), supernet(IMAGES, architecture), rtol=1e-4, atol=1e-4)


# Channels


def used(gradient: Tensor, axis: int) -> list[int]:
    """The channels of an axis that have a gradient."""
    by_channel = gradient.movedim(axis, 0).reshape(gradient.shape[axis], -1)
    return by_channel.any(dim=1).nonzero().flatten().tolist()


def gradients(supernet: SuperNet, architecture: NB101Architecture) -> Vertex:
    """Vertex 1 of the first cell after a backward pass."""
    backward(supernet.train(), architecture)
    return cells_of(supernet)[0].vertex(1)


def test_fixed_trains_the_first_channels() -> None:
    vertex = gradients(make_supernet("nb101", level_of("fixed")), CONVOLUTIONS)
    operation = CONVOLUTIONS.operations[0]
    weight = vertex.weight(operation, None)
    first = [0, 1, 2, 3]
    assert used(weight.grad, 0) == used(weight.grad, 1) == first
    assert used(vertex.projection.conv.weight.grad, 0) == first
    assert used(vertex.projection.conv.weight.grad, 1) == list(range(8))
    assert used(vertex.norm(operation, 0).weight.grad, 0) == first


def test_shuffle_trains_other_channels_in_each_pass() -> None:
    supernet = make_supernet("nb101", level_of("shuffle"))
    supernet.path_generator = torch.Generator().manual_seed(0)
    seen = []
    for _ in range(6):
        vertex = gradients(supernet, CONVOLUTIONS)
        weight = vertex.weight(CONVOLUTIONS.operations[0], None)
        seen.append(used(weight.grad, 0))
        assert len(seen[-1]) == 4
        assert used(weight.grad, 1) == used(vertex.projection.conv.weight.grad, 0) == seen[-1]
    assert any(a != b for a, b in pairwise(seen))
    assert set().union(*seen) == set(range(8))


def test_shuffle_is_fixed_in_evaluation_and_keeps_a_channel_along_a_cell() -> None:
    shuffle, fixed = make_supernet("nb101", level_of("shuffle")), make_supernet("nb101", level_of("fixed"))
    for architecture in draw("nb101", 10):
        logits = shuffle.eval()(IMAGES, architecture)
        assert torch.equal(logits, shuffle(IMAGES, architecture))
        assert torch.equal(logits, fixed.eval()(IMAGES, architecture))
        assert not torch.allclose(shuffle.train()(IMAGES, architecture), logits)
    # At full width the vertices of a chain differ from the plain ones by the order of channels alone.
    cell, plain = cells_of(shuffle)[0].train(), cells_of(fixed)[0].train()
    x = normal(4, 8, 5, 5)
    generator = torch.Generator().manual_seed(3)
    order = torch.randperm(8, generator=torch.Generator().manual_seed(3))
    assert_close(cell(x, CHAIN, generator), plain(x, CHAIN, None)[:, order])


def test_interpolate_trains_all_channels_with_means_of_neighbours() -> None:
    vertex = gradients(make_supernet("nb101", level_of("interpolate")), CONVOLUTIONS)
    weight = vertex.weight(CONVOLUTIONS.operations[0], None)
    assert used(weight.grad, 0) == used(weight.grad, 1) == list(range(8))
    assert_close(weight.grad[::2], weight.grad[1::2])


def test_levels_differ_where_channels_do() -> None:
    logits = {level: make_supernet("nb101", level_of(level)).eval()(IMAGES, CONVOLUTIONS) for level in LEVELS}
    assert torch.equal(logits["fixed"], logits["shuffle"])
    assert not torch.allclose(logits["fixed"], logits["interpolate"])
    assert not torch.allclose(logits["fixed"], logits["disabled"])
    full = {level: make_supernet("nb101", level_of(level)).eval()(IMAGES, CHAIN) for level in LEVELS[:3]}
    assert torch.equal(full["fixed"], full["interpolate"])


def test_disabled_takes_cells_of_one_width_only() -> None:
    disabled, fixed = make_supernet("nb101", level_of("disabled")), make_supernet("nb101")
    for architecture in [*draw("nb101", 100), TWO_VERTICES, CHAIN, POOLS]:
        assert disabled.accepts(architecture) == NB101().comparable(architecture)
        assert fixed.accepts(architecture)
    with pytest.raises(InputError, match=r"^dynamic_channels 'disabled' has no weights for 100101-c3-c1"):
        disabled(IMAGES, CHAIN)
    with pytest.raises(InputError, match="2 vertices have to feed the output, not 0"):
        standalone_state(disabled, TWO_VERTICES)
    with pytest.raises(InputError, match="has no weights"):
        list(disabled.eval().forward_pool(IMAGES, [POOLS, CHAIN]))


def test_disabled_allocates_half_of_the_width() -> None:
    for level, widths in (("disabled", (4, 8, 16)), ("fixed", (8, 16, 32))):
        for cell, width in zip(cells_of(make_supernet("nb101", level_of(level))), widths, strict=True):
            for vertex, operation in product(vertices_of(cell), (CONV_1X1, CONV_3X3)):
                assert vertex.weight(operation, None).shape[:2] == (width, width)


def test_training_with_disabled_draws_cells_of_one_width() -> None:
    supernet = make_supernet("nb101", level_of("disabled"))
    run = start_training(scripted("nb101", [CHAIN, TWO_VERTICES, POOLS]), supernet, 1)
    passed: list[Any] = []
    supernet.register_forward_pre_hook(lambda _module, inputs: passed.append(inputs[1]))
    run.advance(1)
    assert (run.step, passed) == (1, [POOLS])


def test_channels_that_some_cell_cannot_share_are_refused() -> None:
    make_supernet("nb101", channels=4)
    with pytest.raises(InputError, match=r"^channels 3 are too few for nb101: .* among 4 vertices"):
        make_supernet("nb101", channels=3)
    make_supernet("nb101", level_of("disabled"), channels=2)
    with pytest.raises(InputError, match=r"^channels 9 do not halve: .* wants an even number"):
        make_supernet("nb101", level_of("disabled"), channels=9)


# Dropout


def constant_cells(rate: float) -> list[SuperCell]:
    """Cells in which all vertices of pooling deliver ones."""
    supernet = make_supernet("nb101", SharingMapping(path_dropout=rate), cells=2).train()
    for cell in cells_of(supernet):
        for projection in (*(vertex.projection for vertex in vertices_of(cell)), cell.output_projection):
            nn.init.zeros_(projection.norm.weight)
            nn.init.ones_(projection.norm.bias)
    return cells_of(supernet)


def delivered(cell: SuperCell, text: str, samples: int = 4_000) -> Tensor:
    """What a cell delivers for samples of one pixel, shape (samples, width)."""
    before = cell.output_projection.conv.weight.shape[1]
    generator = torch.Generator().manual_seed(0)
    return cell(torch.ones(samples, before, 1, 1), parse(text), generator).flatten(1).detach()


def test_path_dropout_drops_a_vertex_for_whole_samples_at_a_rate_growing_with_depth() -> None:
    cells = constant_cells(0.6)
    assert len(cells) == 6
    for depth, cell in enumerate(cells, start=1):
        rate = 0.6 * depth / 6
        halves = delivered(cell, "110011-mp-mp").chunk(2, dim=1)
        dropped = [(half == 0).all(dim=1) for half in halves]
        for half, zero in zip(halves, dropped, strict=True):
            assert abs(float(zero.float().mean()) - rate) < 4 * (rate * (1 - rate) / len(zero)) ** 0.5
            assert_close(half[~zero], torch.full_like(half[~zero], 1 / (1 - rate)))
        both = float((dropped[0] & dropped[1]).float().mean())
        assert abs(both - rate**2) < 4 * (rate**2 * (1 - rate**2) / len(dropped[0])) ** 0.5


def test_path_dropout_spares_projections_and_what_every_path_needs() -> None:
    cell = constant_cells(0.9)[-1]
    for text in ("1", "101-mp", "100101-mp-mp"):
        assert bool((delivered(cell, text, 50) == 1).all())
    with_input = delivered(cell, "111-mp", 50)
    assert bool((with_input >= 1).all())
    assert bool((with_input == 1).any())
    # Vertex 1 is on every path; 2 and 3 stand in for one another.
    split = delivered(cell, "1000110011-mp-mp-mp", 200)
    assert bool((split == 0).any())
    assert bool((split > 0).any())


# Which weights are shared


def test_weights_of_an_operation_are_one_whatever_the_vertex_reads() -> None:
    supernet = make_supernet("nb101").eval()
    one, other = parse("110011-c3-c3"), parse("110111-c3-c3")
    before = [supernet(IMAGES, cell) for cell in (one, other)]
    with torch.no_grad():
        cells_of(supernet)[0].vertex(2).conv_3x3.weight.normal_(generator=torch.Generator().manual_seed(5))
    for cell, logits in zip((one, other), before, strict=True):
        assert not torch.allclose(supernet(IMAGES, cell), logits)
