from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from tests.wsnas.tiny import make_standalone, normal
from wsnas.errors import InputError
from wsnas.spaces.nb101 import NB101, NB101Architecture
from wsnas.supernets._layers import max_pool_3x3
from wsnas.supernets._nb101_skeleton import vertex_widths

if TYPE_CHECKING:
    from torch import Tensor

REFERENCE = Path(__file__).parents[4] / "shared" / "data" / "nb101_sub5v_retrain.csv.gz"
parse = NB101().parse


def parallel(feeders: int) -> NB101Architecture:
    """So many vertices, each from the input to the output."""
    rows = ["1" * feeders + "0"]
    rows += ["0" * (feeders - vertex) + "1" for vertex in range(1, feeders + 1)]
    return parse("".join(rows) + "-c3" * feeders)


def official_parameters(architecture: NB101Architecture) -> int:
    """Parameters at the benchmark's size; nothing is allocated or initialised."""
    with torch.device("meta"):
        network = make_standalone("nb101", architecture, num_classes=10, channels=128, cells=3)
    return sum(parameter.numel() for parameter in network.parameters())


def test_parameter_count_is_the_benchmarks() -> None:
    assert official_parameters(parse("100110100001001010101-c3-mp-c3-c3-c1")) == 8_555_530


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"reference data {REFERENCE.name} is absent")
def test_parameter_counts_agree_with_every_row_of_the_reference_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nn.init, "kaiming_normal_", lambda weight, **_: weight)
    with gzip.open(REFERENCE, "rt") as file:
        for row in csv.DictReader(file):
            cell = parse("-".join(filter(None, (row["adj_upper"], row["ops"]))))
            assert official_parameters(cell) == int(row["params"]), str(cell)


@pytest.mark.parametrize(
    ("text", "width", "widths"),
    [
        ("1", 8, ()),
        ("101-c3", 8, (8,)),
        ("111-c3", 8, (8,)),
        ("110011-c3-mp", 8, (4, 4)),
        ("110011-c3-mp", 9, (5, 4)),
        # A vertex that feeds only others is as wide as the widest of them.
        ("100101-c3-mp", 8, (8, 8)),
        ("1000110011-c3-c1-mp", 9, (5, 5, 4)),
        ("1110001101-c3-mp-c1", 9, (5, 4, 4)),
        # The input's own edge to the output takes no channels.
        ("1001110011-c3-c1-mp", 9, (5, 5, 4)),
        ("1010101011-c3-c1-mp", 8, (3, 3, 2)),
    ],
)
def test_vertices_share_the_outputs_channels(text: str, width: int, widths: tuple[int, ...]) -> None:
    assert str(parse(text)) == text
    assert vertex_widths(parse(text), width) == widths


def test_channels_that_do_not_suffice_for_all_vertices_are_refused() -> None:
    four = parallel(4)
    assert vertex_widths(four, 4) == (1, 1, 1, 1)
    assert vertex_widths(four, 7) == (2, 2, 2, 1)
    with pytest.raises(InputError, match=r"channels 3 are too few .* at least 4 are needed"):
        make_standalone("nb101", four, channels=3)


def cell_of(network: nn.Module) -> Any:
    return network.skeleton.cells[0]


def pooled(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, 1, 1)


def test_cell_computes_what_its_string_says() -> None:
    # Vertex 1 and 2 read the input, 3 reads both of them; 1, 3 and the input feed the output.
    cell = parse("1101011101-mp-mp-mp")
    assert cell.inputs == ((0,), (0,), (1, 2), (0, 1, 3))
    network = make_standalone("nb101", cell, channels=9).train()
    block = cell_of(network)
    assert sorted(block.projections) == ["1", "2", "4"]
    x = normal(3, 9, 6, 6, seed=1)
    first = pooled(block.projections["1"](x))
    second = pooled(block.projections["2"](x))
    assert (first.shape[1], second.shape[1]) == (5, 4)
    third = pooled(first[:, :4] + second)
    assert_close(block(x), torch.cat([first, third], dim=1) + block.projections["4"](x))


def test_cell_without_operations_is_the_projected_input() -> None:
    block = cell_of(make_standalone("nb101", parse("1")).train())
    x = normal(3, 8, 6, 6, seed=1)
    assert_close(block(x), block.projections["1"](x))


def test_convolution_is_kernel_then_batch_norm_then_relu() -> None:
    block = cell_of(make_standalone("nb101", parse("101-c3")).train())
    x = normal(3, 8, 6, 6, seed=1)
    projected = F.relu(
        F.batch_norm(F.conv2d(x, block.projections["1"].conv.weight), None, None, training=True)
    )
    kernel = block.operations["1"].conv.weight
    expected = F.relu(F.batch_norm(F.conv2d(projected, kernel, padding=1), None, None, training=True))
    assert_close(block(x), expected)


@pytest.mark.parametrize("resolution", [8, 16, 28])
def test_resolution_halves_and_channels_double_between_stacks(resolution: int) -> None:
    network = make_standalone("nb101", parse("110011-c3-mp"), cells=2)
    shapes: list[tuple[int, ...]] = []
    for cell in network.skeleton.cells:
        cell.register_forward_hook(lambda _module, _inputs, out: shapes.append(tuple(out.shape[1:])))
    assert network(torch.randn(2, 3, resolution, resolution)).shape == (2, 5)
    expected = [(8, resolution), (16, resolution // 2), (32, resolution // 4)]
    assert shapes == [(width, size, size) for width, size in expected for _ in range(2)]


def test_any_cell_runs_at_small_sizes_and_all_of_its_weights_are_trained() -> None:
    rng = np.random.default_rng(0)
    images = normal(4, 3, 8, 8)
    for architecture in [parse("1"), parallel(4), *(NB101().sample(rng) for _ in range(30))]:
        network = make_standalone("nb101", architecture)
        network(images).square().sum().backward()
        assert all(parameter.grad is not None for parameter in network.parameters()), str(architecture)


@pytest.mark.parametrize("shape", [(3, 2, 5, 7), (2, 3, 1, 1), (2, 3, 1, 4), (2, 2, 2, 2), (4, 8, 16, 16)])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_max_pool_is_torchs_with_and_without_gradient(
    shape: tuple[int, ...], memory_format: torch.memory_format
) -> None:
    x = normal(*shape).contiguous(memory_format=memory_format)
    expected = F.max_pool2d(x, 3, 1, 1)
    assert torch.equal(max_pool_3x3(x), expected)
    with_gradient = max_pool_3x3(x.requires_grad_())
    assert with_gradient.requires_grad
    assert torch.equal(with_gradient, expected)
