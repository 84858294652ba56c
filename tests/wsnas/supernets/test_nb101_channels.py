from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.testing import assert_close

from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._nb101_channels import Averaged, Channels, Chosen, First, ranking_channels
from wsnas.supernets._sliced_batch_norm import SlicedBatchNorm

INDEX = torch.tensor([4, 0, 3])
WAYS: dict[str, Channels] = {"first": First(3), "chosen": Chosen(INDEX), "averaged": Averaged(3)}

each_way = pytest.mark.parametrize("channels", WAYS.values(), ids=WAYS.keys())


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_first_channels_are_views_that_weights_share() -> None:
    vector, weight = normal(6), normal(6, 6, 3, 3)
    assert torch.equal(First(3).vector(vector), vector[:3])
    assert torch.equal(First(3).outputs(weight), weight[:3])
    assert torch.equal(First(3).both(weight), weight[:3, :3])
    assert First(3).both(weight).data_ptr() == weight.data_ptr()


def test_chosen_channels_are_those_of_the_index_on_both_axes() -> None:
    vector, weight = normal(6), normal(6, 6, 3, 3)
    assert torch.equal(Chosen(INDEX).vector(vector), vector[INDEX])
    assert torch.equal(Chosen(INDEX).outputs(weight), weight[INDEX])
    assert torch.equal(Chosen(INDEX).both(weight), weight[INDEX][:, INDEX])


def test_averaged_channels_are_means_of_neighbours_on_both_axes() -> None:
    vector, weight = normal(6), normal(6, 6, 3, 3)
    assert_close(Averaged(3).vector(vector), vector.view(3, 2).mean(1))
    assert_close(Averaged(3).outputs(weight), weight.view(3, 2, 6, 3, 3).mean(1))
    assert_close(Averaged(3).both(weight), weight.view(3, 2, 3, 2, 3, 3).mean((1, 3)))
    # Where the numbers do not divide, neighbours share a channel.
    expected = torch.stack([vector[:2].mean(), vector[1:4].mean(), vector[3:5].mean()])
    assert_close(Averaged(3).vector(vector[:5]), expected)


@each_way
def test_kernels_are_cut_alike_whatever_their_size(channels: Channels) -> None:
    weight = normal(6, 6, 3, 3)
    centre = channels.both(weight[:, :, 1:2, 1:2])
    assert_close(centre, channels.both(weight)[:, :, 1:2, 1:2])
    assert_close(channels.outputs(normal(6, 4, 1, 1)).shape, torch.Size([3, 4, 1, 1]))


@pytest.mark.parametrize("level", ["fixed", "shuffle", "interpolate"])
def test_ranking_takes_all_channels_as_they_are_and_fewer_in_one_way(level: str) -> None:
    assert ranking_channels(level, 6, 6) is None  # type: ignore[arg-type]
    channels = ranking_channels(level, 6, 3)  # type: ignore[arg-type]
    assert isinstance(channels, Averaged if level == "interpolate" else First)


# Batch norm of a part


def trained(*, affine: bool = True, track: bool = True) -> SlicedBatchNorm:
    norm = SlicedBatchNorm(6, affine=affine, track=track)
    for seed, tensor in enumerate(norm.state_dict().values()):
        if tensor.dim():
            tensor.copy_(0.5 + normal(6, seed=seed).abs())
    if norm.num_batches_tracked is not None:
        norm.load_state_dict({**norm.state_dict(), "num_batches_tracked": torch.tensor(3)})
    return norm


def narrow(norm: SlicedBatchNorm, channels: Channels) -> BatchNorm:
    """A batch norm of its own for the part."""
    alone = BatchNorm(3, track=True)
    alone.load_state_dict(norm.part_state(channels))
    return alone


@each_way
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("track", [True, False])
@pytest.mark.parametrize("calibration", [0, 4])
def test_part_is_normalised_as_by_a_norm_of_its_own(
    channels: Channels, affine: bool, track: bool, calibration: int
) -> None:
    norm = trained(affine=affine, track=track)
    alone = narrow(norm, channels)
    norm.calibration = alone.calibration = calibration
    x = 2 + 3 * normal(8, 3, 4, 4)
    assert_close(norm.eval()(x, channels), alone.eval()(x))
    assert_close(norm.train()(x, channels), alone.train()(x))


def test_without_a_part_it_is_the_norm_of_all_channels() -> None:
    norm = trained()
    whole = BatchNorm(6, track=True)
    whole.load_state_dict(norm.part_state(None))
    x = normal(8, 6, 4, 4)
    for training in (False, True):
        assert torch.equal(norm.train(training)(x), whole.train(training)(x))
    assert torch.equal(norm.running_mean, whole.running_mean)


@pytest.mark.parametrize("channels", [First(3), Chosen(INDEX)], ids=["first", "chosen"])
def test_statistics_of_the_part_alone_are_tracked(channels: Channels) -> None:
    norm = trained().train()
    alone = narrow(norm, channels).train()
    before = norm.part_state(None)["running_var"].clone()
    x = 2 + 3 * normal(8, 3, 4, 4)
    norm(x, channels)
    alone(x)
    after = norm.part_state(channels)
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        assert_close(after[name], alone.state_dict()[name])
    used = {0, 1, 2} if isinstance(channels, First) else set(INDEX.tolist())
    changed = (norm.running_var != before).nonzero().flatten().tolist()
    assert set(changed) == used


def test_averaged_statistics_are_tracked_by_all_channels_that_they_are_made_of() -> None:
    channels = Averaged(3)
    norm = SlicedBatchNorm(6, track=True).train()
    alone = BatchNorm(3, track=True).train()
    x = 2 + 3 * normal(8, 3, 4, 4)
    norm(x, channels)
    alone(x)
    assert_close(norm.running_mean, alone.running_mean.repeat_interleave(2))
    assert_close(channels.vector(norm.running_mean), alone.running_mean)


@each_way
def test_gradient_reaches_the_channels_that_were_used(channels: Channels) -> None:
    norm = SlicedBatchNorm(6)
    norm(normal(8, 3, 4, 4), channels).square().sum().backward()
    weight = F.relu(torch.ones(6)).requires_grad_()
    channels.vector(weight).sum().backward()
    assert torch.equal(norm.weight.grad != 0, weight.grad != 0)
