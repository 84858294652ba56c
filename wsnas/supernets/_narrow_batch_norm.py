"""Batch normalisation of few channels in channels-last memory, by the batch's own statistics.

torch's kernels take the channels of one pixel at a time, so with few the vector units of a CPU run mostly
empty. Here a whole image is one row, and scale and shift are repeated along it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_WIDE = 8
"""Channels from which torch's own kernels are faster."""
_WORTH_IT = 1 << 15
"""Elements from which the larger number of calls pays."""


def pays(x: Tensor) -> bool:
    """Return whether `x` (n, channels, height, width) is normalised faster here than by torch."""
    return (
        x.shape[1] < _WIDE
        and x.numel() >= _WORTH_IT
        and x.device.type == "cpu"
        and x.dtype in (torch.float32, torch.float64)
        and x.is_contiguous(memory_format=torch.channels_last)
    )


def normalise(x: Tensor, weight: Tensor | None, bias: Tensor | None, epsilon: float) -> Tensor:
    """Normalise each channel of `x`, which `pays` is true of; the shape and memory format stay."""
    if torch.is_grad_enabled():
        normalised: Tensor = _Normalise.apply(x, weight, bias, epsilon)  # type: ignore[no-untyped-call]
        return normalised
    return _forward(x, weight, bias, epsilon)[0]


def _forward(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, epsilon: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the normalised images, the centred rows and the inverse standard deviations."""
    n, channels, height, width = x.shape
    pixels = height * width
    rows = _rows(x)
    centred = rows - (_per_channel(rows, channels) / (n * pixels)).repeat(pixels)
    variance = _per_channel(centred.square(), channels) / (n * pixels)
    inverse = variance.add_(epsilon).rsqrt_()
    scale = inverse if weight is None else inverse * weight
    # Made whole and filled through a view: autograd forbids changing a function's output that is a view.
    out = torch.empty_like(x, memory_format=torch.channels_last)
    if bias is None:
        torch.mul(centred, scale.repeat(pixels), out=_rows(out))
    else:
        torch.addcmul(bias.repeat(pixels), centred, scale.repeat(pixels), out=_rows(out))
    return out, centred, inverse


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, epsilon: float) -> Tensor:
        out, centred, inverse = _forward(x, weight, bias, epsilon)
        ctx.save_for_backward(centred, inverse, weight)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        centred, inverse, weight = ctx.saved_tensors
        n, channels, height, width = gradient.shape
        pixels = height * width
        rows = _rows(gradient)
        total = _per_channel(rows, channels)
        along = _per_channel(rows * centred, channels).mul_(inverse)
        scale = inverse if weight is None else inverse * weight
        shift = scale * total / (-n * pixels)
        slope = scale * inverse * along / (-n * pixels)
        out = torch.addcmul(shift.repeat(pixels), centred, slope.repeat(pixels))
        out.addcmul_(rows, scale.repeat(pixels))
        out = out.view(n, height, width, channels).permute(0, 3, 1, 2)
        affine = weight is not None
        return out, along if affine else None, total if affine else None, None


def _rows(x: Tensor) -> Tensor:
    """Return the images as rows (n, height * width * channels)."""
    return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)


def _per_channel(rows: Tensor, channels: int) -> Tensor:
    """Return the sum over images and pixels, shape (channels,)."""
    return rows.sum(dim=0).view(-1, channels).sum(dim=0)
