from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from wsnas.supernets import _average_pooling
from wsnas.supernets._average_pooling import average_pool_3x3

if TYPE_CHECKING:
    from torch import Tensor


def plain(x: Tensor, stride: int = 1) -> Tensor:
    return F.avg_pool2d(x, 3, stride, 1, count_include_pad=False)


@pytest.fixture(autouse=True)
def always_by_convolution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_average_pooling, "_WORTH_IT", 0)


@pytest.mark.parametrize(
    "shape", [(3, 4, 8, 8), (2, 5, 7, 3), (4, 1, 2, 2), (2, 3, 1, 1), (1, 3, 1, 6)], ids=str
)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("stride", [1, 2])
def test_averages_and_their_gradients_are_those_of_torch(
    shape: tuple[int, ...], memory_format: torch.memory_format, stride: int
) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(*shape, generator=generator).to(memory_format=memory_format).requires_grad_()
    expected, found = plain(x, stride), average_pool_3x3(x, stride)
    assert_close(found, expected)
    gradient = torch.randn(expected.shape, generator=generator)
    ((expected_gradient,), (found_gradient,)) = (
        torch.autograd.grad(out, x, gradient) for out in (expected, found)
    )
    assert_close(found_gradient, expected_gradient)


def test_pooling_first_met_in_inference_mode_serves_training_later() -> None:
    shape = (2, 6, 5, 9)
    with torch.inference_mode():
        average_pool_3x3(torch.ones(shape))
    x = torch.ones(shape, requires_grad=True)
    average_pool_3x3(x).sum().backward()
    assert_close(x.grad, torch.autograd.grad(plain(y := x.detach().clone().requires_grad_()).sum(), y)[0])


def test_double_precision_keeps_its_precision() -> None:
    x = torch.randn(2, 3, 4, 4, dtype=torch.float64)
    assert_close(average_pool_3x3(x), plain(x), rtol=1e-14, atol=1e-14)
