from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._statistics import channel_statistics


@pytest.mark.parametrize("shape", [(250, 8, 16, 16), (3, 5, 7, 2), (1, 1, 1, 1)], ids=str)
@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format], ids=str)
def test_statistics_are_exact_to_a_few_roundings(
    shape: tuple[int, ...], memory_format: torch.memory_format
) -> None:
    x = 3 + torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(memory_format=memory_format)
    variance, mean = torch.var_mean(x.double(), dim=(0, 2, 3), correction=0)
    found_mean, found_variance = channel_statistics(x)
    assert_close(found_mean.double(), mean, rtol=1e-6, atol=0)
    assert_close(found_variance.double(), variance, rtol=0, atol=1e-5)


def test_constant_channels_have_no_negative_variance() -> None:
    mean, variance = channel_statistics(torch.full((9, 3, 8, 8), 123.4).to(memory_format=torch.channels_last))
    assert_close(mean, torch.full((3,), 123.4))
    assert bool((variance >= 0).all())


def test_evaluation_by_the_batch_is_as_exact_as_in_double_precision() -> None:
    x = 3 + torch.randn(250, 8, 16, 16, generator=torch.Generator().manual_seed(0))
    norm = BatchNorm(8).eval()
    with torch.inference_mode():
        exact = norm.double()(x.double())
        found = norm.float()(x.to(memory_format=torch.channels_last))
    assert_close(found.double(), exact, rtol=0, atol=1e-5)
