from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from wsnas.spaces.darts import (
    INPUTS,
    NODES,
    OPERATIONS,
    SKIP,
    Darts,
    DartsArchitecture,
    make_cell,
)
from wsnas.supernets import SharingMapping, build_standalone, build_supernet, standalone_state
from wsnas.supernets._layers import batch_norms
from wsnas.supernets.darts import DartsSuperNet, SuperCell
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from torch import Tensor

    from wsnas.supernets._batch_norm import BatchNorm
    from wsnas.supernets._darts_graph import Output

MAPPINGS = {
    "plain": SharingMapping(),
    "ofa_kernel": SharingMapping(ofa_kernel=True),
    "edge placement, tracked": SharingMapping(bn_statistics="tracked"),
    "node placement, affine off": SharingMapping(op_placement="node", bn_affine=False),
    "node placement, wsbn, tracked": SharingMapping(op_placement="node", wsbn=True, bn_statistics="tracked"),
    "everything": SharingMapping(
        ofa_kernel=True, op_placement="node", wsbn=True, bn_affine=False, bn_statistics="tracked"
    ),
}
SKIPS = "sk-0.sk-1|sk-0.sk-1|sk-0.sk-1|sk-0.sk-1"
POOLS = SKIPS.replace("sk", "ap")

each_mapping = pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS.keys())


def make_supernet(
    mapping: SharingMapping | None = None, *, channels: int = 4, cells: int = 3, seed: int = 0
) -> DartsSuperNet:
    supernet = build_supernet(
        "darts",
        mapping,
        in_channels=3,
        num_classes=5,
        channels=channels,
        cells=cells,
        generator=torch.Generator().manual_seed(seed),
    )
    return cast("DartsSuperNet", supernet)


def parse(normal: str, reduction: str | None = None) -> DartsArchitecture:
    return Darts().parse(f"n:{normal}+r:{reduction or normal}")


def draw(count: int, seed: int = 0) -> list[DartsArchitecture]:
    rng = np.random.default_rng(seed)
    return [Darts().sample(rng) for _ in range(count)]


def draw_published(count: int) -> list[DartsArchitecture]:
    """Such as are read but never drawn: equal inputs in a node, all nodes as output."""
    rng = np.random.default_rng(0)

    def cell() -> Any:
        nodes = [
            [(int(rng.integers(len(OPERATIONS))), int(rng.integers(node))) for _ in range(2)]
            for node in NODES
        ]
        return make_cell(nodes, concat_all=bool(rng.integers(2)))

    return [DartsArchitecture(cell(), cell()) for _ in range(count)]


def train(
    supernet: DartsSuperNet,
    images: Tensor,
    labels: Tensor,
    *,
    steps: int,
    sampling: Literal["random_a", "fairnas"] = "fairnas",
) -> None:
    """Train for a few steps, so that no weight is where it began."""
    protocol = Protocol(
        learning_rate=0.1, epochs=steps, batch_size=24, train_portion=1.0, path_sampling=sampling
    )
    TrainingRun(supernet, Darts(), images, labels, protocol=protocol, seed=0).advance(steps)


def cells_of(supernet: DartsSuperNet) -> list[SuperCell]:
    return [cast("SuperCell", cell) for cell in supernet.skeleton.cells]


def searched_weights(supernet: DartsSuperNet) -> dict[str, nn.Parameter]:
    return {name: weight for name, weight in supernet.named_parameters() if ".operations." in name}


# Stand-alone networks


@each_mapping
def test_standalone_network_gives_the_supernets_logits(
    mapping: SharingMapping, images: Tensor, labels: Tensor
) -> None:
    supernet = make_supernet(mapping)
    train(supernet, images, labels, steps=4)
    # The last cells have few pixels, so that a batch's statistics need some images.
    images = images[:16]
    architectures = [*draw(20, seed=list(MAPPINGS.values()).index(mapping)), *draw_published(6)]
    twins = []
    for architecture in architectures:
        alone = build_standalone("darts", architecture, in_channels=3, num_classes=5, channels=4, cells=3)
        alone.load_state_dict(standalone_state(supernet, architecture))
        twins.append(alone)
    for training in (False, True):
        supernet.train(training)
        for architecture, alone in zip(architectures, twins, strict=True):
            with torch.no_grad():
                shared = supernet(images, architecture)
                assert float(shared.std()) > 0
                assert_close(alone.train(training)(images), shared, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cells", [1, 2])
@pytest.mark.parametrize("channels", [1, 3])
def test_smallest_networks_have_standalone_twins(
    channels: int, cells: int, images: Tensor, labels: Tensor
) -> None:
    supernet = make_supernet(channels=channels, cells=cells)
    train(supernet, images, labels, steps=2)
    for architecture in draw(5):
        alone = build_standalone(
            "darts", architecture, in_channels=3, num_classes=5, channels=channels, cells=cells
        )
        alone.load_state_dict(standalone_state(supernet, architecture))
        assert_close(alone(images[..., :7]), supernet(images[..., :7], architecture))


def test_standalone_state_is_a_copy() -> None:
    supernet = make_supernet(SharingMapping(bn_statistics="tracked"))
    before = copy.deepcopy(supernet.state_dict())
    for architecture in draw(3):
        for tensor in standalone_state(supernet, architecture).values():
            tensor.zero_()
    assert all(torch.equal(before[name], tensor) for name, tensor in supernet.state_dict().items())


def test_nodes_outside_the_output_count_as_zeros(images: Tensor) -> None:
    loose = parse("sk-0.s3-1|ap-0.s3-2|sk-0.d5-3|sk-1.sk-3")
    assert loose.normal.concat == (4, 5)
    supernet = make_supernet()
    logits = supernet(images, loose)

    def silence(_cell: nn.Module, _inputs: object, output: Output) -> Output:
        parts = [
            part if node in (4, 5) else part * 0 for node, part in zip(NODES, output._parts, strict=True)
        ]
        return type(output)(parts, output.blocks)

    for cell in cells_of(supernet):
        cell.register_forward_hook(silence)
    everything = Darts().parse(str(loose).replace("+", ":all+") + ":all")
    assert_close(supernet(images, everything), logits, rtol=1e-4, atol=1e-5)


@each_mapping
def test_pool_gives_the_logits_of_one_architecture_after_the_other(
    mapping: SharingMapping, images: Tensor, labels: Tensor
) -> None:
    supernet = make_supernet(mapping)
    train(supernet, images, labels, steps=2)
    pool = [*draw(6), *draw_published(4), *draw(2)]
    for calibration in (0, 9):
        supernet.eval().set_calibration(calibration)
        with torch.no_grad():
            found = dict(supernet.forward_pool(images, pool))
            assert sorted(found) == list(range(len(pool)))
            for position, architecture in enumerate(pool):
                assert_close(found[position], supernet(images, architecture))


# Only the path is trained


def on_path(supernet: DartsSuperNet, architecture: DartsArchitecture) -> set[str]:
    """The names of the weights that the architecture uses, in edge placement."""
    names = {"skeleton.stem.weight", "classifier.bias"}
    affine: list[str] = ["skeleton.stem_norm"]
    blocks: list[tuple[int, ...]] = [(0,), (0,)]
    for place in supernet.skeleton.places:
        cell, prefix = place.cell(architecture), f"skeleton.cells.{place.index}"
        for entry in range(INPUTS):
            affine.append(f"{prefix}.entries.{entry}.norm")
            halves = (".even", ".odd") if place.after_reduction and entry == 0 else ("",)
            names |= {
                f"{prefix}.entries.{entry}.conv{half}.weights.{block}"
                for half in halves
                for block in blocks[entry - INPUTS]
            }
        blocks.append(cell.concat)
        for node, pairs in zip(NODES, cell.nodes, strict=True):
            for operation, source in pairs:
                name, at = OPERATIONS[operation], f"{prefix}.operations.{source}_{node}"
                if "conv" in name:
                    family, kernel = ("separable" if "sep" in name else "dilated"), name[-3:]
                    for step in range(2 if "sep" in name else 1):
                        names |= {
                            f"{at}.{family}.{step}.kernels.{part}_{kernel}"
                            for part in ("depthwise", "pointwise")
                        }
                        affine.append(f"{at}.{family}.{step}.norms.{kernel}.norms.{source}")
                elif operation == SKIP and place.stride(source) == 2:
                    names |= {f"{at}.halving.even.weight", f"{at}.halving.odd.weight"}
                    affine.append(f"{at}.halving_norms.norms.{source}")
    names |= {f"classifier.weights.{block}" for block in blocks[-1]}
    return names | {f"{norm}.{part}" for norm in affine for part in ("weight", "bias")}


def test_exactly_the_weights_on_the_path_get_a_gradient(images: Tensor, labels: Tensor) -> None:
    supernet = make_supernet(cells=4)
    for architecture in draw(20):
        supernet.zero_grad(set_to_none=True)
        F.cross_entropy(supernet(images, architecture), labels).backward()  # type: ignore[no-untyped-call]
        found = {name for name, weight in supernet.named_parameters() if weight.grad is not None}
        assert found == on_path(supernet, architecture), str(architecture)


def test_cells_that_the_output_does_not_depend_on_are_not_computed(images: Tensor, labels: Tensor) -> None:
    supernet = make_supernet(cells=8)
    only_first = parse("sk-0.s3-0|sk-0.s3-0|sk-0.s3-0|sk-0.s3-0")
    computed: list[int] = []
    for index, cell in enumerate(cells_of(supernet)):
        cell.register_forward_hook(lambda *_, index=index: computed.append(index))
    F.cross_entropy(supernet(images, only_first), labels).backward()  # type: ignore[no-untyped-call]
    assert computed == [1, 3, 5, 7]
    assert all(
        weight.grad is None for index in (0, 2, 4, 6) for weight in cells_of(supernet)[index].parameters()
    )


class Scripted(Darts):
    """The space, but `sample_unique` gives the architectures of a script in turn."""

    def __init__(self, script: list[DartsArchitecture]) -> None:
        self._script = script

    def sample_unique(self, rng: np.random.Generator) -> DartsArchitecture:
        return self._script.pop(0)


@pytest.mark.parametrize("placement", ["edge", "node"])
def test_weights_off_the_path_neither_decay_nor_coast_on_their_momentum(
    placement: Any, images: Tensor, labels: Tensor
) -> None:
    supernet = make_supernet(SharingMapping(op_placement=placement, wsbn=placement == "node"))
    convolutions = parse("s3-0.d5-1|s3-0.d5-1|s3-0.d5-1|s3-0.d5-1")
    others = parse("d3-0.sk-1|d3-0.sk-2|d3-0.sk-3|d3-0.s5-1")
    script = [convolutions] * 2 + [others] * 2
    protocol = Protocol(
        learning_rate=0.1,
        weight_decay=0.1,
        momentum=0.9,
        epochs=4,
        batch_size=24,
        train_portion=1.0,
        path_sampling="random_a",
    )
    run = TrainingRun(supernet, Scripted(script), images, labels, protocol=protocol, seed=0)
    start = copy.deepcopy(supernet.state_dict())
    run.advance(2)
    trained = copy.deepcopy(supernet.state_dict())
    used = {name for name, weight in supernet.named_parameters() if weight.grad is not None}
    assert not any(torch.equal(start[name], trained[name]) for name in used if "norm" not in name)
    run.advance(4)
    still = {name for name, weight in supernet.named_parameters() if weight.grad is not None}
    after = supernet.state_dict()
    assert any("classifier.weights" in name for name in used - still)
    assert any("entries" in name for name in used - still)
    assert any(".operations." in name for name in used - still)
    for name, tensor in after.items():
        assert torch.equal(tensor, trained[name]) == (name not in still), name


# Dropout


def outputs_of(supernet: DartsSuperNet, images: Tensor, architecture: DartsArchitecture) -> list[Tensor]:
    """The features of each cell's output, shape (n, channels)."""
    found: list[Tensor] = []

    def note(_cell: nn.Module, _inputs: object, output: Output) -> None:
        found.append(output.features.detach())

    hooks = [cell.register_forward_hook(note) for cell in cells_of(supernet)]
    supernet(images, architecture)
    for hook in hooks:
        hook.remove()
    return found


def test_path_dropout_drops_whole_samples_at_its_rate_growing_with_depth() -> None:
    samples = 2000
    supernet = make_supernet(SharingMapping(path_dropout=0.6))
    supernet.path_generator = torch.Generator().manual_seed(0)
    images = torch.randn(samples, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    # Four nodes, each the sum of two operations: zero where both are dropped.
    outputs = outputs_of(supernet, images, parse(POOLS))
    assert len(outputs) == 3
    for depth, features in enumerate(outputs, start=1):
        rate = (0.6 * depth / 3) ** 2
        zeros = features.reshape(samples, 4, -1) == 0
        dropped = zeros.all(dim=2)
        assert torch.equal(dropped, zeros.any(dim=2))
        for node in range(4):
            found = float(dropped[:, node].float().mean())
            assert abs(found - rate) < 4 * (rate * (1 - rate) / samples) ** 0.5


def test_path_dropout_leaves_identities_and_evaluation_alone(images: Tensor) -> None:
    dropping, plain = make_supernet(SharingMapping(path_dropout=0.5)), make_supernet()
    for architecture in draw(5):
        assert torch.equal(dropping.eval()(images, architecture), plain.eval()(images, architecture))
    dropping.train()
    plain.train()
    skips = [outputs_of(supernet, images, parse(SKIPS)) for supernet in (dropping, plain)]
    assert torch.equal(skips[0][0], skips[1][0])
    # Skips with stride 2 are convolutions.
    assert not torch.equal(skips[0][1], skips[1][1])


def test_dropped_paths_follow_the_supernets_generator(images: Tensor) -> None:
    supernet = make_supernet(SharingMapping(path_dropout=0.5, global_dropout=0.5))
    (architecture,) = draw(1)

    def logits(seed: int) -> Tensor:
        supernet.path_generator = torch.Generator().manual_seed(seed)
        result: Tensor = supernet(images, architecture)
        return result

    assert torch.equal(logits(0), logits(0))
    assert not torch.equal(logits(0), logits(1))


def expose_features(supernet: DartsSuperNet) -> None:
    """Let the classifier pass the pooled features on as they are (as many classes as features)."""
    width = supernet.skeleton.places[-1].width
    eye = torch.eye(len(NODES) * width)
    for index, node in enumerate(NODES):
        supernet.classifier.weights[str(node)] = nn.Parameter(eye[:, index * width : (index + 1) * width])
    supernet.classifier.bias = nn.Parameter(torch.zeros(len(NODES) * width))


def test_global_dropout_drops_features_at_its_rate_in_training_only() -> None:
    plain, dropping = make_supernet(), make_supernet(SharingMapping(global_dropout=0.3))
    expose_features(plain)
    expose_features(dropping)
    images = torch.randn(500, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    dropping.path_generator = torch.Generator().manual_seed(0)
    architecture = parse(POOLS)
    with torch.no_grad():
        full, dropped = plain(images, architecture), dropping(images, architecture)
        assert torch.equal(dropping.eval()(images, architecture), plain.eval()(images, architecture))
    assert full.shape == (500, 64)
    zero = dropped == 0
    rate = float(zero.float().mean())
    assert abs(rate - 0.3) < 4 * (0.3 * 0.7 / full.numel()) ** 0.5
    assert_close(dropped[~zero], full[~zero] / 0.7)


# Which weights are shared


def choices(cell: SuperCell) -> dict[tuple[int, int, int], int]:
    """Which set of operations serves each node, position and source."""
    return {
        (node, position, source): id(cell.choice(node, position, source))
        for node in NODES
        for position in range(2)
        for source in range(node)
    }


def test_edge_placement_gives_each_of_14_edges_its_operations() -> None:
    for cell in cells_of(make_supernet()):
        found = choices(cell)
        assert len(set(found.values())) == len(cell.operations) == 14
        for node, position, source in found:
            assert found[node, position, source] == found[node, 1 - position, source]


def test_node_placement_gives_each_node_two_slots_with_copies_for_stride_2() -> None:
    normal, reduction, _ = cells_of(make_supernet(SharingMapping(op_placement="node")))
    assert len(set(choices(normal).values())) == len(normal.operations) == 8
    assert len(set(choices(reduction).values())) == len(reduction.operations) == 14
    for node in NODES:
        for position in range(2):
            slot = [normal.choice(node, position, source) for source in range(node)]
            assert all(operations is slot[0] for operations in slot)
            from_inputs = {id(reduction.choice(node, position, source)) for source in range(INPUTS)}
            from_nodes = {id(reduction.choice(node, position, source)) for source in range(INPUTS, node)}
            assert len(from_inputs) == 1
            assert len(from_nodes) == min(1, node - INPUTS)
            assert not from_inputs & from_nodes
    every = [choices(reduction)[node, position, 0] for node in NODES for position in range(2)]
    assert len(set(every)) == 8


def test_copies_for_stride_2_are_trained_apart(images: Tensor, labels: Tensor) -> None:
    supernet = make_supernet(SharingMapping(op_placement="node"))
    nodes = "sk-0.sk-1|sk-0.s3-{}|sk-0.sk-1|sk-0.sk-1"
    trained = []
    for source in (1, 2):
        supernet.zero_grad(set_to_none=True)
        F.cross_entropy(supernet(images, parse(nodes.format(source))), labels).backward()  # type: ignore[no-untyped-call]
        trained.append(
            {name for name, weight in searched_weights(supernet).items() if weight.grad is not None}
        )
    apart = {name.split(".")[4] for name in trained[0] ^ trained[1] if "separable" in name}
    assert apart == {"3_1_stride2", "3_1_stride1"}
    # In the normal cell the slot serves both sources.
    assert all("cells.0" not in name for name in trained[0] ^ trained[1])


@pytest.mark.parametrize("placement", ["edge", "node"])
def test_cells_share_no_weights(placement: Any) -> None:
    supernet = make_supernet(SharingMapping(op_placement=placement), cells=4)
    weights = [id(weight) for cell in cells_of(supernet) for weight in cell.parameters()]
    assert len(weights) == len(set(weights))


def steps_of(supernet: DartsSuperNet) -> list[Any]:
    return [
        step
        for cell in cells_of(supernet)
        for operations in cell.operations.values()
        for family in ("separable", "dilated")
        for step in getattr(operations, family)
    ]


def test_ofa_kernel_starts_as_the_centre_of_the_large_kernel_and_shares_the_pointwise_one() -> None:
    for step in steps_of(make_supernet(SharingMapping(ofa_kernel=True))):
        assert torch.equal(step.depthwise(3), step.depthwise(5)[:, :, 1:4, 1:4])
        assert step.pointwise(3) is step.pointwise(5)
        assert step.norm(3, _any_source(step)) is not step.norm(5, _any_source(step))
        assert step.transform.shape == (9, 9)
    for step in steps_of(make_supernet()):
        assert not torch.equal(step.depthwise(3), step.depthwise(5)[:, :, 1:4, 1:4])
        assert not torch.equal(step.pointwise(3), step.pointwise(5))


def _any_source(step: Any) -> int:
    return int(next(iter(step.norms["3x3"]._name_of)))


def test_ofa_kernel_transforms_the_centre_of_each_channel_alike() -> None:
    step = steps_of(make_supernet(SharingMapping(ofa_kernel=True)))[0]
    with torch.no_grad():
        step.transform.copy_(torch.randn(9, 9, generator=torch.Generator().manual_seed(0)))
    expected = torch.einsum(
        "ij,cj->ci", step.transform, step.depthwise(5)[:, 0, 1:4, 1:4].reshape(-1, 9)
    ).reshape(-1, 1, 3, 3)
    assert_close(step.depthwise(3), expected)


@pytest.mark.parametrize(("code", "family"), [("s3", "separable"), ("d3", "dilated")])
def test_ofa_kernel_trains_the_centre_and_the_transform_of_the_large_kernel(
    code: str, family: str, images: Tensor, labels: Tensor
) -> None:
    supernet = make_supernet(SharingMapping(ofa_kernel=True))
    F.cross_entropy(supernet(images, parse(SKIPS.replace("sk", code))), labels).backward()  # type: ignore[no-untyped-call]
    for cell in cells_of(supernet):
        for step in getattr(cell.choice(2, 0, 0), family):
            around = step.kernels["depthwise_5x5"].grad.clone()
            assert bool(around[:, :, 1:4, 1:4].any())
            around[:, :, 1:4, 1:4] = 0
            assert not bool(around.any())
            assert bool(step.transform.grad.any())


def norms_of(cell: SuperCell) -> list[BatchNorm]:
    return list(batch_norms(cell.operations))


@pytest.mark.parametrize("affine", [True, False])
def test_wsbn_adds_norms_for_node_placement_only(affine: bool) -> None:
    def count(placement: Any, wsbn: bool) -> list[int]:
        supernet = make_supernet(SharingMapping(wsbn=wsbn, op_placement=placement, bn_affine=affine))
        return [len(norms_of(cell)) for cell in cells_of(supernet)]

    assert count("edge", True) == count("edge", False)
    # Two kernel sizes in three steps, and two ways to pool; in the stride-2 copies also a halving layer.
    each = 2 * 3 + 2
    normal, reduction = 2 * (2 + 3 + 4 + 5), 2 * (1 + 2 + 3)
    assert count("node", False) == [8 * each] + [8 * (each + 1) + 6 * each] * 2
    assert count("node", True) == [normal * each] + [8 * 2 * (each + 1) + reduction * each] * 2


def test_wsbn_keeps_the_norms_of_two_sources_apart() -> None:
    for wsbn in (False, True):
        cell = cells_of(make_supernet(SharingMapping(wsbn=wsbn, op_placement="node")))[0]
        operations = cell.choice(4, 1, 1)
        step = cast("Any", operations.separable)[0]
        assert (step.norm(3, 1) is step.norm(3, 2)) == (not wsbn)
        assert (operations.pool_norm(0, 1) is operations.pool_norm(0, 3)) == (not wsbn)
        assert step.norm(3, 1) is not step.norm(5, 1)


def test_affine_off_frees_searched_norms_only() -> None:
    with_affine = set(dict(make_supernet().named_parameters()))
    without = set(dict(make_supernet(SharingMapping(bn_affine=False)).named_parameters()))
    removed = with_affine - without
    assert without < with_affine
    assert all(".operations." in name and "norms" in name for name in removed)
    assert not any("norms" in name and ".operations." in name for name in without)


def test_norms_after_pooling_have_no_parameters() -> None:
    for affine in (True, False):
        for cell in cells_of(make_supernet(SharingMapping(bn_affine=affine))):
            for operations in cell.operations.values():
                assert not list(cast("Any", operations).pools.parameters())


def test_tracked_statistics_are_kept_everywhere_or_nowhere() -> None:
    for statistics in ("batch", "tracked", "recalibrated"):
        norms = list(batch_norms(make_supernet(SharingMapping(bn_statistics=cast("Any", statistics)))))
        assert all((norm.running_mean is not None) == (statistics == "tracked") for norm in norms)


# What the mapping changes, and what it does not


def trained_logits(mapping: SharingMapping, images: Tensor, labels: Tensor) -> Tensor:
    supernet = make_supernet(mapping)
    train(supernet, images, labels, steps=4, sampling="random_a")
    supernet.eval()
    with torch.no_grad():
        return torch.cat([supernet(images, architecture) for architecture in draw(3)])


@pytest.mark.parametrize(
    ("base", "change"),
    [
        ({}, {"ofa_kernel": True}),
        ({}, {"op_placement": "node"}),
        ({"op_placement": "node"}, {"wsbn": True}),
        ({}, {"path_dropout": 0.3}),
        ({}, {"global_dropout": 0.3}),
        ({}, {"bn_affine": False}),
        ({}, {"bn_statistics": "tracked"}),
    ],
    ids=str,
)
def test_every_field_of_the_mapping_changes_what_is_learnt(
    base: dict[str, Any], change: dict[str, Any], images: Tensor, labels: Tensor
) -> None:
    before = trained_logits(SharingMapping(**base), images, labels)
    assert torch.equal(trained_logits(SharingMapping(**base), images, labels), before)
    assert not torch.allclose(
        trained_logits(SharingMapping(**base, **change), images, labels), before, atol=1e-3
    )


@pytest.mark.parametrize("change", [{"dynamic_channels": "shuffle"}, {"wsbn": True}], ids=str)
def test_fields_that_do_not_apply_change_nothing(
    change: dict[str, Any], images: Tensor, labels: Tensor
) -> None:
    before = trained_logits(SharingMapping(), images, labels)
    assert torch.equal(trained_logits(SharingMapping(**change), images, labels), before)


def test_initial_weights_follow_the_generator() -> None:
    first, same, other = (make_supernet(seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first if "norm" not in name)


# Statistics for ranking


def changed_tail(images: Tensor) -> Tensor:
    """The same images, but for the last eight."""
    changed = images.clone()
    changed[-8:] = 5 + 3 * torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(7))
    return changed


@pytest.mark.parametrize(
    "mapping", [SharingMapping(), SharingMapping(op_placement="node", wsbn=True, bn_affine=False)], ids=str
)
def test_calibrated_logits_depend_on_the_first_samples_only(
    mapping: SharingMapping, images: Tensor, labels: Tensor
) -> None:
    supernet = make_supernet(mapping)
    train(supernet, images, labels, steps=4)
    supernet.eval()
    middle = slice(10, 16)
    with torch.no_grad():
        for architecture in draw(4):
            supernet.set_calibration(10)
            calibrated = supernet(images, architecture)
            assert_close(
                supernet(changed_tail(images), architecture)[middle], calibrated[middle], rtol=1e-4, atol=1e-4
            )
            other_calibration = images.roll(10, dims=0)
            other_calibration[middle] = images[middle]
            assert not torch.allclose(supernet(other_calibration, architecture)[middle], calibrated[middle])
            supernet.set_calibration(0)
            by_batch = supernet(images, architecture)
            assert not torch.allclose(supernet(changed_tail(images), architecture)[middle], by_batch[middle])


def test_tracked_logits_do_not_depend_on_the_batch(images: Tensor) -> None:
    supernet = make_supernet(SharingMapping(bn_statistics="tracked"))
    architectures = draw(5)
    with torch.no_grad():
        for architecture in architectures * 2:
            supernet(images, architecture)
        supernet.eval()
        for architecture in architectures:
            logits = supernet(images, architecture)
            assert_close(supernet(changed_tail(images), architecture)[:16], logits[:16], rtol=1e-4, atol=1e-4)
