"""Random crops and flips of whole batches; in training's inner loop, so one gather does all the work.

Augmenting a whole epoch at once was measured to be no faster than batch by batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import pad as pad_zeros

if TYPE_CHECKING:
    from torch import Generator, Tensor


def augment(images: Tensor, *, generator: Generator, pad: int, flip: bool) -> Tensor:
    """Pad each image with zeros, crop it back to its size at a random place and maybe mirror it.

    Args:
        images: shape (n, channels, height, width), contiguous or channels-last; not changed.
        generator: source of the randomness, on the device of `images`.
        pad: pixels of padding on each side, at least 0; the crop moves by -pad to pad in both directions.
        flip: whether to mirror an image left to right with probability one half.

    Returns:
        A new tensor of the same shape and memory format.
    """
    n, channels, height, width = images.shape
    device = images.device
    padded = pad_zeros(images, (pad, pad, pad, pad))
    padded_width = width + 2 * pad

    top, left = torch.randint(2 * pad + 1, (2, n, 1), generator=generator, device=device)
    columns = torch.arange(width, device=device)
    if flip:
        mirrored = torch.randint(2, (n, 1), generator=generator, device=device, dtype=torch.bool)
        columns = torch.where(mirrored, width - 1 - columns, columns)
    rows = (torch.arange(height, device=device) + top) * padded_width
    pixels = (rows[:, :, None] + (columns + left)[:, None, :]).view(n, -1)

    # `padded` has the layout of `images`; gathering along it keeps it.
    if padded.is_contiguous():
        source = padded.view(n, channels, -1)
        crops = source.gather(2, pixels[:, None, :].expand(-1, channels, -1))
        return crops.view(images.shape)
    source = padded.permute(0, 2, 3, 1).reshape(n, -1, channels)
    crops = source.gather(1, pixels[:, :, None].expand(-1, -1, channels))
    return crops.view(n, height, width, channels).permute(0, 3, 1, 2)
