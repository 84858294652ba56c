from __future__ import annotations

import csv
import gzip
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.testing import assert_close

from tests.wsnas.tiny import IMAGES, cells_of, make_standalone, make_supernet, normal
from wsnas.spaces.nb201 import AVG_POOL, CONV_1X1, CONV_3X3, EDGES, NB201, NONE, SKIP, NB201Architecture
from wsnas.supernets import SharingMapping
from wsnas.supernets.base import SuperNet

REFERENCE = Path(__file__).parents[4] / "shared" / "data" / "nb201.csv.gz"


# Networks as the benchmark defines them


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"reference data {REFERENCE.name} is absent")
def test_parameter_counts_agree_with_the_reference_data() -> None:
    with gzip.open(REFERENCE, "rt") as file:
        rows = list(csv.DictReader(file))
    for index in np.random.default_rng(0).choice(len(rows), 10, replace=False):
        cell = NB201().parse(rows[index]["arch"])
        network = make_standalone("nb201", cell, num_classes=10, channels=16, cells=5)
        count = sum(parameter.numel() for parameter in network.parameters())
        assert count == int(rows[index]["params_c10_computed"]), str(cell)


def test_cell_computes_what_its_string_says() -> None:
    network = make_standalone("nb201", NB201Architecture((AVG_POOL, SKIP, SKIP, NONE, AVG_POOL, SKIP)))
    cell = network.skeleton.layers[0]
    x = normal(2, 4, 6, 6)

    def pool(value: Tensor) -> Tensor:
        return F.avg_pool2d(value, 3, 1, 1, count_include_pad=False)

    node_1 = pool(x)
    node_2 = x + node_1
    assert_close(cell(x), pool(node_1) + node_2)


def test_convolution_is_relu_then_kernel_then_batch_norm() -> None:
    cell = cells_of(make_supernet("nb201"))[0]
    x = normal(6, 4, 5, 5)
    kernel = cell.edge(0, 3).weight(CONV_3X3)
    expected = F.batch_norm(F.conv2d(x.clamp(min=0), kernel, padding=1), None, None, training=True)
    assert_close(cell(x, NB201Architecture((NONE, NONE, NONE, CONV_3X3, NONE, NONE)), None), expected)


def test_empty_cells_give_every_image_the_same_logits() -> None:
    logits = make_supernet("nb201").eval()(IMAGES, NB201Architecture((NONE,) * 6))
    assert torch.equal(logits, logits[:1].expand_as(logits))


# Dropout


def through_pooling(supernet: SuperNet, samples: int) -> list[Tensor]:
    """What the edge from input to output delivers for images of ones, by cell, shape (samples, width)."""
    cell = NB201Architecture((NONE, NONE, NONE, AVG_POOL, NONE, NONE))
    generator = torch.Generator().manual_seed(0)
    outputs = []
    for layer in cells_of(supernet):
        width = layer.edge(0, 3).weight(CONV_3X3).shape[0]
        outputs.append(layer(torch.ones(samples, width, 1, 1), cell, generator).flatten(1))
    return outputs


def test_path_dropout_drops_whole_samples_at_its_rate_growing_with_depth() -> None:
    samples = 4000
    supernet = make_supernet("nb201", SharingMapping(path_dropout=0.6), cells=2).train()
    outputs = through_pooling(supernet, samples)
    assert len(outputs) == 6
    for depth, out in enumerate(outputs, start=1):
        rate = 0.6 * depth / 6
        dropped = (out == 0).all(dim=1)
        assert abs(float(dropped.float().mean()) - rate) < 4 * (rate * (1 - rate) / samples) ** 0.5
        assert_close(out[~dropped], torch.full_like(out[~dropped], 1 / (1 - rate)))


def test_path_dropout_leaves_skips_and_evaluation_alone() -> None:
    supernet = make_supernet("nb201", SharingMapping(path_dropout=0.5)).eval()
    assert all(bool((out == 1).all()) for out in through_pooling(supernet, 50))
    skips = NB201Architecture((SKIP,) * 6)
    assert torch.equal(supernet.train()(IMAGES, skips), make_supernet("nb201").train()(IMAGES, skips))


# Which weights are shared


@pytest.mark.parametrize(("placement", "shared"), [("edge", set()), ("node", {((1, 3), (2, 3))})])
def test_node_placement_shares_the_weights_of_inner_edges_into_a_node(
    placement: Any, shared: set[Any]
) -> None:
    for cell in cells_of(make_supernet("nb201", SharingMapping(op_placement=placement))):
        for operation in (CONV_1X1, CONV_3X3):
            found = {
                (a, b)
                for a, b in combinations(EDGES, 2)
                if cell.edge(*a).weight(operation) is cell.edge(*b).weight(operation)
            }
            assert found == shared
