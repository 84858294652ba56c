from __future__ import annotations

import copy
import csv
import gzip
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from wsnas.errors import InputError
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
from wsnas.supernets import SharingMapping, build_standalone, build_supernet, standalone_state
from wsnas.supernets.nb201 import NB201SuperNet, SuperCell
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from wsnas.supernets.base import SuperNet

    MakeSuperNet = Callable[..., SuperNet]
    Train = Callable[..., None]

REFERENCE = Path(__file__).parents[4] / "shared" / "data" / "nb201.csv.gz"
CONVOLUTIONS = (CONV_1X1, CONV_3X3)
MAPPINGS = {
    "plain": SharingMapping(),
    "ofa_kernel": SharingMapping(ofa_kernel=True),
    "node placement": SharingMapping(op_placement="node"),
    "node placement, wsbn, tracked": SharingMapping(op_placement="node", wsbn=True, bn_statistics="tracked"),
    "node placement, tracked": SharingMapping(op_placement="node", bn_statistics="tracked"),
    "affine off": SharingMapping(bn_affine=False),
    "everything": SharingMapping(
        ofa_kernel=True, op_placement="node", wsbn=True, bn_affine=False, bn_statistics="tracked"
    ),
}
EMPTY = NB201Architecture((NONE,) * 6)
DEAD_CONVOLUTION = NB201Architecture((CONV_3X3, NONE, NONE, NONE, NONE, NONE))
# Both compute the same: the second has a convolution that the output cannot see.
DIRECT = NB201Architecture((NONE, NONE, NONE, CONV_3X3, NONE, NONE))
DIRECT_WITH_DEAD_END = NB201Architecture((CONV_1X1, NONE, NONE, CONV_3X3, NONE, NONE))

each_mapping = pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS.keys())


def draw(count: int, seed: int = 0) -> list[NB201Architecture]:
    rng = np.random.default_rng(seed)
    return [NB201().sample(rng) for _ in range(count)]


def cells_of(supernet: SuperNet) -> list[SuperCell]:
    return [module for module in supernet.modules() if isinstance(module, SuperCell)]


def searched_weights(supernet: SuperNet) -> dict[str, nn.Parameter]:
    return {name: weight for name, weight in supernet.named_parameters() if ".convolutions." in name}


def parameter_count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


class Scripted(NB201):
    """The space, but `sample` gives the cells of a script in turn."""

    def __init__(self, script: list[NB201Architecture]) -> None:
        self._script = iter(script)

    def sample(self, rng: np.random.Generator) -> NB201Architecture:
        return next(self._script)


# Networks as the benchmark defines them


@pytest.mark.parametrize(("operation", "count"), [(NONE, 73_306), (CONV_3X3, 1_531_546)])
def test_standalone_networks_have_the_official_parameter_counts(operation: int, count: int) -> None:
    cell = NB201Architecture((operation,) * 6)
    network = build_standalone("nb201", cell, in_channels=3, num_classes=10, channels=16, cells=5)
    assert parameter_count(network) == count


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"reference data {REFERENCE.name} is absent")
def test_parameter_counts_agree_with_the_reference_data() -> None:
    with gzip.open(REFERENCE, "rt") as file:
        rows = list(csv.DictReader(file))
    for index in np.random.default_rng(0).choice(len(rows), 10, replace=False):
        cell = NB201().parse(rows[index]["arch"])
        network = build_standalone("nb201", cell, in_channels=3, num_classes=10, channels=16, cells=5)
        assert parameter_count(network) == int(rows[index]["params_c10_computed"]), str(cell)


def test_cell_computes_what_its_string_says() -> None:
    network = build_standalone(
        "nb201",
        NB201Architecture((AVG_POOL, SKIP, SKIP, NONE, AVG_POOL, SKIP)),
        in_channels=3,
        num_classes=5,
        channels=4,
        cells=1,
    )
    cell = cast("nn.Module", cast("Any", network).skeleton.layers[0])
    x = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0))

    def pool(value: Tensor) -> Tensor:
        return F.avg_pool2d(value, 3, 1, 1, count_include_pad=False)

    node_1 = pool(x)
    node_2 = x + node_1
    assert_close(cell(x), pool(node_1) + node_2)


def test_convolution_is_relu_then_kernel_then_batch_norm(make_supernet: MakeSuperNet) -> None:
    cell = cells_of(make_supernet())[0]
    x = torch.randn(6, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    kernel = cell.edge(0, 3).weight(CONV_3X3)
    expected = F.batch_norm(F.conv2d(x.clamp(min=0), kernel, padding=1), None, None, training=True)
    assert_close(cell(x, DIRECT, None), expected)


@each_mapping
def test_standalone_network_gives_the_supernets_logits(
    mapping: SharingMapping, make_supernet: MakeSuperNet, train: Train, images: Tensor
) -> None:
    supernet = make_supernet(mapping)
    train(supernet)
    for architecture in [*draw(50), EMPTY, DEAD_CONVOLUTION]:
        alone = build_standalone("nb201", architecture, in_channels=3, num_classes=5, channels=4, cells=1)
        alone.load_state_dict(standalone_state(supernet, architecture))
        for training in (False, True):
            with torch.no_grad():
                shared = supernet.train(training)(images, architecture)
                assert_close(alone.train(training)(images), shared, rtol=1e-5, atol=1e-5)


def test_standalone_state_is_a_copy(make_supernet: MakeSuperNet) -> None:
    supernet = make_supernet(SharingMapping(bn_statistics="tracked"))
    before = copy.deepcopy(supernet.state_dict())
    for tensor in standalone_state(supernet, NB201Architecture((CONV_3X3,) * 6)).values():
        tensor.zero_()
    assert all(torch.equal(before[name], tensor) for name, tensor in supernet.state_dict().items())


@each_mapping
@pytest.mark.parametrize("cells", [1, 2])
def test_pool_gives_the_logits_of_one_architecture_after_the_other(
    mapping: SharingMapping, cells: int, make_supernet: MakeSuperNet, train: Train, images: Tensor
) -> None:
    supernet = make_supernet(mapping, cells=cells)
    train(supernet, 4)
    supernet.eval()
    some = draw(40)
    pool = [*some, EMPTY, DIRECT, *some[:5], EMPTY, DIRECT_WITH_DEAD_END]
    with torch.no_grad():
        found = dict(supernet.forward_pool(images, pool))
        assert sorted(found) == list(range(len(pool)))
        for position, architecture in enumerate(pool):
            assert_close(found[position], supernet(images, architecture), rtol=1e-5, atol=1e-5)


def test_pool_computes_calibrated_logits_too(
    make_supernet: MakeSuperNet, train: Train, images: Tensor
) -> None:
    supernet = make_supernet()
    train(supernet, 4)
    supernet.eval().set_calibration(9)
    pool = draw(20)
    with torch.no_grad():
        for position, logits in supernet.forward_pool(images, pool):
            assert_close(logits, supernet(images, pool[position]), rtol=1e-5, atol=1e-5)


def test_empty_cells_give_every_image_the_same_logits(make_supernet: MakeSuperNet, images: Tensor) -> None:
    logits = make_supernet().eval()(images, EMPTY)
    assert torch.equal(logits, logits[:1].expand_as(logits))


def test_initial_weights_follow_the_generator(make_supernet: MakeSuperNet) -> None:
    first, same, other = (make_supernet(seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(
        torch.equal(first[name], other[name]) for name in first if "conv" in name and "norm" not in name
    )


@pytest.mark.parametrize("wrong", [{"channels": 0}, {"channels": -4}, {"cells": 0}], ids=str)
def test_size_that_is_not_positive_is_refused(wrong: dict[str, int]) -> None:
    ((name, value),) = wrong.items()
    size = {"channels": 4, "cells": 1, **wrong}
    with pytest.raises(InputError, match=f"^{name} {value} is not a positive whole number"):
        build_supernet("nb201", in_channels=3, num_classes=5, **size)
    with pytest.raises(InputError, match=f"^{name} {value} is not a positive whole number"):
        build_standalone("nb201", EMPTY, in_channels=3, num_classes=5, **size)


def test_architecture_outside_the_space_is_refused() -> None:
    with pytest.raises(InputError, match="is no nb201 architecture"):
        build_standalone(
            "nb201",
            NB201Architecture((0, 0, 0, 0, 0, 9)),
            in_channels=3,
            num_classes=5,
            channels=4,
            cells=1,
        )


def test_space_without_network_is_refused() -> None:
    class Bare(NB201):
        name = "bare"

    with pytest.raises(InputError, match="space 'bare' has no network"):
        build_supernet(Bare(), in_channels=3, num_classes=5, channels=4, cells=1)


# Only the path is trained


def on_path(architecture: NB201Architecture) -> set[str]:
    """Where the searched weights of a cell sit, by edge and kernel, in edge placement."""
    kernels = {CONV_1X1: "1x1", CONV_3X3: "3x3"}
    return {
        f"{source}_{target} {kernels[operation]}"
        for (source, target), operation, live in zip(
            EDGES, architecture.operations, architecture.live_edges, strict=True
        )
        if live and operation in kernels
    }


def place(name: str) -> str:
    """The edge and kernel to which a searched weight belongs."""
    edge, rest = name.split(".convolutions.")[1].split(".", 1)
    return f"{edge} {'1x1' if '1x1' in rest else '3x3'}"


def test_exactly_the_weights_on_the_path_get_a_gradient(
    make_supernet: MakeSuperNet, images: Tensor, labels: Tensor
) -> None:
    for architecture in [*draw(25), EMPTY, DEAD_CONVOLUTION, DIRECT_WITH_DEAD_END]:
        supernet = make_supernet(cells=2)
        F.cross_entropy(supernet(images, architecture), labels).backward()
        expected = on_path(architecture)
        for name, weight in searched_weights(supernet).items():
            assert (weight.grad is not None) == (place(name) in expected), (str(architecture), name)


@pytest.mark.parametrize("placement", ["edge", "node"])
def test_weights_off_the_path_neither_decay_nor_coast_on_their_momentum(
    placement: Any, make_supernet: MakeSuperNet, images: Tensor, labels: Tensor
) -> None:
    supernet = make_supernet(SharingMapping(op_placement=placement, wsbn=placement == "node"))
    protocol = Protocol(
        learning_rate=0.1, weight_decay=0.1, momentum=0.9, epochs=4, batch_size=24, train_portion=1.0
    )
    chain = NB201Architecture((CONV_3X3, NONE, NONE, NONE, CONV_3X3, NONE))
    other = NB201Architecture((NONE, CONV_1X1, NONE, CONV_1X1, NONE, CONV_1X1))
    run = TrainingRun(
        supernet,
        Scripted([chain, chain, other, other]),
        images,
        labels,
        protocol=protocol,
        seed=0,
    )
    start = copy.deepcopy(supernet.state_dict())
    run.advance(2)
    off = {name: weight for name, weight in searched_weights(supernet).items() if weight.grad is not None}
    trained = copy.deepcopy(supernet.state_dict())
    momentum = {name: run._optimizer.state[weight]["momentum_buffer"].clone() for name, weight in off.items()}
    assert len(off) == 3 * 2 * 3
    for name in off:
        assert not torch.equal(start[name], trained[name])
        assert momentum[name].abs().sum() > 0
    run.advance(4)
    after = supernet.state_dict()
    for name, weight in off.items():
        assert weight.grad is None
        assert torch.equal(after[name], trained[name])
        assert torch.equal(run._optimizer.state[weight]["momentum_buffer"], momentum[name])
    moved = {name for name in searched_weights(supernet) if not torch.equal(after[name], trained[name])}
    inner = "inner_3" if placement == "node" else "2_3"
    assert moved == {
        f"skeleton.layers.{layer}.convolutions.{edge}.{part}"
        for layer in (0, 2, 4)
        for edge, source in (("0_2", 0), ("0_3", 0), (inner, 2))
        for part in ("conv_1x1.weight", f"norms.1x1_{source}.weight", f"norms.1x1_{source}.bias")
    }


# Dropout


def through_pooling(supernet: SuperNet, samples: int, seed: int = 0) -> list[Tensor]:
    """What the edge from input to output delivers for images of ones, by cell, shape (samples, width)."""
    cell = NB201Architecture((NONE, NONE, NONE, AVG_POOL, NONE, NONE))
    generator = torch.Generator().manual_seed(seed)
    outputs = []
    for layer in cells_of(supernet):
        width = layer.edge(0, 3).weight(CONV_3X3).shape[0]
        outputs.append(layer(torch.ones(samples, width, 1, 1), cell, generator).flatten(1))
    return outputs


def test_path_dropout_drops_whole_samples_at_its_rate_growing_with_depth(make_supernet: MakeSuperNet) -> None:
    samples = 4000
    supernet = make_supernet(SharingMapping(path_dropout=0.6), cells=2).train()
    outputs = through_pooling(supernet, samples)
    assert len(outputs) == 6
    for depth, out in enumerate(outputs, start=1):
        rate = 0.6 * depth / 6
        dropped = (out == 0).all(dim=1)
        assert abs(float(dropped.float().mean()) - rate) < 4 * (rate * (1 - rate) / samples) ** 0.5
        assert_close(out[~dropped], torch.full_like(out[~dropped], 1 / (1 - rate)))


def test_path_dropout_keeps_the_expected_value(make_supernet: MakeSuperNet) -> None:
    supernet = make_supernet(SharingMapping(path_dropout=0.5), cells=1).train()
    for out in through_pooling(supernet, 10_000):
        assert float(out.mean()) == pytest.approx(1.0, abs=0.04)


def test_path_dropout_leaves_skips_and_evaluation_alone(make_supernet: MakeSuperNet, images: Tensor) -> None:
    supernet = make_supernet(SharingMapping(path_dropout=0.5)).eval()
    assert all(bool((out == 1).all()) for out in through_pooling(supernet, 50))
    for architecture in draw(5):
        assert torch.equal(supernet(images, architecture), make_supernet().eval()(images, architecture))
    skips = NB201Architecture((SKIP,) * 6)
    assert torch.equal(supernet.train()(images, skips), make_supernet().train()(images, skips))


def test_dropped_paths_follow_the_supernets_generator(make_supernet: MakeSuperNet, images: Tensor) -> None:
    supernet = make_supernet(SharingMapping(path_dropout=0.5, global_dropout=0.5)).train()
    architecture = NB201Architecture((CONV_3X3,) * 6)

    def logits(seed: int) -> Tensor:
        supernet.path_generator = torch.Generator().manual_seed(seed)
        result: Tensor = supernet(images, architecture)
        return result

    assert torch.equal(logits(0), logits(0))
    assert not torch.equal(logits(0), logits(1))


def expose_features(supernet: SuperNet) -> None:
    """Let the classifier pass the pooled features on as they are (as many classes as features)."""
    classifier = cast("NB201SuperNet", supernet).skeleton.classifier
    classifier.weight = nn.Parameter(torch.eye(classifier.in_features))
    classifier.bias = nn.Parameter(torch.zeros(classifier.in_features))


def test_global_dropout_drops_features_at_its_rate_and_keeps_the_expected_value(
    make_supernet: MakeSuperNet,
) -> None:
    plain, dropping = make_supernet().train(), make_supernet(SharingMapping(global_dropout=0.3)).train()
    expose_features(plain)
    expose_features(dropping)
    images = torch.randn(1000, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    dropping.path_generator = torch.Generator().manual_seed(0)
    architecture = NB201Architecture((SKIP,) * 6)
    with torch.no_grad():
        full, dropped = plain(images, architecture), dropping(images, architecture)
    positive = full > 0
    zero = (dropped == 0) & positive
    count = int(positive.sum())
    rate = int(zero.sum()) / count
    assert abs(rate - 0.3) < 4 * (0.3 * 0.7 / count) ** 0.5
    assert_close(dropped[positive & ~zero], full[positive & ~zero] / 0.7)
    assert float(dropped.sum() / full.sum()) == pytest.approx(1.0, abs=0.03)


def test_global_dropout_leaves_evaluation_alone(make_supernet: MakeSuperNet, images: Tensor) -> None:
    dropping = make_supernet(SharingMapping(global_dropout=0.5)).eval()
    for architecture in draw(5):
        assert torch.equal(dropping(images, architecture), make_supernet().eval()(images, architecture))


# Which weights are shared


@pytest.mark.parametrize(("placement", "shared"), [("edge", set()), ("node", {((1, 3), (2, 3))})])
def test_node_placement_shares_the_weights_of_inner_edges_into_a_node(
    placement: Any, shared: set[Any], make_supernet: MakeSuperNet
) -> None:
    for cell in cells_of(make_supernet(SharingMapping(op_placement=placement))):
        for operation in CONVOLUTIONS:
            found = {
                (a, b)
                for a, b in combinations(EDGES, 2)
                if cell.edge(*a).weight(operation) is cell.edge(*b).weight(operation)
            }
            assert found == shared


def test_cells_share_no_weights(make_supernet: MakeSuperNet) -> None:
    cells = cells_of(make_supernet(SharingMapping(op_placement="node"), cells=2))
    weights = [id(weight) for cell in cells for weight in cell.parameters()]
    assert len(weights) == len(set(weights))


def test_ofa_kernel_starts_as_the_centre_of_the_large_kernel(make_supernet: MakeSuperNet) -> None:
    for cell, (source, target) in product(cells_of(make_supernet(SharingMapping(ofa_kernel=True))), EDGES):
        edge = cell.edge(source, target)
        assert torch.equal(edge.weight(CONV_1X1), edge.weight(CONV_3X3)[:, :, 1:2, 1:2])
        assert not hasattr(edge, "conv_1x1")
    for cell in cells_of(make_supernet()):
        edge = cell.edge(0, 3)
        assert not torch.equal(edge.weight(CONV_1X1), edge.weight(CONV_3X3)[:, :, 1:2, 1:2])


def test_ofa_kernel_trains_the_centre_and_the_transform_of_the_large_kernel(
    make_supernet: MakeSuperNet, images: Tensor, labels: Tensor
) -> None:
    # The transform's gradient is the kernel's component of a gradient that batch norm makes orthogonal
    # to the kernel, all but for epsilon; so it is small, and only its presence is asked for.
    supernet = make_supernet(SharingMapping(ofa_kernel=True))
    path = NB201Architecture((NONE, NONE, NONE, CONV_1X1, NONE, NONE))
    F.cross_entropy(supernet(images, path), labels).backward()
    for cell in cells_of(supernet):
        edge = cell.edge(0, 3)
        gradient = edge.conv_3x3.weight.grad
        assert gradient is not None
        assert bool((gradient[:, :, 1, 1] != 0).any())
        around = gradient.clone()
        around[:, :, 1, 1] = 0
        assert not bool(around.any())
        assert edge.transform.grad is not None
        assert bool(edge.transform.grad.any())


@pytest.mark.parametrize(
    ("placement", "affine", "added"), [("edge", True, 0), ("node", True, 2), ("node", False, 2)]
)
def test_wsbn_adds_norms_for_node_placement_only(
    placement: Any, affine: bool, added: int, make_supernet: MakeSuperNet
) -> None:
    def norms(wsbn: bool) -> list[int]:
        supernet = make_supernet(SharingMapping(wsbn=wsbn, op_placement=placement, bn_affine=affine))
        return [
            sum(len(cell.convolutions[name].norms) for name in cell.convolutions)  # type: ignore[arg-type]
            for cell in cells_of(supernet)
        ]

    assert [after - before for before, after in zip(norms(False), norms(True), strict=True)] == [added] * 3


def test_wsbn_keeps_the_norms_of_two_sources_apart(make_supernet: MakeSuperNet) -> None:
    for wsbn in (False, True):
        cell = cells_of(make_supernet(SharingMapping(wsbn=wsbn, op_placement="node")))[0]
        for operation in CONVOLUTIONS:
            edge = cell.edge(1, 3)
            assert (edge.norm(operation, 1) is edge.norm(operation, 2)) == (not wsbn)
            assert edge.norm(CONV_1X1, 1) is not edge.norm(CONV_3X3, 1)


def test_affine_off_frees_searched_norms_only(make_supernet: MakeSuperNet) -> None:
    with_affine = set(dict(make_supernet().named_parameters()))
    without = set(dict(make_supernet(SharingMapping(bn_affine=False)).named_parameters()))
    removed = with_affine - without
    assert without < with_affine
    assert all(".convolutions." in name and ".norms." in name for name in removed)
    assert len(removed) == 3 * 6 * 2 * 2


# Statistics for ranking


def changed_tail(images: Tensor) -> Tensor:
    """The same images, but for the last eight."""
    changed = images.clone()
    changed[-8:] = 5 + 3 * torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(7))
    return changed


@pytest.mark.parametrize("architecture", [*draw(4, seed=2), NB201Architecture((CONV_3X3,) * 6)], ids=str)
def test_calibrated_logits_depend_on_the_first_samples_only(
    architecture: NB201Architecture, make_supernet: MakeSuperNet, train: Train, images: Tensor
) -> None:
    supernet = make_supernet(SharingMapping(bn_statistics="recalibrated"))
    train(supernet, 4)
    supernet.eval()
    middle = slice(10, 16)
    with torch.no_grad():
        supernet.set_calibration(10)
        calibrated = supernet(images, architecture)
        assert_close(supernet(changed_tail(images), architecture)[middle], calibrated[middle])
        other_calibration = images.roll(10, dims=0)
        other_calibration[middle] = images[middle]
        assert not torch.allclose(supernet(other_calibration, architecture)[middle], calibrated[middle])
        supernet.set_calibration(0)
        by_batch = supernet(images, architecture)
        assert not torch.allclose(supernet(changed_tail(images), architecture)[middle], by_batch[middle])


def test_tracked_logits_do_not_depend_on_the_batch(
    make_supernet: MakeSuperNet, train: Train, images: Tensor
) -> None:
    supernet = make_supernet(SharingMapping(bn_statistics="tracked"))
    train(supernet)
    supernet.eval()
    with torch.no_grad():
        for architecture in draw(5):
            logits = supernet(images, architecture)
            assert_close(supernet(changed_tail(images), architecture)[:16], logits[:16], rtol=1e-4, atol=1e-4)
