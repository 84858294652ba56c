"""What the super-nets of all spaces have in common; what one alone has is tested in a file of its own."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from tests.wsnas.supernets.paths import PATHS, SCOPES
from tests.wsnas.tiny import (
    CELLS,
    IMAGES,
    backward,
    cells_of,
    draw,
    make_standalone,
    make_supernet,
    normal,
    scripted,
    start_training,
    train,
    twin,
)
from wsnas.errors import InputError
from wsnas.spaces import BUILT_IN, get_space
from wsnas.spaces.darts import NODES, OPERATIONS, DartsArchitecture, make_cell
from wsnas.spaces.nb201 import CONV_1X1, CONV_3X3, EDGES, NB201
from wsnas.supernets import SharingMapping, build_supernet, standalone_state
from wsnas.supernets._layers import batch_norms
from wsnas.supernets.base import SuperNet

EVERYTHING = {"ofa_kernel": True, "wsbn": True, "bn_affine": False, "bn_statistics": "tracked"}
NODE, TRACKED = {"op_placement": "node"}, {"bn_statistics": "tracked"}
NB101_LEVELS = ("fixed", "shuffle", "interpolate", "disabled")
CASES = [
    *(
        ("nb101", 1, {"dynamic_channels": level, **more})
        for level in NB101_LEVELS
        for more in ({}, EVERYTHING)
    ),
    ("nb101", 2, {}),
    ("nb201", 1, {}),
    ("nb201", 2, {}),
    ("nb201", 1, {"ofa_kernel": True}),
    ("nb201", 1, NODE),
    ("nb201", 1, NODE | TRACKED),
    ("nb201", 1, NODE | TRACKED | {"wsbn": True}),
    ("nb201", 1, {"bn_affine": False}),
    ("nb201", 1, NODE | EVERYTHING),
    ("darts", 3, {}),
    ("darts", 3, {"ofa_kernel": True}),
    ("darts", 3, TRACKED),
    ("darts", 3, NODE | {"bn_affine": False}),
    ("darts", 3, NODE | TRACKED | {"wsbn": True}),
    ("darts", 3, NODE | EVERYTHING),
]
each_case = pytest.mark.parametrize(("space", "cells", "mapping"), CASES, ids=str)
each_space = pytest.mark.parametrize("space", BUILT_IN)
CONVOLUTIONS = {
    "nb101": "110011-c3-c1",
    "nb201": "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
    "|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "darts": "n:s3-0.s3-1|s3-0.s3-1|s3-0.s3-1|s3-0.s3-1+r:s3-0.s3-1|s3-0.s3-1|s3-0.s3-1|s3-0.s3-1",
}


def of_darts(nodes: str) -> str:
    """A network whose two cells are the same."""
    return f"n:{nodes}+r:{nodes}"


def of_nb201(*operations: str) -> str:
    """A cell by the short names of its operations, in the order of `EDGES`."""
    names = {"-": "none", "skip": "skip_connect", "1x1": "nor_conv_1x1", "3x3": "nor_conv_3x3"}
    terms = [f"|{names[name]}~{source}" for name, (source, _) in zip(operations, EDGES, strict=True)]
    return f"{terms[0]}|+{terms[1]}{terms[2]}|+{terms[3]}{terms[4]}{terms[5]}|"


def special(space: str, supernet: SuperNet) -> list[Any]:
    """Architectures that uniform draws rarely or never give."""
    if space == "darts":  # equal inputs in a node, all nodes as output
        rng = np.random.default_rng(0)

        def cell() -> Any:
            nodes = [
                [(int(rng.integers(len(OPERATIONS))), int(rng.integers(node))) for _ in range(2)]
                for node in NODES
            ]
            return make_cell(nodes, concat_all=bool(rng.integers(2)))

        return [DartsArchitecture(cell(), cell()) for _ in range(6)]
    texts = {
        # No operation at all, a chain of full width, halves side by side.
        "nb101": ("1", "100101-c3-c1", "110011-mp-mp"),
        # No operation at all, two that the output cannot see, and one beside which there is such a one.
        "nb201": (
            of_nb201("-", "-", "-", "-", "-", "-"),
            of_nb201("3x3", "-", "-", "-", "-", "-"),
            of_nb201("-", "-", "-", "3x3", "-", "-"),
            of_nb201("1x1", "-", "-", "3x3", "-", "-"),
        ),
    }
    known = (get_space(space).parse(text) for text in texts[space])
    return [architecture for architecture in known if supernet.accepts(architecture)]


# The same function as the stand-alone network's


@cache
def _trained(case: int) -> SuperNet:
    space, cells, mapping = CASES[case]
    supernet = make_supernet(space, SharingMapping(**mapping), cells=cells)
    train(space, supernet, 4 if space == "darts" else 8)
    return supernet


def trained(*case: Any) -> SuperNet:
    return copy.deepcopy(_trained(CASES.index(case)))


@each_case
def test_standalone_network_gives_the_supernets_logits(
    space: str, cells: int, mapping: dict[str, Any]
) -> None:
    supernet = trained(space, cells, mapping)
    modes = (False,) if mapping.get("dynamic_channels") == "shuffle" else (False, True)
    count = 8 if space == "darts" else 20
    drawn = draw(space, count, seed=CASES.index((space, cells, mapping)), supernet=supernet)
    for architecture in [*drawn, *special(space, supernet)]:
        alone = twin(space, supernet, architecture, cells=cells)
        for training in modes:
            with torch.no_grad():
                shared = supernet.train(training)(IMAGES, architecture)
                tolerance = 1e-4 if space == "nb101" else 1e-5
                assert_close(alone.train(training)(IMAGES), shared, rtol=tolerance, atol=tolerance)


@each_case
def test_pool_gives_the_logits_of_one_architecture_after_the_other(
    space: str, cells: int, mapping: dict[str, Any]
) -> None:
    supernet = trained(space, cells, mapping)
    some = draw(space, 6 if space == "darts" else 25, supernet=supernet)
    fair = get_space(space).fair_paths(np.random.default_rng(2)) if space == "nb101" else []
    pool = [*some, *special(space, supernet), *some[:3], *filter(supernet.accepts, fair)]
    for calibration in (0, 9):
        supernet.eval().set_calibration(calibration)
        with torch.no_grad():
            found = dict(supernet.forward_pool(IMAGES, pool))
            assert sorted(found) == list(range(len(pool)))
            for position, architecture in enumerate(pool):
                assert_close(found[position], supernet(IMAGES, architecture), rtol=1e-5, atol=1e-5)


@each_space
def test_standalone_state_is_a_copy(space: str) -> None:
    supernet = make_supernet(space, SharingMapping(bn_statistics="tracked"))
    before = copy.deepcopy(supernet.state_dict())
    for architecture in [get_space(space).parse(CONVOLUTIONS[space]), *draw(space, 3)]:
        for tensor in standalone_state(supernet, architecture).values():
            tensor.zero_()
    assert all(torch.equal(before[name], tensor) for name, tensor in supernet.state_dict().items())


@each_space
@pytest.mark.parametrize("shared", [True, False], ids=["super-net", "stand-alone"])
def test_initial_weights_follow_the_generator(space: str, shared: bool) -> None:
    def state(seed: int) -> dict[str, Tensor]:
        if shared:
            return make_supernet(space, seed=seed).state_dict()
        return make_standalone(space, get_space(space).parse(CONVOLUTIONS[space]), seed=seed).state_dict()

    first, same, other = (state(seed) for seed in (0, 0, 1))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first if first[name].ndim > 1)


# What is refused


@each_space
@pytest.mark.parametrize("wrong", [{"channels": 0}, {"channels": -4}, {"cells": 0}], ids=str)
def test_size_that_is_not_positive_is_refused(space: str, wrong: dict[str, int]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(InputError, match=f"^{name} {value} is not a positive whole number"):
        make_supernet(space, **wrong)
    with pytest.raises(InputError, match=f"^{name} {value} is not a positive whole number"):
        make_standalone(space, draw(space, 1)[0], **wrong)


@each_space
def test_architecture_outside_the_space_is_refused(space: str) -> None:
    with pytest.raises(InputError, match=f"is no {space} architecture"):
        make_standalone(space, "not parsed")


def test_space_without_network_is_refused() -> None:
    class Bare(NB201):
        name = "bare"

    with pytest.raises(InputError, match="space 'bare' has no network"):
        build_supernet(Bare(), in_channels=3, num_classes=5, channels=4, cells=1)


# Only the path is trained


@pytest.mark.parametrize(
    ("space", "mapping"),
    [
        *(("nb101", {"dynamic_channels": level, "wsbn": wsbn}) for level in NB101_LEVELS for wsbn in (0, 1)),
        ("nb201", {}),
        ("darts", {}),
    ],
    ids=str,
)
def test_exactly_the_weights_on_the_path_get_a_gradient(space: str, mapping: dict[str, Any]) -> None:
    supernet = make_supernet(space, SharingMapping(**mapping), cells=4 if space == "darts" else 2)
    known = special(space, supernet) if space != "darts" else []
    scope = {"nb101": ".cells.", "nb201": SCOPES[space], "darts": ""}[space]
    for architecture in [*draw(space, 18, supernet=supernet), *known]:
        found = {name for name in backward(supernet, architecture) if scope in name}
        assert found == PATHS[space](supernet, architecture), str(architecture)


@pytest.mark.parametrize(
    ("space", "placement", "first", "second"),
    [
        ("nb101", "edge", "100101-c3-c1", "110011-mp-mp"),
        *(
            (space, placement, first, second)
            for placement in ("edge", "node")
            for space, first, second in (
                (
                    "nb201",
                    of_nb201("3x3", "-", "-", "-", "3x3", "-"),
                    of_nb201("-", "1x1", "-", "1x1", "-", "1x1"),
                ),
                (
                    "darts",
                    of_darts("s3-0.d5-1|s3-0.d5-1|s3-0.d5-1|s3-0.d5-1"),
                    of_darts("d3-0.sk-1|d3-0.sk-2|d3-0.sk-3|d3-0.s5-1"),
                ),
            )
        ),
    ],
)
def test_weights_off_the_path_neither_decay_nor_coast_on_their_momentum(
    space: str, placement: Any, first: str, second: str
) -> None:
    supernet = make_supernet(space, SharingMapping(op_placement=placement, wsbn=placement == "node"))
    script = [get_space(space).parse(text) for text in (first, first, second, second)]
    run = start_training(scripted(space, script), supernet, 4, weight_decay=0.1, momentum=0.9)
    weights = dict(supernet.named_parameters())

    def momentum(name: str) -> Tensor:
        return run._optimizer.state[weights[name]]["momentum_buffer"].clone()

    def with_gradient() -> set[str]:
        return {name for name, weight in weights.items() if weight.grad is not None}

    start = copy.deepcopy(supernet.state_dict())
    run.advance(2)
    used, trained = with_gradient(), copy.deepcopy(supernet.state_dict())
    assert not any(torch.equal(start[name], trained[name]) for name in used if "norm" not in name)
    kept = {name: momentum(name) for name in used}
    run.advance(4)
    still, after = with_gradient(), supernet.state_dict()
    parts = (SCOPES[space], "classifier.weights", "entries") if space == "darts" else (SCOPES[space],)
    for part in parts:
        assert any(part in name for name in used - still), part
    for name, tensor in after.items():
        assert torch.equal(tensor, trained[name]) == (name not in still), name
    for name in used - still:
        assert kept[name].abs().sum() > 0
        assert torch.equal(momentum(name), kept[name])


# Dropout


@each_space
def test_dropout_leaves_evaluation_alone(space: str) -> None:
    dropping = make_supernet(space, SharingMapping(path_dropout=0.5, global_dropout=0.5)).eval()
    plain = make_supernet(space).eval()
    for architecture in draw(space, 5):
        assert torch.equal(dropping(IMAGES, architecture), plain(IMAGES, architecture))


@each_space
@pytest.mark.parametrize("kind", ["path_dropout", "global_dropout"])
def test_what_is_dropped_follows_the_supernets_generator(space: str, kind: str) -> None:
    supernet = make_supernet(space, SharingMapping(**{kind: 0.5})).train()
    architecture = get_space(space).parse(CONVOLUTIONS[space])

    def logits(seed: int) -> Tensor:
        supernet.path_generator = torch.Generator().manual_seed(seed)
        return supernet(IMAGES, architecture)

    assert torch.equal(logits(0), logits(0))
    assert not torch.equal(logits(0), logits(1))


def test_global_dropout_drops_features_at_its_rate_and_keeps_the_expected_value() -> None:
    supernet = make_supernet("nb201", SharingMapping(global_dropout=0.3)).train()
    supernet.path_generator = torch.Generator().manual_seed(0)
    full = 1 + torch.rand(1000, 16, generator=torch.Generator().manual_seed(0))
    dropped = supernet.drop_globally(full)
    zero = dropped == 0
    assert abs(float(zero.float().mean()) - 0.3) < 4 * (0.3 * 0.7 / full.numel()) ** 0.5
    assert_close(dropped[~zero], full[~zero] / 0.7)


@each_space
def test_classifier_sees_what_global_dropout_leaves_of_the_pooled_features(
    space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SuperNet, "drop_globally", lambda _, features: features * 0)
    supernet, (architecture,) = make_supernet(space), draw(space, 1)
    (_, pooled), logits = (
        next(supernet.eval().forward_pool(IMAGES, [architecture])),
        supernet(IMAGES, architecture),
    )
    assert torch.equal(logits, pooled)
    assert torch.equal(logits, logits[:1].expand_as(logits))


# Which weights are shared


@each_space
@pytest.mark.parametrize("placement", ["edge", "node"])
def test_cells_and_their_parts_share_no_weights(space: str, placement: Any) -> None:
    supernet = make_supernet(space, SharingMapping(op_placement=placement), cells=CELLS[space] + 1)
    parts = [part for cell in cells_of(supernet) for part in getattr(cell, SCOPES[space].strip(".")).values()]
    weights = [id(weight) for part in parts for weight in part.parameters()]
    assert len(weights) == len(set(weights))


def kernels(space: str, cell: Any) -> list[tuple[Tensor, Tensor]]:
    """The small and the large kernel of each choice."""
    if space == "nb201":
        edges = [cell.edge(*edge) for edge in EDGES]
        return [(edge.weight(CONV_1X1), edge.weight(CONV_3X3)) for edge in edges]
    if space == "nb101":
        vertices = cell.vertices.values()
        small, large = (get_space(space).parse(f"101-{name}").operations[0] for name in ("c1", "c3"))
        return [(vertex.weight(small, None), vertex.weight(large, None)) for vertex in vertices]
    steps = [step for one in cell.operations.values() for step in (*one.separable, *one.dilated)]
    return [(step.depthwise(3), step.depthwise(5)) for step in steps]


@each_space
@pytest.mark.parametrize("ofa_kernel", [True, False])
def test_ofa_kernel_starts_as_the_centre_of_the_large_kernel(space: str, ofa_kernel: bool) -> None:
    for cell in cells_of(make_supernet(space, SharingMapping(ofa_kernel=ofa_kernel))):
        for small, large in kernels(space, cell):
            assert torch.equal(small, large[:, :, 1:-1, 1:-1]) == ofa_kernel
            assert small.is_leaf == (not ofa_kernel), "a small kernel that is made has no weights of its own"


@pytest.mark.parametrize(
    ("space", "text", "count", "level"),
    [
        *(("nb101", "110011-c1-c1", 3 * 2, level) for level in NB101_LEVELS),
        ("nb201", of_nb201("-", "-", "-", "1x1", "-", "-"), 3, "fixed"),
        ("darts", of_darts("s3-0.sk-1|sk-0.sk-1|sk-0.sk-1|sk-0.sk-1"), 3 * 2, "fixed"),
        ("darts", of_darts("d3-0.sk-1|sk-0.sk-1|sk-0.sk-1|sk-0.sk-1"), 3, "fixed"),
    ],
)
def test_ofa_kernel_trains_the_centre_and_the_transform_of_the_large_kernel(
    space: str, text: str, count: int, level: Any
) -> None:
    # In nb101 and nb201 the transform's gradient is the kernel's component of a gradient that batch norm
    # makes orthogonal to the kernel, all but for epsilon; so it is small, and only its presence is asked for.
    supernet = make_supernet(space, SharingMapping(ofa_kernel=True, dynamic_channels=level))
    trained = backward(supernet, get_space(space).parse(text))
    gradients = {name: weight.grad for name, weight in supernet.named_parameters() if name in trained}
    large = [grad for name, grad in gradients.items() if name.endswith(("conv_3x3.weight", "depthwise_5x5"))]
    transforms = [grad for name, grad in gradients.items() if name.endswith("transform")]
    assert len(large) == len(transforms) == count
    assert all(bool(grad.any()) for grad in transforms)
    for grad in large:
        assert bool(grad[:, :, 1:-1, 1:-1].any())
        grad[:, :, 1:-1, 1:-1] = 0
        assert not bool(grad.any()), "around the centre"


# In darts: two kernel sizes in three steps, and two ways to pool; at stride 2 also a halving layer.
EACH = 2 * 3 + 2


@pytest.mark.parametrize(
    ("space", "placement", "plain", "by_source"),
    [
        # A projection and two kernels of five vertices; of these two for each set that the vertex can read.
        ("nb101", "edge", [5 * 3] * 3, [sum(1 + 2 * (2**vertex - 1) for vertex in range(1, 6))] * 3),
        ("nb201", "edge", [6 * 2] * 3, [6 * 2] * 3),
        ("nb201", "node", [5 * 2] * 3, [6 * 2] * 3),
        ("darts", "edge", [14 * EACH] + [14 * EACH + 8] * 2, [14 * EACH] + [14 * EACH + 8] * 2),
        (
            "darts",
            "node",
            [8 * EACH] + [8 * (EACH + 1) + 6 * EACH] * 2,
            [2 * (2 + 3 + 4 + 5) * EACH] + [8 * 2 * (EACH + 1) + 2 * (1 + 2 + 3) * EACH] * 2,
        ),
    ],
)
@pytest.mark.parametrize("affine", [True, False])
def test_wsbn_adds_norms_where_an_operation_serves_several_sources(
    space: str, placement: Any, plain: list[int], by_source: list[int], affine: bool
) -> None:
    for wsbn, expected in ((False, plain), (True, by_source)):
        mapping = SharingMapping(wsbn=wsbn, op_placement=placement, bn_affine=affine)
        searched = [
            getattr(cell, SCOPES[space].strip(".")) for cell in cells_of(make_supernet(space, mapping))
        ]
        assert [len(list(batch_norms(part))) for part in searched] == expected


def norms_for(space: str, cell: Any, source: int) -> list[Any]:
    """Batch norms of different operations where they read a source, or in nb101 the input and a source."""
    if space == "nb201":
        return [cell.edge(source, 3).norm(operation, source) for operation in (CONV_1X1, CONV_3X3)]
    if space == "nb101":
        return [cell.vertex(3).norm(operation, 1 | 1 << source) for operation in (0, 1)]
    operations = cell.choice(4, 1, source)
    step = operations.separable[0]
    return [step.norm(3, source), step.norm(5, source), operations.pool_norm(0, source)]


@each_space
@pytest.mark.parametrize("wsbn", [True, False])
def test_wsbn_keeps_the_norms_of_two_sources_apart(space: str, wsbn: bool) -> None:
    cell = cells_of(make_supernet(space, SharingMapping(wsbn=wsbn, op_placement="node")))[0]
    one, other = (norms_for(space, cell, source) for source in (1, 2))
    assert [a is b for a, b in zip(one, other, strict=True)] == [not wsbn] * len(one)
    assert len(set(one)) == len(one), "operations share no norm"


@pytest.mark.parametrize(
    ("space", "count"),
    [
        # Of each cell: two norms and a projection's in each of five vertices, and the output's projection.
        ("nb101", 3 * (5 * 3 + 1) * 2),
        ("nb201", 3 * 6 * 2 * 2),
        # Those after pooling have no parameters in the first place.
        ("darts", (3 * 14 * 2 * 3 + 2 * 8) * 2),
    ],
)
def test_affine_off_frees_searched_norms_only(space: str, count: int) -> None:
    with_affine, without = (
        set(dict(make_supernet(space, SharingMapping(bn_affine=affine)).named_parameters()))
        for affine in (True, False)
    )
    scope = ".cells." if space == "nb101" else SCOPES[space]
    assert with_affine - without == {name for name in with_affine if scope in name and "norm" in name}
    assert without < with_affine
    assert len(with_affine - without) == count


@each_space
@pytest.mark.parametrize("statistics", ["batch", "tracked", "recalibrated"])
def test_tracked_statistics_are_kept_by_all_norms_or_none(space: str, statistics: Any) -> None:
    norms = list(batch_norms(make_supernet(space, SharingMapping(bn_statistics=statistics))))
    assert {norm.running_mean is not None for norm in norms} == {statistics == "tracked"}


# Statistics for ranking


def changed_tail() -> Tensor:
    """The same images, but for the last eight."""
    changed = IMAGES.clone()
    changed[-8:] = 5 + 3 * normal(8, 3, 8, 8, seed=7)
    return changed


@pytest.mark.parametrize(
    ("space", "mapping"),
    [
        *(("nb101", {"dynamic_channels": level}) for level in ("fixed", "interpolate", "disabled")),
        ("nb201", {}),
        ("darts", {}),
        ("darts", {"op_placement": "node", "wsbn": True, "bn_affine": False}),
    ],
    ids=str,
)
def test_calibrated_logits_depend_on_the_first_samples_only(space: str, mapping: dict[str, Any]) -> None:
    supernet = make_supernet(space, SharingMapping(bn_statistics="recalibrated", **mapping))
    train(space, supernet, 4)
    supernet.eval()
    middle = slice(10, 16)
    other_calibration = IMAGES.roll(10, dims=0)
    other_calibration[middle] = IMAGES[middle]
    known = get_space(space).parse(CONVOLUTIONS[space])
    for architecture in [known, *draw(space, 4, seed=2, supernet=supernet)]:
        with torch.no_grad():
            supernet.set_calibration(10)
            calibrated, changed, other = (
                supernet(images, architecture)[middle]
                for images in (IMAGES, changed_tail(), other_calibration)
            )
            assert_close(changed, calibrated, rtol=1e-4, atol=1e-4)
            assert not torch.allclose(other, calibrated)
            supernet.set_calibration(0)
            by_batch, changed = (
                supernet(images, architecture)[middle] for images in (IMAGES, changed_tail())
            )
            assert not torch.allclose(changed, by_batch)


@pytest.mark.parametrize(
    ("space", "level"),
    [*(("nb101", level) for level in NB101_LEVELS), ("nb201", "fixed"), ("darts", "fixed")],
)
def test_tracked_logits_do_not_depend_on_the_batch(space: str, level: Any) -> None:
    supernet = make_supernet(space, SharingMapping(bn_statistics="tracked", dynamic_channels=level))
    known = get_space(space).parse(CONVOLUTIONS[space])
    architectures = [known, *draw(space, 4, supernet=supernet)]
    with torch.no_grad():
        for architecture in architectures * 2:
            supernet.train()(IMAGES, architecture)
        supernet.eval()
        for architecture in architectures:
            logits = supernet(IMAGES, architecture)
            assert_close(supernet(changed_tail(), architecture)[:16], logits[:16], rtol=1e-4, atol=1e-4)
