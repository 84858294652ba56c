from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.wsnas.tiny import IMAGES, backward, cells_of, draw, make_supernet, normal, train, twin
from wsnas.spaces.darts import INPUTS, NODES, Darts, DartsArchitecture
from wsnas.supernets import SharingMapping

if TYPE_CHECKING:
    from torch import Tensor

    from wsnas.supernets._darts_graph import Output
    from wsnas.supernets.base import SuperNet
    from wsnas.supernets.darts import SuperCell

SKIPS = "sk-0.sk-1|sk-0.sk-1|sk-0.sk-1|sk-0.sk-1"
POOLS = SKIPS.replace("sk", "ap")


def parse(normal: str, reduction: str | None = None) -> DartsArchitecture:
    return Darts().parse(f"n:{normal}+r:{reduction or normal}")


# Stand-alone networks


@pytest.mark.parametrize("cells", [1, 2])
@pytest.mark.parametrize("channels", [1, 3])
def test_smallest_networks_have_standalone_twins(channels: int, cells: int) -> None:
    supernet = make_supernet("darts", channels=channels, cells=cells)
    train("darts", supernet, 2)
    for architecture in draw("darts", 5):
        alone = twin("darts", supernet, architecture, channels=channels, cells=cells)
        assert_close(alone(IMAGES[..., :7]), supernet(IMAGES[..., :7], architecture))


def test_nodes_outside_the_output_count_as_zeros() -> None:
    loose = parse("sk-0.s3-1|ap-0.s3-2|sk-0.d5-3|sk-1.sk-3")
    assert loose.normal.concat == (4, 5)
    supernet = make_supernet("darts")
    logits = supernet(IMAGES, loose)

    def silence(_cell: nn.Module, _inputs: object, output: Output) -> Output:
        parts = [
            part if node in (4, 5) else part * 0 for node, part in zip(NODES, output._parts, strict=True)
        ]
        return type(output)(parts, output.blocks)

    for cell in cells_of(supernet):
        cell.register_forward_hook(silence)
    everything = Darts().parse(str(loose).replace("+", ":all+") + ":all")
    assert_close(supernet(IMAGES, everything), logits, rtol=1e-4, atol=1e-5)


# Only the path is trained


def test_cells_that_the_output_does_not_depend_on_are_not_computed() -> None:
    supernet = make_supernet("darts", cells=8)
    only_first = parse("sk-0.s3-0|sk-0.s3-0|sk-0.s3-0|sk-0.s3-0")
    computed: list[int] = []
    for index, cell in enumerate(cells_of(supernet)):
        cell.register_forward_hook(lambda *_, index=index: computed.append(index))
    backward(supernet, only_first)
    assert computed == [1, 3, 5, 7]
    assert all(
        weight.grad is None for index in (0, 2, 4, 6) for weight in cells_of(supernet)[index].parameters()
    )


# Dropout


def outputs_of(supernet: SuperNet, images: Tensor, architecture: DartsArchitecture) -> list[Tensor]:
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
    supernet = make_supernet("darts", SharingMapping(path_dropout=0.6))
    supernet.path_generator = torch.Generator().manual_seed(0)
    images = normal(samples, 3, 2, 2)
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


def test_path_dropout_leaves_identities_alone() -> None:
    dropping, plain = make_supernet("darts", SharingMapping(path_dropout=0.5)), make_supernet("darts")
    skips = [outputs_of(supernet, IMAGES, parse(SKIPS)) for supernet in (dropping, plain)]
    assert torch.equal(skips[0][0], skips[1][0])
    # Skips with stride 2 are convolutions.
    assert not torch.equal(skips[0][1], skips[1][1])


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
    for cell in cells_of(make_supernet("darts")):
        found = choices(cell)
        assert len(set(found.values())) == len(cell.operations) == 14
        for node, position, source in found:
            assert found[node, position, source] == found[node, 1 - position, source]


def test_node_placement_gives_each_node_two_slots_with_copies_for_stride_2() -> None:
    normal, reduction, _ = cells_of(make_supernet("darts", SharingMapping(op_placement="node")))
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


def test_copies_for_stride_2_are_trained_apart() -> None:
    supernet = make_supernet("darts", SharingMapping(op_placement="node"))
    nodes = "sk-0.sk-1|sk-0.s3-{}|sk-0.sk-1|sk-0.sk-1"
    trained = [
        {name for name in backward(supernet, parse(nodes.format(source))) if ".operations." in name}
        for source in (1, 2)
    ]
    apart = {name.split(".")[4] for name in trained[0] ^ trained[1] if "separable" in name}
    assert apart == {"3_1_stride2", "3_1_stride1"}
    # In the normal cell the slot serves both sources.
    assert all("cells.0" not in name for name in trained[0] ^ trained[1])


def steps_of(supernet: SuperNet) -> list[Any]:
    return [
        step
        for cell in cells_of(supernet)
        for operations in cell.operations.values()
        for family in ("separable", "dilated")
        for step in getattr(operations, family)
    ]


def test_ofa_kernel_starts_as_the_centre_of_the_large_kernel_and_shares_the_pointwise_one() -> None:
    for step in steps_of(make_supernet("darts", SharingMapping(ofa_kernel=True))):
        assert torch.equal(step.depthwise(3), step.depthwise(5)[:, :, 1:4, 1:4])
        assert step.pointwise(3) is step.pointwise(5)
        assert step.norm(3, _any_source(step)) is not step.norm(5, _any_source(step))
        assert step.transform.shape == (9, 9)
    for step in steps_of(make_supernet("darts")):
        assert not torch.equal(step.depthwise(3), step.depthwise(5)[:, :, 1:4, 1:4])
        assert not torch.equal(step.pointwise(3), step.pointwise(5))


def _any_source(step: Any) -> int:
    return int(next(iter(step.norms["3x3"]._name_of)))


def test_ofa_kernel_transforms_the_centre_of_each_channel_alike() -> None:
    step = steps_of(make_supernet("darts", SharingMapping(ofa_kernel=True)))[0]
    with torch.no_grad():
        step.transform.copy_(normal(9, 9))
    expected = torch.einsum(
        "ij,cj->ci", step.transform, step.depthwise(5)[:, 0, 1:4, 1:4].reshape(-1, 9)
    ).reshape(-1, 1, 3, 3)
    assert_close(step.depthwise(3), expected)
