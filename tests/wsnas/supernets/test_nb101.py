from __future__ import annotations

import copy
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.testing import assert_close

from wsnas.errors import InputError
from wsnas.spaces.nb101 import CONV_1X1, CONV_3X3, INTERIOR, NB101, NB101Architecture
from wsnas.supernets import SharingMapping, build_standalone, build_supernet, standalone_state
from wsnas.supernets._nb101_cell import SuperCell, Vertex
from wsnas.supernets.base import SuperNet
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from collections.abc import Iterable

LEVELS = ("fixed", "shuffle", "interpolate", "disabled")
MAPPINGS = {
    "plain": {},
    "everything": {"ofa_kernel": True, "wsbn": True, "bn_affine": False, "bn_statistics": "tracked"},
}
parse = NB101().parse
TWO_VERTICES = parse("1")
CHAIN = parse("100101-c3-c1")
"""One vertex after the other: both have all channels."""
POOLS = parse("110011-mp-mp")
"""Two vertices side by side, each with half of the channels."""
CONVOLUTIONS = parse("110011-c3-c1")
LARGE = parse("100110100001001010101-c3-mp-c3-c3-c1")

each_level = pytest.mark.parametrize("level", LEVELS)
each_mapping = pytest.mark.parametrize("options", MAPPINGS.values(), ids=MAPPINGS.keys())


def make(
    mapping: SharingMapping | None = None, *, channels: int = 8, cells: int = 1, seed: int = 0
) -> SuperNet:
    """A tiny super-net for five classes."""
    return build_supernet(
        "nb101",
        mapping,
        in_channels=3,
        num_classes=5,
        channels=channels,
        cells=cells,
        generator=torch.Generator().manual_seed(seed),
    )


def level_of(level: str, **options: Any) -> SharingMapping:
    return SharingMapping(dynamic_channels=cast("Any", level), **options)


def draw(count: int, supernet: SuperNet | None = None, seed: int = 0) -> list[NB101Architecture]:
    """Uniform cells that the super-net accepts."""
    rng = np.random.default_rng(seed)
    drawn: list[NB101Architecture] = []
    while len(drawn) < count:
        cell = NB101().sample(rng)
        if supernet is None or supernet.accepts(cell):
            drawn.append(cell)
    return drawn


def protocol(steps: int, **options: Any) -> Protocol:
    usual = {"learning_rate": 0.1, "epochs": steps, "batch_size": 24, "path_sampling": "random_a"}
    return Protocol(**{**usual, "train_portion": 1.0, **options})


@pytest.fixture
def train(images: Tensor, labels: Tensor) -> Any:
    """A function that trains a super-net for a few steps, so that no weight is where it began."""

    def train(supernet: SuperNet, steps: int = 8) -> None:
        plan = protocol(steps, path_sampling="fairnas")
        TrainingRun(supernet, NB101(), images, labels, protocol=plan, seed=0).advance(steps)

    return train


def cells_of(supernet: SuperNet) -> list[SuperCell]:
    return [module for module in supernet.modules() if isinstance(module, SuperCell)]


def vertices_of(cell: SuperCell) -> list[Vertex]:
    return [cell.vertex(vertex) for vertex in INTERIOR]


def searched_weights(supernet: SuperNet) -> dict[str, nn.Parameter]:
    return {name: weight for name, weight in supernet.named_parameters() if ".cells." in name}


class Scripted(NB101):
    """The space, but `sample` gives the cells of a script in turn."""

    def __init__(self, script: Iterable[NB101Architecture]) -> None:
        self._script = iter(script)

    def sample(self, rng: np.random.Generator) -> NB101Architecture:
        return next(self._script)


# The same function as the stand-alone network's


@each_mapping
@each_level
def test_standalone_network_gives_the_supernets_logits(
    level: str, options: dict[str, Any], train: Any, images: Tensor
) -> None:
    supernet = make(level_of(level, **options))
    train(supernet)
    modes = (False,) if level == "shuffle" else (False, True)
    special = [cell for cell in (TWO_VERTICES, CHAIN, POOLS) if supernet.accepts(cell)]
    for architecture in [*draw(50, supernet), *special]:
        alone = build_standalone("nb101", architecture, in_channels=3, num_classes=5, channels=8, cells=1)
        alone.load_state_dict(standalone_state(supernet, architecture))
        for training in modes:
            with torch.no_grad():
                shared = supernet.train(training)(images, architecture)
                assert_close(alone.train(training)(images), shared, rtol=1e-4, atol=1e-4)


def test_standalone_state_is_a_copy() -> None:
    supernet = make(SharingMapping(bn_statistics="tracked"))
    before = copy.deepcopy(supernet.state_dict())
    for tensor in standalone_state(supernet, LARGE).values():
        tensor.zero_()
    assert all(torch.equal(before[name], tensor) for name, tensor in supernet.state_dict().items())


@each_mapping
@each_level
def test_pool_gives_the_logits_of_one_architecture_after_the_other(
    level: str, options: dict[str, Any], train: Any, images: Tensor
) -> None:
    supernet = make(level_of(level, **options), cells=2 if level == "fixed" else 1)
    train(supernet, 2)
    some = draw(20, supernet)
    special = [cell for cell in (TWO_VERTICES, CHAIN, POOLS) if supernet.accepts(cell)]
    pool = [*some, *special, *some[:3], *NB101().fair_paths(np.random.default_rng(2))]
    pool = [cell for cell in pool if supernet.accepts(cell)]
    for calibration in (0, 9):
        supernet.eval().set_calibration(calibration)
        with torch.no_grad():
            found = dict(supernet.forward_pool(images, pool))
            assert sorted(found) == list(range(len(pool)))
            for position, architecture in enumerate(pool):
                assert_close(found[position], supernet(images, architecture), rtol=1e-5, atol=1e-5)


def test_pool_in_training_is_one_pass_after_the_other(images: Tensor) -> None:
    logits = []
    for pooled in (True, False):
        supernet = make(level_of("shuffle", path_dropout=0.5)).train()
        supernet.path_generator = torch.Generator().manual_seed(0)
        pool = draw(5)
        if pooled:
            logits.append([out for _, out in supernet.forward_pool(images, pool)])
        else:
            logits.append([supernet(images, architecture) for architecture in pool])
    assert all(torch.equal(a, b) for a, b in zip(*logits, strict=True))


@each_level
def test_fair_cells_run_in_their_own_labelling(level: str, images: Tensor) -> None:
    supernet = make(level_of(level)).eval()
    space = Scripted([parse("1101011101-c3-c1-mp")] * 2)
    for architecture in space.fair_paths(np.random.default_rng(0)):
        alone = build_standalone("nb101", architecture, in_channels=3, num_classes=5, channels=8, cells=1)
        alone.load_state_dict(standalone_state(supernet, architecture))
        assert_close(alone.eval()(images), supernet(images, architecture), rtol=1e-4, atol=1e-4)


def test_initial_weights_follow_the_generator() -> None:
    first, same, other = (make(seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(
        torch.equal(first[name], other[name]) for name in first if "conv" in name and "norm" not in name
    )


def test_training_follows_its_seed(images: Tensor, labels: Tensor) -> None:
    states = []
    for _ in range(2):
        supernet = make(level_of("shuffle", path_dropout=0.3, global_dropout=0.3))
        TrainingRun(supernet, NB101(), images, labels, protocol=protocol(4), seed=7).advance(4)
        states.append(supernet.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


# Only the path is trained


def on_path(architecture: NB101Architecture, *, wsbn: bool) -> set[str]:
    """The searched weights of one cell that the architecture uses."""
    names = set()
    kernels = {CONV_1X1: "1x1", CONV_3X3: "3x3"}
    for vertex, operation in enumerate(architecture.operations, start=1):
        sources = architecture.inputs[vertex - 1]
        if 0 in sources:
            names |= {f"vertices.{vertex}.projection.{part}" for part in ("conv.weight", "norm.weight")}
            names.add(f"vertices.{vertex}.projection.norm.bias")
        if operation in kernels:
            kernel = kernels[operation]
            input_set = sum(1 << source for source in sources) if wsbn else 0
            names.add(f"vertices.{vertex}.conv_{kernel}.weight")
            names |= {f"vertices.{vertex}.norms.{kernel}_{input_set}.{part}" for part in ("weight", "bias")}
    if 0 in architecture.inputs[-1]:
        names |= {f"output_projection.{part}" for part in ("conv.weight", "norm.weight", "norm.bias")}
    return names


@each_level
@pytest.mark.parametrize("wsbn", [False, True])
def test_exactly_the_weights_on_the_path_get_a_gradient(
    level: str, wsbn: bool, images: Tensor, labels: Tensor
) -> None:
    supernet = make(level_of(level, wsbn=wsbn), cells=2)
    special = [cell for cell in (TWO_VERTICES, CHAIN, POOLS) if supernet.accepts(cell)]
    for architecture in [*draw(15, supernet), *special]:
        supernet.zero_grad(set_to_none=True)
        F.cross_entropy(supernet(images, architecture), labels).backward()
        expected = on_path(architecture, wsbn=wsbn)
        for name, weight in searched_weights(supernet).items():
            place = name.split(".cells.")[1].split(".", 1)[1]
            assert (weight.grad is not None) == (place in expected), (str(architecture), name)


def test_weights_off_the_path_neither_decay_nor_coast_on_their_momentum(
    images: Tensor, labels: Tensor
) -> None:
    supernet = make()
    run = TrainingRun(
        supernet,
        Scripted([CHAIN, CHAIN, POOLS, POOLS]),
        images,
        labels,
        protocol=protocol(4, weight_decay=0.1, momentum=0.9),
        seed=0,
    )
    start = copy.deepcopy(supernet.state_dict())
    run.advance(2)
    # Of each cell: the projection into vertex 1, its 3x3 and the 1x1 of vertex 2.
    chain = {name: weight for name, weight in searched_weights(supernet).items() if weight.grad is not None}
    assert len(chain) == 3 * 3 * 3
    trained = copy.deepcopy(supernet.state_dict())
    momentum = {
        name: run._optimizer.state[weight]["momentum_buffer"].clone() for name, weight in chain.items()
    }
    for name in chain:
        assert not torch.equal(start[name], trained[name])
    run.advance(4)
    after = supernet.state_dict()
    off = {name for name in chain if "projection" not in name}
    for name in off:
        weight = searched_weights(supernet)[name]
        assert weight.grad is None
        assert torch.equal(after[name], trained[name])
        assert torch.equal(run._optimizer.state[weight]["momentum_buffer"], momentum[name])
    moved = {name for name in searched_weights(supernet) if not torch.equal(after[name], trained[name])}
    assert moved == {
        f"skeleton.cells.{cell}.vertices.{vertex}.projection.{part}"
        for cell in range(3)
        for vertex in (1, 2)
        for part in ("conv.weight", "norm.weight", "norm.bias")
    }


# Channels


def used(gradient: Tensor | None, axis: int) -> list[int]:
    """The channels of an axis that have a gradient."""
    assert gradient is not None
    by_channel = gradient.movedim(axis, 0).reshape(gradient.shape[axis], -1)
    found: list[int] = by_channel.any(dim=1).nonzero().flatten().tolist()
    return found


def gradients(supernet: SuperNet, architecture: NB101Architecture, images: Tensor, labels: Tensor) -> Vertex:
    """Vertex 1 of the first cell after a backward pass."""
    supernet.zero_grad(set_to_none=True)
    F.cross_entropy(supernet.train()(images, architecture), labels).backward()
    return cells_of(supernet)[0].vertex(1)


def test_fixed_trains_the_first_channels(images: Tensor, labels: Tensor) -> None:
    vertex = gradients(make(level_of("fixed")), CONVOLUTIONS, images, labels)
    operation = CONVOLUTIONS.operations[0]
    weight = vertex.weight(CONV_3X3, None) if operation == CONV_3X3 else vertex.weight(CONV_1X1, None)
    first = [0, 1, 2, 3]
    assert used(weight.grad, 0) == used(weight.grad, 1) == first
    assert used(vertex.projection.conv.weight.grad, 0) == first
    assert used(vertex.projection.conv.weight.grad, 1) == list(range(8))
    assert used(vertex.norm(operation, 0).weight.grad, 0) == first  # type: ignore[union-attr]


def test_shuffle_trains_other_channels_in_each_pass(images: Tensor, labels: Tensor) -> None:
    supernet = make(level_of("shuffle"))
    supernet.path_generator = torch.Generator().manual_seed(0)
    seen = []
    for _ in range(6):
        vertex = gradients(supernet, CONVOLUTIONS, images, labels)
        weight = vertex.weight(CONVOLUTIONS.operations[0], None)
        seen.append(used(weight.grad, 0))
        assert len(seen[-1]) == 4
        assert used(weight.grad, 1) == used(vertex.projection.conv.weight.grad, 0) == seen[-1]
    assert any(a != b for a, b in pairwise(seen))
    assert set().union(*seen) == set(range(8))


def test_shuffle_is_fixed_in_evaluation_and_keeps_a_channel_along_a_cell(images: Tensor) -> None:
    shuffle, fixed = make(level_of("shuffle")), make(level_of("fixed"))
    for architecture in draw(10):
        logits = shuffle.eval()(images, architecture)
        assert torch.equal(logits, shuffle(images, architecture))
        assert torch.equal(logits, fixed.eval()(images, architecture))
        assert not torch.allclose(shuffle.train()(images, architecture), logits)
    # At full width the vertices of a chain differ from the plain ones by the order of channels alone.
    cell, plain = cells_of(shuffle)[0].train(), cells_of(fixed)[0].train()
    x = torch.randn(4, 8, 5, 5, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(3)
    order = torch.randperm(8, generator=torch.Generator().manual_seed(3))
    assert_close(cell(x, CHAIN, generator), plain(x, CHAIN, None)[:, order])


def test_interpolate_trains_all_channels_with_means_of_neighbours(images: Tensor, labels: Tensor) -> None:
    vertex = gradients(make(level_of("interpolate")), CONVOLUTIONS, images, labels)
    weight = vertex.weight(CONVOLUTIONS.operations[0], None)
    assert used(weight.grad, 0) == used(weight.grad, 1) == list(range(8))
    assert weight.grad is not None
    assert_close(weight.grad[::2], weight.grad[1::2])


def test_levels_differ_where_channels_do(images: Tensor) -> None:
    logits = {level: make(level_of(level)).eval()(images, CONVOLUTIONS) for level in LEVELS}
    assert torch.equal(logits["fixed"], logits["shuffle"])
    assert not torch.allclose(logits["fixed"], logits["interpolate"])
    assert not torch.allclose(logits["fixed"], logits["disabled"])
    full = {level: make(level_of(level)).eval()(images, CHAIN) for level in LEVELS[:3]}
    assert torch.equal(full["fixed"], full["interpolate"])


def test_disabled_takes_cells_of_one_width_only(images: Tensor) -> None:
    disabled, fixed = make(level_of("disabled")), make()
    for architecture in [*draw(100), TWO_VERTICES, CHAIN, POOLS]:
        assert disabled.accepts(architecture) == NB101().comparable(architecture)
        assert fixed.accepts(architecture)
    with pytest.raises(InputError, match=r"^dynamic_channels 'disabled' has no weights for 100101-c3-c1"):
        disabled(images, CHAIN)
    with pytest.raises(InputError, match="2 vertices have to feed the output, not 0"):
        standalone_state(disabled, TWO_VERTICES)
    with pytest.raises(InputError, match="has no weights"):
        list(disabled.eval().forward_pool(images, [POOLS, CHAIN]))


def test_disabled_allocates_half_of_the_width(images: Tensor) -> None:
    for cell, width in zip(cells_of(make(level_of("disabled"))), (8, 16, 32), strict=True):
        assert [vertex.weight(CONV_3X3, None).shape[:2] for vertex in vertices_of(cell)] == [
            (width // 2, width // 2)
        ] * 5
    for cell, width in zip(cells_of(make()), (8, 16, 32), strict=True):
        assert [vertex.weight(CONV_1X1, None).shape[:2] for vertex in vertices_of(cell)] == [
            (width, width)
        ] * 5


def test_training_with_disabled_draws_cells_of_one_width(images: Tensor, labels: Tensor) -> None:
    supernet = make(level_of("disabled"))
    run = TrainingRun(
        supernet, Scripted([CHAIN, TWO_VERTICES, POOLS]), images, labels, protocol=protocol(1), seed=0
    )
    run.advance(1)
    assert run.step == 1


def test_channels_that_some_cell_cannot_share_are_refused() -> None:
    make(channels=4)
    with pytest.raises(InputError, match=r"^channels 3 are too few for nb101: .* among 4 vertices"):
        make(channels=3)
    make(level_of("disabled"), channels=2)
    with pytest.raises(InputError, match=r"^channels 9 do not halve: .* wants an even number"):
        make(level_of("disabled"), channels=9)


# Dropout


def constant_cells(rate: float) -> list[SuperCell]:
    """Cells in which all vertices of pooling deliver ones."""
    supernet = make(SharingMapping(path_dropout=rate), cells=2).train()
    for cell in cells_of(supernet):
        for projection in (*(vertex.projection for vertex in vertices_of(cell)), cell.output_projection):
            assert projection.norm.weight is not None
            assert projection.norm.bias is not None
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


def test_path_dropout_leaves_evaluation_alone(images: Tensor) -> None:
    dropping = make(SharingMapping(path_dropout=0.5, global_dropout=0.5)).eval()
    for architecture in draw(5):
        assert torch.equal(dropping(images, architecture), make().eval()(images, architecture))


def test_dropped_paths_follow_the_supernets_generator(images: Tensor) -> None:
    supernet = make(SharingMapping(path_dropout=0.5, global_dropout=0.5)).train()

    def logits(seed: int) -> Tensor:
        supernet.path_generator = torch.Generator().manual_seed(seed)
        result: Tensor = supernet(images, POOLS)
        return result

    assert torch.equal(logits(0), logits(0))
    assert not torch.equal(logits(0), logits(1))


def test_global_dropout_drops_features_at_its_rate_and_keeps_the_expected_value() -> None:
    plain, dropping = make().train(), make(SharingMapping(global_dropout=0.3)).train()
    for supernet in (plain, dropping):
        classifier = cast("Any", supernet).skeleton.classifier
        classifier.weight = nn.Parameter(torch.eye(classifier.in_features))
        classifier.bias = nn.Parameter(torch.zeros(classifier.in_features))
    images = torch.randn(500, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    dropping.path_generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        full, dropped = plain(images, POOLS), dropping(images, POOLS)
    positive = full > 0
    zero = (dropped == 0) & positive
    count = int(positive.sum())
    assert abs(int(zero.sum()) / count - 0.3) < 4 * (0.3 * 0.7 / count) ** 0.5
    assert_close(dropped[positive & ~zero], full[positive & ~zero] / 0.7)


# Which weights are shared


def test_cells_and_vertices_share_no_weights() -> None:
    parts = [vertex for cell in cells_of(make(cells=2)) for vertex in vertices_of(cell)]
    weights = [id(weight) for part in parts for weight in part.parameters()]
    assert len(weights) == len(set(weights))


def test_weights_of_an_operation_are_one_whatever_the_vertex_reads(images: Tensor) -> None:
    supernet = make().eval()
    one, other = parse("110011-c3-c3"), parse("110111-c3-c3")
    before = [supernet(images, cell) for cell in (one, other)]
    with torch.no_grad():
        cells_of(supernet)[0].vertex(2).conv_3x3.weight.normal_(generator=torch.Generator().manual_seed(5))
    for cell, logits in zip((one, other), before, strict=True):
        assert not torch.allclose(supernet(images, cell), logits)


def test_ofa_kernel_starts_as_the_centre_of_the_large_kernel() -> None:
    for cell in cells_of(make(SharingMapping(ofa_kernel=True))):
        for vertex in vertices_of(cell):
            assert torch.equal(vertex.weight(CONV_1X1, None), vertex.weight(CONV_3X3, None)[:, :, 1:2, 1:2])
            assert not hasattr(vertex, "conv_1x1")
    vertex = cells_of(make())[0].vertex(1)
    assert not torch.equal(vertex.weight(CONV_1X1, None), vertex.weight(CONV_3X3, None)[:, :, 1:2, 1:2])


@each_level
def test_ofa_kernel_trains_the_centre_and_the_transform_of_the_large_kernel(
    level: str, images: Tensor, labels: Tensor
) -> None:
    supernet = make(level_of(level, ofa_kernel=True))
    F.cross_entropy(supernet(images, parse("110011-c1-c1")), labels).backward()
    for cell in cells_of(supernet):
        for vertex in (cell.vertex(1), cell.vertex(2)):
            gradient = vertex.conv_3x3.weight.grad
            assert gradient is not None
            assert bool((gradient[:, :, 1, 1] != 0).any())
            around = gradient.clone()
            around[:, :, 1, 1] = 0
            assert not bool(around.any())
            assert vertex.transform.grad is not None


def test_wsbn_has_a_norm_for_each_set_that_a_vertex_can_read() -> None:
    for wsbn, expected in ((False, [2] * 5), (True, [2 * (2**vertex - 1) for vertex in INTERIOR])):
        for cell in cells_of(make(SharingMapping(wsbn=wsbn))):
            assert [len(vertex.norms) for vertex in vertices_of(cell)] == expected


def test_wsbn_keeps_the_norms_of_two_sets_apart() -> None:
    for wsbn in (False, True):
        vertex = cells_of(make(SharingMapping(wsbn=wsbn)))[0].vertex(3)
        for operation in (CONV_1X1, CONV_3X3):
            assert (vertex.norm(operation, 0b011) is vertex.norm(operation, 0b101)) == (not wsbn)
            assert vertex.norm(CONV_1X1, 0b001) is not vertex.norm(CONV_3X3, 0b001)


def test_every_cell_finds_the_norms_of_what_its_vertices_read(images: Tensor) -> None:
    supernet = make(SharingMapping(wsbn=True)).eval()
    for architecture in draw(50, seed=4):
        supernet(images[:2], architecture)


def test_affine_off_frees_searched_norms_only() -> None:
    with_affine = set(dict(make().named_parameters()))
    without = set(dict(make(SharingMapping(bn_affine=False)).named_parameters()))
    removed = with_affine - without
    assert without < with_affine
    assert all(".cells." in name and "norm" in name for name in removed)
    # Of each cell: two norms and a projection's in each of five vertices, and the output's projection.
    assert len(removed) == 3 * (5 * 3 + 1) * 2


def test_tracked_statistics_are_kept_by_all_norms_and_only_then() -> None:
    assert not list(make().buffers())
    supernet = make(SharingMapping(bn_statistics="tracked"))
    assert len(list(supernet.buffers())) == 3 * (3 * (5 * 3 + 1) + 1)


# Statistics for ranking


def changed_tail(images: Tensor) -> Tensor:
    """The same images, but for the last eight."""
    changed = images.clone()
    changed[-8:] = 5 + 3 * torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(7))
    return changed


@pytest.mark.parametrize("level", ["fixed", "interpolate", "disabled"])
def test_calibrated_logits_depend_on_the_first_samples_only(level: str, train: Any, images: Tensor) -> None:
    supernet = make(level_of(level, bn_statistics="recalibrated"))
    train(supernet, 4)
    supernet.eval()
    middle = slice(10, 16)
    for architecture in [CONVOLUTIONS, *draw(3, supernet)]:
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


@each_level
def test_tracked_logits_do_not_depend_on_the_batch(level: str, train: Any, images: Tensor) -> None:
    supernet = make(level_of(level, bn_statistics="tracked"))
    train(supernet, 30)
    supernet.eval()
    with torch.no_grad():
        for architecture in [POOLS, CONVOLUTIONS, *draw(3, supernet)]:
            logits = supernet(images, architecture)
            assert_close(supernet(changed_tail(images), architecture)[:16], logits[:16], rtol=1e-3, atol=1e-3)
