from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from tests.wsnas.tiny import make_standalone, normal
from wsnas.spaces.darts import (
    DIL_CONV_3X3,
    DIL_CONV_5X5,
    NODES,
    SEP_CONV_3X3,
    SEP_CONV_5X5,
    SKIP,
    Darts,
    DartsArchitecture,
    DartsCell,
    make_cell,
)
from wsnas.supernets._darts_graph import Output, Value, places
from wsnas.supernets._darts_skeleton import halving
from wsnas.supernets.cost import measure_cost

if TYPE_CHECKING:
    from torch import Tensor

DARTS_V2 = "n:s3-0.s3-1|s3-0.s3-1|sk-0.s3-1|sk-0.d3-2:all+r:mp-0.mp-1|mp-1.sk-2|mp-0.sk-2|mp-1.sk-2:all"
SKIPS = "sk-0.sk-1|sk-0.sk-1|sk-0.sk-1|sk-0.sk-1"


def build(text: str, **sizes: int) -> Any:
    return make_standalone("darts", Darts().parse(text), **sizes)


def normalise(x: Tensor) -> Tensor:
    return F.batch_norm(x, None, None, training=True)


# The network as the authors define it


def test_parameters_of_the_published_cells_are_those_of_the_authors_network() -> None:
    network = build(DARTS_V2, in_channels=3, num_classes=10, channels=36, cells=20)
    assert sum(parameter.numel() for parameter in network.parameters()) == 3_349_342


@pytest.mark.parametrize(
    ("cells", "reductions"),
    [(1, [0]), (2, [0, 1]), (3, [1, 2]), (4, [1, 2]), (6, [2, 4]), (8, [2, 5]), (20, [6, 13])],
)
def test_reduction_cells_are_at_one_and_two_thirds_and_double_the_width(
    cells: int, reductions: list[int]
) -> None:
    network = places(4, cells)
    assert [place.index for place in network if place.reduction] == reductions
    assert [place.index for place in network if place.after_reduction] == [
        index + 1 for index in reductions if index + 1 < cells
    ]
    for place in network:
        assert place.width == 4 * 2 ** sum(index <= place.index for index in reductions)


@pytest.mark.parametrize("size", [8, 9, 11, 12, 16])
@pytest.mark.parametrize("cells", [1, 2, 3, 5])
def test_cells_concatenate_their_nodes_and_halve_the_resolution(cells: int, size: int) -> None:
    rng = np.random.default_rng(size * cells)
    for channels in (1, 4, 5):
        architecture = Darts().sample(rng)
        network = build(str(architecture), channels=channels, cells=cells)
        shapes: list[tuple[int, ...]] = []

        def note(_cell: nn.Module, _inputs: object, output: Output, shapes: Any = shapes) -> None:
            shapes.append(output.rectified.shape)

        for cell in network.skeleton.cells:
            cell.register_forward_hook(note)
        assert network(normal(2, 3, size, size)).shape == (2, 5)
        expected = size
        for place, shape in zip(network.skeleton.places, shapes, strict=True):
            expected = (expected + 1) // 2 if place.reduction else expected
            concat = place.cell(architecture).concat
            assert shape == (2, len(concat) * place.width, expected, expected)


def test_network_without_searched_weights_computes_what_its_string_says() -> None:
    # One reduction cell: its inputs are the stem's output twice.
    network = build(f"n:{SKIPS}+r:mp-0.ap-1|mp-1.sk-2|ap-2.sk-3|mp-2.ap-4", cells=1)
    images = normal(6, 3, 8, 8)
    cell = network.skeleton.cells[0]
    stem = normalise(F.conv2d(images, network.skeleton.stem.weight, padding=1))
    first, second = (normalise(F.conv2d(stem.relu(), entry.conv.weight)) for entry in cell.entries)

    def maximum(x: Tensor, stride: int) -> Tensor:
        return normalise(F.max_pool2d(x, 3, stride, 1))

    def average(x: Tensor, stride: int) -> Tensor:
        return normalise(F.avg_pool2d(x, 3, stride, 1, count_include_pad=False))

    node_2 = maximum(first, 2) + average(second, 2)
    node_3 = maximum(second, 2) + node_2
    node_4 = average(node_2, 1) + node_3
    node_5 = maximum(node_2, 1) + average(node_4, 1)
    features = node_5.mean(dim=(2, 3))  # the others are read
    assert_close(network(images), network.classifier(features), rtol=1e-4, atol=1e-5)


def operation_of(network: Any, cell: int) -> nn.Module:
    operations = network.skeleton.cells[cell].operations
    return operations["2_0"]


@pytest.mark.parametrize("cell", [0, 1], ids=["stride 1", "stride 2"])
@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize(
    ("code", "kernel", "dilation", "steps"),
    [("s3", 3, 1, 2), ("s5", 5, 1, 2), ("d3", 3, 2, 1), ("d5", 5, 2, 1)],
)
def test_convolutions_are_relu_depthwise_pointwise_and_batch_norm(
    code: str, kernel: int, dilation: int, steps: int, size: int, cell: int
) -> None:
    nodes = SKIPS.replace("sk-0", f"{code}-0", 1)
    operation = operation_of(build(f"n:{nodes}+r:{nodes}"), cell)
    width, stride = 4 * (cell + 1), cell + 1
    x = normal(3, width, size, size)
    expected = x
    for step in operation.steps:
        depthwise, pointwise = step.depthwise.weight, step.pointwise.weight
        assert depthwise.shape == (width, 1, kernel, kernel)
        y = F.conv2d(
            expected.relu(),
            depthwise,
            stride=stride,
            padding=dilation * (kernel // 2),
            dilation=dilation,
            groups=width,
        )
        expected, stride = normalise(F.conv2d(y, pointwise)), 1
    assert len(operation.steps) == steps
    assert_close(operation(Value(x)), expected, rtol=1e-4, atol=1e-5)


def test_skip_is_the_identity_at_stride_1_and_halves_after_a_relu_at_stride_2() -> None:
    network = build(f"n:{SKIPS}+r:{SKIPS}")
    x = normal(3, 4, 8, 8)
    assert operation_of(network, 0)(Value(x)) is x
    assert not list(operation_of(network, 0).parameters())
    operation = operation_of(network, 1)
    y = normal(3, 8, 8, 8)
    conv = operation.halving.conv
    expected = torch.cat(
        (
            F.conv2d(y.relu()[:, :, ::2, ::2], conv.even.weight),
            F.conv2d(y.relu()[:, :, 1::2, 1::2], conv.odd.weight),
        ),
        dim=1,
    )
    assert_close(operation(Value(y)), normalise(expected))


def test_halving_splits_odd_numbers_of_channels_and_pads_odd_images_with_zeros() -> None:
    layer = halving(3, 5, None)
    even, odd = (part.weight for part in (layer.even, layer.odd))
    assert even.shape == (2, 3, 1, 1)
    assert odd.shape == (3, 3, 1, 1)
    x = normal(2, 3, 7, 5)
    padded = F.pad(x, (0, 1, 0, 1))
    expected = torch.cat((F.conv2d(x, even, stride=2), F.conv2d(padded[:, :, 1:, 1:], odd, stride=2)), dim=1)
    assert_close(layer(x), expected)


def test_memory_format_of_the_images_does_not_change_the_logits() -> None:
    network = build(DARTS_V2)
    images = normal(4, 3, 8, 8)
    other = images.contiguous(memory_format=torch.channels_last)
    assert_close(network(other), network(images), rtol=1e-4, atol=1e-5)


def test_grey_images_run_in_the_fast_memory_format() -> None:
    network = build(DARTS_V2, in_channels=1, num_classes=5, channels=4, cells=1)
    stem = network.skeleton.embed(normal(4, 1, 8, 8))
    assert stem.rectified.is_contiguous(memory_format=torch.channels_last)


def test_input_that_no_node_reads_is_not_computed() -> None:
    # All normal cells read their first input alone, so that every other cell is dead.
    network = build(
        "n:sk-0.s3-0|sk-0.s3-0|sk-0.s3-0|sk-0.s3-0+r:sk-0.sk-0|sk-0.s3-0|sk-0.sk-0|sk-0.sk-0", cells=8
    )
    F.cross_entropy(network(normal(4, 3, 8, 8)), torch.tensor([0, 1, 2, 3])).backward()
    for index, cell in enumerate(network.skeleton.cells):
        entries = cell.entries
        assert all((weight.grad is not None) == (index % 2 == 1) for weight in entries[0].parameters())
        assert all(weight.grad is None for weight in entries[1].parameters())
    assert network.skeleton.stem.weight.grad is not None


def test_depthwise_kernels_keep_the_scale_of_what_they_read() -> None:
    nodes = SKIPS.replace("sk", "s5")
    step = cast("Any", operation_of(build(f"n:{nodes}+r:{nodes}", channels=64), 0)).steps[0]
    for layer, fan_out in ((step.depthwise, 25), (step.pointwise, 64)):
        assert float(layer.weight.detach().std()) == pytest.approx((2 / fan_out) ** 0.5, rel=0.1)


# Cost


def cost(operation: int) -> tuple[int, int]:
    """Parameters and floating-point operations where one normal cell's node reads through `operation`."""
    nodes = [[(SKIP, 0), (SKIP, 1)]] * 3
    normal = make_cell([[(operation, 0), (SKIP, 1)], *nodes], concat_all=True)
    reduction = make_cell([*nodes, nodes[0]], concat_all=True)
    found = measure_cost(Darts(), DartsArchitecture(normal, reduction), channels=4, cells=3, resolution=8)
    return found.parameters, found.flops


@pytest.mark.parametrize(
    ("operation", "kernel", "steps"),
    [(SEP_CONV_3X3, 3, 2), (SEP_CONV_5X5, 5, 2), (DIL_CONV_3X3, 3, 1), (DIL_CONV_5X5, 5, 1)],
)
def test_cost_of_a_depthwise_convolution_is_that_of_its_single_channels(
    operation: int, kernel: int, steps: int
) -> None:
    parameters, flops = (after - before for after, before in zip(cost(operation), cost(SKIP), strict=True))
    # With three cells the first alone is normal: four channels at 8x8 pixels.
    weights = steps * (4 * kernel**2 + 4 * 4)
    assert parameters == weights + steps * 2 * 4
    assert flops == 2 * weights * 8 * 8


def test_outputs_of_the_loose_ends_make_smaller_networks_than_those_of_all_nodes() -> None:
    architecture = Darts().parse(
        "n:sk-0.sk-1|sk-1.sk-2|sk-1.sk-3|sk-1.sk-4+r:sk-0.sk-1|sk-1.sk-2|sk-1.sk-3|sk-1.sk-4"
    )
    whole = DartsArchitecture(
        *(DartsCell(cell.nodes, NODES) for cell in (architecture.normal, architecture.reduction))
    )
    loose, every = (measure_cost(Darts(), one, channels=4, cells=3) for one in (architecture, whole))
    assert loose.parameters < every.parameters
    assert loose.flops < every.flops
