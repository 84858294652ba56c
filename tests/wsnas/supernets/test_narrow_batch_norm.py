from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.testing import assert_close

from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._narrow_batch_norm import normalise, pays

SHAPE = (32, 4, 16, 16)


def images(shape: tuple[int, ...], mean: float = 0.0) -> Tensor:
    x = mean + torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    return x.to(memory_format=torch.channels_last)


@pytest.mark.parametrize("shape", [SHAPE, (3, 1, 5, 7), (2, 7, 3, 3)], ids=str)
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("mean", [0.0, 30.0])
def test_values_and_gradients_are_those_of_torch(shape: tuple[int, ...], affine: bool, mean: float) -> None:
    generator = torch.Generator().manual_seed(1)
    x = images(shape, mean).requires_grad_()
    weight, bias = (torch.randn(shape[1], generator=generator, requires_grad=True) for _ in range(2))
    parameters = (weight, bias) if affine else (None, None)
    wanted = (x, weight, bias) if affine else (x,)
    expected = F.batch_norm(x, None, None, *parameters, True, 0.0, 1e-5)
    found = normalise(x, *parameters, 1e-5)
    assert_close(found, expected, rtol=1e-4, atol=1e-5 if mean == 0 else 1e-4)
    gradient = torch.randn(shape, generator=generator)
    for ours, theirs in zip(
        torch.autograd.grad(found, wanted, gradient),
        torch.autograd.grad(expected, wanted, gradient),
        strict=True,
    ):
        assert_close(ours, theirs, rtol=1e-4, atol=1e-4 if mean == 0 else 1e-2)
    with torch.no_grad():
        assert torch.equal(normalise(x, *parameters, 1e-5), found)


def test_constant_channels_become_their_shift() -> None:
    x = torch.full(SHAPE, 1e3).to(memory_format=torch.channels_last)
    assert_close(normalise(x, torch.ones(4), torch.arange(4.0), 1e-5)[0, :, 0, 0], torch.arange(4.0))


def test_few_channels_of_many_pixels_only_pay() -> None:
    assert pays(images(SHAPE))
    assert not pays(images((32, 16, 16, 16)))
    assert not pays(images((2, 4, 4, 4)))
    assert not pays(images(SHAPE).contiguous())
    assert not pays(images(SHAPE).bfloat16())


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_computes_the_same_in_either_memory_format(training: bool) -> None:
    norm = BatchNorm(4).train(training)
    assert_close(norm(images(SHAPE)), norm(images(SHAPE).contiguous()), rtol=1e-4, atol=1e-5)


def test_result_may_be_rectified_in_place() -> None:
    x = images(SHAPE).requires_grad_()
    F.relu_(normalise(x, None, None, 1e-5)).sum().backward()
    expected = torch.autograd.grad(F.relu(F.batch_norm(x, None, None, training=True)).sum(), x)
    assert_close(x.grad, expected[0], rtol=1e-4, atol=1e-5)
