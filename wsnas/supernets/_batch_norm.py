"""Batch normalisation whose statistics can be the batch's, tracked, or those of its first samples."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.supernets import _narrow_batch_norm
from wsnas.supernets._statistics import channel_statistics

_EPSILON = 1e-5
_MOMENTUM = 0.1


def normalise_by_batch(x: Tensor, weight: Tensor | None, bias: Tensor | None, *, training: bool) -> Tensor:
    """Normalise each channel of `x` (n, channels, height, width) by its own statistics."""
    if _narrow_batch_norm.pays(x):
        return _narrow_batch_norm.normalise(x, weight, bias, _EPSILON)
    if training or x.device.type != "cpu" or (x.requires_grad and torch.is_grad_enabled()):
        return batch_norm(x, None, None, weight, bias, True, 0.0)
    return batch_norm(x, *channel_statistics(x), weight, bias, False, 0.0)


def batch_norm(
    x: Tensor,
    mean: Tensor | None,
    variance: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    momentum: float,
) -> Tensor:
    """Normalise as `torch.nn.functional.batch_norm`, by statistics in single precision at least."""
    if weight is None and x.dtype in (torch.bfloat16, torch.float16):
        # Statistics are kept in the type of the weights; without any, a CPU takes that of the images.
        weight = x.new_ones(x.shape[1], dtype=torch.float32)
        bias = torch.zeros_like(weight)
    return F.batch_norm(x, mean, variance, weight, bias, training, momentum, _EPSILON)


class BatchNorm(nn.Module):
    """Normalises each channel of a tensor of shape (n, channels, height, width).

    In training the batch's own statistics are always used. In evaluation, tracked statistics are used
    if there are any; else the batch's own, or where `calibration` is k > 0 those of its first k samples.
    """

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    has_tracked: bool
    """Whether the count is above 0, kept on the host: to read the count would be to wait for the device."""

    def __init__(self, channels: int, *, affine: bool = True, track: bool = False) -> None:
        super().__init__()
        self.channels = channels
        self.calibration = 0
        self.has_tracked = False
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.register_buffer("running_mean", torch.zeros(channels) if track else None)
        self.register_buffer("running_var", torch.ones(channels) if track else None)
        self.register_buffer("num_batches_tracked", torch.tensor(0) if track else None)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise `x`; the shape stays."""
        if self.training and self.num_batches_tracked is not None:
            self.count_batch()
            return batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True, _MOMENTUM)
        if self.training:
            return normalise_by_batch(x, self.weight, self.bias, training=self.training)
        if self.calibration:
            mean, variance = channel_statistics(x[: self.calibration])
            return batch_norm(x, mean, variance, self.weight, self.bias, False, 0.0)
        if self.has_tracked:
            return batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0)
        return normalise_by_batch(x, self.weight, self.bias, training=self.training)

    def count_batch(self) -> None:
        """Note that a batch was tracked."""
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        if not self.has_tracked:
            self.has_tracked = True

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        super()._load_from_state_dict(state_dict, prefix, *rest)
        count = state_dict.get(f"{prefix}num_batches_tracked")
        self.has_tracked = self.num_batches_tracked is not None and count is not None and int(count) > 0

    def full_state(self) -> dict[str, Tensor]:
        """Return the state of an affine, tracking batch norm that computes the same function.

        Where nothing was tracked, the count of batches is 0, which makes evaluation use the batch's
        own statistics, as it does here.
        """
        ones, zeros = torch.ones(self.channels), torch.zeros(self.channels)
        return {
            "weight": ones if self.weight is None else self.weight.detach(),
            "bias": zeros if self.bias is None else self.bias.detach(),
            "running_mean": zeros if self.running_mean is None else self.running_mean,
            "running_var": ones if self.running_var is None else self.running_var,
            "num_batches_tracked": torch.tensor(0)
            if self.num_batches_tracked is None
            else self.num_batches_tracked,
        }
